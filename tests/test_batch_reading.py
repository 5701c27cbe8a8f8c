"""Lines, rows and plain texts are read as they are; what is bad is told, and the rest is read."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from batch_inputs import check, read_bytes, reason, texts
from hypothesis import given
from hypothesis import strategies as st

from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.records import Place, Record, Rejection
from phodang.batch.sources import Source, SourceFormat
from phodang.errors import ConfigError, InputError

TITLE = "Ban Tổ chức Trung ương họp tại Hà Nội"

unicode_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
article = unicode_text.filter(str.strip)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | unicode_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(unicode_text, inner, max_size=3),
    max_leaves=3,
)


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


COMPRESSIONS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", bytes),
    (".gz", gzip.compress),
    (".zst", zstd),
]


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


# JSON Lines


@given(
    st.lists(st.tuples(article, st.dictionaries(unicode_text, json_values, max_size=2)), max_size=4)
)
def test_json_lines_are_read_as_they_were_written(
    records: list[tuple[str, dict[str, Any]]],
) -> None:
    expected = []
    for text, fields in records:
        others = {key: value for key, value in fields.items() if key not in ("id", "text")}
        expected.append((text, others))
    items = read_bytes(lines(*({**fields, "text": text} for text, fields in expected)), ".jsonl")
    if records:
        assert [(item.text, item.fields) for item in items if isinstance(item, Record)] == expected
        assert [item.place.number for item in items] == list(range(1, len(records) + 1))


@given(
    st.lists(
        st.sampled_from(
            [
                b'{"text":"a"}',
                b'{"text":',
                b'"',
                b"\xff",
                b"\\ud800",
                b"\n",
                b"\r",
                b" ",
                b"[",
                b"}",
                b"\0",
                b"1e999",
                b"NaN",
                b',"id":7',
                b'{"text":"b',
            ]
        )
    )
)
def test_any_bytes_are_json_lines_good_or_bad(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    items = read_bytes(data, ".jsonl")
    full = [number for number, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
    assert [item.place.number for item in items] == (full or [1])


def test_a_record_has_its_id_its_place_and_its_other_fields() -> None:
    line = '{"id": "bài 1", "text": "Hà Nội\\r\\n", "year": 2024, "tags": ["a", null]}'
    first, second = read_bytes(f'{line}\n\n \r\n{{"text":"Huế"}}'.encode(), ".jsonl")
    assert isinstance(first, Record)
    assert (first.id, first.text, first.place.number) == ("bài 1", "Hà Nội\r\n", 1)
    assert first.fields == {"year": 2024, "tags": ["a", None]}
    assert isinstance(second, Record)
    assert second.place.number == 4
    assert second.id == f"{second.place.source}:4"


@pytest.mark.parametrize(
    ("written", "name"),
    [("12", "12"), ("1.10", "1.10"), ("-0", "-0"), ("1E3", "1E3"), ('"007"', "007")],
)
def test_ids_that_are_numbers_are_strings_as_written(written: str, name: str) -> None:
    (record,) = read_bytes(f'{{"id": {written}, "text": "Huế"}}'.encode(), ".jsonl")
    assert record.id == name


@pytest.mark.parametrize("written", ["null", '""', "NaN"])
def test_records_without_id_are_named_by_their_place(written: str) -> None:
    (record,) = read_bytes(f'{{"id": {written}, "text": "Huế"}}'.encode(), ".jsonl")
    assert record.id == str(record.place)


@pytest.mark.parametrize(
    ("line", "message", "name"),
    [
        (b'{"text": "a"', "fault at character 13", None),
        (b'["a"]', "found an array", None),
        (b"null", "found null", None),
        (b'{"id": "x", "body": "a", "year": 1}', 'found "id", "body", "year"', "x"),
        (b"{}", 'the field "text", found none', None),
        (b'{"id": 3, "text": null}', "found null", "3"),
        (b'{"text": 5}', "found a number", None),
        (b'{"text": NaN}', "found a number", None),
        (b'{"text": true}', "found a boolean", None),
        (b'{"text": ""}', "found an empty string", None),
        (b'{"text": " \\n\xe2\x80\x83"}', "nothing but white space", None),
        (b'{"id": "x", "text": "H\xe0 N\xf4i"}', "byte 0xe0 at position 22", None),
        (b'{"id": "x", "text": "\\ud83d"}', "half of a surrogate pair", "x"),
        (b'{"id": "\\ud83d", "text": "a"}', "half of a surrogate pair", None),
        (b'{"text": "a", "b": [{"\\udc00": 1}]}', 'the field "b", found half', None),
        (b'{"text": "a", "\\udc00": 1}', r'the field "\\udc00", found half', None),
        (
            b'{"id": ["x"], "text": "a"}',
            'string or a number in the field "id", found an array',
            None,
        ),
        (b'{"text": "a", "text": "b"}', 'found "text" more than once', None),
        (b'{"text": "a", "b": [{"c": 1, "c": 2}]}', 'found "c" more than once', None),
        (b'{"text": "a", "b": ' + b"[" * 150 + b"]" * 150 + b"}", "100 levels", None),
        (b'{"text": "a", "b": ' + b"[" * 200_000, "100 levels", None),
        (b'{"text": "a", "b": ' + b"1" * 5_000 + b"}", "one that cannot", None),
    ],
)
def test_bad_lines_are_rejected_alone(line: bytes, message: str, name: str | None) -> None:
    good = '{"text": "Huế"}'.encode()
    first, bad, last = read_bytes(b"\n".join((good, line, good)), ".jsonl")
    assert isinstance(first, Record)
    assert isinstance(last, Record)
    assert isinstance(bad, Rejection)
    assert bad.place.number == 2
    assert bad.id == name
    assert re.search(message, bad.reason)


def test_what_json_does_not_have_becomes_a_string() -> None:
    line = b'{"text": "a\0\t", "x": NaN, "y": [Infinity, {"z": -Infinity}], "w": 1e999, "v": 1e308}'
    (record,) = read_bytes(line, ".jsonl")
    assert isinstance(record, Record)
    assert record.text == "a\0\t"
    assert record.fields == {
        "x": "NaN",
        "y": ["Infinity", {"z": "-Infinity"}],
        "w": "Infinity",
        "v": 1e308,
    }


def test_other_fields_can_be_named() -> None:
    data = lines({"url": "u1", "body": "Huế", "text": "x", "id": 1})
    (record,) = read_bytes(data, ".jsonl", text_field="body", id_field="url")
    assert isinstance(record, Record)
    assert (record.id, record.text, record.fields) == ("u1", "Huế", {"text": "x", "id": 1})
    with pytest.raises(ConfigError, match="two fields"):
        ReadingOptions(text_field="id")


# Bytes: marks, compression, damage, standard input


@pytest.mark.parametrize(("ending", "compress"), COMPRESSIONS)
@pytest.mark.parametrize("form", [".jsonl", ".ndjson", ".csv", ".tsv"])
def test_compressed_files_and_marks(ending: str, compress: Any, form: str) -> None:
    data = lines({"text": "Huế"}) if "j" in form or "nd" in form else "text\nHuế\n".encode()
    for mark in (b"", b"\xef\xbb\xbf"):
        assert texts(read_bytes(compress(mark + data), form + ending)) == ["Huế"]
    # The bytes tell, and not the ending; streams may follow each other.
    assert texts(read_bytes(compress(data), form)) == ["Huế"]
    assert (
        reason(read_bytes(compress(b""), form + ending))
        == "Expected records, found none in the source."
    )
    for codec in ("utf-16", "utf-16-be"):
        utf16 = ("\ufeff" if codec != "utf-16" else "") + data.decode()
        assert "of UTF-16. Convert" in reason(
            read_bytes(compress(utf16.encode(codec)), form + ending)
        )


def test_compressed_streams_may_follow_each_other() -> None:
    one, other = lines({"text": "Huế"}), lines({"text": "Hà Nội"})
    assert texts(read_bytes(gzip.compress(one) + gzip.compress(other), ".jsonl.gz")) == [
        "Huế",
        "Hà Nội",
    ]
    assert texts(read_bytes(zstd(one) + zstd(other), ".jsonl.zst")) == ["Huế", "Hà Nội"]


@pytest.mark.parametrize(("ending", "compress"), COMPRESSIONS[1:])
@pytest.mark.parametrize("form", [".jsonl", ".csv"])
def test_what_stands_before_a_damage_is_read(ending: str, compress: Any, form: str) -> None:
    bodies = [f"{TITLE} {number:_>3000}" for number in range(60)]
    data = lines(*({"text": body} for body in bodies))
    if form == ".csv":
        data = "\n".join(["text", *bodies]).encode()
    whole = compress(data)
    # Streams one after the other, of which the second is cut: the first is complete.
    *before, last = read_bytes(whole + whole[: len(whole) // 2], form + ending)
    expected = bodies if form == ".jsonl" else [*bodies[:-1], bodies[-1] + "text"]
    assert texts(before)[: len(bodies) - 1] == expected[:-1]
    assert isinstance(last, Rejection)
    assert "cannot be read" in last.reason
    assert "What stands before was read; nothing behind it was." in last.reason
    assert last.place.number > len(before)
    # The end of a line that is cut is no record.
    assert all(text in expected for text in texts(before[: len(bodies)]))


@pytest.mark.parametrize("form", [".txt", ".jsonl", ".csv", ".parquet", ".html", ".docx", ".pdf"])
def test_files_that_vanished_are_rejected(tmp_path: Path, form: str) -> None:
    formats = {".txt": "text", ".jsonl": "jsonl"}
    for path in (tmp_path / "gone", tmp_path):
        source = Source("x", path, SourceFormat(formats.get(form, form[1:])))
        items = list(read_source(source, ReadingOptions()))
        check(items, "x")
        assert "It cannot be read" in reason(items)
        assert items[0].place == Place("x", 1)
        assert not list(read_source(source, ReadingOptions(), skip=1))


def standard_input(monkeypatch: pytest.MonkeyPatch, raw: Any) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw, encoding="ascii"))


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("jsonl", '{"text": "Huế\\r\\n"}'.encode()),
        ("jsonl", gzip.compress('\ufeff{"text": "Huế\\r\\n"}'.encode())),
        ("csv", 'id,text\n-:1,"Huế\r\n"'.encode()),
        ("tsv", '\ufefftext\tid\r\n"Huế\r\n"\t-:1'.encode()),
        ("text", "\ufeffHuế\r\n".encode()),
    ],
    ids=["jsonl", "gzip", "csv", "tsv", "text"],
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, form: str, data: bytes) -> None:
    standard_input(monkeypatch, io.BytesIO(data))
    (record,) = read_source(Source("-", None, SourceFormat(form)), ReadingOptions())
    assert record == Record("-" if form == "text" else "-:1", "Huế\r\n", Place("-", 1))
    assert not sys.stdin.closed
    assert not sys.stdin.buffer.closed


class Endless(io.RawIOBase):
    """A stream of lines that never ends."""

    line = b'{"text":"a"}\n'

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = len(buffer) // len(self.line)
        buffer[: count * len(self.line)] = self.line * count
        return count * len(self.line)


@pytest.mark.parametrize(
    ("form", "text_field"), [("jsonl", "text"), ("csv", '{"text":"a"}'), ("tsv", '{"text":"a"}')]
)
def test_no_more_is_read_than_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, form: str, text_field: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    source = Source("-", None, SourceFormat(form))
    options = ReadingOptions(text_field=text_field)
    assert len(list(itertools.islice(read_source(source, options, skip=1000), 3))) == 3


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd])
def test_a_line_that_would_fill_the_memory_is_rejected_alone(
    monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr("phodang.batch.readers.streams.MOST_BYTES", 100)
    long = lines({"text": "a" * 3_000_000})
    data = lines({"text": "Huế"}) + long + lines({"text": "Hà Nội"}, {"text": "b" * 85}) + long
    found = read_bytes(compress(data), ".jsonl")
    assert [isinstance(item, Rejection) for item in found] == [False, True, False, False, True]
    assert [item.place.number for item in found] == [1, 2, 3, 4, 5]
    assert "found a longer one. JSON Lines have an object on each line" in reason(found[1:2])


@pytest.mark.parametrize("ending", [".txt", ".html"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_an_article_that_would_fill_the_memory_is_rejected(
    monkeypatch: pytest.MonkeyPatch, ending: str, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr("phodang.batch.readers.streams.MOST_BYTES", 1_000)
    found = read_bytes(compress(b"a" * 3_000_000), ending)
    assert "Expected at most 1,000 bytes in an article, found more." in reason(found)


def test_skip_is_no_negative_number(tmp_path: Path) -> None:
    source = Source("x", tmp_path, SourceFormat.text)
    with pytest.raises(InputError, match="at least 0"):
        next(read_source(source, ReadingOptions(), skip=-1))


# Texts


@given(st.binary(max_size=40) | article.map(lambda text: text.encode("utf-8")))
def test_a_text_is_its_decoded_bytes(data: bytes) -> None:
    (item,) = read_bytes(data, ".txt")
    assert item.id == "corpus.txt"
    assert item.place.number == 1
    try:
        expected = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        assert isinstance(item, Rejection)
    else:
        assert texts([item]) == [expected if expected.strip() else None]


def test_texts_that_cannot_be_read_say_the_way_out() -> None:
    assert "iconv -f UTF-16" in reason(read_bytes(TITLE.encode("utf-16"), ".txt"))
    assert "byte 0xe0 at position 1" in reason(read_bytes(b"H\xe0 N\xf4i", ".txt"))
    assert reason(read_bytes(b"", ".txt")) == "Expected a text, found none."
    assert "white space" in reason(read_bytes(b" \r\n", ".txt"))

"""CSV and TSV are read as they were written; rows that are bad are told, and the rest is read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from batch_inputs import read, read_bytes, reason, texts
from hypothesis import given
from hypothesis import strategies as st

from phodang.batch.records import Record, Rejection
from phodang.errors import InputError

# NUL is tested by itself: csv.writer of Python 3.10 does not take it.
unicode_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10
)
article = unicode_text.filter(str.strip)


@given(
    st.lists(st.tuples(article, unicode_text), min_size=1),
    st.sampled_from([(".csv", ","), (".csv", ";"), (".tsv", "\t")]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_tables_are_read_as_they_were_written(
    rows: list[tuple[str, str]], form: tuple[str, str], line_break: str
) -> None:
    ending, delimiter = form
    written = io.StringIO()
    writer = csv.writer(
        written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=line_break
    )
    writer.writerows([("text", "Ghi chú"), *rows])
    items = read_bytes(written.getvalue().encode(), ending)
    assert [(item.text, item.fields) for item in items if isinstance(item, Record)] == [
        (text, {"Ghi chú": other}) for text, other in rows
    ]
    assert [item.place.number for item in items] == list(range(1, len(rows) + 1))


@given(
    st.lists(
        st.sampled_from(
            [
                b"a",
                b",",
                b'"',
                b"\n",
                b"\r",
                b";",
                b"\t",
                b"\xff",
                b"\xc3",
                b"\0",
                b" ",
                "ế".encode(),
            ]
        )
    )
)
def test_any_bytes_are_rows_good_or_bad(pieces: list[bytes]) -> None:
    for ending, header in ((".csv", b"id,text\n"), (".csv", b"id;text\n"), (".tsv", b"id\ttext\n")):
        items = read_bytes(header + b"".join(pieces), ending)
        assert [item.place.number for item in items] == list(range(1, len(items) + 1))
        assert items


def test_rows_are_rejected_alone() -> None:
    rows = [
        b'1,"H\xc3\xa0, ""N\xe1\xbb\x99i""\r\nHu\xe1\xba\xbf",x',
        b"",
        b"2,two",
        b"3,a,b,c",
        b"4,H\xe0,x",
        b"5,a\xc3,\xff",
        b"\xff,a,x",
        b"6, ,x",
        b",a\0b,",
        b"8,\xe1\xba\xbf,x",
    ]
    items = read_bytes(b"id,text,n\r\n" + b"\r\n".join(rows), ".csv")
    assert texts(items) == ['Hà, "Nội"\r\nHuế', *[None] * 6, "a\0b", "ế"]
    reasons = [item.reason for item in items if isinstance(item, Rejection)]
    assert "Expected 3 cells, as the header has, found 2." in reasons[0]
    assert "found 4" in reasons[1]
    assert 'other bytes in "text"' in reasons[2]
    assert 'other bytes in "text", "n"' in reasons[3]
    assert 'other bytes in "id"' in reasons[4]
    assert "nothing but white space" in reasons[5]
    assert [item.id for item in items][:7] == ["1", None, None, "4", "5", None, "6"]
    assert items[7].id == str(items[7].place)


@pytest.mark.parametrize("fault", ['2,"a"b', '2,"open', '2,"a" ,'])
def test_where_rows_cannot_be_parted_nothing_is_made_up(fault: str) -> None:
    first, last = read_bytes(f"id,text\n1,Huế\n{fault}\n3,c\n4,d\n".encode(), ".csv")
    assert isinstance(first, Record)
    assert isinstance(last, Rejection)
    assert last.place.number == 2
    assert "nothing behind it was" in last.reason


def test_long_cells_are_read() -> None:
    (record,) = read_bytes(b'text\n"' + b"a\n" * 200_000 + b'"\n', ".csv")
    assert isinstance(record, Record)
    assert len(record.text) == 400_000


@pytest.mark.parametrize("before", [b"", b"text\n"])
def test_lines_that_would_fill_the_memory_are_not_read(
    monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    monkeypatch.setattr("phodang.batch.readers.delimited._LONGEST_CELL", 1_000)
    data = before + b"a" * 1_000 + b"\n" + b"b" * 1_001
    assert "at most 1,000 characters, found a longer one." in reason(read_bytes(data, ".csv")[-1:])


@pytest.mark.parametrize(
    ("data", "ending", "message"),
    [
        ("id,body\n1,a\n", ".csv", r'expected a column "text" .*, found "id", "body"\. Name'),
        ('"id";"body"\n1;"a"\n', ".csv", r'found "id", "body"\.'),
        ("id,text\n1,a\n", ".tsv", r'found "id,text"\.'),
    ],
)
def test_a_table_without_text_is_an_error(
    tmp_path: Path, data: str, ending: str, message: str
) -> None:
    path = tmp_path / f"a{ending}"
    path.write_text(data, encoding="utf-8")
    for skip in (0, 1):
        with pytest.raises(InputError, match=message):
            read(path, skip=skip)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "found none in the source"),
        (b"\n\r\n", "found none in the source"),
        (b"id,text\n", "found none in the source"),
        (b"id,text,text\n1,a,b\n", 'found more than one "text"'),
        (b"id,text,\xff\n1,a,b\n", "names of columns in UTF-8"),
        (b'"id"x,text\n1,a\n', "names of the columns, found a fault"),
        (b'"open,text\n1,a\n', "names of the columns, found a fault"),
    ],
)
def test_tables_that_cannot_be_read_are_rejected(data: bytes, message: str) -> None:
    assert message in reason(read_bytes(data, ".csv"))

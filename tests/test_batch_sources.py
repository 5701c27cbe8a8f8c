"""Inputs are found in a fixed order, each once, and what cannot be read is told beforehand."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from pathlib import Path

import pytest

from phodang.batch.sources import Source, SourceFormat, find_sources, fingerprint
from phodang.errors import InputError


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: files of all kinds, hidden ones, and some that are not known."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "corpus/b.txt", "corpus/a.JSONL.GZ", "corpus/a/z.html", "corpus/a/ký.docx")
    write(tmp_path, "corpus/a-b/x.pdf", "corpus/t.csv.zst", "corpus/t.txt.gz", "corpus/notes.md")
    write(tmp_path, "corpus/.hidden.txt", "corpus/.git/x.txt", "corpus/~$a.docx")
    return tmp_path


def names(*inputs: str, input_format: SourceFormat | None = None) -> list[str]:
    found = find_sources(inputs, input_format=input_format)
    return [source.name.replace(os.sep, "/") for source in found.sources]


def ids(*inputs: str) -> list[str]:
    return [source.article_id for source in find_sources(inputs).sources]


def test_a_folder_is_searched_in_the_order_of_paths(corpus: Path) -> None:
    found = find_sources(["corpus"])
    assert [(Path(source.name).as_posix(), source.format.value) for source in found.sources] == [
        ("corpus/a/ký.docx", "docx"),
        ("corpus/a/z.html", "html"),
        ("corpus/a-b/x.pdf", "pdf"),
        ("corpus/a.JSONL.GZ", "jsonl"),
        ("corpus/b.txt", "text"),
        ("corpus/t.csv.zst", "csv"),
    ]
    assert found.ignored == [Path("corpus/notes.md"), Path("corpus/t.txt.gz")]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.txt", "text"),
        ("a.ndjson", "jsonl"),
        ("a.jsonl.zst", "jsonl"),
        ("a.tsv.gz", "tsv"),
        ("a.b.parquet", "parquet"),
        ("a.HTM", "html"),
    ],
)
def test_the_ending_tells_the_format(tmp_path: Path, name: str, form: str) -> None:
    write(tmp_path, name)
    (source,) = find_sources([str(tmp_path / name)]).sources
    assert source == Source(str(tmp_path / name), tmp_path / name, SourceFormat(form))


def test_the_order_of_inputs_is_kept(corpus: Path) -> None:
    assert names("corpus/b.txt", "-", "corpus/a") == [
        "corpus/b.txt",
        "-",
        "corpus/a/ký.docx",
        "corpus/a/z.html",
    ]


def test_globs(corpus: Path) -> None:
    assert names("corpus/*.txt") == ["corpus/b.txt"]
    assert names("corpus/**/*.html") == ["corpus/a/z.html"]
    assert names("corpus/a*") == [name for name in names("corpus") if "/a" in name]
    # As a folder with all that is in it, each file once.
    assert names("corpus/**") == names("corpus")
    write(corpus, "corpus/[1].txt")
    assert names("corpus/[1].txt") == ["corpus/[1].txt"]


def test_articles_are_named_by_the_path_below_what_found_them(corpus: Path) -> None:
    assert ids("corpus/a/z.html") == ["z.html"]
    assert ids("corpus/a") == ["ký.docx", "z.html"]
    assert "a/z.html" in ids("corpus")
    assert ids("corpus/*/z.html") == ["a/z.html"]
    assert ids("c*/a/z.html") == ["corpus/a/z.html"]


def test_articles_have_distinct_names(corpus: Path) -> None:
    write(corpus, "other/z.html")
    assert ids("corpus/a", "other") == [
        "ký.docx",
        str(Path("corpus/a/z.html")),
        str(Path("other/z.html")),
    ]


def test_a_format_that_was_asked_for_holds_for_all_files(corpus: Path) -> None:
    found = find_sources(["corpus", "-"], input_format=SourceFormat.text)
    assert {source.format for source in found.sources} == {SourceFormat.text}
    assert len(found.sources) == 9
    assert not found.ignored


def test_standard_input_is_json_lines_unless_told_otherwise() -> None:
    (source,) = find_sources(["-"]).sources
    assert source == Source("-", None, SourceFormat.json_lines)
    assert source.article_id == "-"
    with pytest.raises(InputError, match=r"text, jsonl, csv, tsv, found pdf"):
        find_sources(["-"], input_format=SourceFormat.pdf)


def test_saved_datasets_are_one_source_each(tmp_path: Path) -> None:
    for split in ("test", "train"):
        write(tmp_path, f"ds/{split}/state.json", f"ds/{split}/dataset_info.json")
        write(tmp_path, f"ds/{split}/data-00000-of-00001.arrow")
    write(tmp_path, "ds/dataset_dict.json")
    for argument in (tmp_path / "ds", tmp_path / "ds" / "**", tmp_path / "ds" / "t*"):
        found = find_sources([str(argument)])
        assert [source.path for source in found.sources] == [
            tmp_path / "ds/test",
            tmp_path / "ds/train",
        ]
        assert {source.format for source in found.sources} == {SourceFormat.dataset}
        assert not found.ignored
    (source,) = find_sources([str(tmp_path / "ds" / "train")]).sources
    assert source.format is SourceFormat.dataset
    with pytest.raises(InputError, match="is a file: expected a folder"):
        find_sources([str(tmp_path / "ds/dataset_dict.json")], input_format=SourceFormat.dataset)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "found none"),
        (["corpus/missing.txt"], "there is no such file"),
        (["corpus/missing*.txt"], "found 0 other ones"),
        (["corpus/*.md"], "found 1 other ones"),
        (["corpus/notes.md"], r'found "\.md"\. Say with input_format'),
        (["corpus/t.txt.gz"], r'found "\.gz"'),
        (["corpus", "corpus/b.txt"], "Expected every file once"),
        (["corpus/./b.txt", "corpus/a/../b.txt"], "Expected every file once"),
        (["-", "-"], "Expected every file once"),
    ],
)
def test_what_cannot_be_read_is_told(corpus: Path, inputs: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_sources(inputs)


def test_folders_without_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found 0 other ones"):
        find_sources([str(tmp_path)])


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links(corpus: Path) -> None:
    (corpus / "corpus/a/round").symlink_to(corpus / "corpus")
    (corpus / "corpus/a/gone.txt").symlink_to(corpus / "nowhere.txt")
    found = find_sources(["corpus/a"])
    assert found.ignored == [Path("corpus/a/round")]
    assert Path("corpus/a/gone.txt") in [source.path for source in found.sources]
    (corpus / "corpus/c.txt").symlink_to(corpus / "corpus/b.txt")
    with pytest.raises(InputError, match=r"corpus/b\.txt and as corpus/c\.txt"):
        find_sources(["corpus"])


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
def test_names_that_are_no_utf8_can_be_written(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xe0i.txt")).write_text("Huế", encoding="utf-8")
    (source,) = find_sources([str(tmp_path)]).sources
    assert source.article_id == r"b\xe0i.txt"
    assert source.name.encode("utf-8").endswith(rb"b\xe0i.txt")
    assert source.path is not None
    assert source.path.exists()


def test_a_fifo_is_no_file(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are none on this system")
    os.mkfifo(tmp_path / "a.jsonl")
    write(tmp_path, "b.jsonl")
    assert find_sources([str(tmp_path)]).ignored == [tmp_path / "a.jsonl"]
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find_sources([str(tmp_path / "a.jsonl")])


def test_fingerprints_are_those_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 3_000_000)
    source = Source("a.jsonl", path, SourceFormat.json_lines)
    assert fingerprint(source) == f"sha256:{hashlib.sha256(b'x' * 3_000_000).hexdigest()}"
    path.unlink()
    assert fingerprint(source) is None
    assert fingerprint(Source("-", None, SourceFormat.json_lines)) is None


def test_fingerprints_of_datasets_depend_on_all_files(tmp_path: Path) -> None:
    write(tmp_path, "ds/state.json", "ds/dataset_info.json", "ds/data.arrow")
    source = Source("ds", tmp_path / "ds", SourceFormat.dataset)
    seen = {fingerprint(source)}
    (tmp_path / "ds/data.arrow").write_bytes(b"other")
    seen.add(fingerprint(source))
    (tmp_path / "ds/data.arrow").rename(tmp_path / "ds/more.arrow")
    seen.add(fingerprint(source))
    assert len(seen) == 3
    assert None not in seen


def test_sources_can_be_sent_to_processes(tmp_path: Path) -> None:
    source = Source("a.txt", tmp_path / "a.txt", SourceFormat.text)
    assert pickle.loads(pickle.dumps(source)) == source

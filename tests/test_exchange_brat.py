"""Projects of brat: what is written, what is read of other people's, and what is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from exchange_corpora import TEXT, labelled, names
from hypothesis import given
from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange import export_corpus, import_corpus
from phodang.exchange.brat import _file_name
from phodang.exchange.brat_types import label_of, type_of
from phodang.sections import PassageSection

any_label = st.text(min_size=1, max_size=8) | st.sampled_from(
    ["Section_task", "Cơ-quan", "-", "_u0041_", "_u0041ơ", "a_u01A1_u01A1_", "CƠ QUAN"]
)


@given(any_label, st.booleans())
def test_any_label_has_a_type_of_its_own(label: str, section: bool) -> None:
    name = type_of(label, section=section)
    assert re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_-]*", name)
    assert label_of(name) == (label, section)


@given(st.lists(names, max_size=5))
def test_file_names_are_safe_and_distinct(ids: list[str]) -> None:
    files = [_file_name(number, name) for number, name in enumerate(ids, 1)]
    assert all(re.fullmatch(r"\d{7}(-[A-Za-z0-9]+)*", file) and len(file) < 60 for file in files)
    assert len({file.lower() for file in files}) == len(ids)
    assert files == sorted(files)


def test_the_files_of_a_project(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert export_corpus([labelled("Bài số 1: ../đồng chí")], "brat", folder) == 1
    name = "0000001-Bai-so-1-dong-chi"
    assert sorted(path.name for path in folder.iterdir()) == [
        *(f"{name}.ann", f"{name}.txt", "annotation.conf", "articles.jsonl", "visual.conf"),
    ]
    assert (folder / f"{name}.txt").read_bytes().decode() == TEXT
    assert (folder / f"{name}.ann").read_text(encoding="utf-8") == (
        "T1\tDATE 2 11\tSáng 12-3\n"
        "T2\tLOC 17 23\tHà Nội\n"
        "T3\tORG 26 48\tBan Tổ chức Trung ương\n"
        "T4\tSection_task 68 83\tKiểm tra cơ sở.\n"
    )
    conf = (folder / "annotation.conf").read_text(encoding="utf-8")
    entities, relations = conf.split("[relations]")
    assert entities.split() == [
        *("[entities]", "PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY"),
        *("Section_achievement", "Section_task", "Section_warning"),
    ]
    # Sections may lie over entities, entities not over each other.
    outer = "Section_achievement|Section_task|Section_warning"
    assert f"<OVERLAP>\tArg1:<ENTITY>, Arg2:{outer}, <OVL-TYPE>:<ANY>\n" in relations


def test_other_labels_are_shown_by_their_names(tmp_path: Path) -> None:
    article = labelled(entities=[("Cơ-quan", "Hà Nội"), ("<b>", "Ban Tổ chức Trung ương")])
    export_corpus([article], "brat", tmp_path / "out")
    conf = (tmp_path / "out" / "annotation.conf").read_text(encoding="utf-8")
    assert conf.split()[:4] == [
        "[entities]",
        "_u003C_b_u003E_",
        "C_u01A1_-quan",
        "Section_achievement",
    ]
    visual = (tmp_path / "out" / "visual.conf").read_text(encoding="utf-8")
    assert "C_u01A1_-quan | Cơ-quan\n" in visual
    assert "<" not in visual  # brat would take it for a macro
    assert re.search(r"^Section_task\tbgColor:#[0-9a-f]{6}$", visual, re.MULTILINE)


def test_an_annotation_over_lines_has_a_fragment_for_each(tmp_path: Path) -> None:
    text = "Ban Tổ chức \r\n\r\nTrung ương họp"
    entity = Entity(0, 26, "ORG", text[:26], 1.0)
    section = PassageSection(0, len(text), "task", 1.0)
    article = LabelledArticle(
        "1", Article(text, (Passage(0, len(text), text, (entity,), (section,)),))
    )
    export_corpus([article], "brat", tmp_path / "out")
    annotations = (tmp_path / "out" / "0000001-1.ann").read_text(encoding="utf-8")
    assert annotations.startswith("T1\tORG 0 12;16 26\tBan Tổ chức  Trung ương\n")
    assert list(import_corpus(tmp_path / "out", "brat")) == [article]


def project(folder: Path, annotations: str, text: str = TEXT, *, name: str = "a") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes(annotations.encode())
    return folder


def test_a_project_of_other_people(tmp_path: Path) -> None:
    project(tmp_path, "T1\tLoc 17 23\tHà Nội\n#1\tAnnotatorNotes T1\tcheck\n\n", name="b.1")
    project(tmp_path / "sub", "", "Hà Nội\tlà\r\nthủ đô", name="a")
    (tmp_path / "annotation.conf").write_text("[entities]\nLoc\n")
    (tmp_path / ".hidden.ann").write_text("?")
    first, second = import_corpus(tmp_path, "brat")
    assert (first.id, second.id) == ("b.1", "sub/a")
    assert [(e.start, e.label, e.text, e.score) for e in first.article.entities] == [
        (17, "Loc", "Hà Nội", 1.0)
    ]
    assert [passage.text for passage in second.article.passages] == ["Hà Nội\tlà", "thủ đô"]


def test_a_section_over_lines_holds_for_each(tmp_path: Path) -> None:
    project(tmp_path, f"T1\tSection_x 26 53;55 67\t{TEXT[26:53]} {TEXT[55:67]}\n")
    (article,) = import_corpus(tmp_path, "brat")
    assert [passage.labels for passage in article.article.passages] == [(), ("x",), ("x",), ()]


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ("T1\tORG 26 48\tBan Tổ chức Trung ương\nT2\tLOC 38 48\tTrung ương\n",
         r'a\.ann, line 2 \(T2\): .* found "LOC" at 38–48 \("Trung ương"\) over "ORG" at 26–48 '
         r'\("Ban Tổ chức Trung ương"\) in .*a\.ann, line 1 \(T1\)\. Keep one'),
        ("T1\tORG 26 29;38 48\tBan Trung ương\n", 'line 1: .* one piece, found one in 2, with " T'),
        ("T1\tORG 17 23;26 29\tHà Nội Ban\n", "one in 2"),
        ("T1\tORG 17 24;26 29\tHà Nội. Ban\n", r"line 1 \(T1\): .* inside one passage"),
        ("T1\tLOC 17 23\tHà Nộ\n", 'the text at 17–23, "Hà Nội", found "Hà Nộ"'),
        ("T1\tLOC 18 24\tHà Nội\n", 'the text at 18–24, "à Nội.", found "Hà Nội"'),
        ("T1\tLOC 17 84\tHà Nội\n", "end <= 83, the length of the text"),
        ("T1\tLOC 23 17\tHà Nội\n", "start < end"),
        (f"T1\tLOC 17 2{'3' * 5000}\tHà Nội\n", "expected offsets, found"),
        ("T1\tLOC 17 23\n", "expected T and a number"),
        ("T1 LOC 17 23 Hà Nội\n", "expected T and a number"),
        ("X1\tLOC 17 23\tHà Nội\n", "expected T and a number"),
        ("R1\tOrigin Arg1:T1 Arg2:T2\n", "found a relation"),
        ("*\tEquiv T1 T2\n", "found an equivalence"),
        ("E1\tMeet:T1\n", "found an event"),
        ("A1\tNegation T1\n", "found an attribute"),
        ("T1\tSection_x 68 76\tKiểm tra\nT2\tSection_x 68 83\tKiểm tra cơ sở.\n",
         'sections with one label that do not overlap, found "x" at 68–83'),
        ("T1\tSection_x 24 26\t \n", r"expected the text at 24–26"),
    ],
)  # fmt: skip
def test_what_cannot_be_held_is_told(tmp_path: Path, annotations: str, message: str) -> None:
    project(tmp_path, annotations)
    with pytest.raises(InputError, match=message):
        list(import_corpus(tmp_path, "brat"))


def test_halves_of_a_pair_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected \.txt files"):
        list(import_corpus(tmp_path, "brat"))
    project(tmp_path, "")
    (tmp_path / "a.ann").rename(tmp_path / "b.ann")
    with pytest.raises(InputError, match=r"a\.txt: expected an \.ann file"):
        list(import_corpus(tmp_path, "brat"))
    (tmp_path / "a.ann").touch()
    with pytest.raises(InputError, match=r"b\.ann: expected a \.txt file"):
        list(import_corpus(tmp_path, "brat"))
    (tmp_path / "b.txt").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"b\.txt: expected UTF-8, found byte 0xff"):
        list(import_corpus(tmp_path, "brat"))


def test_a_missing_article_is_told(tmp_path: Path) -> None:
    export_corpus([labelled("1"), labelled("2")], "brat", tmp_path / "out")
    (tmp_path / "out" / "0000002-2.txt").unlink()
    (tmp_path / "out" / "0000002-2.ann").unlink()
    with pytest.raises(InputError, match=r"found no 0000002-2\.txt"):
        list(import_corpus(tmp_path / "out", "brat"))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    outside = project(tmp_path / "outside", "")
    inside = project(tmp_path / "inside", "", name="b")
    (inside / "articles.jsonl").write_text(
        '{"file": "../outside/a", "id": "1", "fields": {}}\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"found no \.\./outside/a\.txt"):
        list(import_corpus(inside, "brat"))
    (inside / "articles.jsonl").unlink()
    (inside / "a.txt").symlink_to(outside / "a.txt")
    with pytest.raises(InputError, match=r"a\.txt: expected a file in the folder, found a link"):
        list(import_corpus(inside, "brat"))
    (inside / "a.txt").unlink()
    (inside / "sub").symlink_to(outside, target_is_directory=True)
    with pytest.raises(InputError, match="sub: expected a folder, found a link"):
        list(import_corpus(inside, "brat"))

"""Tables hold a row for each entity and section, and no formula."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from exchange_corpora import TEXT, corpora, few, labelled, text_pieces
from hypothesis import given
from hypothesis import strategies as st

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange import export_corpus, import_corpus
from phodang.exchange.table import guarded


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@few
@given(corpora(text_pieces))
def test_every_entity_and_section_has_a_row(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[LabelledArticle]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    export_corpus(corpus, "csv", folder / "out")
    entities = [(a.id, entity) for a in corpus for entity in a.article.entities]
    found = rows(folder / "out" / "entities.csv")
    assert [
        (row["article"], int(row["start"]), int(row["end"]), float(row["score"])) for row in found
    ] == [(guarded(name), entity.start, entity.end, entity.score) for name, entity in entities]
    assert [(row["label"], row["text"]) for row in found] == [
        (guarded(entity.label), guarded(entity.text)) for _, entity in entities
    ]
    sections = [section for a in corpus for section in a.article.sections]
    assert [(row["label"], int(row["start"])) for row in rows(folder / "out" / "sections.csv")] == [
        (guarded(section.label), section.start) for section in sections
    ]


@given(
    st.text(max_size=5)
    | st.sampled_from(["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "'", "'=1"])
)
def test_a_guarded_cell_is_no_formula_and_can_be_read_back(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(("\t", "\r", "\n"))
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert cell.removeprefix("'") == text


def test_the_tables(tmp_path: Path) -> None:
    article = labelled("=1", sections=[("task", "Kiểm tra cơ sở."), ("task", "Việc cần làm")])
    assert export_corpus([article], "csv", tmp_path / "out") == 1
    content = (tmp_path / "out" / "entities.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfarticle,passage,start,end,label,text,score\r\n")
    assert rows(tmp_path / "out" / "entities.csv")[1] == {
        "article": "'=1", "passage": "1", "start": "17", "end": "23",
        "label": "LOC", "text": "Hà Nội", "score": "0.75",
    }  # fmt: skip
    (section,) = rows(tmp_path / "out" / "sections.csv")
    assert section == {
        "article": "'=1", "first_passage": "3", "last_passage": "4", "start": "55", "end": "83",
        "label": "task", "text": TEXT[55:83], "score": "0.75",
    }  # fmt: skip


def test_tables_cannot_be_imported(tmp_path: Path) -> None:
    export_corpus([labelled()], "csv", tmp_path / "out")
    with pytest.raises(InputError, match='conll, brat, labelstudio, doccano, spacy, found "csv"'):
        import_corpus(tmp_path / "out", "csv")

"""What goes out to a tool comes back the same, as far as the tool's format can hold it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from exchange_corpora import (
    corpora,
    few,
    labelled,
    line_pieces,
    text_pieces,
    there_and_back,
    without_scores,
)
from hypothesis import given

from phodang.article import Article
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange import export_corpus, import_corpus
from phodang.exchange.offsets import Utf16Offsets


@few
@given(corpora(line_pieces))
def test_brat_keeps_all_but_scores(corpus: list[LabelledArticle]) -> None:
    assert there_and_back(corpus, "brat") == without_scores(corpus)


@few
@given(corpora(text_pieces, max_size=1))
def test_brat_keeps_line_breaks_or_says_that_it_cannot(corpus: list[LabelledArticle]) -> None:
    spans = [
        one.article.text[span.start : span.end]
        for one in corpus
        for passage in one.article.passages
        for span in (*passage.entities, *passage.sections)
    ]
    breaks = tuple("\n\r\x0b\x0c\x85\u2028")
    if any(span.startswith(breaks) or span.endswith(breaks) for span in spans):
        with pytest.raises(InputError, match="with a line break there"):
            there_and_back(corpus, "brat")
    else:
        assert there_and_back(corpus, "brat") == without_scores(corpus)


@few
@given(corpora(text_pieces))
def test_label_studio_keeps_all_of_a_prediction(corpus: list[LabelledArticle]) -> None:
    assert there_and_back(corpus, "labelstudio", predictions=True) == corpus


def accepted(folder: Path) -> Path:
    """What Label Studio exports when somebody submits every prediction as it is."""
    tasks: list[dict[str, Any]] = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    for number, task in enumerate(tasks, 1):
        (prediction,) = task["predictions"]
        for region in prediction["result"]:
            value = region["value"]
            value["text"] = re.sub("[\n\r]", r"\\n", value["text"])  # as its editor does
        task["annotations"] = [{"id": number, "was_cancelled": False, **prediction}]
        task["predictions"] = [number]
    path = folder.parent / "project-1-at-2025.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


@few
@given(corpora(text_pieces))
def test_label_studio_keeps_all_of_an_annotation_but_scores(corpus: list[LabelledArticle]) -> None:
    assert there_and_back(corpus, "labelstudio", work=accepted) == without_scores(corpus)


def covered(article: Article) -> set[tuple[str, int]]:
    return {
        (section.label, offset)
        for passage in article.passages
        for section in passage.sections
        for offset in range(section.start, section.end)
    }


@few
@given(corpora(text_pieces))
def test_doccano_keeps_all_but_scores_and_how_sections_are_cut(
    corpus: list[LabelledArticle],
) -> None:
    found = there_and_back(corpus, "doccano")
    assert [(a.id, a.fields, a.article.text) for a in found] == [
        (a.id, a.fields, a.article.text) for a in corpus
    ]
    for one, other in zip(found, without_scores(corpus), strict=True):
        assert one.article.entities == other.article.entities
        assert [(p.start, p.end) for p in one.article.passages] == [
            (p.start, p.end) for p in other.article.passages
        ]
        assert covered(one.article) == covered(other.article)


def test_doccano_keeps_sections_of_whole_passages_and_parts() -> None:
    text = "Kiểm tra cơ sở. Còn yếu.\nBan Tổ chức Trung ương họp."
    corpus = [
        labelled("1", text, (), (("task", "Kiểm tra cơ sở. "), ("warning", "Còn yếu."))),
        labelled("2", text, (), (("task", text[:24]), ("warning", text[:24]))),
    ]
    assert there_and_back(corpus, "doccano") == without_scores(corpus)


@few
@given(corpora(text_pieces, max_size=2))
def test_spacy_keeps_all(corpus: list[LabelledArticle]) -> None:
    assert there_and_back(corpus, "spacy") == corpus


def test_spacy_keeps_all_with_any_words(tmp_path: Path) -> None:
    corpus = [labelled("1"), labelled("2", "Hà Nội, Hà Tĩnh", (("LOC", "Nội"),), ())]

    def words(text: str) -> list[tuple[int, int]]:
        # They share a letter, and reach over the borders of entities.
        return [(0, 2), (1, 3), (3, min(12, len(text))), (min(14, len(text)), len(text))]

    assert export_corpus(corpus, "spacy", tmp_path / "out", words=words) == 2
    assert list(import_corpus(tmp_path / "out", "spacy")) == corpus


@few
@given(line_pieces)
def test_utf16_offsets_are_those_of_an_encoder(text: str) -> None:
    units = Utf16Offsets(text)
    encoded = [len(text[:end].encode("utf-16-le")) // 2 for end in range(len(text) + 1)]
    assert [units.to_units(offset) for offset in range(len(text) + 1)] == encoded
    assert units.length == encoded[-1]
    assert units.differ == (units.length != len(text))
    back = [units.to_points(unit) for unit in range(units.length + 1)]
    assert [unit for unit, point in enumerate(back) if point is not None] == encoded
    assert [point for point in back if point is not None] == list(range(len(text) + 1))

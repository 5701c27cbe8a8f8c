"""What is measured of a system: one pass of a model, figures by source, comparison, summary."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from phodang.analyzer import BUNDLED_MODEL, Analyzer
from phodang.errors import InputError
from phodang_training.corpus import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    text_of,
    write_articles,
)
from phodang_training.corpus.source_groups import OTHER, source_groups
from phodang_training.evaluation.assessment import Assessment, DataPart, assess, evaluate
from phodang_training.evaluation.comparison import compare
from phodang_training.evaluation.predictions import predict_articles
from phodang_training.evaluation.resampling import Resampling
from phodang_training.evaluation.section_evaluation import predict_sections

FEW = Resampling(resamples=100)

BOTH = "Quốc hội họp tại Huế."
ORG, LOC = AnnotatedSpan(0, 8, "ORG"), AnnotatedSpan(17, 20, "LOC")


def passage(*entities: AnnotatedSpan, sections: tuple[str, ...] = ()) -> AnnotatedPassage:
    return AnnotatedPassage(BOTH, entities, sections)


GOLD = [
    AnnotatedArticle("a", (passage(ORG, LOC), passage(ORG, LOC, sections=("task",))), "x/1"),
    AnnotatedArticle("b", (passage(ORG, LOC, sections=("warning",)),), "x/2"),
    AnnotatedArticle("c", (passage(ORG), passage(ORG, sections=("task",))), "y/1"),
]
FOUND = [
    AnnotatedArticle("a", (passage(ORG, LOC), passage(ORG, sections=("task",)))),
    AnnotatedArticle("b", (passage(ORG, AnnotatedSpan(13, 20, "LOC"), sections=("task",)),)),
    AnnotatedArticle("c", (passage(ORG), passage(ORG, LOC, sections=("task",)))),
]


@pytest.fixture
def data(tmp_path: Path) -> DataPart:
    write_articles(tmp_path / "gold.jsonl", GOLD)
    return DataPart(tmp_path / "gold.jsonl")


def write(folder: Path, name: str, articles: list[AnnotatedArticle]) -> str:
    write_articles(folder / name, articles)
    return str(folder / name)


def measured(folder: Path, data: DataPart, articles: list[AnnotatedArticle]) -> Assessment:
    return assess(write(folder, "found.jsonl", articles), data, resampling=FEW)


def test_figures_by_hand(tmp_path: Path, data: DataPart) -> None:
    found = measured(tmp_path, data, FOUND)
    figures = found.figures
    assert (figures.articles, figures.passages) == (3, 5)
    assert figures.entities is not None
    # Of 8 annotated and 8 predicted, 6 are right and 1 overlaps.
    assert figures.entities.scores["strict"].micro.f1 == pytest.approx(6 / 8)
    assert figures.entities.scores["partial"].micro.f1 == pytest.approx(6.5 / 8)
    assert figures.entities.scores["type"].micro.f1 == pytest.approx(7 / 8)
    assert figures.entities.scores["strict"].per_label["ORG"].f1 == 1
    assert figures.entities.scores["strict"].per_label["LOC"].f1 == pytest.approx(1 / 3)
    assert {k: v for k, v in figures.entities.outcomes["LOC"].items() if v} == {
        "correct": 1,
        "boundary": 1,
        "missed": 1,
        "spurious": 1,
    }
    assert figures.entities.confusion.counts.tolist() == [[2, 0, 1], [0, 5, 0], [1, 0, 0]]
    assert figures.sections is not None
    assert figures.sections.scores.per_label["task"].f1 == pytest.approx(4 / 5)
    assert figures.sections.scores.macro_f1 == pytest.approx(2 / 5)
    assert (figures.sections.missed, figures.sections.spurious) == (
        {"task": 0, "warning": 1},
        {"task": 1, "warning": 0},
    )
    assert figures.sections.intervals.per_label["warning"] is None


def test_figures_by_source_are_those_of_its_articles(tmp_path: Path, data: DataPart) -> None:
    found = measured(tmp_path, data, FOUND)
    assert list(found.by_source) == ["x", "y"]
    assert [figures.articles for figures in found.by_source.values()] == [2, 1]
    write_articles(tmp_path / "x.jsonl", GOLD[:2])
    alone = assess(found.predictions.name, DataPart(tmp_path / "x.jsonl"), resampling=FEW)
    assert alone.by_source == {}
    assert alone.predictions.unused == 1
    mine, theirs = found.by_source["x"].entities, alone.figures.entities
    assert mine is not None
    assert theirs is not None
    assert (mine.scores, mine.intervals, mine.outcomes) == (
        theirs.scores,
        theirs.intervals,
        theirs.outcomes,
    )


def test_the_summary_is_of_the_strict_figures(tmp_path: Path, data: DataPart) -> None:
    found = measured(tmp_path, data, FOUND)
    figures, evaluation = found.figures, found.evaluation
    assert figures.entities is not None
    assert figures.sections is not None
    assert evaluation.scores == figures.entities.scores["strict"]
    assert evaluation.sections == figures.sections.scores
    assert evaluation.intervals is not None
    assert evaluation.intervals.entities == figures.entities.intervals["strict"]
    assert evaluation.intervals.sections == figures.sections.intervals
    name, file = found.predictions.name, data.file.as_posix()
    assert evaluation.command == f"phodang-train evaluate {name} {file} --resamples 100"
    assert evaluate(name, data).command == f"phodang-train evaluate {name} {file}"
    only = evaluate(name, data, tasks=["sections"])
    assert only.scores is None
    assert only.command.endswith(" --task sections")


def test_sections_are_measured_where_they_are_annotated(tmp_path: Path) -> None:
    bare = [
        dataclasses.replace(
            article, passages=tuple(dataclasses.replace(p, sections=()) for p in article.passages)
        )
        for article in GOLD
    ]
    write_articles(tmp_path / "bare.jsonl", bare)
    found = write(tmp_path, "found.jsonl", FOUND)
    part = DataPart(tmp_path / "bare.jsonl")
    assert assess(found, part, resampling=FEW).figures.sections is None
    with pytest.raises(InputError, match="expected articles with sections"):
        assess(found, part, tasks=["sections"])


def test_no_articles_and_another_segmenter_are_told(tmp_path: Path, data: DataPart) -> None:
    found = write(tmp_path, "found.jsonl", FOUND)
    with pytest.raises(InputError, match="expected a model for another segmenter"):
        assess(found, data, segmenter="pyvi")
    (tmp_path / "none.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match="expected articles, found none"):
        assess(found, DataPart(tmp_path / "none.jsonl"))


def test_two_systems_are_compared(tmp_path: Path, data: DataPart) -> None:
    found = measured(tmp_path, data, FOUND)
    perfect = assess(write(tmp_path, "perfect.jsonl", GOLD), data, resampling=FEW)
    comparison = compare(perfect.predictions, found.predictions, FEW)
    assert (comparison.first, comparison.second) == (
        perfect.predictions.name,
        found.predictions.name,
    )
    assert comparison.entities is not None
    assert comparison.sections is not None
    assert comparison.entities["strict"].micro.first == 1
    assert comparison.entities["strict"].micro.second == pytest.approx(6 / 8)
    assert comparison.entities["strict"].per_label["ORG"].p_value == 1
    assert comparison.sections.macro.difference == pytest.approx(3 / 5)
    same = compare(found.predictions, found.predictions, FEW)
    assert same.entities is not None
    assert all(own.micro.p_value == 1 for own in same.entities.values())


def test_only_what_both_predict_is_compared(tmp_path: Path, data: DataPart) -> None:
    found = measured(tmp_path, data, FOUND).predictions
    entities = dataclasses.replace(found, tasks=("entities",), section_labels=())
    sections = dataclasses.replace(found, tasks=("sections",), section_labels=("warning", "topic"))
    assert compare(found, entities, FEW).sections is None
    comparison = compare(found, sections, FEW)
    assert comparison.entities is None
    assert comparison.sections is not None
    assert list(comparison.sections.per_label) == ["warning"]
    with pytest.raises(InputError, match="Expected something that both predict"):
        compare(entities, sections, FEW)
    fewer = dataclasses.replace(found, articles=found.articles[:1])
    with pytest.raises(ValueError, match="same articles"):
        compare(found, fewer, FEW)


def test_sources_are_grouped() -> None:
    def article(source: str | None, kind: str | None = None) -> AnnotatedArticle:
        return AnnotatedArticle("a", (passage(),), source, kind)

    sources = [
        "vietnews/train/1.txt.seg",
        "magizbox/scraper vn_news/1.txt",
        " magizbox/scraper vn_news/2.txt",
        "https://nhandan.vn/a/b.html",
        "http://nhandan.vn:80/c.html",
        "Nhân Dân https://nhandan.vn/a.html",
        "Nhân Dân",
        "/",
        "http://[",
    ]
    several = [*map(article, sources), article(None, "xã luận"), article("", "xã luận")]
    several += [article(None, "phỏng vấn"), article(None)]
    assert source_groups(several) == {
        "magizbox": [1, 2],
        "nhandan.vn": [3, 4],
        "Nhân Dân": [5, 6],
        "xã luận": [9, 10],
        "vietnews": [0],
        "/": [7],
        "http://[": [8],
        OTHER: [11, 12],
    }
    assert source_groups([]) == {}


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer.from_pretrained(BUNDLED_MODEL, segmenter="presegmented")


def test_a_model_reads_both_tasks_in_one_pass(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = " ".join([BOTH] * 60)
    articles = [*GOLD, AnnotatedArticle("d", tuple(map(AnnotatedPassage, (BOTH, long, " . "))))]
    apart = predict_sections(analyzer, articles)
    read = [analyzer.predict(text_of(article), tasks=["entities"]) for article in articles]
    calls = []
    backend_read = analyzer.backend.read

    def counted(*arguments: object, **options: object) -> object:
        calls.append(options)
        return backend_read(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(analyzer.backend, "read", counted)
    together = predict_articles(analyzer, articles, name="compact")
    assert len(calls) == 1
    assert (together.tasks, together.segmenter) == (("entities", "sections"), "presegmented")
    probabilities = [article.probabilities for article in together.articles]
    assert np.array_equal(
        np.concatenate([p for p in probabilities if p is not None]), apart.probabilities
    )
    predicted = together.section_array(article.predicted for article in together.articles)
    assert np.array_equal(predicted, apart.predicted)
    for article, alone in zip(together.articles, read, strict=True):
        surfaces = [
            (p.text[e.start : e.end], e.label)
            for p in article.predicted.passages
            for e in p.entities
        ]
        assert surfaces == [(entity.text, entity.label) for entity in alone.entities]
    assert any(article.predicted.passages[0].entities for article in together.articles)


def test_one_task_is_read_alone(analyzer: Analyzer) -> None:
    both = predict_articles(analyzer, GOLD, name="compact")
    for task in ("entities", "sections"):
        alone = predict_articles(analyzer, GOLD, name="compact", tasks=[task])
        assert alone.tasks == (task,)
        for one, other in zip(alone.articles, both.articles, strict=True):
            for mine, theirs in zip(one.predicted.passages, other.predicted.passages, strict=True):
                assert mine.entities == (theirs.entities if task == "entities" else ())
                assert mine.sections == (theirs.sections if task == "sections" else ())

"""What every model keeps to, whatever it was trained to do and in whichever form it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy import LABELS, SECTION_LABELS
from toy_models import (
    HEADS,
    LONG,
    MODELS,
    PRECISIONS,
    SECTION_MODELS,
    ToyModels,
    articles_to_learn,
)

from phodang.analyzer import Analyzer
from phodang.article import Article
from phodang.checkpoint import TASKS, read_manifest
from phodang.errors import InputError
from phodang.passages import passage_spans
from phodang_training.corpus import text_of

UNLIKE = "Chi bộ 7 và 9 của thành phố Huế, nhiệm kỳ 2020 - 2025… Đà Nẵng?\n\u200b\n€ x"
"""A text that the models have not learnt."""
IN_PARTS = f"Huế\r\n{' '.join([LONG.text] * 4)}\r\nHà Nội họp."
"""A text with a passage so long that it is classified in parts."""
TEXTS = [*map(text_of, articles_to_learn()), UNLIKE, "", IN_PARTS, "Huế"]

TOLERANCE = 1e-3
"""By which scores may differ, since training and inference form compute in different orders."""

every_model = pytest.mark.parametrize("name", MODELS)


QUANTIZED = (*HEADS, "both")
"""Models that are tried in 8 bits too: quantisation treats all graphs alike, and takes time."""


def forms(name: str) -> tuple[str, ...]:
    """The forms in which a model is tried."""
    return ("torch", *PRECISIONS) if name in QUANTIZED else ("torch", "fp32")


def of_form(toy_models: ToyModels, name: str, form: str) -> Path:
    """The folder of a model in its training form or in one of the inference forms."""
    return toy_models.trained(name) if form == "torch" else toy_models.exported(name, form)


@pytest.fixture(
    scope="module", params=[f"{name}/{form}" for name in MODELS for form in forms(name)]
)
def folder(request: pytest.FixtureRequest, toy_models: ToyModels) -> Path:
    """Each model in each form."""
    return of_form(toy_models, *request.param.split("/"))


@pytest.fixture(scope="module")
def analyzer(folder: Path) -> Analyzer:
    return Analyzer.from_pretrained(folder)


def without(article: Article, task: str) -> list[tuple[object, ...]]:
    """The passages of an article without their entities or sections."""
    return [
        (p.start, p.end, p.sections if task == "entities" else p.entities) for p in article.passages
    ]


@every_model
def test_a_manifest_says_what_was_trained(toy_models: ToyModels, name: str) -> None:
    overrides = SECTION_MODELS.get(name, ("entities.head",))
    expected = {"sections"} if name in SECTION_MODELS else set()
    expected |= {"entities" for override in overrides if override.startswith("entities.")}
    for form in forms(name):
        folder = of_form(toy_models, name, form)
        manifest = read_manifest(folder)
        assert {*manifest.tasks} == expected
        assert manifest.entities is None or manifest.entities.labels == LABELS
        assert manifest.sections is None or manifest.sections.labels == SECTION_LABELS
        inference_of_sections = "sections" in expected and form != "torch"
        assert ("sections.onnx" in manifest.files) == inference_of_sections
        assert (folder / "sections.onnx").exists() == inference_of_sections


def test_articles_come_back_as_learnt(analyzer: Analyzer) -> None:
    for article in articles_to_learn():
        read = analyzer.predict(text_of(article))
        assert len(read.passages) == len(article.passages)
        for found, passage in zip(read.passages, article.passages, strict=True):
            if "entities" in analyzer.manifest.tasks:
                spans = [
                    (e.start - found.start, e.end - found.start, e.label) for e in found.entities
                ]
                assert spans == [(e.start, e.end, e.label) for e in passage.entities]
            if "sections" in analyzer.manifest.tasks:
                assert found.labels == passage.sections


def test_what_a_model_does_not_do_is_empty(analyzer: Analyzer) -> None:
    read = analyzer.predict(TEXTS)
    assert any(article.entities for article in read) == ("entities" in analyzer.manifest.tasks)
    assert any(article.labels for article in read) == ("sections" in analyzer.manifest.tasks)


def test_spans_lie_in_their_passages(analyzer: Analyzer) -> None:
    for text, article in zip(TEXTS, analyzer.predict(TEXTS), strict=True):
        assert article.text == text
        assert [(p.start, p.end) for p in article.passages] == passage_spans(text)
        assert Article.from_dict(article.to_dict()) == article


def test_company_changes_nothing(analyzer: Analyzer) -> None:
    alone = [analyzer.predict(text) for text in TEXTS]
    assert analyzer.predict(TEXTS) == alone
    assert analyzer.predict([*TEXTS[::-1], *TEXTS]) == [*alone[::-1], *alone]


def test_threads_change_nothing(folder: Path, analyzer: Analyzer) -> None:
    expected = analyzer.predict(TEXTS)
    for number in (1, 3):
        assert Analyzer.from_pretrained(folder, threads=number).predict(TEXTS) == expected


def test_a_task_alone_gives_what_it_gives_beside_the_other(analyzer: Analyzer) -> None:
    both = analyzer.predict(TEXTS)
    for task in analyzer.manifest.tasks:
        alone = analyzer.predict(TEXTS, tasks=(task,))
        (other,) = {*TASKS} - {task}
        assert [without(article, other) for article in alone] == [
            without(article, other) for article in both
        ]
        assert not any(a.entities if other == "entities" else a.sections for a in alone)
        assert list(analyzer.stream(TEXTS, tasks=[task])) == alone


def test_other_tasks_are_told(analyzer: Analyzer) -> None:
    for task in {*TASKS, "topics"} - {*analyzer.manifest.tasks}:
        with pytest.raises(InputError, match=f'found "{task}". Leave tasks out'):
            analyzer.predict("Huế", tasks=(task,))


@pytest.mark.parametrize("text", ["", " ", "\n\t\r\n \u3000"])
def test_a_text_without_passages_is_an_empty_article(analyzer: Analyzer, text: str) -> None:
    for tasks in (None, *((task,) for task in analyzer.manifest.tasks)):
        article = analyzer.predict(text, tasks=tasks)
        assert (article.text, article.passages) == (text, ())
    if "sections" in analyzer.manifest.tasks:
        assert analyzer.section_probabilities(text) == []


def test_what_holds_no_subword_has_nothing(analyzer: Analyzer) -> None:
    text = "\u200b"
    article = analyzer.predict(text)
    assert (article.text, article.entities, article.sections) == (text, (), ())
    if "sections" in analyzer.manifest.tasks:
        assert analyzer.section_probabilities(text) == []


def test_sections_are_what_is_probable_enough(analyzer: Analyzer) -> None:
    task = analyzer.manifest.sections
    if task is None:
        with pytest.raises(InputError, match='does, entities, found "sections"'):
            analyzer.section_probabilities("Huế")
        return
    for text, article in zip(TEXTS, analyzer.predict(TEXTS), strict=True):
        rows = analyzer.section_probabilities(text)
        for start, end, probabilities in rows:
            assert tuple(probabilities) == SECTION_LABELS
            assert all(0 <= value <= 1 for value in probabilities.values())
            assert text[start:end].strip("\u200b") != ""
        thresholds = dict(zip(task.labels, task.thresholds, strict=True))
        expected = [
            (start, end, label, value)
            for start, end, probabilities in rows
            for label, value in sorted(probabilities.items())
            if value >= thresholds[label]
        ]
        found = [(s.start, s.end, s.label, s.score) for p in article.passages for s in p.sections]
        assert found == expected


@every_model
def test_torch_and_onnx_agree(toy_models: ToyModels, name: str) -> None:
    by_torch = Analyzer.from_pretrained(toy_models.trained(name))
    by_onnx = Analyzer.from_pretrained(toy_models.exported(name, "fp32"))
    for article, other in zip(by_torch.predict(TEXTS), by_onnx.predict(TEXTS), strict=True):
        assert [(e.start, e.end, e.label) for e in article.entities] == [
            (e.start, e.end, e.label) for e in other.entities
        ]
        assert [e.score for e in other.entities] == pytest.approx(
            [e.score for e in article.entities], abs=TOLERANCE
        )
    if by_torch.manifest.sections is None:
        return
    for text in TEXTS:
        for (start, end, expected), (other_start, other_end, found) in zip(
            by_torch.section_probabilities(text), by_onnx.section_probabilities(text), strict=True
        ):
            assert (other_start, other_end) == (start, end)
            assert found == pytest.approx(expected, abs=TOLERANCE)

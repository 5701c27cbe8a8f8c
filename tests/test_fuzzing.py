"""What finds faults in readings of hostile texts finds them, and tells how to make them again."""

from __future__ import annotations

import dataclasses
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from toy_models import ToyModels
from typer.testing import CliRunner

from phodang.analyzer import Analyzer
from phodang.article import Article, Entity, Passage
from phodang.errors import SegmenterError
from phodang_training.trust.fuzzing import TEXTS_AT_ONCE, fuzz, reading_faults
from phodang_training.trust.hostile_texts import hostile_text
from phodang_training.trust.random_labels import with_random_labels

SCRIPT = Path(__file__).parent.parent / "scripts" / "fuzz"
TEXT = "Hà Nội, Huế\nĐà Nẵng"
ENTITY = Entity(8, 11, "LOC", "Huế", 0.5)
ARTICLE = Article(TEXT, (Passage(0, 11, TEXT[:11], (ENTITY,)), Passage(12, 19, TEXT[12:])))


@pytest.fixture(scope="module")
def folder(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture
def analyzer(folder: Path) -> Analyzer:
    return Analyzer.from_pretrained(folder)


def spoilt(entity: Any = ENTITY, **passage: Any) -> Article:
    """An article that the classes of phodang would refuse."""
    article = dataclasses.replace(ARTICLE)
    first = dataclasses.replace(ARTICLE.passages[0])
    for name, value in {"entities": (entity,), **passage}.items():
        object.__setattr__(first, name, value)
    object.__setattr__(article, "passages", (first, ARTICLE.passages[1]))
    return article


def changed(**values: Any) -> Entity:
    entity = dataclasses.replace(ENTITY)
    for name, value in values.items():
        object.__setattr__(entity, name, value)
    return entity


@pytest.mark.parametrize(
    ("article", "fault"),
    [
        (Article("Huế"), "the article's text is another"),
        (Article(TEXT, ARTICLE.passages[1:]), "the passages are not the text's lines"),
        (spoilt(end=10), "the passages are not the text's lines"),
        (spoilt(changed(end=12)), "is not inside of its passage"),
        (spoilt(changed(start=-3)), "is not inside of its passage"),
        (spoilt(changed(start=11)), "is not inside of its passage"),
        (spoilt(changed(text="Hue")), "is not what stands in the text"),
        (spoilt(changed(start=7, text=" Huế")), "is not what stands in the text"),
        (spoilt(changed(score=float("nan"))), "has a score that is no probability"),
        (spoilt(entities=(ENTITY, ENTITY)), "begins before"),
    ],
)
def test_faults_are_found(article: Article, fault: str) -> None:
    assert list(reading_faults(TEXT, ARTICLE)) == []
    assert fault in " ".join(reading_faults(TEXT, article))


def test_a_sound_reader_has_no_fault(analyzer: Analyzer, folder: Path) -> None:
    told: list[int] = []
    others = [Analyzer.from_pretrained(folder, threads=2)]
    report = fuzz(
        with_random_labels(analyzer), texts=50, seed=1, others=(), on_progress=told.append
    )
    assert (report.texts, report.fault, report.compared) == (50, None, TEXTS_AT_ONCE)
    assert report.entities > 50
    assert told == [20, 40, 50]
    assert fuzz(analyzer, texts=TEXTS_AT_ONCE, seed=1, others=others).fault is None


def test_what_a_text_makes_fail_is_found(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = hostile_text("3:25")
    arrange = analyzer.arranger.reader.segmenter.words

    def fail(text: str) -> list[tuple[int, int]]:
        if text and text in bad:
            raise SegmenterError("Words of another text.")
        return arrange(text)

    monkeypatch.setattr(analyzer.arranger.reader.segmenter, "words", fail)
    fault = fuzz(analyzer, texts=50, seed=3).fault
    assert fault is not None
    assert "Words of another text." in fault.reason
    assert fault.text == hostile_text(f"{fault.seed}:{fault.number}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda articles: articles if len(articles) > 1 else [ARTICLE], "read alone"),
        (lambda articles: [ARTICLE] * len(articles), "the article's text is another"),
    ],
    ids=["company", "text"],
)
def test_what_depends_on_company_is_found(
    analyzer: Analyzer,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[list[Article]], list[Article]],
    reason: str,
) -> None:
    stream = analyzer.stream

    def other(texts: Any, **options: Any) -> Any:
        return iter(change(list(stream(texts, **options))))

    monkeypatch.setattr(analyzer, "stream", other)
    fault = fuzz(analyzer, texts=20, seed=1).fault
    assert fault is not None
    assert reason in fault.reason


def run(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(runpy.run_path(str(SCRIPT))["main"])
    result = CliRunner().invoke(app, list(map(str, arguments)))
    return result.exit_code, result.output


def test_the_script_tells_what_it_read(folder: Path) -> None:
    status, output = run(folder, "--texts", 40, "--random-labels")
    assert status == 0, output
    assert "Texts read: 40 of " in output
    assert "texts/s" in output
    assert "Faults: 0." in output


def test_the_script_tells_the_first_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phodang_training.trust.fuzzing.passage_spans", lambda text: [(0, 1)])
    status, output = run(folder, "--texts", 40, "--seed", 5)
    assert status == 1
    assert "Faults: 1." in output
    assert "the passages are not the text's lines" in output
    assert f'hostile_text("5:0") == {hostile_text("5:0")!a}' in output


def test_the_script_tells_a_model_that_is_not_there(tmp_path: Path) -> None:
    status, output = run(tmp_path / "none", "--texts", 1)
    assert status == 2
    assert "No checkpoint at" in output


def test_the_script_measures_time(folder: Path) -> None:
    status, output = run(folder, "--scaling", "--longest", 800)
    assert status in (0, 1)  # so little time is measured with a large error
    assert "one line: " in output
    assert "400, 800 characters; exponent " in output

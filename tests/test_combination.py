"""Two models in one checkpoint: each does its own task as it did alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from toy import toy_articles
from toy_models import LONG, ToyModels

from phodang.analyzer import Analyzer
from phodang.article import Article
from phodang.checkpoint import CARD_FILE, SECTIONS_ENCODER_FILE, read_manifest
from phodang.errors import CheckpointError
from phodang.sections import PassageSection
from phodang_training.corpus import text_of
from phodang_training.models.combination import combine

TEXTS = [*map(text_of, toy_articles()), LONG.text, ""]


@pytest.fixture(scope="module")
def parts(toy_models: ToyModels) -> tuple[Path, Path]:
    return toy_models.exported("crf", "int8"), toy_models.exported("both", "int8")


@pytest.fixture(scope="module")
def combined(parts: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("combined") / "model"
    combine(*parts, output)
    return output


def section_labels(article: Article) -> list[tuple[PassageSection, ...]]:
    """The section labels of each passage; `Section` holds the passages' entities as well."""
    return [passage.sections for passage in article.passages]


def test_each_task_is_done_as_by_its_own_model(parts: tuple[Path, Path], combined: Path) -> None:
    of_entities, of_sections = map(Analyzer.from_pretrained, parts)
    analyzer = Analyzer.from_pretrained(combined)
    assert analyzer.manifest.tasks == ("entities", "sections")
    assert analyzer.manifest.section_encoder == SECTIONS_ENCODER_FILE
    entities = of_entities.predict(TEXTS, tasks=["entities"])
    sections = of_sections.predict(TEXTS, tasks=["sections"])
    both = analyzer.predict(TEXTS)
    assert [article.entities for article in both] == [article.entities for article in entities]
    assert list(map(section_labels, both)) == list(map(section_labels, sections))
    assert any(article.entities for article in both)
    assert any(article.sections for article in both)
    assert analyzer.predict(TEXTS, tasks=["entities"]) == entities
    assert analyzer.predict(TEXTS, tasks=["sections"]) == sections


def test_the_card_tells_of_both_trainings(combined: Path) -> None:
    card = (combined / CARD_FILE).read_text(encoding="utf-8")
    assert re.findall("^## Training.*$", card, re.MULTILINE) == [
        "## Training: entities",
        "## Training: sections",
    ]
    assert f"for sections, `{SECTIONS_ENCODER_FILE}`" in card


def test_files_of_the_second_encoder_are_checked(combined: Path, tmp_path: Path) -> None:
    assert SECTIONS_ENCODER_FILE in read_manifest(combined).files
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in combined.iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    (damaged / SECTIONS_ENCODER_FILE).write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=SECTIONS_ENCODER_FILE):
        Analyzer.from_pretrained(damaged)


def test_what_does_not_fit_together_is_refused(
    toy_models: ToyModels, parts: tuple[Path, Path], combined: Path, tmp_path: Path
) -> None:
    entities, sections = parts
    output = tmp_path / "model"
    with pytest.raises(CheckpointError, match="Expected a new folder"):
        combine(entities, sections, combined)
    with pytest.raises(CheckpointError, match="in its training form"):
        combine(toy_models.trained("crf"), sections, output)
    with pytest.raises(CheckpointError, match="expected a model of sections"):
        combine(entities, entities, output)
    with pytest.raises(CheckpointError, match="precision is fp32 and int8"):
        combine(toy_models.exported("crf", "fp32"), sections, output)
    assert not output.exists()

"""The inference form of a model reads as its training form does."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from toy import WINDOW_SIZE
from toy_models import HEADS, LONG, PRECISIONS, ToyModels, articles_to_learn

from phodang.analyzer import Analyzer
from phodang.checkpoint import ONNX_FILE, read_manifest
from phodang.errors import CheckpointError
from phodang_training.corpus import text_of
from phodang_training.models.export import export

UNLIKE = "Chi bộ 7 và 9 của thành phố Huế, nhiệm kỳ 2020 - 2025… Đà Nẵng?\n\u200b\n€ x"
"""A text that the models have not learnt."""

TEXTS = [*(text_of(article) for article in articles_to_learn()), UNLIKE, f"{LONG.text} " * 3]

FORMS = [(head, precision) for head in HEADS for precision in PRECISIONS]


@pytest.mark.parametrize("head", HEADS)
def test_fp32_is_equal_to_torch(toy_models: ToyModels, head: str) -> None:
    by_torch = Analyzer.from_pretrained(toy_models.trained(head)).predict(TEXTS)
    by_onnx = Analyzer.from_pretrained(toy_models.exported(head, "fp32")).predict(TEXTS)
    assert sum(len(article.entities) for article in by_torch) > len(TEXTS)
    for expected, read in zip(by_torch, by_onnx, strict=True):
        for entity, other in zip(expected.entities, read.entities, strict=True):
            assert other.score == pytest.approx(entity.score, abs=1e-3)
            assert dataclasses.replace(other, score=entity.score) == entity


@pytest.mark.parametrize(("head", "precision"), FORMS)
def test_long_passages_keep_their_entities(
    toy_models: ToyModels, head: str, precision: str
) -> None:
    analyzer = Analyzer.from_pretrained(toy_models.exported(head, precision))
    assert len(analyzer.reader.read(LONG.text).subwords) > WINDOW_SIZE
    read = analyzer.predict(f"Huế.\n{LONG.text}\nHà Nội.").passages[1].entities
    offset = len("Huế.\n")
    assert [(e.start - offset, e.end - offset, e.label) for e in read] == [
        (e.start, e.end, e.label) for e in LONG.entities
    ]


@pytest.mark.parametrize(("head", "precision"), FORMS)
def test_a_text_without_passages_has_no_entities(
    toy_models: ToyModels, head: str, precision: str
) -> None:
    analyzer = Analyzer.from_pretrained(toy_models.exported(head, precision))
    for text in ("", " ", "\n\t\r\n \u3000"):
        article = analyzer.predict(text)
        assert (article.text, article.passages, article.entities) == (text, (), ())


@pytest.mark.parametrize(("head", "precision"), FORMS)
def test_the_exported_folder(toy_models: ToyModels, head: str, precision: str) -> None:
    folder = toy_models.exported(head, precision)
    assert {path.name for path in folder.iterdir()} == {
        *("phodang.json", "model.onnx", "vocab.txt", "bpe.codes", "training.json", "README.md")
    }
    trained, manifest = read_manifest(toy_models.trained(head)), read_manifest(folder)
    assert (manifest.weights, manifest.precision) == (ONNX_FILE, precision)
    assert manifest == dataclasses.replace(
        trained, weights=ONNX_FILE, precision=precision, files=manifest.files
    )


def test_int8_is_smaller(toy_models: ToyModels) -> None:
    sizes = [(toy_models.exported("crf", p) / ONNX_FILE).stat().st_size for p in PRECISIONS]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(("head", "precision"), FORMS)
def test_nothing_tells_of_the_machine(toy_models: ToyModels, head: str, precision: str) -> None:
    places = {Path.home(), Path(sys.prefix), Path(__file__).parent.parent, toy_models.workshop}
    names = [str(place).encode() for place in places if len(place.parts) > 1]
    for folder in (toy_models.trained(head), toy_models.exported(head, precision)):
        for path in folder.iterdir():
            if path.is_file():
                content = path.read_bytes()
                assert [name for name in names if name in content] == [], path


def test_the_inference_form_cannot_be_exported(toy_models: ToyModels, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="in its inference form already"):
        export(toy_models.exported("crf", "int8"), tmp_path / "output")


def test_a_form_is_not_written_over_the_other(toy_models: ToyModels) -> None:
    checkpoint = toy_models.trained("crf")
    with pytest.raises(CheckpointError, match="Expected another folder"):
        export(checkpoint, checkpoint / ".." / checkpoint.name)
    assert read_manifest(checkpoint)


def test_what_is_no_checkpoint_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No checkpoint at"):
        export(tmp_path / "none", tmp_path / "output")
    with pytest.raises(CheckpointError, match="is no phodang checkpoint"):
        export(tmp_path, tmp_path / "output")

"""A checkpoint's README says what was measured, and what was not."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from toy_models import ToyModels

from phodang.checkpoint import EVALUATION_FILE
from phodang_training.card import add_evaluation, write_card
from phodang_training.evaluation import Evaluation
from phodang_training.metrics import Score, SpanScores


def evaluation(
    f1: float, *, data: str = "dev.jsonl", precision: str = "int8", label: str = "ORG"
) -> Evaluation:
    score = Score(f1, f1, f1, 10)
    return Evaluation(
        data=data,
        sha256="0" * 64,
        articles=3,
        segmenter="presegmented",
        precision=precision,
        command=f"phodang-train evaluate model {data}",
        scores=SpanScores(score, {label: score}),
    )


def table(card: str) -> list[list[str]]:
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.fixture
def folder(toy_models: ToyModels, tmp_path: Path) -> Path:
    return Path(shutil.copytree(toy_models.exported("crf", "int8"), tmp_path / "model"))


def read(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def test_a_card_tells_how_the_model_was_made(folder: Path) -> None:
    card = read(folder)
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert card.startswith("---\nlanguage: vi\n")
    assert "# Token classifier for DATE, LOC, ORG" in card
    assert "Fine-tuned with phodang from the encoder `encoder`." in card
    assert "Words: presegmented 1;" in card
    assert "Weights: `model.onnx`, int8." in card
    assert "Head: crf;" in card
    for name, checksum in record["data"].items():
        assert f"- `{name}`, SHA-256 `{checksum}`" in card
    assert json.loads(card.partition("```json\n")[2].partition("```")[0]) == record["config"]


def test_what_was_not_measured_has_no_figures(folder: Path) -> None:
    assert "## Figures\n\nNone measured." in read(folder)
    assert table(read(folder)) == []


def test_a_missing_record_is_said(folder: Path) -> None:
    (folder / "training.json").unlink()
    write_card(folder)
    assert "## Training\n\nNo record." in read(folder)
    assert "Head: unknown;" in read(folder)


def test_figures_are_those_measured(folder: Path) -> None:
    add_evaluation(folder, evaluation(0.8125))
    card = read(folder)
    assert table(card) == [
        ["data", "articles", "words by", "weights", "micro-F1", "ORG"],
        ["dev.jsonl", "3", "presegmented", "int8", "81.25", "81.25"],
    ]
    assert "```sh\nphodang-train evaluate model dev.jsonl\n```" in card
    assert "int8 against fp32" not in card


def test_a_measurement_replaces_the_one_before(folder: Path) -> None:
    for f1 in (0.5, 0.75):
        add_evaluation(folder, evaluation(f1))
    assert [row[4] for row in table(read(folder))[1:]] == ["75.00"]
    kept = json.loads((folder / EVALUATION_FILE).read_text(encoding="utf-8"))
    assert [e["scores"]["micro"]["f1"] for e in kept] == [0.75]


def test_labels_that_some_data_lacks(folder: Path) -> None:
    add_evaluation(folder, evaluation(0.5, data="one.jsonl", label="ORG"))
    add_evaluation(folder, evaluation(0.25, data="two.conll", label="LOC"))
    assert table(read(folder)) == [
        ["data", "articles", "words by", "weights", "micro-F1", "LOC", "ORG"],
        ["one.jsonl", "3", "presegmented", "int8", "50.00", "–", "50.00"],
        ["two.conll", "3", "presegmented", "int8", "25.00", "25.00", "–"],
    ]


def test_the_cost_of_int8_is_told(folder: Path) -> None:
    add_evaluation(folder, evaluation(0.9, precision="fp32"))
    add_evaluation(folder, evaluation(0.88))
    add_evaluation(folder, evaluation(0.5, data="other.jsonl"))
    costs = [line for line in read(folder).splitlines() if "against" in line]
    assert costs == [
        "- int8 against fp32 on dev.jsonl, words by presegmented: -2.00 points of micro-F1."
    ]


def test_only_measurements_of_the_same_data_and_segmenter_are_compared(folder: Path) -> None:
    add_evaluation(folder, evaluation(0.9, precision="fp32"))
    add_evaluation(folder, dataclasses.replace(evaluation(0.88), segmenter="pyvi"))
    assert len(table(read(folder))) == 3
    assert "against fp32" not in read(folder)
    add_evaluation(folder, dataclasses.replace(evaluation(0.88), sha256="1" * 64))
    assert "against fp32" not in read(folder)

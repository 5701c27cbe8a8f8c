"""The model that comes with the package: small, complete, and as good as its card says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from phodang import Analyzer, predict
from phodang.analyzer import BUNDLED_MODEL, checkpoint_folder
from phodang.checkpoint import CARD_FILE, EVALUATION_FILE, read_manifest
from phodang_training.card import write_card
from phodang_training.evaluation import DataPart, evaluate_entities

ROOT = Path(__file__).parent.parent
FOLDER = checkpoint_folder(BUNDLED_MODEL)
HELD_OUT = DataPart(ROOT / "data/authored/authored.jsonl", ROOT / "data/authored/split.json")

LARGEST_MODEL = 32_000_000
"""Bytes; a package index and a git history have to carry it."""
MACHINE_TOLERANCE = 0.003
"""Micro-F1 by which processors may differ: they round sums of floating-point products apart."""


def test_the_model_is_complete_small_and_quantised() -> None:
    manifest = read_manifest(FOLDER)
    assert manifest.precision == "int8"
    assert (FOLDER / manifest.weights).stat().st_size <= LARGEST_MODEL
    assert (FOLDER / "NOTICE").is_file()
    assert set(manifest.labels) == {
        "PER",
        "TITLE",
        "ORG",
        "LOC",
        "DOC",
        "EVENT",
        "DATE",
        "QUANTITY",
    }


def test_the_card_says_what_was_measured(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "model")
    write_card(tmp_path / "model")
    made = (tmp_path / "model" / CARD_FILE).read_text(encoding="utf-8")
    assert made == (FOLDER / CARD_FILE).read_text(encoding="utf-8")


def test_held_out_articles_are_labelled_as_well_as_the_card_says() -> None:
    evaluations = json.loads((FOLDER / EVALUATION_FILE).read_text(encoding="utf-8"))
    (noted,) = (e for e in evaluations if "authored" in e["data"] and e["precision"] == "int8")
    scores = evaluate_entities(Analyzer.from_pretrained(), HELD_OUT.read())
    assert scores.micro.f1 == pytest.approx(noted["scores"]["micro"]["f1"], abs=MACHINE_TOLERANCE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Sáng 12-3, tại Hà Nội, Ban Tổ chức Trung ương tổ chức hội nghị trực tuyến.",
            [("DATE", "Sáng 12-3"), ("LOC", "Hà Nội"), ("ORG", "Ban Tổ chức Trung ương")],
        ),
        (
            "Bộ Chính trị ban hành Quy định số 205-QĐ/TW ngày 23-9-2019.",
            [("ORG", "Bộ Chính trị"), ("DOC", "Quy định số 205-QĐ/TW"), ("DATE", "ngày 23-9-2019")],
        ),
    ],
)
def test_predict_labels_plain_sentences(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(entity.label, entity.text) for entity in predict(text).entities] == expected

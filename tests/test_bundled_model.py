"""The model that comes with the package: small, complete, and as good as its card says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from phodang import Analyzer, predict
from phodang.analyzer import BUNDLED_MODEL, checkpoint_folder
from phodang.checkpoint import CARD_FILE, EVALUATION_FILE, read_manifest
from phodang.errors import InputError
from phodang.sections import SECTION_LABELS
from phodang_training.evaluation.assessment import DataPart, evaluate_entities
from phodang_training.evaluation.section_evaluation import predict_sections
from phodang_training.models.card import write_card

ROOT = Path(__file__).parent.parent
FOLDER = checkpoint_folder(BUNDLED_MODEL)
HELD_OUT = DataPart(ROOT / "data/authored/authored.jsonl", ROOT / "data/authored/split.json")

LARGEST_MODEL = 32_000_000
"""Bytes of an encoder; a package index and a git history have to carry it."""
LARGEST_CHECKPOINT = 72_000_000
"""Bytes, with both encoders, the section head and the tokenizer."""
MACHINE_TOLERANCE = 0.003
"""F1 by which processors may differ: they round sums of floating-point products apart."""
MACHINE_TOLERANCE_OF_SECTIONS = 0.02
"""As above, of one label's F1 over passages: there are fewer of them than entities."""


def test_the_model_is_complete_small_and_quantised() -> None:
    manifest = read_manifest(FOLDER)
    assert manifest.precision == "int8"
    for encoder in (manifest.weights, manifest.section_encoder):
        assert (FOLDER / encoder).stat().st_size <= LARGEST_MODEL
    assert (FOLDER / "NOTICE").is_file()
    assert sum((FOLDER / name).stat().st_size for name in manifest.files) <= LARGEST_CHECKPOINT
    assert manifest.entities is not None
    types = {"PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY"}
    assert {*manifest.entities.labels} == types
    assert manifest.sections is None or manifest.sections.labels == SECTION_LABELS


def test_the_card_says_what_was_measured(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "model")
    write_card(tmp_path / "model")
    made = (tmp_path / "model" / CARD_FILE).read_text(encoding="utf-8")
    assert made == (FOLDER / CARD_FILE).read_text(encoding="utf-8")


def test_held_out_articles_are_labelled_as_well_as_the_card_says() -> None:
    evaluations = json.loads((FOLDER / EVALUATION_FILE).read_text(encoding="utf-8"))
    (noted,) = (e for e in evaluations if "authored" in e["data"] and e["precision"] == "int8")
    analyzer, articles = Analyzer.from_pretrained(), HELD_OUT.read()
    scores = evaluate_entities(analyzer, articles)
    assert scores.micro.f1 == pytest.approx(noted["scores"]["micro"]["f1"], abs=MACHINE_TOLERANCE)
    if "sections" in analyzer.manifest.tasks:
        sections = predict_sections(analyzer, articles).scores()
        f1 = {label: score["f1"] for label, score in noted["sections"]["per_label"].items()}
        assert {label: score.f1 for label, score in sections.per_label.items()} == pytest.approx(
            f1, abs=MACHINE_TOLERANCE_OF_SECTIONS
        )


def test_a_task_that_the_model_does_not_do_is_told() -> None:
    missing = {"entities", "sections", "topics"} - {*read_manifest(FOLDER).tasks}
    for task in missing:
        with pytest.raises(InputError, match=f'found "{task}". Leave tasks out'):
            predict("Huế", tasks=[task])
    for task in read_manifest(FOLDER).tasks:
        assert predict("Huế", tasks=[task]).text == "Huế"


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

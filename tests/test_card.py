"""A checkpoint's README says what was measured, and what was not."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from toy import SECTION_LABELS
from toy_models import ToyModels

from phodang.checkpoint import EVALUATION_FILE, read_manifest
from phodang_training.evaluation.assessment import Evaluation, Intervals
from phodang_training.evaluation.metrics import Score, SpanScores
from phodang_training.evaluation.resampling import F1Intervals, Resampling
from phodang_training.evaluation.section_metrics import SectionScores
from phodang_training.models.card import add_evaluation, write_card


def evaluation(
    f1: float,
    *,
    data: str = "dev.jsonl",
    precision: str = "int8",
    label: str = "ORG",
    sections: SectionScores | None = None,
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
        sections=sections,
    )


def section_scores(**f1: float) -> SectionScores:
    """Scores with an expected calibration error of a tenth of each label's F1."""
    per_label = {label: Score(value, value, value, 10) for label, value in f1.items()}
    errors = {label: value / 10 for label, value in f1.items()}
    return SectionScores(per_label, Score(1, 1, 1, 10), errors, errors, 20)


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
    assert "Fine-tuned with phodang from the encoder `encoder`, to read Vietnamese text." in card
    assert "Words: presegmented 1;" in card
    assert "Weights: `model.onnx`, int8." in card
    assert "Entities: head crf;" in card
    assert "Sections: " not in card
    assert "Configuration, for `phodang-train entities`:" in card
    assert f"strict micro-F1 of entities {100 * record['dev']['micro']['f1']:.2f}." in card
    for name, checksum in record["data"].items():
        assert f"- `{name}`, SHA-256 `{checksum}`" in card
    assert json.loads(card.partition("```json\n")[2].partition("```")[0]) == record["config"]


@pytest.mark.parametrize(
    ("name", "title", "pipeline", "reads"),
    [
        (
            "both",
            "# Token classifier for DATE, LOC, ORG and document classifier for achievement, task, "
            "warning",
            "token-classification",
            "told by a recurrent layer over the vectors of all passages of an article.",
        ),
        (
            "previous",
            "# Document classifier for achievement, task, warning",
            "text-classification",
            "told by each passage's vector by itself.",
        ),
    ],
    ids=["both", "sections"],
)
def test_a_card_tells_of_sections(
    toy_models: ToyModels, name: str, title: str, pipeline: str, reads: str
) -> None:
    folder = toy_models.exported(name, "int8")
    manifest = read_manifest(folder)
    card = read(folder)
    assert title in card.splitlines()
    assert f"pipeline_tag: {pipeline}\n" in card
    assert reads in card
    assert f"context `{manifest.context}`." in card
    assert manifest.sections is not None
    for label, temperature, threshold in zip(
        SECTION_LABELS, manifest.sections.temperatures, manifest.sections.thresholds, strict=True
    ):
        assert f"{label} {temperature:.2f}, {threshold:.2f}" in card
    assert ("Entities: head crf;" in card) == ("entities" in manifest.tasks)
    assert ("strict micro-F1 of entities 100.00" in card) == ("entities" in manifest.tasks)
    assert "macro-F1 of sections 100.00." in card
    assert "Configuration, for `phodang-train sections`:" in card


def test_figures_of_sections_are_those_measured(folder: Path) -> None:
    both = evaluation(0.5, sections=section_scores(achievement=0.25, task=0.75))
    add_evaluation(folder, both)
    add_evaluation(folder, evaluation(0.5, data="without.conll"))
    rows = table(read(folder))
    assert rows[:3] == [
        ["data", "articles", "words by", "weights", "micro-F1", "ORG"],
        ["dev.jsonl", "3", "presegmented", "int8", "50.00", "50.00"],
        ["without.conll", "3", "presegmented", "int8", "50.00", "50.00"],
    ]
    assert rows[3:] == [
        ["data", "articles", "words by", "weights", "macro-F1", "achievement", "task", "ECE"],
        ["dev.jsonl", "3", "presegmented", "int8", "50.00", "25.00", "75.00", "5.00"],
    ]
    # Without entities, there is no table of them.
    add_evaluation(folder, dataclasses.replace(evaluation(0.5, data="without.conll"), scores=None))
    add_evaluation(folder, dataclasses.replace(both, scores=None))
    assert table(read(folder)) == rows[3:]


def test_figures_have_their_intervals(folder: Path) -> None:
    measured = evaluation(0.5, sections=section_scores(achievement=0.25, task=0.75))
    intervals = Intervals(
        Resampling(),
        F1Intervals((0.4123, 0.6), (0.3, 0.5), {"ORG": None}),
        F1Intervals(None, (0.4, 0.6), {"achievement": (0.1, 0.3), "task": (0.7, 1.0)}),
    )
    add_evaluation(folder, evaluation(0.75, data="before.jsonl"))
    assert "In brackets" not in read(folder)
    add_evaluation(folder, dataclasses.replace(measured, intervals=intervals))
    rows = [row[4:] for row in table(read(folder))]
    assert rows == [
        ["micro-F1", "ORG"],
        ["75.00", "75.00"],
        ["50.00 [41.2, 60.0]", "50.00"],
        ["macro-F1", "achievement", "task", "ECE"],
        ["50.00 [40.0, 60.0]", "25.00 [10.0, 30.0]", "75.00 [70.0, 100.0]", "5.00"],
    ]
    card = read(folder)
    assert card.count("In brackets: 95% intervals, by bootstrap over articles.") == 2
    # An evaluation is noted as it is read again, old or new.
    write_card(folder)
    assert read(folder) == card


def test_evaluations_of_an_older_phodang_are_read(folder: Path) -> None:
    add_evaluation(folder, evaluation(0.8125))
    path = folder / EVALUATION_FILE
    (noted,) = json.loads(path.read_text(encoding="utf-8"))
    assert noted.pop("intervals") is None
    path.write_text(json.dumps([noted]), encoding="utf-8")
    card = read(folder)
    write_card(folder)
    assert read(folder) == card
    add_evaluation(folder, evaluation(0.5, data="other.jsonl"))
    assert [row[4] for row in table(read(folder))] == ["micro-F1", "81.25", "50.00"]


def test_tasks_may_be_measured_apart(folder: Path) -> None:
    sections = evaluation(0.5, sections=section_scores(achievement=0.25, task=0.75))
    add_evaluation(folder, evaluation(0.75))
    add_evaluation(folder, dataclasses.replace(sections, scores=None))
    assert [row[4] for row in table(read(folder))] == ["micro-F1", "75.00", "macro-F1", "50.00"]
    add_evaluation(folder, evaluation(0.25))
    assert [row[4] for row in table(read(folder))] == ["micro-F1", "25.00", "macro-F1", "50.00"]


def test_what_was_not_measured_has_no_figures(folder: Path) -> None:
    assert "## Figures\n\nNone measured." in read(folder)
    assert table(read(folder)) == []


def test_a_missing_record_is_said(folder: Path) -> None:
    (folder / "training.json").unlink()
    write_card(folder)
    assert "## Training\n\nNo record." in read(folder)
    assert "Entities: head unknown;" in read(folder)


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

"""The README of a checkpoint, made from what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from phodang.checkpoint import (
    CARD_FILE,
    EVALUATION_FILE,
    NOTICE_FILE,
    TRAINING_FILE,
    Manifest,
    SectionTask,
    read_manifest,
)
from phodang_training.evaluation.assessment import Evaluation
from phodang_training.evaluation.evaluation_tables import NOTHING, percent, with_interval
from phodang_training.evaluation.resampling import CONFIDENCE, Interval
from phodang_training.models.card_trainings import training_section, trainings_of

_BUNDLED_ENCODER = "model/encoder"


def add_evaluation(folder: Path, evaluation: Evaluation) -> None:
    """Note an evaluation in a checkpoint, and write its card anew.

    An earlier evaluation of the same kind (data, segmenter, precision) is replaced, unless the two
    are of different tasks.
    """
    path = folder / EVALUATION_FILE
    kept = [e for e in _read(path) or [] if not _replaces(asdict(evaluation), e)]
    text = json.dumps([*kept, asdict(evaluation)], ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
    write_card(folder)


def _replaces(evaluation: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    kinds = [(e["data"], e["segmenter"], e["precision"]) for e in (evaluation, earlier)]
    tasks = [{key for key in ("scores", "sections") if e.get(key)} for e in (evaluation, earlier)]
    apart = all(tasks) and tasks[0].isdisjoint(tasks[1])
    return kinds[0] == kinds[1] and not apart


def write_card(folder: Path) -> None:
    """Write a checkpoint's README from its manifest, training record and evaluations.

    Args:
        folder: A checkpoint; ``training.json`` and ``evaluation.json`` may be missing, and the
            card then says so.
    """
    manifest = read_manifest(folder, verify=False)
    record = _read(folder / TRAINING_FILE) or {}
    evaluations = _read(folder / EVALUATION_FILE) or []
    sections = [
        _what(manifest, record),
        _figures(evaluations),
        *map(training_section, trainings_of(record)),
        _limits(manifest, record, has_notice=(folder / NOTICE_FILE).is_file()),
    ]
    (folder / CARD_FILE).write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _what(manifest: Manifest, record: Mapping[str, Any]) -> str:
    head = next(filter(None, (run.head for run in trainings_of(record))), "unknown")
    lines = ["---", "language: vi", f"pipeline_tag: {_PIPELINES[manifest.tasks[0]]}", "---", ""]
    lines.append(f"# {_title(manifest)}")
    lines += [
        "",
        f"Fine-tuned with phodang from the encoder `{manifest.encoder}`, to read Vietnamese text."
        f"{_about_encoder(manifest.encoder)}",
        "",
        f"- Words: {manifest.segmenter} {manifest.segmenter_version}; normalisation "
        f"`{manifest.normalization}`; {manifest.window_size} subwords a window; context "
        f"`{manifest.context}`.",
    ]
    if manifest.entities:
        lines.append(f"- Entities: head {head}; decoding never yields an invalid IOB2 sequence.")
    if manifest.sections:
        lines.append(_about_sections(manifest.sections, record))
    weights = dict.fromkeys((manifest.weights, manifest.section_encoder))
    names = " and, for sections, ".join(f"`{name}`" for name in weights)
    lines.append(f"- Weights: {names}, {manifest.precision}.")
    return "\n".join(lines)


_PIPELINES = {"entities": "token-classification", "sections": "text-classification"}


def _title(manifest: Manifest) -> str:
    parts = []
    if manifest.entities:
        parts.append(f"Token classifier for {', '.join(manifest.entities.labels)}")
    if manifest.sections:
        parts.append(f"document classifier for {', '.join(manifest.sections.labels)}")
    title = " and ".join(parts)
    return title[0].upper() + title[1:]


def _about_sections(task: SectionTask, record: Mapping[str, Any]) -> str:
    each = zip(task.labels, task.temperatures, task.thresholds, strict=True)
    values = "; ".join(
        f"{label} {temperature:.2f}, {threshold:.2f}" for label, temperature, threshold in each
    )
    reads = (
        "a recurrent layer over the vectors of all passages of an article"
        if task.reads_document
        else "each passage's vector by itself"
    )
    files = " and ".join(f"`{name}`" for name in record.get("calibration", ()))
    fitted = f"{files} with these weights" if files else "the dev articles"
    return (
        f"- Sections: several or none for a passage, told by {reads}. Temperatures and thresholds, "
        f"fitted on {fitted}: {values}."
    )


def _about_encoder(encoder: str) -> str:
    if encoder != _BUNDLED_ENCODER:
        return ""
    return (
        " That is the compact encoder of phodang's repository: a RoBERTa of 12 layers and 384 "
        "dimensions that reads PhoBERT's format, made from multilingual-e5-small. It is **not "
        "PhoBERT**; its README tells how it was made."
    )


def _figures(evaluations: Sequence[Mapping[str, Any]]) -> str:
    if not evaluations:
        return "## Figures\n\nNone measured."
    lines = ["## Figures"]
    if entities := [e for e in evaluations if e.get("scores")]:
        lines += _entity_figures(entities)
    if sections := [e for e in evaluations if e.get("sections")]:
        lines += _section_figures(sections)
    lines += ["", "Each row is made by its command:", "", "```sh"]
    lines += [e["command"] for e in evaluations]
    lines.append("```")
    return "\n".join(lines)


def _entity_figures(evaluations: Sequence[Mapping[str, Any]]) -> list[str]:
    labels = sorted({name for e in evaluations for name in e["scores"]["per_label"]})
    lines = [
        "",
        f"Entities: strict span F1 on the raw text, in percent.{_about_intervals(evaluations)}",
        "",
        "| data | articles | words by | weights | micro-F1 | " + " | ".join(labels) + " |",
        "|---|---|---|---|---|" + "---|" * len(labels),
    ]
    for e in evaluations:
        each = [e["scores"]["per_label"].get(name, {}).get("f1") for name in labels]
        micro, _, of_labels = _intervals(e, "entities", labels)
        cells = map(_figure, [e["scores"]["micro"]["f1"], *each], [micro, *of_labels])
        lines.append(_row(e, cells))
    return [*lines, *_losses(evaluations)]


def _section_figures(evaluations: Sequence[Mapping[str, Any]]) -> list[str]:
    labels = list(evaluations[0]["sections"]["per_label"])
    lines = [
        "",
        "Sections: F1 of passages and expected calibration error (ECE, 15 bins of equal width, "
        "mean of the labels), in percent. Where the thresholds were fitted on the data, its "
        f"figures are too good by that.{_about_intervals(evaluations)}",
        "",
        "| data | articles | words by | weights | macro-F1 | " + " | ".join(labels) + " | ECE |",
        "|---|---|---|---|---|" + "---|" * (len(labels) + 1),
    ]
    for e in evaluations:
        each = [e["sections"]["per_label"].get(name, {}).get("f1") for name in labels]
        known = [value for value in each if value is not None]
        errors = list(e["sections"]["ece_per_label"].values())
        _, macro, of_labels = _intervals(e, "sections", labels)
        cells = map(_figure, [sum(known) / len(known), *each], [macro, *of_labels])
        lines.append(_row(e, [*cells, percent(sum(errors) / len(errors))]))
    return lines


def _about_intervals(evaluations: Iterable[Mapping[str, Any]]) -> str:
    if not any(e.get("intervals") for e in evaluations):
        return ""
    return f" In brackets: {CONFIDENCE:.0%} intervals, by bootstrap over articles."


def _intervals(
    evaluation: Mapping[str, Any], task: str, labels: Iterable[str]
) -> tuple[Interval | None, Interval | None, list[Interval | None]]:
    """Those of micro- and macro-F1 and of each label; none in evaluations of an older phodang."""
    own = (evaluation.get("intervals") or {}).get(task) or {}
    per_label = own.get("per_label", {})
    return own.get("micro"), own.get("macro"), [per_label.get(label) for label in labels]


def _figure(value: float | None, interval: Interval | None) -> str:
    return NOTHING if value is None else with_interval(value, interval)


def _row(evaluation: Mapping[str, Any], figures: Iterable[str]) -> str:
    cells = [
        evaluation["data"],
        str(evaluation["articles"]),
        evaluation["segmenter"],
        evaluation["precision"],
        *figures,
    ]
    return "| " + " | ".join(cells) + " |"


def _losses(evaluations: Sequence[Mapping[str, Any]]) -> list[str]:
    """What int8 costs against fp32, for each set of articles measured with both."""
    exact = {
        (e["data"], e["sha256"], e["segmenter"]): e["scores"]["micro"]["f1"]
        for e in evaluations
        if e["precision"] == "fp32"
    }
    lines = []
    for e in evaluations:
        key = (e["data"], e["sha256"], e["segmenter"])
        if e["precision"] != "fp32" and key in exact:
            gained = 100 * (e["scores"]["micro"]["f1"] - exact[key])
            lines.append(
                f"- {e['precision']} against fp32 on {e['data']}, words by {e['segmenter']}: "
                f"{gained:+.2f} points of micro-F1."
            )
    return ["", *lines] if lines else []


def _limits(manifest: Manifest, record: Mapping[str, Any], *, has_notice: bool) -> str:
    licences = (run.record.get("encoder_licence") for run in trainings_of(record))
    names = dict.fromkeys(filter(None, licences))
    known = f", {' and '.join(names)}," if names else ""
    licence = f"That of the encoder `{manifest.encoder}`{known} binds what is made from it."
    if has_notice:
        licence += f" Its notice is in `{NOTICE_FILE}` beside the weights."
    return "\n".join(
        [
            "## Intended use and limits",
            "",
            "For reading and searching texts like those it was trained on; other kinds of text "
            "were not measured. It marks what is written: it knows neither whether that is true "
            "nor which of two people of one name is meant. A person must check what it marks "
            "before anything is concluded about anyone, in reports of violations above all.",
            "",
            "## Licence",
            "",
            licence,
        ]
    )

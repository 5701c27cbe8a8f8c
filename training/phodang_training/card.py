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
    read_manifest,
)
from phodang_training.evaluation import Evaluation

_BUNDLED_ENCODER = "model/encoder"


def add_evaluation(folder: Path, evaluation: Evaluation) -> None:
    """Note an evaluation in a checkpoint, and write its card anew.

    An earlier evaluation of the same kind (data, segmenter, precision) is replaced.
    """
    path = folder / EVALUATION_FILE
    kept = [
        e
        for e in _read(path) or []
        if (e["data"], e["segmenter"], e["precision"])
        != (evaluation.data, evaluation.segmenter, evaluation.precision)
    ]
    text = json.dumps([*kept, asdict(evaluation)], ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
    write_card(folder)


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
        _training(record),
        _limits(manifest, has_notice=(folder / NOTICE_FILE).is_file()),
    ]
    (folder / CARD_FILE).write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _what(manifest: Manifest, record: Mapping[str, Any]) -> str:
    head = record.get("config", {}).get("head", "unknown")
    labels = manifest.entities.labels if manifest.entities else ()
    return "\n".join(
        [
            "---",
            "language: vi",
            "pipeline_tag: token-classification",
            "---",
            "",
            f"# Token classifier for {', '.join(labels)}",
            "",
            f"Labels entities of Vietnamese text (IOB2). Fine-tuned with phodang from the encoder "
            f"`{manifest.encoder}`.{_about_encoder(manifest.encoder)}",
            "",
            f"- Words: {manifest.segmenter} {manifest.segmenter_version}; normalisation "
            f"`{manifest.normalization}`; {manifest.window_size} subwords a window.",
            f"- Head: {head}; decoding never yields an invalid IOB2 sequence.",
            f"- Weights: `{manifest.weights}`, {manifest.precision}.",
        ]
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
    labels = sorted({name for e in evaluations for name in e["scores"]["per_label"]})
    lines = [
        "## Figures",
        "",
        "Strict span F1 on the raw text, in percent.",
        "",
        "| data | articles | words by | weights | micro-F1 | " + " | ".join(labels) + " |",
        "|---|---|---|---|---|" + "---|" * len(labels),
    ]
    for e in evaluations:
        each = [e["scores"]["per_label"].get(name, {}).get("f1") for name in labels]
        cells = [
            e["data"],
            str(e["articles"]),
            e["segmenter"],
            e["precision"],
            _percent(e["scores"]["micro"]["f1"]),
            *("–" if value is None else _percent(value) for value in each),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += _losses(evaluations)
    lines += ["", "Each row is made by its command:", "", "```sh"]
    lines += [e["command"] for e in evaluations]
    lines.append("```")
    return "\n".join(lines)


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


def _training(record: Mapping[str, Any]) -> str:
    if not record:
        return "## Training\n\nNo record."
    data = [f"- `{name}`, SHA-256 `{checksum}`" for name, checksum in record["data"].items()]
    dev = record["dev"]["micro"]["f1"]
    return "\n".join(
        [
            "## Training",
            "",
            f"Commit `{record['git_commit']}`, Python {record['python']}, "
            + ", ".join(f"{k} {v}" for k, v in record["packages"].items() if v)
            + ".",
            "",
            "Data:",
            "",
            *data,
            "",
            *_about_data(record["data"]),
            "Strict micro-F1 on the dev articles, which chose the epoch, in fp32: "
            f"{_percent(dev)}.",
            "",
            "Configuration, for `phodang-train entities`:",
            "",
            "```json",
            json.dumps(record["config"], ensure_ascii=False, indent=2),
            "```",
        ]
    )


def _about_data(files: Iterable[str]) -> list[str]:
    if not any(name.startswith("data/real/") for name in files):
        return []
    return [
        "`data/real` holds news articles under their newspapers' copyright and is not in phodang's "
        "repository.",
        "",
    ]


def _limits(manifest: Manifest, *, has_notice: bool) -> str:
    licence = f"That of the encoder `{manifest.encoder}` binds what is made from it."
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


def _percent(value: float) -> str:
    return f"{100 * value:.2f}"

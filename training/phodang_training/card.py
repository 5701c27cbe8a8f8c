"""The README of a checkpoint, made from what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from phodang.checkpoint import (
    CARD_FILE,
    TRAINING_FILE,
    Manifest,
    read_manifest,
)
from phodang_training.evaluation import Evaluation

EVALUATION_FILE = "evaluation.json"


def add_evaluation(folder: Path, evaluation: Evaluation) -> None:
    """Note an evaluation in a checkpoint, and write its card anew.

    An earlier evaluation on the same data with weights stored alike is replaced.
    """
    path = folder / EVALUATION_FILE
    kept = [
        e
        for e in _read(path) or []
        if (e["data"], e["precision"]) != (evaluation.data, evaluation.precision)
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
        _limits(),
    ]
    (folder / CARD_FILE).write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _what(manifest: Manifest, record: Mapping[str, Any]) -> str:
    head = record.get("config", {}).get("head", "unknown")
    return "\n".join(
        [
            "---",
            "language: vi",
            "pipeline_tag: token-classification",
            "---",
            "",
            f"# Token classifier for {', '.join(manifest.labels)}",
            "",
            f"Labels entities of Vietnamese text (IOB2). Fine-tuned with phodang from the encoder "
            f"`{manifest.encoder}`. `model/encoder` is the compact encoder of phodang's "
            "repository: a RoBERTa of 12 layers and 384 dimensions that reads PhoBERT's format, "
            "made from multilingual-e5-small, and **not PhoBERT**; its README tells how.",
            "",
            f"- Words: {manifest.segmenter} {manifest.segmenter_version}; normalisation "
            f"`{manifest.normalization}`; {manifest.window_size} subwords a window.",
            f"- Head: {head}; decoding never yields an invalid IOB2 sequence.",
            f"- Weights: `{manifest.weights}`, {manifest.precision}.",
        ]
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
        "| data | articles | weights | micro-F1 | " + " | ".join(labels) + " |",
        "|---|---|---|---|" + "---|" * len(labels),
    ]
    for e in evaluations:
        each = [e["scores"]["per_label"].get(name, {}).get("f1") for name in labels]
        cells = [
            e["data"],
            str(e["articles"]),
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
    micro = {(e["data"], e["precision"]): e["scores"]["micro"]["f1"] for e in evaluations}
    lines = []
    for data, precision in micro:
        if precision == "int8" and (data, "fp32") in micro:
            gained = 100 * (micro[data, "int8"] - micro[data, "fp32"])
            lines.append(f"- int8 against fp32 on {data}: {gained:+.2f} points of micro-F1.")
    return ["", *lines] if lines else []


def _training(record: Mapping[str, Any]) -> str:
    if not record:
        return "## Training\n\nNo record."
    data = [f"- `{name}`, SHA-256 `{checksum}`" for name, checksum in record["data"].items()]
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
            "`data/authored` is in phodang's repository. `data/real` is not: it holds news "
            "articles under their newspapers' copyright.",
            "",
            "Configuration, for `phodang-train entities`:",
            "",
            "```json",
            json.dumps(record["config"], ensure_ascii=False, indent=2),
            "```",
        ]
    )


def _limits() -> str:
    return "\n".join(
        [
            "## Intended use and limits",
            "",
            "For reading and searching texts like those it was trained on; the table above says "
            "how good it is at each type there, and other kinds of text were not measured. It "
            "marks what is written: it knows neither whether that is true nor which of two people "
            "of one name is meant. A person must check what it marks before anything is concluded "
            "about anyone, in reports of violations above all.",
            "",
            "## Licence",
            "",
            "Code Apache-2.0. The bundled encoder descends from multilingual-e5-small (MIT, "
            "Microsoft); its notice is in `NOTICE` beside bundled weights. A model fine-tuned from "
            "`vinai/phobert-base-v2` falls under that encoder's AGPL-3.0.",
        ]
    )


def _percent(value: float) -> str:
    return f"{100 * value:.2f}"

"""The trainings that a model comes from, for its card: parts, and what each of them began from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from phodang_training.evaluation.evaluation_tables import percent

_UNPUBLISHED = {
    "data/real/": "news articles under their newspapers' copyright",
    "data/pseudo/": "such articles with the labels of models (`phodang-train pseudo-label`)",
}
"""What files of data that are not in phodang's repository hold."""


@dataclass(frozen=True)
class TrainingRun:
    """A training with its place in the making of a model.

    Attributes:
        heading: What a card calls it.
        record: Its training record.
    """

    heading: str
    record: Mapping[str, Any]

    @property
    def head(self) -> str | None:
        """The head of the entities, if there is one."""
        config = self.record.get("config", {})
        head: str | None = config.get("head") or (config.get("entities") or {}).get("head")
        return head


def trainings_of(record: Mapping[str, Any]) -> list[TrainingRun]:
    """The trainings of a model: of its parts if it has any, and before each what it began from.

    Args:
        record: The model's training record; it may be empty.

    Returns:
        The trainings, each once.
    """
    found = {run.heading: run for run in _runs(record, "Training")}
    return list(found.values())


def training_section(run: TrainingRun) -> str:
    """The section of a card that tells of a training."""
    record = run.record
    if not record:
        return f"## {run.heading}\n\nNo record."
    command = "sections" if "sections" in record["config"] else "entities"
    data = [f"- `{name}`, SHA-256 `{checksum}`" for name, checksum in record["data"].items()]
    return "\n".join(
        [
            f"## {run.heading}",
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
            f"On the dev articles, which chose the epoch, in fp32: {_dev_figures(record)}.",
            "",
            f"Configuration, for `phodang-train {command}`:",
            "",
            "```json",
            json.dumps(record["config"], ensure_ascii=False, indent=2),
            "```",
        ]
    )


def _runs(record: Mapping[str, Any], heading: str) -> Iterator[TrainingRun]:
    if "parts" in record:
        for name, part in record["parts"].items():
            yield from _runs(part, f"{heading}: {name}")
        return
    if "begun_from" in record:
        # By its folder: parts that began from one checkpoint tell of it once.
        yield from _runs(record["begun_from"], f"Training before: {record['config']['start']}")
    yield TrainingRun(heading, record)


def _dev_figures(record: Mapping[str, Any]) -> str:
    figures = []
    if record.get("dev"):
        figures.append(f"strict micro-F1 of entities {percent(record['dev']['micro']['f1'])}")
    if record.get("dev_sections"):
        scores = [score["f1"] for score in record["dev_sections"]["per_label"].values()]
        figures.append(f"macro-F1 of sections {percent(sum(scores) / len(scores))}")
    return ", ".join(figures)


def _about_data(files: Iterable[str]) -> list[str]:
    held = {
        prefix: what
        for prefix, what in _UNPUBLISHED.items()
        if any(name.startswith(prefix) for name in files)
    }
    if not held:
        return []
    folders = "; ".join(f"`{prefix.rstrip('/')}` {what}" for prefix, what in held.items())
    return [f"Not in phodang's repository: {folders}.", ""]

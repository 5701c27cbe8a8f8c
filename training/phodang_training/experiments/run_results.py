"""What the runs of an experiment came to: ``results.jsonl``, a line for each run that ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from phodang.batch.durable import append_to_file
from phodang.errors import InputError
from phodang_training.evaluation.metrics import SpanScores
from phodang_training.evaluation.section_metrics import SectionScores

HEADLINES = {"entities": "micro", "sections": "macro"}
"""The F1 that a task is judged by, as training chooses its best epoch."""


@dataclass(frozen=True)
class F1Scores:
    """F1 of one task, between 0 and 1.

    Attributes:
        micro: Over all entities, or all decisions on sections.
        macro: The mean over the labels.
        per_label: Of each label.
    """

    micro: float
    macro: float
    per_label: dict[str, float]

    @classmethod
    def of(cls, scores: SpanScores | SectionScores) -> F1Scores:
        """The F1 of scores."""
        each = {label: score.f1 for label, score in scores.per_label.items()}
        return cls(scores.micro.f1, scores.macro_f1, each)

    def headline(self, task: str) -> float:
        """The one that the task is judged by."""
        return self.micro if HEADLINES[task] == "micro" else self.macro


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What one run came to.

    Attributes:
        run: What tells it from the other runs of the experiment.
        articles: Number of articles that it trained on.
        words: Number of their words.
        seconds: How long it trained; none if it was stopped and resumed.
        dev: F1 of the best epoch on the dev articles, by task.
        test: F1 on the articles that it was measured on besides, by task; empty if on none.
    """

    run: Mapping[str, float]
    articles: int
    words: int
    seconds: float | None
    dev: Mapping[str, F1Scores]
    test: Mapping[str, F1Scores]

    def to_json(self) -> dict[str, Any]:
        """Its line in ``results.jsonl``."""
        values = asdict(self)
        return {**values.pop("run"), **values}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> RunResult:
        """Read a line that `to_json` made.

        Raises:
            KeyError: A key is not there.
            TypeError: A value is of another type.
        """
        values = dict(line)
        dev, test = (
            {task: F1Scores(**scores) for task, scores in values.pop(name).items()}
            for name in ("dev", "test")
        )
        own = {name: values.pop(name) for name in ("articles", "words", "seconds")}
        return cls(run=values, dev=dev, test=test, **own)


def read_results(path: Path) -> list[RunResult]:
    """Read a file of results; what a killed process left of a last line does not count.

    Raises:
        InputError: A line is no result.
    """
    results = []
    for number, line in enumerate(_whole_lines(path).splitlines(), 1):
        try:
            results.append(RunResult.from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path}, line {number}: expected the result of a run, found something else "
                f"({error}). Delete the line; its run is then made again."
            ) from error
    return results


def append_result(path: Path, result: RunResult) -> None:
    """Add a line to a file of results, made if it is not there."""
    line = json.dumps(result.to_json(), ensure_ascii=False) + "\n"
    append_to_file(path, line.encode("utf-8"), size=len(_whole_lines(path)))


def _whole_lines(path: Path) -> bytes:
    content = path.read_bytes() if path.is_file() else b""
    return content[: content.rfind(b"\n") + 1]

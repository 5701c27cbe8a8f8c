"""How far a run is, for the person who waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

_SECONDS_BETWEEN_LINES = 30.0
"""Where the output is no terminal, a line is written after so many seconds."""


@dataclass
class Count:
    """What has been done since the run was begun or continued.

    Attributes:
        labelled: Articles.
        rejected: Records that could not be labelled.
        words: Words of the articles, parted by white space.
    """

    labelled: int = 0
    rejected: int = 0
    words: int = 0


class ProgressReporter(Protocol):
    """Is told what has been done."""

    def update(self, count: Count) -> None:
        """Take note of all that has been done so far."""


class SilentReporter:
    """Says nothing."""

    def update(self, count: Count) -> None:
        """See `ProgressReporter.update`."""


class LineReporter:
    """Writes a line now and then, for logs.

    Args:
        console: Where to.
        total: How many items there are, as far as that is known.
        before: How many of them were done in earlier runs.
        interval: Seconds between lines.
    """

    def __init__(
        self,
        console: Console,
        *,
        total: int | None,
        before: int,
        interval: float = _SECONDS_BETWEEN_LINES,
    ) -> None:
        self._console = console
        self._total = total
        self._before = before
        self._interval = interval
        self._start = self._last = time.monotonic()

    def update(self, count: Count) -> None:
        """See `ProgressReporter.update`."""
        now = time.monotonic()
        if now - self._last < self._interval:
            return
        self._last = now
        done = self._before + count.labelled + count.rejected
        of = f" of {self._total:,}" if self._total is not None else ""
        self._console.print(
            f"{done:,}{of} articles; {rates(count, now - self._start)}", soft_wrap=True
        )


class BarReporter:
    """Draws a bar in a terminal."""

    def __init__(self, progress: Progress, task: TaskID, *, before: int) -> None:
        self._progress = progress
        self._task = task
        self._before = before
        self._start = time.monotonic()

    def update(self, count: Count) -> None:
        """See `ProgressReporter.update`."""
        self._progress.update(
            self._task,
            completed=self._before + count.labelled + count.rejected,
            rates=rates(count, time.monotonic() - self._start),
        )


def rates(count: Count, seconds: float) -> str:
    """Say how fast it goes, and how many records were rejected."""
    seconds = max(seconds, 1e-9)
    return (
        f"{count.labelled / seconds:,.1f} articles/s, {count.words / seconds:,.0f} words/s, "
        f"{count.rejected:,} rejected"
    )


@contextmanager
def reporting(
    console: Console | None, *, total: int | None, before: int
) -> Iterator[ProgressReporter]:
    """Report in the way that fits where the messages go.

    Args:
        console: Where they go; nowhere if none.
        total: How many items there are, as far as that is known.
        before: How many were done in earlier runs.
    """
    if console is None:
        yield SilentReporter()
    elif not console.is_terminal:
        yield LineReporter(console, total=total, before=before)
    else:
        with Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
        ) as progress:
            task = progress.add_task("", total=total, completed=before, rates="")
            yield BarReporter(progress, task, before=before)

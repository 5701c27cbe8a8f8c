"""A run from its first record to its last shard, wherever it was stopped before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from phodang.batch.items import LabelledItem
from phodang.batch.labelled import LabelledArticle
from phodang.batch.manifest import Position
from phodang.batch.output import OutputFolder
from phodang.batch.progress import Count, ProgressReporter, rates
from phodang.batch.records import Rejection
from phodang.batch.rejected import REJECTED_FILE
from phodang.errors import InputError


class Engine(Protocol):
    """Reads the sources of a run and labels them, wherever that is done."""

    def label(self, start: Position) -> Iterator[LabelledItem]:
        """Label what is left of the sources.

        Args:
            start: Where to begin.

        Returns:
            A labelled item for each record, in order; a rejection for what cannot be labelled.
        """


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run came to.

    Attributes:
        folder: Where its output is.
        labelled: Articles in it, those of earlier runs too.
        rejected: Records in ``rejected.jsonl``, those of earlier runs too.
        ignored: Files in the input's folders that are of no known kind.
        now: What was done this time; nothing if the run was finished already.
        seconds: How long that took.
    """

    folder: Path
    labelled: int
    rejected: int
    ignored: int
    now: Count
    seconds: float

    def describe(self) -> str:
        """Say it in a few lines."""
        if not self.now.labelled and not self.now.rejected:
            lines = [f"{self.folder}: finished already, nothing to do."]
        else:
            lines = [
                f"{self.now.labelled:,} articles labelled in {self.seconds:,.0f} s: "
                f"{rates(self.now, self.seconds)}.",
            ]
        lines.append(f"{self.folder}: {self.labelled:,} articles in all.")
        if self.rejected:
            lines.append(
                f"{self.rejected:,} records could not be labelled; {self.folder / REJECTED_FILE} "
                "says why."
            )
        if self.ignored:
            lines.append(f"{self.ignored:,} files of other kinds in the folders were not read.")
        return "\n".join(lines)


def run(
    engine: Engine,
    output: OutputFolder,
    *,
    shard_size: int,
    strict: bool,
    ignored: int,
    progress: ProgressReporter,
) -> RunSummary:
    """Label what is left of the sources, and write it.

    Args:
        engine: Labels them.
        output: The folder, opened.
        shard_size: Articles of a shard.
        strict: Stop at the first record that cannot be labelled.
        ignored: How many files were found that are of no known kind; told in the summary.
        progress: Is told what has been done.

    Raises:
        InputError: A record cannot be labelled, and the run is strict.
        PhodangError: The output cannot be written, or a process was ended.
    """
    count = Count()
    start = time.monotonic()
    if not output.finished:
        articles: list[LabelledArticle] = []
        rejections: list[Rejection] = []
        position = output.position
        for item in engine.label(position):
            if isinstance(item.value, Rejection):
                if strict:
                    raise _stopped(item.value, output)
                rejections.append(item.value)
                count.rejected += 1
            else:
                articles.append(item.value)
                count.labelled += 1
                count.words += len(item.value.article.text.split())
            position = item.behind
            # Where nearly all is rejected, rejections may not pile up until a shard is full.
            if len(articles) == shard_size or (not articles and len(rejections) >= shard_size):
                output.commit(articles, rejections, position=position)
                articles, rejections = [], []
            progress.update(count)
        if articles or rejections:
            output.commit(articles, rejections, position=position)
        output.finish()
    return RunSummary(
        output.folder,
        output.labelled,
        output.rejected,
        ignored,
        count,
        time.monotonic() - start,
    )


def _stopped(rejection: Rejection, output: OutputFolder) -> InputError:
    return InputError(
        f"{rejection.place}: {rejection.reason} The run stops here, since it is strict; "
        f"{output.labelled:,} articles are in {output.folder}. Mend the record and begin again in "
        "another folder, or go on without --strict, which puts it into rejected.jsonl."
    )

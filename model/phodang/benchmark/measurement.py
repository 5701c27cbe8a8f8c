"""What was measured: words, the seconds of each run, memory."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One reading of all texts.

    Attributes:
        seconds: How long it took.
        stages: Seconds of each stage, where stages were told apart; together ``seconds``.
    """

    seconds: float
    stages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """Some runs of one system over the same texts.

    Attributes:
        words: Words of the texts, parted by white space.
        runs: The runs, in order, at least one. A warm-up before them is not among them.
        peak_memory: The largest memory of the processes that took part, in MiB; none where the
            system does not tell it.
    """

    words: int
    runs: tuple[Run, ...]
    peak_memory: float | None

    @property
    def median(self) -> Run:
        """The run of median duration; of two in the middle, the quicker one."""
        middle = statistics.median_low(run.seconds for run in self.runs)
        return next(run for run in self.runs if run.seconds == middle)

    @property
    def words_per_second(self) -> float:
        """The speed of the median run."""
        return self.words / self.median.seconds

    @property
    def slowest(self) -> float:
        """Words a second of the slowest run."""
        return self.words / max(run.seconds for run in self.runs)

    @property
    def fastest(self) -> float:
        """Words a second of the fastest run."""
        return self.words / min(run.seconds for run in self.runs)

    @property
    def spread(self) -> float:
        """How far the fastest and the slowest run are apart, as a part of the median's speed."""
        return (self.fastest - self.slowest) / self.words_per_second


def measured(
    run: Callable[[], Run], *, words: int, repeats: int, peak_memory: Callable[[], float | None]
) -> Measurement:
    """Run something several times.

    Args:
        run: Reads all texts once.
        words: Their words.
        repeats: How many times, at least 1.
        peak_memory: Is asked once, behind the last run.
    """
    runs = tuple(run() for _ in range(repeats))
    return Measurement(words=words, runs=runs, peak_memory=peak_memory())


def warm_up_text(texts: Iterable[str]) -> str:
    """The text that is read before anything is measured: the first with words, if there is one."""
    return next((text for text in texts if text.split()), "")


def count_words(texts: Iterable[str]) -> int:
    """Count the words of texts, as white space parts them."""
    return sum(len(text.split()) for text in texts)

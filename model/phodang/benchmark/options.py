"""What can be chosen for a benchmark."""

from __future__ import annotations

from dataclasses import dataclass

from phodang.analyzer import BUNDLED_MODEL
from phodang.benchmark.baseline import DEFAULT_BATCH_SIZE
from phodang.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class BenchmarkOptions:
    """What can be chosen for a benchmark.

    Attributes:
        model: Folder of a checkpoint, or the bundled model.
        threads: Threads of every system; by default as many as there are cores.
        processes: Processes that find words for the batch pipeline; by default as many as
            ``phodang label`` has.
        repeats: Runs of every system; the median counts.
        baseline_words: The usual way reads articles until they have so many words; 0 to leave the
            comparison out.
        batch_size: A batch size of the usual pipeline, beside its default.

    Raises:
        ConfigError: A value is out of range.
    """

    model: str = BUNDLED_MODEL
    threads: int | None = None
    processes: int | None = None
    repeats: int = 3
    baseline_words: int = 5_000
    batch_size: int = 16

    def __post_init__(self) -> None:
        for name, value, least in (
            ("threads", self.threads, 1),
            ("processes", self.processes, 0),
            ("repeats", self.repeats, 1),
            ("baseline_words", self.baseline_words, 0),
            ("batch_size", self.batch_size, DEFAULT_BATCH_SIZE + 1),
        ):
            if value is not None and value < least:
                raise ConfigError(f"Expected {name} of at least {least}, found {value}.")

"""How fast a model labels a corpus, with processes that find words beside it."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from pathlib import Path

from phodang.analyzer import Analyzer
from phodang.batch.items import Item
from phodang.batch.labeller import LocalLabeller
from phodang.batch.manifest import Position
from phodang.batch.records import Place, Record, Rejection
from phodang.benchmark.machine import peak_memory
from phodang.benchmark.measurement import Measurement, Run, count_words, measured, warm_up_text
from phodang.benchmark.own_process import torch_threads
from phodang.errors import PhodangError

_SOURCE = "benchmark"


def measure_batch(
    folder: Path, texts: Sequence[str], *, threads: int, processes: int, repeats: int
) -> Measurement:
    """Label texts as ``phodang label`` does, from records in memory to articles in memory.

    Reading inputs and writing shards is left out. Each run starts its processes, which is counted:
    some seconds, whatever the number of texts.

    Args:
        folder: The checkpoint.
        texts: What is labelled, for all that the model can do. The first with words is labelled
            once before.
        threads: Sequences that the model reads at once.
        processes: Processes that find words; 0 for none but this.
        repeats: How many times they are labelled.

    Returns:
        The measurement. Its memory is that of this process and all that find words, each at its
        largest, which need not have been at the same time.

    Raises:
        PhodangError: A text cannot be labelled, or a process was ended.
    """
    analyzer = Analyzer.from_pretrained(folder, threads=threads)
    labeller = LocalLabeller(
        analyzer.arranger, analyzer.labeller, tasks=analyzer.manifest.tasks, processes=processes
    )
    others: list[float | None] = []

    def run() -> Run:
        others[:] = []
        start = time.perf_counter()
        _label(labeller, texts, others)
        return Run(seconds=time.perf_counter() - start)

    def memory() -> float | None:
        told = [each for each in (peak_memory(), *others) if each is not None]
        return sum(told) if len(told) == 1 + processes else None

    with torch_threads(threads):
        _label(labeller, [warm_up_text(texts)], others)
        return measured(run, words=count_words(texts), repeats=repeats, peak_memory=memory)


def _label(labeller: LocalLabeller, texts: Sequence[str], others: list[float | None]) -> None:
    """Label texts, and note the memory of other processes before they end."""
    items = (
        Item(Record(str(number), text, Place(_SOURCE, number)), Position(0, number))
        for number, text in enumerate(texts, start=1)
    )
    for number, item in enumerate(labeller.label(items), start=1):
        if isinstance(item.value, Rejection):
            raise PhodangError(f"Article {number} cannot be labelled: {item.value.reason}")
        if number == len(texts):
            others += [peak_memory(child.pid) for child in multiprocessing.active_children()]

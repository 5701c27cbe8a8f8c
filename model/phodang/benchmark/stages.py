"""How fast a model reads in one process, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer
from phodang.backend import Backend, Reading, Stretch
from phodang.benchmark.machine import peak_memory
from phodang.benchmark.measurement import Measurement, Run, count_words, measured, warm_up_text
from phodang.benchmark.own_process import torch_threads
from phodang.reader import PassageReader, ReadPassage
from phodang.segmentation import Segmenter

STAGES = ("segmenter", "tokenizer", "model", "decoding")
"""``tokenizer`` is reading without the segmenter, normalisation too; ``model`` is the backend, with
what scores sections; ``decoding`` is what the others leave of the whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageMeasurement:
    """A model's speed with what it had to read.

    Attributes:
        speed: Words, runs and memory; each run has all `STAGES`.
        sequence_lengths: Subwords of each sequence that the encoder read in a run, special ones
            included.
    """

    speed: Measurement
    sequence_lengths: tuple[int, ...]


def measure_model(
    folder: Path, texts: Sequence[str], *, threads: int, repeats: int
) -> StageMeasurement:
    """Load a model and measure it; see `measure_stages`."""
    analyzer = Analyzer.from_pretrained(folder, threads=threads)
    with torch_threads(threads):
        return measure_stages(analyzer, texts, repeats=repeats)


def measure_stages(analyzer: Analyzer, texts: Sequence[str], *, repeats: int) -> StageMeasurement:
    """Read texts with `Analyzer.stream`, and say where the time went.

    Args:
        analyzer: The model.
        texts: What it reads, for all that it can do. The first with words is read once before, so
            that loading is not counted.
        repeats: How many times they are read.
    """
    analyzer.predict(warm_up_text(texts))
    lengths: list[int] = []
    speed = measured(
        partial(_run, analyzer, texts, lengths),
        words=count_words(texts),
        repeats=repeats,
        peak_memory=peak_memory,
    )
    return StageMeasurement(speed=speed, sequence_lengths=tuple(lengths))


def _run(analyzer: Analyzer, texts: Sequence[str], lengths: list[int]) -> Run:
    lengths.clear()
    seconds = dict.fromkeys(STAGES, 0.0)
    timed = Analyzer(
        analyzer.manifest,
        reader=_TimedReader(
            _TimedSegmenter(analyzer.reader.segmenter, seconds), analyzer.reader.tokenizer, seconds
        ),
        backend=_TimedBackend(analyzer.backend, seconds, lengths),
        threads=analyzer.threads,
    )
    start = time.perf_counter()
    for _ in timed.stream(texts):
        pass
    whole = time.perf_counter() - start
    seconds["decoding"] = whole - sum(seconds.values())
    return Run(seconds=whole, stages=seconds)


class _TimedSegmenter:
    def __init__(self, segmenter: Segmenter, seconds: dict[str, float]) -> None:
        self.name, self.version = segmenter.name, segmenter.version
        self._segmenter, self._seconds = segmenter, seconds

    def words(self, text: str) -> list[tuple[int, int]]:
        start = time.perf_counter()
        words = self._segmenter.words(text)
        self._seconds["segmenter"] += time.perf_counter() - start
        return words


@dataclass(frozen=True)
class _TimedReader(PassageReader):
    """Counts what its segmenter, a timed one, leaves of the time as the tokenizer's."""

    seconds: dict[str, float]

    def read(self, text: str, *, offset: int = 0) -> ReadPassage:
        segmenter_before = self.seconds["segmenter"]
        start = time.perf_counter()
        passage = super().read(text, offset=offset)
        took = time.perf_counter() - start
        self.seconds["tokenizer"] += took - (self.seconds["segmenter"] - segmenter_before)
        return passage


class _TimedBackend:
    def __init__(self, backend: Backend, seconds: dict[str, float], lengths: list[int]) -> None:
        self._backend, self._seconds, self._lengths = backend, seconds, lengths

    def read(
        self,
        sequences: Sequence[NDArray[np.int64]],
        *,
        stretches: Sequence[Sequence[Stretch]] | None = None,
        scores: bool = True,
    ) -> list[Reading]:
        self._lengths += map(len, sequences)
        start = time.perf_counter()
        readings = self._backend.read(sequences, stretches=stretches, scores=scores)
        self._seconds["model"] += time.perf_counter() - start
        return readings

    def section_logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        start = time.perf_counter()
        logits = self._backend.section_logits(vectors)
        self._seconds["model"] += time.perf_counter() - start
        return logits

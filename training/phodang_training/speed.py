"""How fast a model reads: words a second, stage by stage."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer
from phodang.backend import Backend, Reading, Stretch
from phodang.errors import InputError
from phodang.reader import PassageReader, ReadPassage
from phodang.segmentation import Segmenter


@dataclass(frozen=True)
class SpeedReport:
    """Time spent on reading some texts.

    Attributes:
        words: Number of words between white space.
        seconds: Seconds for the whole.
        stages: Seconds of each stage; ``tokenizer`` is reading without the segmenter,
            normalization too, and ``decoding`` what the others leave of the whole.
        peak_memory: The process's largest resident set, in MiB; none on Windows, which has no
            such count. The training package is part of it: ``phodang predict`` needs less.
    """

    words: int
    seconds: float
    stages: dict[str, float]
    peak_memory: float | None


def measure_speed(analyzer: Analyzer, texts: Sequence[str]) -> SpeedReport:
    """Read texts and say where the time went.

    The first text is read once before, so that loading is not counted.

    Raises:
        InputError: There are no texts.
    """
    if not texts:
        raise InputError("Expected at least one article to read, found none. Give another file.")
    analyzer.predict(texts[0])
    seconds = dict.fromkeys(("segmenter", "tokenizer", "model"), 0.0)
    timed = Analyzer(
        analyzer.manifest,
        reader=_TimedReader(
            _TimedSegmenter(analyzer.reader.segmenter, seconds), analyzer.reader.tokenizer, seconds
        ),
        backend=_TimedBackend(analyzer.backend, seconds),
    )
    start = time.perf_counter()
    for _ in timed.stream(texts):
        pass
    whole = time.perf_counter() - start
    seconds["decoding"] = whole - sum(seconds.values())
    return SpeedReport(sum(len(text.split()) for text in texts), whole, seconds, _peak_memory())


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
    def __init__(self, backend: Backend, seconds: dict[str, float]) -> None:
        self._backend, self._seconds = backend, seconds

    def read(
        self,
        sequences: Sequence[NDArray[np.int64]],
        *,
        stretches: Sequence[Sequence[Stretch]] | None = None,
        scores: bool = True,
    ) -> list[Reading]:
        start = time.perf_counter()
        readings = self._backend.read(sequences, stretches=stretches, scores=scores)
        self._seconds["model"] += time.perf_counter() - start
        return readings

    def section_logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        start = time.perf_counter()
        logits = self._backend.section_logits(vectors)
        self._seconds["model"] += time.perf_counter() - start
        return logits


def _peak_memory() -> float | None:
    if sys.platform == "win32":
        return None
    resource = importlib.import_module("resource")
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak / 1024 if sys.platform != "darwin" else peak / 1024**2

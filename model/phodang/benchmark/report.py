"""All figures of a benchmark, and what follows from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from phodang.benchmark.ceiling import Ceiling
from phodang.benchmark.encoder_shape import EncoderShape
from phodang.benchmark.machine import Machine
from phodang.benchmark.measurement import Measurement

Encoder = Literal["phobert-base", "same"]
"""Of what shape a pipeline's encoder is: PhoBERT-base's, or that of the model."""
ENCODERS: tuple[Encoder, ...] = ("phobert-base", "same")

FORMAT_VERSION = 1
"""Of the JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The usual way with one encoder and batch size.

    Attributes:
        encoder: Of what shape its encoder is.
        shape: That shape.
        batch_size: Passages that its pipeline reads at once.
        speed: What was measured.
    """

    encoder: Encoder
    shape: EncoderShape
    batch_size: int
    speed: Measurement


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRate:
    """How much of the processor's ceiling a model reaches.

    Attributes:
        multiply_accumulates: Of the encoder and the tag classifier for all sequences of a run; see
            `EncoderShape.multiply_accumulates`. Attention's products are among them, which the
            model computes in 32 bits.
        sequences: How many sequences were read.
        subwords: Their subwords, special ones included.
        seconds: The model stage of the median run.
        ceiling: The processor's ceiling.
    """

    multiply_accumulates: int
    sequences: int
    subwords: int
    seconds: float
    ceiling: Ceiling

    @property
    def multiply_accumulates_per_second(self) -> float:
        """The rate of the model stage."""
        return self.multiply_accumulates / self.seconds

    @property
    def share(self) -> float:
        """The part of the ceiling that it reaches."""
        return self.multiply_accumulates_per_second / self.ceiling.multiply_accumulates_per_second


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkReport:
    """All figures of a benchmark.

    Attributes:
        machine: Where they were measured.
        file: The file that was read.
        articles: Its articles.
        words: Its words.
        model: Name of the model's folder.
        model_checksum: See `phodang.batch.identity.model_identity`.
        precision: How its weights are stored.
        tasks: What it reads texts for.
        segmenter: The name of its word segmenter.
        threads: Threads of every system.
        processes: Processes that find words for the batch pipeline, beside these threads.
        repeats: Runs of every system.
        stream: `Analyzer.stream`, in one process; each run with the seconds of its stages.
        batch: What ``phodang label`` works with.
        baselines: The usual way; none if it was not measured.
        rate: What the model makes of the processor; none if that was not measured.
        missing: Libraries that are not installed and without which nothing was compared.
    """

    machine: Machine
    file: str
    articles: int
    words: int
    model: str
    model_checksum: str
    precision: str
    tasks: tuple[str, ...]
    segmenter: str
    threads: int
    processes: int
    repeats: int
    stream: Measurement
    batch: Measurement
    baselines: tuple[Baseline, ...]
    rate: ModelRate | None
    missing: tuple[str, ...]

    def ratio(self, speed: Measurement, encoder: Encoder) -> float | None:
        """Say how many times as fast something is as the usual way.

        Args:
            speed: What is compared.
            encoder: With which encoder; of its batch sizes, the fastest counts.

        Returns:
            The quotient of the words a second of the median runs; none if the usual way was not
            measured.
        """
        usual = [each.speed.words_per_second for each in self.baselines if each.encoder == encoder]
        return speed.words_per_second / max(usual) if usual else None

    def to_dict(self) -> dict[str, Any]:
        """Make an object for ``json.dumps``: all that was measured, and what follows from it.

        Seconds, words a second, MiB, and multiply-accumulates a second.
        """
        return {
            "format": "phodang benchmark",
            "format_version": FORMAT_VERSION,
            "machine": asdict(self.machine),
            "texts": {"file": self.file, "articles": self.articles, "words": self.words},
            "model": {
                "name": self.model,
                "checksum": self.model_checksum,
                "precision": self.precision,
                "tasks": list(self.tasks),
                "segmenter": self.segmenter,
            },
            "threads": self.threads,
            "processes": self.processes,
            "repeats": self.repeats,
            "stream": self._compared(self.stream),
            "batch": self._compared(self.batch),
            "baselines": [
                {
                    "encoder": each.encoder,
                    "shape": asdict(each.shape),
                    "batch_size": each.batch_size,
                    **_figures(each.speed),
                }
                for each in self.baselines
            ],
            "model_rate": None if self.rate is None else _rate_figures(self.rate),
            "missing": list(self.missing),
        }

    def _compared(self, speed: Measurement) -> dict[str, Any]:
        ratios = {encoder: self.ratio(speed, encoder) for encoder in ENCODERS}
        return {**_figures(speed), "times_as_fast_as": ratios}


def _figures(speed: Measurement) -> dict[str, Any]:
    return {
        "words": speed.words,
        "seconds": speed.median.seconds,
        "words_per_second": speed.words_per_second,
        "slowest_words_per_second": speed.slowest,
        "fastest_words_per_second": speed.fastest,
        "spread": speed.spread,
        "stages": speed.median.stages,
        "runs": [run.seconds for run in speed.runs],
        "peak_memory": speed.peak_memory,
    }


def _rate_figures(rate: ModelRate) -> dict[str, Any]:
    return {
        **asdict(rate),
        "multiply_accumulates_per_second": rate.multiply_accumulates_per_second,
        "share": rate.share,
    }

"""The whole benchmark: each system in turn, on the same texts and threads."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from phodang.analyzer import BUNDLED_MODEL, checkpoint_folder
from phodang.batch.identity import model_identity
from phodang.batch.labeller import default_processes
from phodang.benchmark.baseline import DEFAULT_BATCH_SIZE, first_texts, measure_baseline
from phodang.benchmark.batch import measure_batch
from phodang.benchmark.ceiling import measure_ceiling
from phodang.benchmark.encoder_shape import PHOBERT_BASE, EncoderShape, read_encoder_shape
from phodang.benchmark.machine import this_machine
from phodang.benchmark.measurement import Measurement, count_words
from phodang.benchmark.options import BenchmarkOptions
from phodang.benchmark.own_process import in_own_process
from phodang.benchmark.report import Baseline, BenchmarkReport, Encoder, ModelRate
from phodang.benchmark.stages import StageMeasurement, measure_model
from phodang.checkpoint import Manifest, read_manifest
from phodang.labels import LabelSet

EXTRA = ("torch", "transformers", "onnx")
"""What the extra ``benchmark`` installs; a comparison needs all of it."""


def run_benchmark(
    texts: Sequence[str], *, file: str, options: BenchmarkOptions, say: Callable[[str], None]
) -> BenchmarkReport:
    """Measure everything.

    Args:
        texts: What is read, at least one text, some with words.
        file: Name of the file that they are from.
        options: What can be chosen.
        say: Is told what is measured next.

    Raises:
        CheckpointError: There is no such model, or it is damaged.
        PhodangError: A text cannot be labelled, or a process was ended.
    """
    machine = this_machine()  # before it is busy
    folder = checkpoint_folder(options.model)
    manifest = read_manifest(folder)
    threads = options.threads or machine.cores
    processes = options.processes
    if processes is None:
        processes = default_processes(threads)
    systems = _Systems(folder, manifest, texts, threads, processes, options, say)
    missing = missing_libraries()
    shape = None if missing else read_encoder_shape(folder, manifest)
    stream = systems.stream()
    return BenchmarkReport(
        machine=machine,
        file=file,
        articles=len(texts),
        words=count_words(texts),
        model=options.model if options.model == BUNDLED_MODEL else folder.name,
        model_checksum=model_identity(folder),
        precision=manifest.precision,
        tasks=manifest.tasks,
        segmenter=manifest.segmenter,
        threads=threads,
        processes=processes,
        repeats=options.repeats,
        stream=stream.speed,
        batch=systems.batch(),
        rate=systems.rate(stream, shape) if shape else None,
        baselines=tuple(systems.baselines(shape)) if shape and options.baseline_words else (),
        missing=missing,
    )


def missing_libraries() -> tuple[str, ...]:
    """Those of the extra ``benchmark`` that are not installed."""
    return tuple(name for name in EXTRA if importlib.util.find_spec(name) is None)


@dataclass(frozen=True)
class _Systems:
    """What is measured, each in a process of its own."""

    folder: Path
    manifest: Manifest
    texts: Sequence[str]
    threads: int
    processes: int
    options: BenchmarkOptions
    say: Callable[[str], None]

    def stream(self) -> StageMeasurement:
        self.say("phodang in one process, stage by stage")
        return in_own_process(
            partial(
                measure_model,
                self.folder,
                self.texts,
                threads=self.threads,
                repeats=self.options.repeats,
            )
        )

    def batch(self) -> Measurement:
        self.say("phodang's batch pipeline")
        return in_own_process(
            partial(
                measure_batch,
                self.folder,
                self.texts,
                threads=self.threads,
                processes=self.processes,
                repeats=self.options.repeats,
            )
        )

    def rate(self, stream: StageMeasurement, shape: EncoderShape) -> ModelRate:
        self.say("8-bit matrix products")
        entities = self.manifest.entities
        tags = len(entities.label_set.tags) if entities else 0
        lengths = stream.sequence_lengths
        counts = [shape.multiply_accumulates(length, tags=tags) for length in lengths]
        if self.manifest.section_encoder != self.manifest.weights:
            # A second encoder of the same shape, without tags, reads every sequence as well.
            counts += [shape.multiply_accumulates(length, tags=0) for length in lengths]
        return ModelRate(
            multiply_accumulates=sum(counts),
            sequences=len(lengths),
            subwords=sum(lengths),
            seconds=stream.speed.median.stages["model"],
            ceiling=in_own_process(
                partial(measure_ceiling, threads=self.threads, repeats=self.options.repeats)
            ),
        )

    def baselines(self, shape: EncoderShape) -> Iterator[Baseline]:
        encoders: tuple[tuple[Encoder, EncoderShape, str], ...] = (
            ("same", shape, "the model's"),
            ("phobert-base", PHOBERT_BASE, "PhoBERT-base's"),
        )
        entities = self.manifest.entities
        tags = (entities.label_set if entities else LabelSet(())).tags
        batch_sizes = (DEFAULT_BATCH_SIZE, self.options.batch_size)
        for encoder, its_shape, whose in encoders:
            self.say(f"underthesea and transformers' pipeline, with an encoder of {whose} shape")
            speeds = in_own_process(
                partial(
                    measure_baseline,
                    self.folder,
                    its_shape,
                    first_texts(self.texts, words=self.options.baseline_words),
                    tags=tags,
                    batch_sizes=batch_sizes,
                    threads=self.threads,
                    repeats=self.options.repeats,
                )
            )
            for batch_size, speed in zip(batch_sizes, speeds, strict=True):
                yield Baseline(encoder=encoder, shape=its_shape, batch_size=batch_size, speed=speed)

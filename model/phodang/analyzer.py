"""Texts → articles: a model with all that it needs to read raw text."""

from __future__ import annotations

import functools
import importlib.resources
import itertools
import operator
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from phodang.article import Article, Entity, Passage
from phodang.backend import Backend, Reading
from phodang.checkpoint import SECTIONS_ONNX_FILE, Manifest, read_manifest
from phodang.errors import InputError
from phodang.passages import passage_spans
from phodang.reader import PassageReader
from phodang.sections import PassageSection
from phodang.segmentation import load_segmenter
from phodang.sequences import (
    ArticleSubwords,
    by_subword,
    sequences_of,
    unit_stretches,
    unit_vectors,
    units_of,
)
from phodang.spans import spans_on_text
from phodang.subwords import SubwordTokenizer
from phodang.waiting import PlacedPassage, WaitingArticle

BUNDLED_MODEL = "entities"
"""Name of the model that comes with the package."""

# Articles are read until so many subwords wait for the model: enough to keep every thread busy,
# few enough that a stream's memory does not grow.
_SUBWORDS_AT_ONCE = 16_384

# Iterables, but of numbers.
_BYTES = (bytes, bytearray)


class Analyzer:
    """Reads articles with one model.

    Make it with `from_pretrained`. It may be shared between threads.

    Attributes:
        manifest: What the model is.
        reader: Its segmenter and tokenizer.
        backend: Runs its classifier.
    """

    def __init__(self, manifest: Manifest, *, reader: PassageReader, backend: Backend) -> None:
        self.manifest = manifest
        self.reader = reader
        self.backend = backend
        self._decoder = manifest.entities.decoder if manifest.entities else None

    @classmethod
    def from_pretrained(
        cls,
        model: str | os.PathLike[str] = BUNDLED_MODEL,
        *,
        threads: int | None = None,
        segmenter: str | None = None,
    ) -> Analyzer:
        """Load a model.

        A checkpoint in its inference form (``model.onnx``) is run by ONNX Runtime, one in its
        training form (``model.safetensors``) by torch, which is imported only then.

        Args:
            model: Folder of a checkpoint, or ``entities``, the name of the bundled model. The
                string ``entities`` means that model, whatever lies in the working directory; a
                folder of this name is written ``./entities``. A `pathlib.Path` is always a folder.
            threads: How many sequences are run at once; by default as many as there are cores.
                Results do not depend on it. Torch keeps its own setting.
            segmenter: Another word segmenter than the model was trained with, for instance
                ``presegmented`` for text that is segmented already.

        Raises:
            CheckpointError: There is no such checkpoint, or it is damaged or of an unknown format.
            InputError: ``threads`` is below 1.
            SegmenterError: The segmenter is unknown.
            MissingDependencyError: The segmenter or torch is needed and not installed.
        """
        if threads is not None and threads < 1:
            raise InputError(f"Expected threads of at least 1, found {threads}.")
        folder = checkpoint_folder(model)
        manifest = read_manifest(folder)
        reader = PassageReader(
            load_segmenter(segmenter or manifest.segmenter), SubwordTokenizer.from_folder(folder)
        )
        weights = folder / manifest.weights
        backend: Backend
        # Imported here, so that each backend's library is loaded only where it is used.
        if weights.suffix == ".onnx":
            from phodang.onnx_backend import OnnxBackend

            sections = folder / SECTIONS_ONNX_FILE if manifest.sections else None
            threads = threads or os.cpu_count() or 1
            backend = OnnxBackend(weights, sections=sections, threads=threads)
        else:
            from phodang.torch_backend import TorchBackend

            backend = TorchBackend(weights, manifest)
        return cls(manifest, reader=reader, backend=backend)

    @overload
    def predict(self, texts: str, *, tasks: Iterable[str] | None = None) -> Article: ...  # type: ignore[overload-overlap]

    @overload
    def predict(
        self, texts: Iterable[str], *, tasks: Iterable[str] | None = None
    ) -> list[Article]: ...

    def predict(
        self, texts: str | Iterable[str], *, tasks: Iterable[str] | None = None
    ) -> Article | list[Article]:
        """Read one text, or several.

        Args:
            texts: A text, or texts. Any string will do; an empty one gives an empty article.
            tasks: What to read them for: ``entities``, ``sections``; by default all that the
                model can do.

        Returns:
            An `Article` for a string; a list of them, in order, for several. Results are the same
            in any company, and the same for one task as for both.

        Raises:
            InputError: Something else than a string was given, or a task that is unknown or not
                the model's.
        """
        if isinstance(texts, str):
            return next(self.stream([texts], tasks=tasks))
        return list(self.stream(texts, tasks=tasks))

    def stream(
        self, texts: Iterable[str], *, tasks: Iterable[str] | None = None
    ) -> Iterator[Article]:
        """Read texts as they come, and yield their articles in order.

        Some texts are read ahead of their articles; memory does not grow with the number of texts.

        Args:
            texts: Texts, from any iterable. A single text is for `predict`.
            tasks: See `predict`.

        Raises:
            InputError: Something else than strings was given, or a single string; or a task that
                is unknown or not the model's.
        """
        wanted = self._tasks(tasks)
        if isinstance(texts, str):
            raise InputError(
                "Expected several strings, found a single string; use predict, or put it in a list."
            )
        if isinstance(texts, _BYTES) or not isinstance(texts, Iterable):
            raise _no_text(texts, "a string, or several strings")
        waiting: list[WaitingArticle] = []
        subwords = 0
        for text in texts:
            if not isinstance(text, str):
                raise _no_text(text, "a string")
            waiting.append(self._arrange(text, wanted))
            subwords += len(waiting[-1].subwords.ids)
            if subwords >= _SUBWORDS_AT_ONCE:
                yield from self._finish(waiting, wanted)
                waiting, subwords = [], 0
        yield from self._finish(waiting, wanted)

    def words(self, text: str) -> list[tuple[int, int]]:
        """Find the words of a text, as the model's segmenter sees them.

        Returns:
            Spans in code points of ``text``, end exclusive, in order.
        """
        return [word for passage in self._read(text) for word in passage.words]

    def section_probabilities(self, text: str) -> list[tuple[int, int, dict[str, float]]]:
        """Say how probable each section is for each passage, below the thresholds too.

        Args:
            text: A text.

        Returns:
            ``(start, end, probability by label)`` for each passage, or each part of a long one, in
            code points of ``text``, end exclusive, in order.

        Raises:
            InputError: The model tells no sections.
        """
        tasks = self._tasks(["sections"])
        article = self._arrange(text, tasks)
        if not article.units:
            return []
        assert self.manifest.sections is not None
        labels = self.manifest.sections.labels
        probabilities = self._probabilities(article, self._run([article], tasks))
        return [
            (unit.start, unit.end, dict(zip(labels, row, strict=True)))
            for unit, row in zip(article.units, probabilities.tolist(), strict=True)
        ]

    def _tasks(self, tasks: Iterable[str] | None) -> tuple[str, ...]:
        if tasks is None:
            return self.manifest.tasks
        if isinstance(tasks, str):
            raise InputError(
                f'Expected tasks as several strings, found the string "{tasks}". Put it in a '
                f'tuple: tasks=("{tasks}",).'
            )
        if not isinstance(tasks, Iterable):
            raise InputError(
                f"Expected tasks as several strings, found {type(tasks).__name__}. Give a tuple, "
                'such as ("entities",).'
            )
        wanted = {str(task) for task in tasks}
        if not wanted or (unknown := sorted(wanted - set(self.manifest.tasks))):
            found = ", ".join(f'"{task}"' for task in unknown) if wanted else "none"
            raise InputError(
                f"Expected tasks that the model does, {' and '.join(self.manifest.tasks)}, found "
                f"{found}. Leave tasks out for all of them, or give another model."
            )
        return tuple(task for task in self.manifest.tasks if task in wanted)

    def _read(self, text: str) -> list[PlacedPassage]:
        return [
            PlacedPassage(start, end, read.words, read.subwords)
            for start, end in passage_spans(text)
            for read in (self.reader.read(text[start:end], offset=start),)
        ]

    def _arrange(self, text: str, tasks: Sequence[str]) -> WaitingArticle:
        passages = self._read(text)
        subwords = ArticleSubwords.of([passage.subwords for passage in passages])
        needs_units = "sections" in tasks or self.manifest.context in ("title", "previous")
        units = units_of(
            (text[passage.start : passage.end], passage.start, passage.subwords)
            for passage in (passages if needs_units else ())
        )
        sequences = sequences_of(
            subwords,
            units,
            context=self.manifest.context,
            window_size=self.manifest.window_size,
        )
        stretches = unit_stretches(sequences, units) if "sections" in tasks else None
        return WaitingArticle(text, passages, subwords, units, sequences, stretches)

    def _finish(self, waiting: Sequence[WaitingArticle], tasks: Sequence[str]) -> Iterator[Article]:
        readings = iter(self._run(waiting, tasks))
        for article in waiting:
            own = list(itertools.islice(readings, len(article.sequences)))
            yield self._label(article, own, tasks)

    def _run(self, waiting: Sequence[WaitingArticle], tasks: Sequence[str]) -> list[Reading]:
        """Run the model on all sequences of articles."""
        stretches = None
        if "sections" in tasks:
            stretches = [
                [(start, end) for _, start, end in own]
                for article in waiting
                for own in article.stretches or ()
            ]
        return self.backend.read(
            [sequence.ids for article in waiting for sequence in article.sequences],
            stretches=stretches,
            scores="entities" in tasks,
        )

    def _label(
        self, article: WaitingArticle, readings: Sequence[Reading], tasks: Sequence[str]
    ) -> Article:
        entities: list[tuple[Entity, ...]] = [()] * len(article.passages)
        sections: list[tuple[PassageSection, ...]] = [()] * len(article.passages)
        if "entities" in tasks and readings:
            entities = self._entities(article, readings)
        if "sections" in tasks and article.units:
            sections = self._sections(article, readings)
        return Article(
            article.text,
            tuple(
                Passage(
                    passage.start,
                    passage.end,
                    article.text[passage.start : passage.end],
                    entities[index],
                    sections[index],
                )
                for index, passage in enumerate(article.passages)
            ),
        )

    def _entities(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> list[tuple[Entity, ...]]:
        assert self._decoder is not None
        scores = by_subword(
            article.sequences,
            (reading.scores for reading in readings if reading.scores is not None),
            count=len(article.subwords.ids),
        )
        found = []
        for passage, (first, last) in zip(article.passages, article.subwords.ranges(), strict=True):
            tags, probabilities = self._decoder.decode(
                scores[first:last], passage.subwords.continues
            )
            spans = spans_on_text(article.text, passage.subwords, tags, self._decoder.labels)
            found.append(
                tuple(
                    # The least certain tag decides: one wrong tag makes the whole span wrong.
                    Entity(
                        start,
                        end,
                        label,
                        article.text[start:end],
                        float(probabilities[from_:to].min()),
                    )
                    for start, end, label, from_, to in spans
                )
            )
        return found

    def _sections(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> list[tuple[PassageSection, ...]]:
        task = self.manifest.sections
        assert task is not None
        found: list[list[PassageSection]] = [[] for _ in article.passages]
        probabilities = self._probabilities(article, readings)
        for unit, row in zip(article.units, probabilities.tolist(), strict=True):
            for label, score, threshold in zip(task.labels, row, task.thresholds, strict=True):
                if score >= threshold:
                    found[unit.passage].append(PassageSection(unit.start, unit.end, label, score))
        order = operator.attrgetter("start", "end", "label")
        return [tuple(sorted(own, key=order)) for own in found]

    def _probabilities(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> NDArray[np.float64]:
        """Probabilities of each section for each unit, shape ``[units, sections]``."""
        assert self.manifest.sections is not None
        assert article.stretches is not None
        sums = [reading.sums for reading in readings if reading.sums is not None]
        vectors = unit_vectors(article.stretches, sums, article.units)
        return self.manifest.sections.probabilities(self.backend.section_logits(vectors))


def checkpoint_folder(model: str | os.PathLike[str]) -> Path:
    """Find the folder of a checkpoint, by the bundled model's name or by path.

    The name comes first, so that nothing in the working directory can take the model's place.
    """
    if model == BUNDLED_MODEL:
        return Path(str(importlib.resources.files("phodang"))) / "models" / BUNDLED_MODEL
    return Path(model)


@functools.cache
def bundled_analyzer() -> Analyzer:
    """The analyzer of the bundled model, loaded at the first call and kept."""
    return Analyzer.from_pretrained()


def _no_text(found: object, expected: str) -> InputError:
    way_out = (
        " Decode it first, for instance with .decode('utf-8')."
        if isinstance(found, _BYTES)
        else " Give the text itself."
    )
    return InputError(f"Expected {expected}, found {type(found).__name__}.{way_out}")

"""Texts → articles: a model with all that it needs to read raw text."""

from __future__ import annotations

import functools
import importlib.resources
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

from phodang.article import Article, Entity, Passage
from phodang.checkpoint import Manifest, read_manifest
from phodang.decoding import Decoder
from phodang.errors import InputError
from phodang.passages import passage_spans
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.spans import spans_on_text
from phodang.subwords import BEGIN, END, Subwords, SubwordTokenizer
from phodang.windows import Window, join_scores, windows

BUNDLED_MODEL = "entities"
"""Name of the model that comes with the package."""

# Articles are read until so many subwords wait for the model: enough to keep every thread busy,
# few enough that a stream's memory does not grow.
_SUBWORDS_AT_ONCE = 16_384

# Iterables, but of numbers.
_BYTES = (bytes, bytearray)


class Backend(Protocol):
    """Runs the classifier."""

    def scores(self, sequences: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """Score tags: arrays of shape ``[length]`` to arrays of shape ``[length, tags]``."""


@dataclass(frozen=True)
class _WaitingPassage:
    """A passage that has been read and waits for its scores."""

    start: int
    end: int
    words: list[tuple[int, int]]
    subwords: Subwords
    windows: list[Window]

    def sequences(self) -> Iterator[NDArray[np.int64]]:
        for window in self.windows:
            ids = self.subwords.ids[window.start : window.end]
            yield np.concatenate(([BEGIN], ids, [END]))


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
        self._decoder: Decoder = manifest.decoder

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
            threads: How many passages are run at once; by default as many as there are cores.
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

            backend = OnnxBackend(weights, threads=threads or os.cpu_count() or 1)
        else:
            from phodang.torch_backend import TorchBackend

            backend = TorchBackend(weights, tag_count=len(manifest.label_set.tags))
        return cls(manifest, reader=reader, backend=backend)

    @overload
    def predict(self, texts: str) -> Article: ...  # type: ignore[overload-overlap]

    @overload
    def predict(self, texts: Iterable[str]) -> list[Article]: ...

    def predict(self, texts: str | Iterable[str]) -> Article | list[Article]:
        """Read one text, or several.

        Args:
            texts: A text, or texts. Any string will do; an empty one gives an empty article.

        Returns:
            An `Article` for a string; a list of them, in order, for several. Results are the same
            in any company.

        Raises:
            InputError: Something else than a string was given.
        """
        if isinstance(texts, str):
            return next(self.stream([texts]))
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[Article]:
        """Read texts as they come, and yield their articles in order.

        Some texts are read ahead of their articles; memory does not grow with the number of texts.

        Args:
            texts: Texts, from any iterable. A single text is for `predict`.

        Raises:
            InputError: Something else than strings was given, or a single string.
        """
        if isinstance(texts, str):
            raise InputError(
                "Expected several strings, found a single string; use predict, or put it in a list."
            )
        if isinstance(texts, _BYTES) or not isinstance(texts, Iterable):
            raise _no_text(texts, "a string, or several strings")
        waiting: list[tuple[str, list[_WaitingPassage]]] = []
        subwords = 0
        for text in texts:
            if not isinstance(text, str):
                raise _no_text(text, "a string")
            passages = self._read(text)
            waiting.append((text, passages))
            subwords += sum(len(passage.subwords) for passage in passages)
            if subwords >= _SUBWORDS_AT_ONCE:
                yield from self._finish(waiting)
                waiting, subwords = [], 0
        yield from self._finish(waiting)

    def words(self, text: str) -> list[tuple[int, int]]:
        """Find the words of a text, as the model's segmenter sees them.

        Returns:
            Spans in code points of ``text``, end exclusive, in order.
        """
        return [word for passage in self._read(text) for word in passage.words]

    def _read(self, text: str) -> list[_WaitingPassage]:
        passages = []
        for start, end in passage_spans(text):
            read = self.reader.read(text[start:end], offset=start)
            cut = windows(len(read.subwords), self.manifest.window_size)
            passages.append(_WaitingPassage(start, end, read.words, read.subwords, cut))
        return passages

    def _finish(self, waiting: list[tuple[str, list[_WaitingPassage]]]) -> Iterator[Article]:
        scores = iter(
            self.backend.scores(
                [
                    sequence
                    for _, passages in waiting
                    for passage in passages
                    for sequence in passage.sequences()
                ]
            )
        )
        for text, passages in waiting:
            yield Article(text, tuple(self._label(text, passage, scores) for passage in passages))

    def _label(
        self, text: str, passage: _WaitingPassage, scores: Iterator[NDArray[np.float32]]
    ) -> Passage:
        tag_count = len(self._decoder.labels.tags)
        own = join_scores(passage.windows, scores, tag_count=tag_count)
        tags, probabilities = self._decoder.decode(own, passage.subwords.continues)
        entities = tuple(
            # The least certain tag decides: one wrong tag makes the whole span wrong.
            Entity(start, end, label, text[start:end], float(probabilities[first:last].min()))
            for start, end, label, first, last in spans_on_text(
                text, passage.subwords, tags, self._decoder.labels
            )
        )
        return Passage(passage.start, passage.end, text[passage.start : passage.end], entities)


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

"""Texts → articles: a model with all that it needs to read raw text."""

from __future__ import annotations

import functools
import importlib.resources
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import phodang
from phodang.arranging import ArticleArranger
from phodang.article import Article
from phodang.backend import Backend, Reading
from phodang.checkpoint import (
    SECTIONS_ONNX_FILE,
    Manifest,
    checkpoint_checksum,
    read_manifest,
)
from phodang.errors import CheckpointError, InputError
from phodang.labelling import ArticleLabeller
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import SubwordTokenizer
from phodang.waiting import WaitingArticle

if TYPE_CHECKING:
    from rich.console import Console

    from phodang.batch.options import LabelOptions
    from phodang.batch.run import RunSummary

BUNDLED_MODEL = "compact"
"""Name of the model that comes with the package."""

SectionProbabilities = tuple[int, int, dict[str, float]]
"""``(start, end, probability by label)`` of a passage, or a part of one."""

# Articles are read until so many subwords wait for the model: enough to keep every thread busy,
# few enough that a stream's memory does not grow.
_SUBWORDS_AT_ONCE = 16_384

# Iterables, but of numbers.
_BYTES = (bytes, bytearray)


class Analyzer:
    """Reads articles with one model.

    Make it with `from_pretrained`. It may be shared between threads, and pickled: another process
    loads the model from the same folder.

    Attributes:
        manifest: What the model is.
        reader: Its segmenter and tokenizer.
        backend: Runs its classifier.
        folder: Where it was loaded from; none if it was put together by hand.
        checksum: That of its checkpoint; none if it was put together by hand.
        threads: How many sequences it runs at once.
        arranger: Its reading part.
        labeller: Its labelling part.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        reader: PassageReader,
        backend: Backend,
        folder: Path | None = None,
        threads: int | None = None,
    ) -> None:
        self.manifest = manifest
        self.reader = reader
        self.backend = backend
        self.folder = folder
        self.threads = threads or os.cpu_count() or 1
        self.checksum = checkpoint_checksum(folder) if folder else None
        self.arranger = ArticleArranger(manifest, reader)
        self.labeller = ArticleLabeller(manifest, backend)

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
            model: Folder of a checkpoint, or ``compact``, the name of the bundled model. The
                string ``compact`` means that model, whatever lies in the working directory; a
                folder of this name is written ``./compact``. A `pathlib.Path` is always a folder.
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
        threads = threads or os.cpu_count() or 1
        backend: Backend
        # Imported here, so that each backend's library is loaded only where it is used.
        if weights.suffix == ".onnx":
            from phodang.onnx_backend import OnnxBackend

            sections = folder / SECTIONS_ONNX_FILE if manifest.sections else None
            backend = OnnxBackend(
                weights,
                sections=sections,
                section_encoder=folder / manifest.section_encoder,
                threads=threads,
            )
        else:
            from phodang.torch_backend import TorchBackend

            backend = TorchBackend(weights, manifest)
        # Absolute, so that it stays the same folder wherever the program goes.
        folder = folder.absolute()
        return cls(manifest, reader=reader, backend=backend, folder=folder, threads=threads)

    def __reduce__(self) -> tuple[object, ...]:
        if self.folder is None:
            raise TypeError(
                "Expected an Analyzer made by from_pretrained, found one that was put together by "
                "hand, which cannot be pickled. Save its model in a folder and load it from there."
            )
        segmenter = self.reader.segmenter.name
        return _load, (self.folder, self.threads, segmenter, self.checksum, phodang.__version__)

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
        wanted = self.check_tasks(tasks)
        for article, readings in self._read(texts, wanted):
            yield self.labeller.label(article, readings, wanted)

    def stream_with_probabilities(
        self, texts: Iterable[str], *, tasks: Iterable[str] | None = None
    ) -> Iterator[tuple[Article, list[SectionProbabilities]]]:
        """Read texts as `stream` does, and say how probable each section is, in one pass.

        Args:
            texts: See `stream`.
            tasks: See `predict`.

        Yields:
            Each article with what `section_probabilities` says of its text; nothing if sections
            are not among the tasks.

        Raises:
            InputError: See `stream`.
        """
        wanted = self.check_tasks(tasks)
        for article, readings in self._read(texts, wanted):
            probabilities = self._probabilities(article, readings) if "sections" in wanted else []
            yield self.labeller.label(article, readings, wanted), probabilities

    def batch(
        self,
        columns: Mapping[str, Sequence[str]],
        *,
        text_field: str = "text",
        tasks: Iterable[str] | None = None,
    ) -> dict[str, list[Any]]:
        """Read a column of texts, for ``datasets.Dataset.map(analyzer.batch, batched=True)``.

        With ``num_proc`` every process loads the model from the same folder.

        Args:
            columns: Columns by name.
            text_field: The one that holds the texts.
            tasks: See `predict`.

        Returns:
            The column ``passages``: of each text what ``Article.to_dict()`` has under this name.
            `phodang.batch.columns.labelled_features` gives its type.

        Raises:
            InputError: There is no such column, or see `predict`.
        """
        from phodang.batch.columns import label_columns

        return label_columns(self, columns, text_field=text_field, tasks=tasks)

    def label_corpus(
        self,
        inputs: Sequence[str | os.PathLike[str]],
        output: str | os.PathLike[str],
        *,
        options: LabelOptions | None = None,
        console: Console | None = None,
    ) -> RunSummary:
        """Label every article of a corpus into shards in a folder, as ``phodang label`` does.

        See `phodang.batch.corpus.label_corpus`.
        """
        from phodang.batch.corpus import label_corpus

        return label_corpus(self, inputs, output, options=options, console=console)

    def words(self, text: str) -> list[tuple[int, int]]:
        """Find the words of a text, as the model's segmenter sees them.

        Returns:
            Spans in code points of ``text``, end exclusive, in order.
        """
        return [word for passage in self.arranger.passages(text) for word in passage.words]

    def section_probabilities(self, text: str) -> list[SectionProbabilities]:
        """Say how probable each section is for each passage, below the thresholds too.

        Args:
            text: A text.

        Returns:
            ``(start, end, probability by label)`` for each passage, or each part of a long one, in
            code points of ``text``, end exclusive, in order.

        Raises:
            InputError: The model tells no sections.
        """
        ((article, readings),) = self._read([text], self.check_tasks(["sections"]))
        return self._probabilities(article, readings)

    def check_tasks(self, tasks: Iterable[str] | None) -> tuple[str, ...]:
        """Check tasks that are asked for.

        Args:
            tasks: See `predict`.

        Returns:
            The tasks, each once, in the model's order.

        Raises:
            InputError: One is unknown or not the model's, or there are none.
        """
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

    def _read(
        self, texts: Iterable[str], tasks: Sequence[str]
    ) -> Iterator[tuple[WaitingArticle, list[Reading]]]:
        """Read texts as they come, some of them at once."""
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
            waiting.append(self.arranger.arrange(text, tasks))
            subwords += len(waiting[-1].subwords.ids)
            if subwords >= _SUBWORDS_AT_ONCE:
                yield from zip(waiting, self.labeller.read(waiting, tasks), strict=True)
                waiting, subwords = [], 0
        yield from zip(waiting, self.labeller.read(waiting, tasks), strict=True)

    def _probabilities(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> list[SectionProbabilities]:
        if not article.units:
            return []
        assert self.manifest.sections is not None
        labels = self.manifest.sections.labels
        probabilities = self.labeller.section_probabilities(article, readings)
        return [
            (unit.start, unit.end, dict(zip(labels, row, strict=True)))
            for unit, row in zip(article.units, probabilities.tolist(), strict=True)
        ]


def checkpoint_folder(model: str | os.PathLike[str]) -> Path:
    """Find the folder of a checkpoint, by the bundled model's name or by path.

    The name comes first, so that nothing in the working directory can take the model's place.
    """
    if model == BUNDLED_MODEL:
        return Path(str(importlib.resources.files("phodang"))) / "models" / BUNDLED_MODEL
    return Path(model)


def _load(
    folder: Path, threads: int, segmenter: str, checksum: str | None, version: str
) -> Analyzer:
    """Load what was pickled.

    The checksum and the version are there for caches, such as that of ``datasets``: they tell one
    model from another in the same folder.
    """
    analyzer = Analyzer.from_pretrained(folder, threads=threads, segmenter=segmenter)
    if analyzer.checksum != checksum or version != phodang.__version__:
        raise CheckpointError(
            f"{folder} holds another model, or phodang {phodang.__version__} is another version, "
            f"than when the Analyzer was pickled by phodang {version}. Load it again with "
            "from_pretrained."
        )
    return analyzer


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

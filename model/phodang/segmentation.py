"""Normalised text → words.

PhoBERT reads words, not syllables: ``Tổ_chức`` is one word. A segmenter finds them; its output is
aligned to the text character by character, so that a word is a span and never a copy.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from phodang.errors import MissingDependencyError, SegmenterError

# Segmenters run regular expressions and Viterbi over what they are given; a bound keeps their time
# linear and their memory flat on a passage of any length. Passages of articles are far shorter.
_LONGEST_PIECE = 2_000
_SENTENCE_END = re.compile(r"[.!?…;][\"'”’)\]]*\s+")

# Both libraries load their models once for the process, at the first use, and neither guards that
# against other threads: underthesea publishes its model before it is loaded.
_FIRST_USE = threading.Lock()
_WARM_UP_TEXT = "a"


class Segmenter(Protocol):
    """Finds the words of a text."""

    @property
    def name(self) -> str:
        """The name under which a checkpoint records the segmenter."""

    @property
    def version(self) -> str:
        """The version of the library that does the work."""

    def words(self, text: str) -> list[tuple[int, int]]:
        """Find the words of a normalised text.

        Returns:
            Spans in code points of ``text``, end exclusive, in order, not overlapping, neither
            beginning nor ending with white space; together they cover all that is no white space.
        """


class UndertheseaSegmenter:
    """Words by underthesea's conditional random field (Apache-2.0)."""

    name = "underthesea"

    def __init__(self) -> None:
        self.version = _installed_version("underthesea", extra=None)
        self._tokenize: Callable[..., list[str]] | None = None

    def __getstate__(self) -> dict[str, object]:
        # Another process imports the library by itself, with the same care.
        return {**self.__dict__, "_tokenize": None}

    def words(self, text: str) -> list[tuple[int, int]]:
        """See `Segmenter.words`."""
        if self._tokenize is None:
            # Imported at the first text: it takes a second, and its models are loaded with it.
            self._tokenize = _underthesea_tokenizer()
        tokenize = self._tokenize
        # Token normalisation would change spellings; `phodang.normalization` has done what is
        # wanted of it, with offsets.
        return [
            span
            for start, end in _pieces(text)
            for span in align(
                text, tokenize(text[start:end], use_token_normalize=False), start, end, self.name
            )
        ]


class PyviSegmenter:
    """Words by pyvi's conditional random field (MIT), the extra ``pyvi``."""

    name = "pyvi"

    def __init__(self) -> None:
        self.version = _installed_version("pyvi", extra="pyvi")
        self._tokenize: Callable[[str], str] | None = None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_tokenize": None}

    def words(self, text: str) -> list[tuple[int, int]]:
        """See `Segmenter.words`."""
        if self._tokenize is None:
            self._tokenize = _pyvi_tokenizer()
        tokenize = self._tokenize
        return [
            span
            for start, end in _pieces(text)
            for span in align(text, tokenize(text[start:end]).split(), start, end, self.name)
        ]


class PresegmentedSegmenter:
    """Words of a text that is segmented already: white space between words, ``_`` inside them."""

    name = "presegmented"
    version = "1"

    def words(self, text: str) -> list[tuple[int, int]]:
        """See `Segmenter.words`."""
        return [match.span() for match in re.finditer(r"\S+", text)]


_SEGMENTERS: dict[str, Callable[[], Segmenter]] = {
    "underthesea": UndertheseaSegmenter,
    "pyvi": PyviSegmenter,
    "presegmented": PresegmentedSegmenter,
}

SEGMENTER_NAMES = tuple(_SEGMENTERS)
"""The names that `load_segmenter` knows."""


def load_segmenter(name: str) -> Segmenter:
    """Make the segmenter of a name.

    Args:
        name: One of `SEGMENTER_NAMES`.

    Raises:
        SegmenterError: The name is unknown.
        MissingDependencyError: The segmenter's library is not installed.
    """
    if name not in _SEGMENTERS:
        known = ", ".join(SEGMENTER_NAMES)
        raise SegmenterError(f"Unknown word segmenter {name!r}. Choose one of: {known}.")
    return _SEGMENTERS[name]()


def align(
    text: str, words: Iterable[str], start: int, end: int, segmenter: str
) -> Iterator[tuple[int, int]]:
    """Place a segmenter's words on the text they were found in.

    Args:
        text: The text.
        words: The words in order. A space or ``_`` inside a word stands for any white space; a
            word is split where it stands for none.
        start: Where the piece of text that was segmented begins.
        end: Where it ends, exclusive.
        segmenter: The segmenter's name, for the error.

    Yields:
        The words' spans on ``text``.

    Raises:
        SegmenterError: The words are not those of the text, in order and complete.
    """
    position = start
    for word in words:
        position = word_start = word_end = _skip_space(text, position, end)
        for character in word:
            if position < end and text[position] == character != " ":
                position = word_end = position + 1
            elif character not in " _":
                raise _misaligned(text, position, word, segmenter)
            elif (after_space := _skip_space(text, position, end)) > position:
                position = after_space
            elif word_end > word_start:
                # Joined although nothing stands between (`khủng'`): two words.
                yield word_start, word_end
                word_start = position
        if word_end > word_start:
            yield word_start, word_end
    if _skip_space(text, position, end) != end:
        raise _misaligned(text, position, "", segmenter)


def _skip_space(text: str, position: int, end: int) -> int:
    while position < end and text[position].isspace():
        position += 1
    return position


def _misaligned(text: str, position: int, word: str, segmenter: str) -> SegmenterError:
    context = text[max(0, position - 20) : position + 20]
    return SegmenterError(
        f"The words of {segmenter} do not match the text: expected {word!r} at offset {position} "
        f"of the passage, near {context!r}. Please report this text, and use another segmenter "
        "for it meanwhile, for instance --segmenter presegmented."
    )


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text into pieces that a segmenter can take, at sentence ends, else at white space."""
    start = 0
    while len(text) - start > _LONGEST_PIECE:
        limit = start + _LONGEST_PIECE
        cut = max((m.end() for m in _SENTENCE_END.finditer(text, start, limit)), default=0)
        cut = cut or text.rfind(" ", start, limit) + 1 or limit
        if not text[start:cut].isspace():
            yield start, cut
        start = cut
    if start < len(text) and not text[start:].isspace():
        yield start, len(text)


def _underthesea_tokenizer() -> Callable[..., list[str]]:
    """Import and warm up underthesea's word segmentation, and nothing heavy beside it.

    The package imports its translation with it, and thereby torch and transformers where they are
    installed. While it is imported here, translation is marked as absent, which underthesea
    allows for: ``underthesea.translate`` is then None, as it is where torch is not installed.
    """
    heavy = "underthesea.pipeline.translate"
    with _FIRST_USE:
        hide = "underthesea" not in sys.modules and "torch" not in sys.modules
        if hide:
            sys.modules[heavy] = None  # type: ignore[assignment]
        try:
            module = importlib.import_module("underthesea")
        finally:
            if hide:
                sys.modules.pop(heavy, None)
        tokenizer: Callable[..., list[str]] = module.word_tokenize
        tokenizer(_WARM_UP_TEXT)
    return tokenizer


def _pyvi_tokenizer() -> Callable[[str], str]:
    with _FIRST_USE:
        tokenizer: Callable[[str], str] = importlib.import_module("pyvi.ViTokenizer").tokenize
        tokenizer(_WARM_UP_TEXT)
    return tokenizer


def _installed_version(distribution: str, *, extra: str | None) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        package = f"'phodang[{extra}]'" if extra else distribution
        raise MissingDependencyError(
            f"The word segmenter {distribution} is not installed. Install it with "
            f"`pip install {package}`, or choose another segmenter."
        ) from None

"""Words → PhoBERT subwords, with offsets.

transformers has only a slow tokenizer for PhoBERT, without offsets. This one is built with the
`tokenizers` library from the same two files, ``vocab.txt`` and ``bpe.codes`` (the fastBPE format
of Sennrich et al. 2016, https://aclanthology.org/P16-1162), and gives the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import BPE

from phodang.errors import CheckpointError
from phodang.normalization import NormalizedText

VOCABULARY_FILE = "vocab.txt"
MERGES_FILE = "bpe.codes"

# The first ids of every PhoBERT vocabulary (fairseq's dictionary); vocab.txt continues after them.
BEGIN, PADDING, END, UNKNOWN = 0, 1, 2, 3
_SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>")
SPECIALS_PER_SEQUENCE = 2
"""A sequence is ``<s> … </s>``."""

_WORD_END = "</w>"
_CONTINUES = "@@"
# A symbol that merging words can never make.
_UNKNOWN_SYMBOL = " "


@dataclass(frozen=True)
class Subwords:
    """The subwords of one passage.

    Attributes:
        ids: Vocabulary ids, shape ``[n]``, without special tokens.
        starts: Where each subword begins in the raw text, shape ``[n]``.
        ends: Where each ends, exclusive, shape ``[n]``.
        continues: Whether a subword begins inside a syllable, number or letter, where no entity
            can begin or end; shape ``[n]``.
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    continues: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


class SubwordTokenizer:
    """PhoBERT's byte-pair encoding over words.

    Args:
        vocabulary: The lines of ``vocab.txt``, each ``subword count``.
        merges: The lines of ``bpe.codes``, each ``left right count``, most important first.
    """

    def __init__(self, vocabulary: Sequence[str], merges: Sequence[str]) -> None:
        ids = {token: number for number, token in enumerate(_SPECIAL_TOKENS)}
        for line in vocabulary:
            ids[line.strip().rpartition(" ")[0]] = len(ids)
        self.vocabulary_size = len(ids)
        # A pair listed twice has its last rank, as in transformers.
        ranks = {tuple(line.split()[:-1]): rank for rank, line in enumerate(merges)}
        # What fastBPE takes for a part of a word and Python for a space is in no word that is read.
        pairs = [pair for pair in sorted(ranks, key=ranks.__getitem__) if len(pair) == 2]
        symbols = dict.fromkeys(symbol for pair in pairs for symbol in (*pair, "".join(pair)))
        for token in ids:
            for character in token:
                symbols.update(dict.fromkeys((character, character + _WORD_END)))
        # The library needs an id of its own for every symbol that merging passes through; those
        # that the vocabulary lacks are unknown to the encoder.
        numbers = {_UNKNOWN_SYMBOL: 0}
        for symbol in symbols:
            numbers.setdefault(symbol, len(numbers))
        self._encoder_ids = np.full(len(numbers), UNKNOWN, dtype=np.int64)
        for symbol, number in numbers.items():
            if number:
                self._encoder_ids[number] = ids.get(_as_written(symbol), UNKNOWN)
        self._tokenizer = Tokenizer(
            BPE(
                vocab=numbers,
                merges=pairs,
                unk_token=_UNKNOWN_SYMBOL,
                end_of_word_suffix=_WORD_END,
            )
        )

    @classmethod
    def from_folder(cls, folder: Path) -> SubwordTokenizer:
        """Read ``vocab.txt`` and ``bpe.codes`` of an encoder or checkpoint.

        Raises:
            CheckpointError: A file is missing or not of PhoBERT's format.
        """
        return cls(
            _read_lines(folder / VOCABULARY_FILE, fields=2),
            _read_lines(folder / MERGES_FILE, fields=3),
        )

    def encode_words(self, words: Sequence[str]) -> list[int]:
        """Encode words, each written with ``_`` for inner spaces, without special tokens."""
        encoding = self._tokenizer.encode(list(words), is_pretokenized=True)
        return [int(number) for number in self._encoder_ids[encoding.ids]]

    def encode(self, text: NormalizedText, words: Sequence[tuple[int, int]]) -> Subwords:
        """Encode the words of a passage.

        Args:
            text: The normalised passage.
            words: Spans of its words, on ``text.text``.

        Returns:
            Subwords with offsets of the raw text.
        """
        forms, positions = [], []
        for start, end in words:
            form, places = _word_form(text.text, start, end)
            forms.append(form)
            positions.append(places)
        encoding = self._tokenizer.encode(forms, is_pretokenized=True)
        count = len(encoding.ids)
        starts, ends = np.empty(count, np.int64), np.empty(count, np.int64)
        continues = np.zeros(count, np.bool_)
        previous_end, previous_raw_end = 0, -1
        spans = zip(encoding.word_ids, encoding.offsets, strict=True)
        for number, (word, (first, last)) in enumerate(spans):
            assert word is not None  # only special tokens belong to no word, and none are added
            places = positions[word]
            start, end = places[first], places[last]
            starts[number] = raw_start = text.starts[start]
            ends[number] = raw_end = text.ends[end - 1]
            continues[number] = raw_start < previous_raw_end or (
                0 < start == previous_end
                and text.text[start - 1].isalnum()
                and text.text[start].isalnum()
            )
            previous_end, previous_raw_end = end, raw_end
        return Subwords(self._encoder_ids[encoding.ids], starts, ends, continues)


def _word_form(text: str, start: int, end: int) -> tuple[str, Sequence[int]]:
    """Write a word as PhoBERT does; returns it with the text position before each character."""
    surface = text[start:end]
    if not any(character.isspace() for character in surface):
        return surface, range(start, end + 1)
    characters, places = [], []
    for position, character in enumerate(surface, start):
        if not character.isspace():
            characters.append(character)
        elif characters[-1:] != ["_"] or not text[position - 1].isspace():
            characters.append("_")
        else:
            continue
        places.append(position)
    return "".join(characters), [*places, end]


def _as_written(symbol: str) -> str:
    """The way vocab.txt writes a symbol of the merges."""
    if symbol.endswith(_WORD_END):
        return symbol[: -len(_WORD_END)]
    return symbol + _CONTINUES


def _read_lines(path: Path, *, fields: int) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} is missing. A PhoBERT-format encoder has {VOCABULARY_FILE} and {MERGES_FILE} "
            "beside its weights; copy the folder whole."
        ) from None
    except UnicodeDecodeError as error:
        raise CheckpointError(
            f"{path} is not UTF-8 at byte {error.start}; it is damaged. Copy the folder again."
        ) from None
    if lines and not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        if len(line.split(" ")) != fields:
            raise CheckpointError(
                f"{path}, line {number}: expected {fields} fields separated by spaces, found "
                f"{line!r}. The file is damaged or of another format; copy the folder again."
            )
    return lines

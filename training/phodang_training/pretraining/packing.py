"""Texts → sequences of subwords of one length, kept in files and not in memory.

The subwords of all passages of an article follow each other, those of the next article after a
``</s>``, and the stream is cut at every so many subwords (FULL-SENTENCES of RoBERTa, Liu et al.
2019, https://arxiv.org/abs/1907.11692, section 4.2, but cut anywhere). So each subword stands in
one sequence, once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from phodang.errors import ConfigError
from phodang.passages import passage_spans
from phodang.reader import PassageReader
from phodang.subwords import END, UNKNOWN

SUBWORD = np.dtype([("id", "<i4"), ("begins_word", "?")])
"""A subword in a file: its id in the vocabulary, and whether it is the first of its word."""

_PARTS = ("train", "heldout")
_COUNTS_FILE = "counts.json"

_SEPARATOR = np.array([(END, True)], SUBWORD)


@dataclass(frozen=True)
class PartCounts:
    """What a part of the texts holds.

    Attributes:
        articles: Articles, without those that have no word.
        subwords: Subwords, separators apart.
        unknown: Those of them that the vocabulary does not have.
    """

    articles: int
    subwords: int
    unknown: int


class PackedSequences:
    """Sequences of subwords, read from a file when they are asked for.

    Args:
        stream: Subwords and separators, shape ``[n]``, at least one.
        length: Subwords of a sequence; the last one may be shorter.
    """

    def __init__(self, stream: NDArray[Any], length: int) -> None:
        self._stream = stream
        self._length = length

    def __len__(self) -> int:
        return -(-len(self._stream) // self._length)

    def __getitem__(self, index: int) -> NDArray[Any]:
        """The subwords of a sequence, of type `SUBWORD`, special tokens at its ends apart."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        start = index * self._length
        return self._stream[start : start + self._length]


@dataclass(frozen=True)
class PackedTexts:
    """Texts as sequences.

    Attributes:
        train: Sequences to train on.
        heldout: Sequences to measure by.
        counts: What the two parts hold, by name.
    """

    train: PackedSequences
    heldout: PackedSequences
    counts: dict[str, PartCounts]


def pack_texts(
    texts: Iterable[str], folder: Path, *, reader: PassageReader, heldout: float
) -> None:
    """Read texts and write their subwords into files.

    Args:
        texts: Raw texts of articles.
        folder: Where the files go; it is made, and what an earlier, unfinished call left in it is
            replaced.
        reader: Reads the passages as the model will.
        heldout: Share of the articles to hold out. An article is held out if the SHA-256 of its
            subwords, as a fraction of the largest one, is below this.

    Raises:
        ConfigError: One of the two parts has no article.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _COUNTS_FILE).unlink(missing_ok=True)
    with ExitStack() as stack:
        writers = {
            part: _PartWriter(stack.enter_context(_stream_file(folder, part).open("wb")))
            for part in _PARTS
        }
        for text in texts:
            subwords = _article_subwords(text, reader)
            if len(subwords):
                writers["heldout" if _fraction(subwords) < heldout else "train"].add(subwords)
    counts = {part: writer.counts for part, writer in writers.items()}
    articles = sum(count.articles for count in counts.values())
    for part, count in counts.items():
        if not count.articles:
            raise ConfigError(
                f"data.heldout = {heldout}: expected articles to train on and articles to hold "
                f"out, found none {'to train on' if part == 'train' else 'to hold out'} among "
                f"{articles}. Give another share, or more texts."
            )
    # Written last, so that only what is whole has it.
    written = json.dumps({part: asdict(count) for part, count in counts.items()}, indent=2)
    (folder / _COUNTS_FILE).write_text(written + "\n", encoding="utf-8")


def is_packed(folder: Path) -> bool:
    """Whether `pack_texts` finished in a folder."""
    return (folder / _COUNTS_FILE).is_file()


def open_packed(folder: Path, *, length: int) -> PackedTexts:
    """Open what `pack_texts` wrote, mapped into memory.

    Args:
        folder: The folder.
        length: Subwords of a sequence.
    """
    counts = json.loads((folder / _COUNTS_FILE).read_text(encoding="utf-8"))
    train, held_out = (
        PackedSequences(np.memmap(_stream_file(folder, part), SUBWORD, mode="r"), length)
        for part in _PARTS
    )
    return PackedTexts(
        train, held_out, {part: PartCounts(**values) for part, values in counts.items()}
    )


class _PartWriter:
    """Writes the articles of a part, and counts."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.counts = PartCounts(0, 0, 0)

    def add(self, subwords: NDArray[Any]) -> None:
        counts = self.counts
        if counts.articles:
            self._file.write(_SEPARATOR.tobytes())
        self._file.write(subwords.tobytes())
        unknown = int(np.count_nonzero(subwords["id"] == UNKNOWN))
        self.counts = PartCounts(
            counts.articles + 1, counts.subwords + len(subwords), counts.unknown + unknown
        )


def _article_subwords(text: str, reader: PassageReader) -> NDArray[Any]:
    """The subwords of all passages of an article, shape ``[n]``."""
    passages = [np.zeros(0, SUBWORD)]
    for start, end in passage_spans(text):
        read = reader.read(text[start:end])
        subwords = np.zeros(len(read.subwords), SUBWORD)
        subwords["id"] = read.subwords.ids
        subwords["begins_word"] = np.isin(read.subwords.starts, [word for word, _ in read.words])
        passages.append(subwords)
    return np.concatenate(passages)


def _fraction(subwords: NDArray[Any]) -> float:
    digest = hashlib.sha256(np.ascontiguousarray(subwords["id"]).tobytes()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _stream_file(folder: Path, part: str) -> Path:
    return folder / f"{part}.bin"

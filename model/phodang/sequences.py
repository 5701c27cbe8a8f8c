"""Passages of an article → the sequences of subwords that the encoder reads.

A model was trained with one kind of *context*, which says what the encoder reads together:

============  ====================================================================================
``passage``   each passage by itself
``title``     each unit after the article's first passage
``previous``  each unit after the title and the end of the unit before
``window``    as many passages as a window holds, after the title
============  ====================================================================================

A *unit* is what is classified as a section: a passage, or a part of a long one (`phodang.parts`).

Subwords are counted through the whole article, so that what is known of one, such as its scores,
is found by its number, whichever sequence it was read in.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from phodang.parts import passage_parts
from phodang.subwords import BEGIN, END, Subwords
from phodang.windows import windows

Context = Literal["passage", "title", "previous", "window"]

NO_SUBWORD = -1
"""Stands at a position that nothing is taken from: special tokens, context, overlaps."""

TITLE_SUBWORDS = 48
"""Of a title, so many subwords are read as context; none of those annotated is longer."""
PREVIOUS_SUBWORDS = 64
"""Of the unit before, so many subwords at its end are read as context: a sentence or two."""


@dataclass(frozen=True)
class Unit:
    """A passage, or a part of a long one.

    Attributes:
        passage: Index of its passage in the article.
        start: Where it begins, in code points, counted as its passage's offsets are.
        end: Where it ends, exclusive.
        first: Its first subword in the article.
        last: One after its last subword.
    """

    passage: int
    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class ArticleSubwords:
    """The subwords of an article's passages, one after the other.

    Attributes:
        ids: Vocabulary ids, shape ``[n]``.
        bounds: Where each passage begins, and the end of the last, shape ``[passages + 1]``.
    """

    ids: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, passages: Sequence[Subwords]) -> ArticleSubwords:
        """Join the subwords of passages."""
        ids = np.concatenate([np.zeros(0, np.int64), *(passage.ids for passage in passages)])
        bounds = np.cumsum([0, *(len(passage) for passage in passages)])
        return cls(ids, bounds)

    def ranges(self) -> list[tuple[int, int]]:
        """The first subword of each passage, and the one after its last."""
        return list(zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True))


@dataclass(frozen=True)
class SubwordSequence:
    """What the encoder reads at once.

    Attributes:
        ids: Ids, ``<s>`` and ``</s>`` included, shape ``[length]``.
        subwords: The article's subword that each position stands for, or `NO_SUBWORD`, shape
            ``[length]``. Each subword stands in one sequence only.
    """

    ids: NDArray[np.int64]
    subwords: NDArray[np.int64]


def units_of(passages: Iterable[tuple[str, int, Subwords]]) -> list[Unit]:
    """Cut the passages of an article into units.

    Args:
        passages: Each passage's text, the offset at which it begins as its subwords' offsets are
            counted, and its subwords.

    Returns:
        The units in order. What holds no subword is no unit.
    """
    units = []
    before = 0
    for index, (text, offset, subwords) in enumerate(passages):
        for start, end in passage_parts(text):
            first, last = np.searchsorted(subwords.starts, (offset + start, offset + end)).tolist()
            if first < last:
                units.append(
                    Unit(index, offset + start, offset + end, before + first, before + last)
                )
        before += len(subwords)
    return units


def sequences_of(
    article: ArticleSubwords, units: Sequence[Unit], *, context: Context, window_size: int
) -> list[SubwordSequence]:
    """Arrange an article for the encoder.

    Args:
        article: The subwords.
        units: Its units; only ``title`` and ``previous`` look at them.
        context: What is read together.
        window_size: Subwords that the encoder reads at once, the outer two special tokens apart.

    Returns:
        Sequences of at most ``window_size + 2`` ids, in the article's order. Every subword stands
        in one of them, for ``title`` and ``previous`` every subword of a unit.
    """
    if not len(article.ids):
        return []
    if context == "passage":
        return [
            sequence
            for first, last in article.ranges()
            for sequence in _cover(article, first, last, [], window_size)
        ]
    if context == "window":
        return list(_packed(article, window_size))
    sequences: list[SubwordSequence] = []
    for index, unit in enumerate(units):
        prefix = _title(article) if unit.passage > 0 else []
        # A title is not read twice; of a text in one passage, there is none.
        follows = index > 0 and (units[index - 1].passage > 0 or unit.passage == 0)
        if context == "previous" and follows:
            before = units[index - 1]
            ids = article.ids[max(before.first, before.last - PREVIOUS_SUBWORDS) : before.last]
            prefix = [*prefix, *_as_context(ids)]
        # However small the window, a unit keeps more than half of it.
        prefix = prefix[: (window_size - 1) // 2]
        sequences += _cover(article, unit.first, unit.last, prefix, window_size)
    return sequences


def _cover(
    article: ArticleSubwords, first: int, last: int, prefix: list[int], window_size: int
) -> Iterator[SubwordSequence]:
    """Read a stretch of subwords after a prefix, in overlapping windows if it is long."""
    for window in windows(last - first, window_size - len(prefix)):
        numbers = np.arange(first + window.start, first + window.end)
        own = (numbers >= first + window.own_start) & (numbers < first + window.own_end)
        yield SubwordSequence(
            np.concatenate(([BEGIN], prefix, article.ids[numbers], [END])).astype(np.int64),
            np.concatenate(
                (
                    np.full(1 + len(prefix), NO_SUBWORD),
                    np.where(own, numbers, NO_SUBWORD),
                    [NO_SUBWORD],
                )
            ),
        )


def _packed(article: ArticleSubwords, window_size: int) -> Iterator[SubwordSequence]:
    """Read whole passages together, each ended by ``</s>``, as many as a window holds."""
    title = [*article.ids[: article.bounds[1]][:TITLE_SUBWORDS].tolist(), END]
    # A title that takes up the better part of a small window leaves nothing to read.
    title = title if len(title) <= window_size // 2 else []
    ids: list[int] = []
    numbers: list[int] = []

    def packed() -> SubwordSequence:
        # The last passage's </s> is the sequence's own.
        return SubwordSequence(
            np.array([BEGIN, *ids], np.int64), np.array([NO_SUBWORD, *numbers], np.int64)
        )

    for first, last in article.ranges():
        length = last - first
        if not length:
            continue
        if ids and len(ids) + length > window_size:
            yield packed()
            ids, numbers = [], []
        if not ids and first > 0 and len(title) + length <= window_size:
            ids, numbers = list(title), [NO_SUBWORD] * len(title)
        if length > window_size:
            yield from _cover(article, first, last, [], window_size)
            continue
        ids += [*article.ids[first:last].tolist(), END]
        numbers += [*range(first, last), NO_SUBWORD]
    if any(number != NO_SUBWORD for number in numbers):
        yield packed()


def _title(article: ArticleSubwords) -> list[int]:
    return _as_context(article.ids[: article.bounds[1]][:TITLE_SUBWORDS])


def _as_context(ids: NDArray[np.int64]) -> list[int]:
    """Ids and what ends the first of two texts in RoBERTa's way of reading two."""
    return [*ids.tolist(), END, END]


def by_subword(
    sequences: Sequence[SubwordSequence], values: Iterable[NDArray[np.float32]], *, count: int
) -> NDArray[np.float32]:
    """Put what was computed for the positions of sequences in the order of the subwords.

    Args:
        sequences: The sequences of an article, at least one.
        values: For each sequence, an array of shape ``[at least length, width]``.
        count: Number of subwords in the article.

    Returns:
        Shape ``[count, width]``; zeros for a subword that no sequence has.
    """
    joined: NDArray[np.float32] | None = None
    for sequence, computed in zip(sequences, values, strict=True):
        if joined is None:
            joined = np.zeros((count, computed.shape[1]), np.float32)
        own = np.flatnonzero(sequence.subwords != NO_SUBWORD)
        joined[sequence.subwords[own]] = computed[own]
    if joined is None:
        raise ValueError("Expected at least one sequence.")
    return joined


def unit_stretches(
    sequences: Sequence[SubwordSequence], units: Sequence[Unit]
) -> list[list[tuple[int, int, int]]]:
    """Find the units that sequences read.

    Args:
        sequences: Sequences of an article.
        units: The units of the article, in order.

    Returns:
        For each sequence ``(unit, start, end)`` for each unit that has subwords of its own in it:
        the unit's index and the positions, which are one stretch.
    """
    firsts, lasts = [unit.first for unit in units], [unit.last for unit in units]
    found = []
    for sequence in sequences:
        positions = np.flatnonzero(sequence.subwords != NO_SUBWORD)
        numbers = sequence.subwords[positions].tolist()
        stretches = []
        if numbers:
            for index in range(
                bisect.bisect_right(lasts, numbers[0]), bisect.bisect_right(firsts, numbers[-1])
            ):
                start = bisect.bisect_left(numbers, firsts[index])
                end = bisect.bisect_left(numbers, lasts[index])
                stretches.append((index, int(positions[start]), int(positions[end - 1]) + 1))
        found.append(stretches)
    return found


def unit_vectors(
    stretches: Iterable[Sequence[tuple[int, int, int]]],
    sums: Iterable[NDArray[np.float32]],
    units: Sequence[Unit],
) -> NDArray[np.float32]:
    """Average the encoder's states over the subwords of each unit.

    Args:
        stretches: What `unit_stretches` found, by sequence.
        sums: For each sequence, the states summed over each of its stretches, shape ``[stretches,
            dimensions]``.
        units: The units of the article, at least one.

    Returns:
        Shape ``[units, dimensions]``.
    """
    vectors: NDArray[np.float32] | None = None
    for own, totals in zip(stretches, sums, strict=True):
        if vectors is None:
            vectors = np.zeros((len(units), totals.shape[1]), np.float32)
        for (unit, _, _), total in zip(own, totals, strict=True):
            vectors[unit] += total
    if vectors is None:
        raise ValueError("Expected at least one sequence.")
    lengths = np.array([unit.last - unit.first for unit in units], np.float32)
    return vectors / lengths[:, None]

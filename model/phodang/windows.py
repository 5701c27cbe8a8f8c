"""Windows: how a passage longer than the encoder's reach is read without cutting anything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Each window shares this part of its length with the next one, so that every subword has at least
# half of that on both sides in the window that labels it.
_OVERLAP = 0.25


@dataclass(frozen=True)
class Window:
    """A stretch of a passage's subwords that the encoder reads at once.

    Attributes:
        start: First subword read.
        end: One after the last subword read.
        own_start: First subword whose labels are taken from this window.
        own_end: One after the last subword whose labels are taken from this window.
    """

    start: int
    end: int
    own_start: int
    own_end: int


def windows(length: int, size: int) -> list[Window]:
    """Cover a passage with overlapping windows.

    Each subword is labelled by the window in which it stands most central.

    Args:
        length: Number of subwords in the passage.
        size: Number of subwords that the encoder reads at once, special tokens apart.

    Returns:
        Windows in order; their own parts follow one another without gap from 0 to ``length``.
        None for an empty passage.

    Raises:
        ValueError: ``size`` is below 2.
    """
    if size < 2:
        raise ValueError(f"A window holds at least 2 subwords, not {size}.")
    if length == 0:
        return []
    if length <= size:
        return [Window(0, length, 0, length)]
    stride = max(1, size - int(size * _OVERLAP))
    starts = [*range(0, length - size, stride), length - size]
    # Between two neighbours, a subword is nearer to the middle of the one on its side of the
    # middle of their overlap.
    borders = [(second + first + size) // 2 for first, second in itertools.pairwise(starts)]
    return [
        Window(start, start + size, own_start, own_end)
        for start, own_start, own_end in zip(starts, [0, *borders], [*borders, length], strict=True)
    ]


def join_scores(
    windows: Sequence[Window], scores: Iterator[NDArray[np.float32]], *, tag_count: int
) -> NDArray[np.float32]:
    """Put the scores of a passage together, each from the window that labels it.

    Args:
        windows: The passage's windows, in order.
        scores: Yields the scores of one window after the other, shape ``[at least length, tags]``,
            the first row being that of ``<s>``; as many are taken as there are windows.
        tag_count: Number of tags.

    Returns:
        Shape ``[subwords of the passage, tags]``.
    """
    own = [np.zeros((0, tag_count), np.float32)]
    for window in windows:
        first = 1 + window.own_start - window.start
        own.append(next(scores)[first : first + window.own_end - window.own_start])
    return np.concatenate(own)

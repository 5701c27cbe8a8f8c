"""Passage → what is shown of it around a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST = 900
"""A passage of up to so many characters is shown whole; nearly all passages are shorter."""
_BEFORE, _AFTER = 300, 500
"""Of a longer one, about so many characters before the name and after it are shown."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a passage, with the places in it where a name stands.

    Attributes:
        start: Where it begins in the passage, in code points.
        end: Where it ends, exclusive.
        spans: Where the name stands in the passage, as far as that is shown.
    """

    start: int
    end: int
    spans: tuple[tuple[int, int], ...]


def excerpt(text: str, spans: Sequence[tuple[int, int]]) -> Excerpt:
    """Choose what is shown of a passage.

    Args:
        text: Its text.
        spans: Where the name stands in it, in order, at least once.

    Returns:
        The whole passage, or of a long one the surroundings of the first place, cut at white space
        where there is any. No place is cut in two.
    """
    if len(text) <= _LONGEST:
        return Excerpt(0, len(text), tuple(spans))
    first_start, first_end = spans[0]
    start = max(0, first_start - _BEFORE)
    if start:
        start = next((i + 1 for i in range(start, first_start) if text[i].isspace()), start)
    end = min(len(text), first_end + _AFTER)
    if end < len(text):
        end = next((i for i in range(end, first_end, -1) if text[i].isspace()), end)
    end = max([end, *(span_end for span_start, span_end in spans if span_start < end)])
    return Excerpt(start, end, tuple(span for span in spans if span[1] <= end))

"""Entity types as IOB2 tags on subwords, and back.

IOB2 (Tjong Kim Sang and Veenstra 1999, https://aclanthology.org/E99-1023): ``B-X`` begins an entity
of type X, ``I-X`` continues it, ``O`` is outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

OUTSIDE = 0
"""Id of the tag ``O``."""


@dataclass(frozen=True)
class LabelSet:
    """Entity types, in the order that fixes the tags' ids: ``O``, ``B-first``, ``I-first``, ….

    Attributes:
        types: Names of the types, distinct.
    """

    types: tuple[str, ...]

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tags by id."""
        return ("O", *(f"{prefix}-{name}" for name in self.types for prefix in "BI"))

    def begin(self, label: str) -> int:
        """The id of ``B-label``; that of ``I-label`` is one more."""
        return 1 + 2 * self.types.index(label)

    def allowed_transitions(self) -> NDArray[np.bool_]:
        """Which tag may follow which, shape ``[tags, tags]``: no ``I-X`` but after X."""
        count = len(self.tags)
        allowed = np.ones((count, count), np.bool_)
        for inside in range(2, count, 2):
            allowed[:, inside] = False
            allowed[[inside - 1, inside], inside] = True
        return allowed

    def allowed_starts(self) -> NDArray[np.bool_]:
        """Which tag may come first, shape ``[tags]``: no ``I-X``."""
        allowed = np.ones(len(self.tags), np.bool_)
        allowed[2::2] = False
        return allowed

    def tags_of_spans(
        self,
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        spans: Sequence[tuple[int, int, str]],
    ) -> NDArray[np.int64]:
        """Label subwords by character overlap.

        Args:
            starts: Where each subword begins, shape ``[n]``.
            ends: Where each subword ends, exclusive, shape ``[n]``.
            spans: Entities ``(start, end, label)`` in order, not overlapping.

        Returns:
            Tag ids, shape ``[n]``. A subword that touches two entities belongs to the one that
            it shares more characters with, the first of two equal ones.
        """
        tags = np.full(len(starts), OUTSIDE, np.int64)
        shared = np.zeros(len(starts), np.int64)
        for start, end, label in spans:
            overlap = np.minimum(ends, end) - np.maximum(starts, start)
            inside = np.flatnonzero(overlap > shared)
            if len(inside):
                tags[inside] = self.begin(label) + 1
                tags[inside[0]] -= 1
                shared[inside] = overlap[inside]
        return tags

    def spans_of_tags(self, tags: Sequence[int]) -> list[tuple[int, int, str]]:
        """Read entities from a valid IOB2 sequence of tag ids.

        Returns:
            ``(first, last, label)``: the subwords from ``first`` to before ``last``.
        """
        spans: list[tuple[int, int, str]] = []
        for position, tag in enumerate(tags):
            if tag == OUTSIDE:
                continue
            label = self.types[(tag - 1) // 2]
            if tag % 2:
                spans.append((position, position + 1, label))
            else:
                spans[-1] = (spans[-1][0], position + 1, label)
        return spans

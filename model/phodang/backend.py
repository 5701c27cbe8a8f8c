"""What runs a model: the contract that every backend keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Stretch = tuple[int, int]
"""Positions of a sequence, from the first to before the second."""


@dataclass(frozen=True)
class Reading:
    """What a model makes of one sequence.

    Attributes:
        scores: Scores of the tags, shape ``[length, tags]``; none if not asked for.
        sums: The encoder's states summed over each stretch, shape ``[stretches, dimensions]``;
            none if no stretches were given. Sums, since a whole article's states would not fit in
            memory where it is long.
    """

    scores: NDArray[np.float32] | None
    sums: NDArray[np.float32] | None


class Backend(Protocol):
    """Runs the encoder and what stands on it. It may be shared between threads."""

    def read(
        self,
        sequences: Sequence[NDArray[np.int64]],
        *,
        stretches: Sequence[Sequence[Stretch]] | None = None,
        scores: bool = True,
    ) -> list[Reading]:
        """Read sequences, each by itself.

        Args:
            sequences: Ids, special tokens included, arrays of shape ``[length]``.
            stretches: For each sequence, the stretches to sum the encoder's states over.
            scores: Whether tags are to be scored.
        """

    def section_logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score sections.

        Args:
            vectors: The units of one article, shape ``[units, dimensions]``, at least one.

        Returns:
            Shape ``[units, sections]``.
        """


def sums_over(states: NDArray[np.float32], stretches: Sequence[Stretch]) -> NDArray[np.float32]:
    """Sum states of shape ``[length, dimensions]`` over stretches: ``[stretches, dimensions]``."""
    sums = np.zeros((len(stretches), states.shape[1]), np.float32)
    for index, (start, end) in enumerate(stretches):
        sums[index] = states[start:end].sum(axis=0)
    return sums

"""Scores of tags → the best valid sequence of tags, with probabilities.

A linear-chain model (Lafferty et al. 2001) over the encoder's scores: with learnt transitions it is
a conditional random field, with zeros for the allowed ones a softmax classifier that cannot
produce an invalid IOB2 sequence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phodang.labels import OUTSIDE, LabelSet

_FORBIDDEN = -1e9
"""Added to a forbidden transition's score: more than the scores of the longest passage can make up
for, without infinities, which JSON does not know."""


@dataclass(frozen=True)
class Decoder:
    """Viterbi decoding and marginal probabilities.

    Attributes:
        labels: The label set.
        starts: Score of each tag as the first, shape ``[tags]``.
        transitions: Score of tag j after tag i, shape ``[tags, tags]``.
        ends: Score of each tag as the last, shape ``[tags]``.
    """

    labels: LabelSet
    starts: NDArray[np.float64]
    transitions: NDArray[np.float64]
    ends: NDArray[np.float64]

    @classmethod
    def constrained(
        cls,
        labels: LabelSet,
        *,
        starts: NDArray[np.float64] | None = None,
        transitions: NDArray[np.float64] | None = None,
        ends: NDArray[np.float64] | None = None,
    ) -> Decoder:
        """Make a decoder that only knows valid IOB2 sequences; scores not given are zero."""
        count = len(labels.tags)
        return cls(
            labels,
            np.where(labels.allowed_starts(), _or_zeros(starts, (count,)), _FORBIDDEN),
            np.where(
                labels.allowed_transitions(), _or_zeros(transitions, (count, count)), _FORBIDDEN
            ),
            _or_zeros(ends, (count,)),
        )

    def decode(
        self, scores: NDArray[np.floating], continues: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the best tags of a passage.

        Args:
            scores: The classifier's score of each tag for each subword, shape ``[n, tags]``.
            continues: Subwords at which no entity may begin or end, shape ``[n]``.

        Returns:
            Tag ids, shape ``[n]``, a valid IOB2 sequence; and the probability of each of them
            given the whole passage, shape ``[n]``.
        """
        if len(scores) == 0:
            return np.zeros(0, np.int64), np.zeros(0)
        exact = scores.astype(np.float64)
        inside_syllable = self.inside_syllable()
        steps = [inside_syllable if c else self.transitions for c in continues]
        tags = self._viterbi(exact, steps)
        probabilities = self._marginals(exact, steps)
        return tags, probabilities[np.arange(len(tags)), tags]

    def inside_syllable(self) -> NDArray[np.float64]:
        """Transitions inside a syllable: what is inside stays inside, what is outside outside."""
        allowed = np.zeros(self.transitions.shape, np.bool_)
        allowed[OUTSIDE, OUTSIDE] = True
        allowed[:, 2::2] = self.labels.allowed_transitions()[:, 2::2]
        return np.where(allowed, self.transitions, _FORBIDDEN)

    def _viterbi(
        self, scores: NDArray[np.float64], steps: list[NDArray[np.float64]]
    ) -> NDArray[np.int64]:
        best = self.starts + scores[0]
        # As few bytes as will do: a passage may have a million subwords.
        backward = np.zeros(scores.shape, np.int16)
        for position in range(1, len(scores)):
            candidates = best[:, None] + steps[position]
            backward[position] = candidates.argmax(axis=0)
            best = candidates.max(axis=0) + scores[position]
        tags = np.zeros(len(scores), np.int64)
        tags[-1] = (best + self.ends).argmax()
        for position in range(len(scores) - 1, 0, -1):
            tags[position - 1] = backward[position, tags[position]]
        return tags

    def _marginals(
        self, scores: NDArray[np.float64], steps: list[NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Forward-backward, shape ``[n, tags]``.

        On logarithms: in a long word, scores that contradict one another are under a constraint
        that leaves no choice, and their product would be 0 for every tag.
        """
        forward = np.empty(scores.shape)
        forward[0] = self.starts + scores[0]
        for position in range(1, len(scores)):
            reached = np.logaddexp.reduce(forward[position - 1][:, None] + steps[position], axis=0)
            forward[position] = reached + scores[position]
        backward = np.empty(scores.shape)
        backward[-1] = self.ends
        for position in range(len(scores) - 1, 0, -1):
            ahead = scores[position] + backward[position]
            backward[position - 1] = np.logaddexp.reduce(steps[position] + ahead, axis=1)
        # In place, as there is no room to spare for a long passage.
        joint = forward
        joint += backward
        joint -= joint.max(axis=1, keepdims=True)
        probabilities: NDArray[np.float64] = np.exp(joint, out=joint)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities


def _or_zeros(values: NDArray[np.float64] | None, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.zeros(shape) if values is None else np.asarray(values, np.float64)

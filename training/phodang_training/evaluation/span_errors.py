"""What becomes of each entity: gold and predicted spans of an article, set side by side.

Each annotated and each predicted entity falls into exactly one of `OUTCOMES`. They are those of
the MUC scorer as SemEval-2013 task 9.1 tells them apart by boundary and type (Chinchor and
Sundheim 1993, https://aclanthology.org/M93-1007; Segura-Bedmar et al. 2013,
https://aclanthology.org/S13-2056).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from phodang_training.evaluation.metrics import Span

Outcome = Literal["correct", "type", "boundary", "type and boundary", "missed", "spurious"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""``type``: the same span under another label; ``boundary``: the same label on a span that
overlaps; ``type and boundary``: another label on a span that overlaps; ``missed``: nothing
predicted; ``spurious``: nothing annotated."""


@dataclass(frozen=True, slots=True)
class SpanPair:
    """An annotated entity and the predicted one that it was given, or one of them alone.

    Attributes:
        gold: The annotated entity; none if the predicted one is spurious.
        predicted: The predicted entity; none if the annotated one is missed.
    """

    gold: Span | None
    predicted: Span | None

    @property
    def outcome(self) -> Outcome:
        """Which of `OUTCOMES` it is."""
        if self.gold is None:
            return "spurious"
        if self.predicted is None:
            return "missed"
        same_span = self.gold[:2] == self.predicted[:2]
        if self.gold[2] == self.predicted[2]:
            return "correct" if same_span else "boundary"
        return "type" if same_span else "type and boundary"


@dataclass(frozen=True)
class Confusion:
    """How often an entity of one label was predicted as another.

    Attributes:
        labels: The labels.
        counts: Entities by gold label (rows) and predicted label (columns), shape
            ``[labels + 1, labels + 1]``. The last row counts spurious entities, the last column
            missed ones; the last of both is 0. Boundaries may differ.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]


def align(gold: Sequence[Span], predicted: Sequence[Span]) -> list[SpanPair]:
    """Give each annotated entity at most one predicted one that overlaps it, and the reverse.

    Of all pairs that overlap, that with most characters in common is taken first, then of what is
    left again; of equal ones that of one label, then that which stands first.

    Args:
        gold: Annotated entities, by start, not overlapping.
        predicted: Predicted entities, by start, not overlapping.

    Returns:
        The pairs and the entities that are left alone, by where they begin in the text.
    """
    free_gold, free_predicted = set(range(len(gold))), set(range(len(predicted)))
    pairs = []
    for *_, row, column in sorted(_overlaps(gold, predicted)):
        if row in free_gold and column in free_predicted:
            free_gold.remove(row)
            free_predicted.remove(column)
            pairs.append(SpanPair(gold[row], predicted[column]))
    pairs += [SpanPair(gold[row], None) for row in free_gold]
    pairs += [SpanPair(None, predicted[column]) for column in free_predicted]
    return sorted(pairs, key=_place)


def count_outcomes(pairs: Iterable[SpanPair]) -> dict[str, dict[Outcome, int]]:
    """Count the outcomes by label, that of the annotation, or of the prediction where it is alone.

    Returns:
        For each label that occurs, sorted, all of `OUTCOMES` with their counts.
    """
    counts: dict[str, dict[Outcome, int]] = {}
    for pair in pairs:
        span = pair.gold or pair.predicted
        assert span is not None
        own = counts.setdefault(span[2], dict.fromkeys(OUTCOMES, 0))
        own[pair.outcome] += 1
    return dict(sorted(counts.items()))


def confusion(pairs: Sequence[SpanPair]) -> Confusion:
    """Count the pairs by gold and predicted label; labels are sorted."""
    spans = [span for pair in pairs for span in (pair.gold, pair.predicted) if span is not None]
    labels = tuple(sorted({label for _, _, label in spans}))
    index = {label: number for number, label in enumerate(labels)}
    none = len(labels)
    counts = np.zeros((none + 1, none + 1), np.int64)
    for pair in pairs:
        row = index[pair.gold[2]] if pair.gold else none
        column = index[pair.predicted[2]] if pair.predicted else none
        counts[row, column] += 1
    return Confusion(labels, counts)


def _overlaps(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[int, bool, int, int]]:
    """Pairs that overlap, as ``(-characters in common, labels differ, row, column)``."""
    found = []
    first = 0
    for row, (start, end, label) in enumerate(gold):
        while first < len(predicted) and predicted[first][1] <= start:
            first += 1
        column = first
        while column < len(predicted) and predicted[column][0] < end:
            other_start, other_end, other_label = predicted[column]
            common = min(end, other_end) - max(start, other_start)
            found.append((-common, label != other_label, row, column))
            column += 1
    return found


def _place(pair: SpanPair) -> tuple[int, int]:
    starts = [span[0] for span in (pair.gold, pair.predicted) if span is not None]
    return min(starts), max(starts)

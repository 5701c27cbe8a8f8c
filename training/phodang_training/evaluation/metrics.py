"""Strict span F1, by seqeval, on the raw text.

Gold and predicted spans are written as IOB2 tags of the text's characters and given to seqeval in
strict mode. So a prediction counts only if its first and last character and its label are right,
and what tokenization makes impossible counts as missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

Span = tuple[int, int, str]
"""``(start, end, label)``, end exclusive."""


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 between 0 and 1; ``support`` counts gold entities."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class SpanScores:
    """Strict scores over a corpus: over all entities, and per label."""

    micro: Score
    per_label: dict[str, Score]

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that occur in gold or predictions."""
        return sum(s.f1 for s in self.per_label.values()) / max(1, len(self.per_label))


def span_scores(
    gold: Sequence[Sequence[Span]],
    predicted: Sequence[Sequence[Span]],
    lengths: Sequence[int],
) -> SpanScores:
    """Compare spans passage by passage.

    Args:
        gold: The annotated spans of each passage, without overlaps.
        predicted: The predicted spans of each passage, without overlaps.
        lengths: The number of characters of each passage.
    """
    gold_tags = [_character_tags(s, n) for s, n in zip(gold, lengths, strict=True)]
    predicted_tags = [_character_tags(s, n) for s, n in zip(predicted, lengths, strict=True)]
    names = sorted({label for spans in (*gold, *predicted) for _, _, label in spans})
    if not names:
        return SpanScores(Score(0.0, 0.0, 0.0, 0), {})
    micro = precision_recall_fscore_support(
        gold_tags, predicted_tags, average="micro", scheme=IOB2, zero_division=0
    )
    each = precision_recall_fscore_support(
        gold_tags, predicted_tags, average=None, scheme=IOB2, zero_division=0
    )
    per_label = {
        name: Score(float(p), float(r), float(f), int(n))
        for name, p, r, f, n in zip(names, *each, strict=True)
    }
    precision, recall, f1, support = micro
    return SpanScores(Score(float(precision), float(recall), float(f1), int(support)), per_label)


def _character_tags(spans: Sequence[Span], length: int) -> list[str]:
    tags = ["O"] * length
    for start, end, label in spans:
        tags[start] = f"B-{label}"
        tags[start + 1 : end] = [f"I-{label}"] * (end - start - 1)
    return tags

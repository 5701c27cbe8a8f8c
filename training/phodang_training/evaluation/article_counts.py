"""Counts of each article → precision, recall and F1 of all of them, or of any choice of them.

Entities are measured in the four ways of SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013,
https://aclanthology.org/S13-2056), the names of which are those of the package nervaluate:

- ``strict``: span and label must be right;
- ``exact``: the span must be right, the label does not matter;
- ``partial``: the label does not matter; a span that is right counts 1, one that overlaps ½;
- ``type``: the label must be right, the span overlap.

Precision is what the predicted entities earn, by their number, and recall what the annotated ones
earn, by theirs. For one label these are the entities predicted with it, and those annotated with
it, whatever label their counterparts have, so that labels add up to the micro figures. These are
nervaluate's, unless an entity overlaps two: here it is in one pair only (`span_errors.align`).
nervaluate's figures of a single label are others: it sets only entities of that label side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from phodang_training.evaluation.metrics import Score, SpanScores
from phodang_training.evaluation.span_errors import Outcome, SpanPair

Measure = Literal["strict", "exact", "partial", "type"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

_CREDITS: Mapping[Measure, Mapping[Outcome, float]] = {
    "strict": {"correct": 1},
    "exact": {"correct": 1, "type": 1},
    "partial": {"correct": 1, "type": 1, "boundary": 0.5, "type and boundary": 0.5},
    "type": {"correct": 1, "boundary": 1},
}

_GOLD, _PREDICTED, _RECALLED, _CONFIRMED = range(4)


@dataclass(frozen=True)
class ArticleCounts:
    """What precision, recall and F1 are made of, article by article.

    Attributes:
        labels: The labels.
        counts: Shape ``[articles, 4, labels]``: how many items are annotated, how many predicted,
            what the annotated ones earn, what the predicted ones earn.
        every_label: Whether a label that occurs in neither annotation nor predictions counts in
            the macro-F1 with 0; else it does not count.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.float64]
    every_label: bool = False

    @property
    def holders(self) -> list[int]:
        """In how many articles what each figure of `f1` measures is annotated or predicted."""
        occurs = self.counts[:, _GOLD] + self.counts[:, _PREDICTED] > 0
        of_any = int(occurs.any(axis=1).sum())
        return [of_any, of_any, *occurs.sum(axis=0).tolist()]

    @property
    def annotated(self) -> tuple[str, ...]:
        """The labels that are annotated."""
        totals = self.counts[:, _GOLD].sum(axis=0)
        return tuple(label for label, total in zip(self.labels, totals, strict=True) if total)

    def over(self, labels: Sequence[str]) -> ArticleCounts:
        """The counts of other labels: 0 for those that are not its own."""
        counts = np.zeros((*self.counts.shape[:2], len(labels)))
        for column, label in enumerate(labels):
            if label in self.labels:
                counts[:, :, column] = self.counts[:, :, self.labels.index(label)]
        return ArticleCounts(tuple(labels), counts, self.every_label)

    def f1(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """F1 of sums of the articles' counts.

        Args:
            totals: Sums, shape ``[…, 4, labels]``.

        Returns:
            Micro-F1, macro-F1, then F1 of each label, shape ``[…, 2 + labels]``; not-a-number
            where there is nothing annotated and nothing predicted.
        """
        *_, micro = _rates(totals.sum(axis=-1, keepdims=True))
        *_, each = _rates(totals)
        known = ~np.isnan(each)
        number = each.shape[-1] if self.every_label else known.sum(axis=-1)
        with np.errstate(invalid="ignore"):
            macro = np.where(known, each, 0).sum(axis=-1) / number
        return np.concatenate([micro, macro[..., None], each], axis=-1)

    def scores(self) -> SpanScores:
        """Precision, recall and F1 over all articles, of the labels that occur, sorted."""
        totals = self.counts.sum(axis=0)
        per_label = {
            label: _score(totals[:, [column]])
            for column, label in sorted(enumerate(self.labels), key=lambda item: item[1])
            if totals[[_GOLD, _PREDICTED], column].any()
        }
        return SpanScores(_score(totals.sum(axis=-1, keepdims=True)), per_label)


def entity_counts(articles: Sequence[Sequence[SpanPair]], measure: Measure) -> ArticleCounts:
    """Count the entities of articles.

    Args:
        articles: The entities of each article as `span_errors.align` pairs them.
        measure: What they earn.
    """
    spans = [s for pairs in articles for pair in pairs for s in (pair.gold, pair.predicted) if s]
    labels = tuple(sorted({label for _, _, label in spans}))
    index = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(articles), 4, len(labels)))
    for own, pairs in zip(counts, articles, strict=True):
        for pair in pairs:
            credit = _CREDITS[measure].get(pair.outcome, 0)
            if pair.gold is not None:
                own[[_GOLD, _RECALLED], index[pair.gold[2]]] += (1, credit)
            if pair.predicted is not None:
                own[[_PREDICTED, _CONFIRMED], index[pair.predicted[2]]] += (1, credit)
    return ArticleCounts(labels, counts)


def section_counts(
    gold: Sequence[NDArray[np.bool_]],
    predicted: Sequence[NDArray[np.bool_]],
    labels: Sequence[str],
) -> ArticleCounts:
    """Count the sections of the passages of articles.

    Args:
        gold: Which labels each passage of each article carries, shape ``[passages, labels]``.
        predicted: Which it was given, same shapes.
        labels: The labels. As in `section_metrics.SectionScores`, all of them count.
    """
    counts = [
        [own.sum(axis=0), given.sum(axis=0), (own & given).sum(axis=0), (own & given).sum(axis=0)]
        for own, given in zip(gold, predicted, strict=True)
    ]
    return ArticleCounts(tuple(labels), np.array(counts, np.float64), every_label=True)


def _rates(
    totals: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision, recall, F1 of sums ``[…, 4, labels]``; F1 of nothing is not-a-number."""
    gold, predicted, recalled, confirmed = np.moveaxis(totals, -2, 0)
    precision = _quotient(confirmed, predicted)
    recall = _quotient(recalled, gold)
    f1 = _quotient(2 * precision * recall, precision + recall)
    return precision, recall, np.where(gold + predicted > 0, f1, np.nan)


def _quotient(dividend: NDArray[np.float64], divisor: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quotient, 0 where the divisor is."""
    return np.divide(dividend, divisor, out=np.zeros_like(dividend), where=divisor > 0)


def _score(totals: NDArray[np.float64]) -> Score:
    """The score of sums of one label, shape ``[4, 1]``."""
    precision, recall, f1 = (float(rate[0]) for rate in _rates(totals))
    support = int(totals[_GOLD, 0])
    return Score(precision, recall, 0.0 if np.isnan(f1) else f1, support)

"""How far a figure can be relied on: intervals, and tests of differences, over articles.

Articles are drawn, not entities: entities of one article resemble each other, so that intervals
over entities would be too narrow. All figures are made of counts that articles add up to
(`article_counts`), so that one matrix product sums all resamples, and one set of them serves every
figure. `scipy.stats` would compute each figure of each resample anew; the tests compare with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phodang.errors import InputError
from phodang_training.evaluation.article_counts import ArticleCounts

CONFIDENCE = 0.95
"""Share of the resamples that an interval holds."""

Interval = tuple[float, float]
"""``(lower bound, upper bound)``."""

_ROWS_AT_ONCE = 500
"""Resamples of a matrix product, which bounds its memory."""
_ROUNDING = 1e-12
"""Differences nearer than this are equal: sums of floating-point numbers depend on their order."""
_FEWEST_ARTICLES = 2
"""What one article holds alone is the same in every resample, and an interval would have no
width."""


@dataclass(frozen=True)
class Resampling:
    """How articles are drawn.

    Attributes:
        resamples: How many times.
        seed: Of the random numbers; the same seed gives the same figures.

    Raises:
        InputError: There are no resamples.
    """

    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resamples < 1:
            raise InputError(f"Expected at least 1 resample, found {self.resamples}.")


@dataclass(frozen=True)
class F1Intervals:
    """Intervals of F1. None where fewer than two articles hold what is measured.

    Attributes:
        micro: Of the micro-F1.
        macro: Of the macro-F1.
        per_label: Of the F1 of each label.
    """

    micro: Interval | None
    macro: Interval | None
    per_label: dict[str, Interval | None]


@dataclass(frozen=True)
class Difference:
    """How two systems differ in one figure.

    Attributes:
        first: The figure of the first.
        second: The figure of the second.
        interval: Of the difference, the first less the second; none as in `F1Intervals`.
        p_value: How probable a difference at least as large is, in either direction, if it does
            not matter which system made which article's predictions.
    """

    first: float
    second: float
    interval: Interval | None
    p_value: float

    @property
    def difference(self) -> float:
        """The figure of the first less that of the second."""
        return self.first - self.second


@dataclass(frozen=True)
class F1Differences:
    """How two systems differ in F1.

    Attributes:
        micro: In micro-F1.
        macro: In macro-F1.
        per_label: In the F1 of each label that is annotated. No p-value makes up for there being
            several.
    """

    micro: Difference
    macro: Difference
    per_label: dict[str, Difference]


def f1_intervals(counts: ArticleCounts, resampling: Resampling) -> F1Intervals:
    """Find percentile bootstrap intervals (Efron 1979, https://doi.org/10.1214/aos/1176344552).

    As many articles as there are, are drawn with replacement, again and again. Resamples in which
    a label does not occur are left out of its interval.

    Args:
        counts: What each article counts.
        resampling: How articles are drawn.

    Returns:
        The intervals that hold `CONFIDENCE` of the resamples.
    """
    (drawn,) = _resampled([counts], resampling)
    micro, macro, *each = _intervals(drawn, counts.holders)
    return F1Intervals(micro, macro, dict(zip(counts.labels, each, strict=True)))


def f1_differences(
    first: ArticleCounts, second: ArticleCounts, resampling: Resampling
) -> F1Differences:
    """Compare two systems on the same articles.

    Intervals are those of the difference on the same resamples, see `f1_intervals`. P-values are
    of approximate randomisation (Noreen 1989; Yeh 2000, https://aclanthology.org/C00-2137): the
    predictions of two systems are exchanged for each article or not, at random, and the p-value is
    ``(1 + exchanges with at least the difference) / (1 + exchanges)``, which is never 0.

    Args:
        first: What each article counts by the predictions of the first.
        second: By those of the second, the same articles in the same order.
        resampling: How articles are drawn.
    """
    labels = tuple(dict.fromkeys((*first.labels, *second.labels)))
    both = [counts.over(labels) for counts in (first, second)]
    found = [np.nan_to_num(counts.f1(counts.counts.sum(axis=0))) for counts in both]
    resampled = _resampled(both, resampling)
    either = dataclasses.replace(both[0], counts=both[0].counts + both[1].counts)
    intervals = _intervals(resampled[0] - resampled[1], either.holders)
    p_values = _p_values(both, found[0] - found[1], resampling).tolist()
    micro, macro, *each = map(Difference, *(f.tolist() for f in found), intervals, p_values)
    per_label = dict(zip(labels, each, strict=True))
    return F1Differences(micro, macro, {label: per_label[label] for label in both[0].annotated})


def _p_values(
    both: list[ArticleCounts], observed: NDArray[np.float64], resampling: Resampling
) -> NDArray[np.float64]:
    """Of the difference in each figure, shape ``[figures]``."""
    first, second = (counts.counts for counts in both)
    total = (first + second).sum(axis=0)
    at_least = np.zeros(len(observed))
    rng = np.random.default_rng(resampling.seed)
    for rows in _chunks(resampling.resamples):
        exchanged = rng.integers(0, 2, (rows, len(first))).astype(np.float64)
        # Of exchanged articles the first system has the counts of the second.
        sums = np.tensordot(exchanged, second - first, axes=1) + first.sum(axis=0)
        differences = np.nan_to_num(both[0].f1(sums)) - np.nan_to_num(both[1].f1(total - sums))
        at_least += (np.abs(differences) >= np.abs(observed) - _ROUNDING).sum(axis=0)
    return (at_least + 1) / (resampling.resamples + 1)


def _resampled(several: list[ArticleCounts], resampling: Resampling) -> list[NDArray[np.float64]]:
    """F1 in the same resamples of each of several counts, shapes ``[resamples, figures]``."""
    rng = np.random.default_rng(resampling.seed)
    articles = len(several[0].counts)
    shares = np.full(articles, 1 / articles)
    drawn: list[list[NDArray[np.float64]]] = [[] for _ in several]
    for rows in _chunks(resampling.resamples):
        times = rng.multinomial(articles, shares, size=rows).astype(np.float64)
        for own, counts in zip(drawn, several, strict=True):
            own.append(counts.f1(np.tensordot(times, counts.counts, axes=1)))
    return [np.concatenate(own) for own in drawn]


def _chunks(resamples: int) -> Iterator[int]:
    for start in range(0, resamples, _ROWS_AT_ONCE):
        yield min(_ROWS_AT_ONCE, resamples - start)


def _intervals(drawn: NDArray[np.float64], holders: list[int]) -> list[Interval | None]:
    """The interval of each figure of resamples, shape ``[resamples, figures]``."""
    tails = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    intervals: list[Interval | None] = []
    for values, articles in zip(drawn.T, holders, strict=True):
        known = values[~np.isnan(values)]
        if articles < _FEWEST_ARTICLES or not len(known):
            intervals.append(None)
        else:
            low, high = np.quantile(known, tails).tolist()
            intervals.append((low, high))
    return intervals

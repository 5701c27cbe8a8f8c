"""Krippendorff's alpha: agreement of annotators beyond what chance would give.

The formula is that of Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"
(https://repository.upenn.edu/asc_papers/43), whose examples the tests compute.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Set
from typing import Any


def nominal_difference(first: Hashable, second: Hashable) -> float:
    """0 for the same value, 1 for another."""
    return float(first != second)


def masi_difference(first: Set[Hashable], second: Set[Hashable]) -> float:
    """How far apart two sets are, from 0 (equal) to 1 (nothing in common).

    It is 1 - MASI (Passonneau 2006, https://aclanthology.org/L06-1392): the Jaccard coefficient,
    times 2/3 if one set holds the other, times 1/3 if each has something of its own.
    """
    if first == second:
        return 0.0
    monotonicity = 2 / 3 if first <= second or second <= first else 1 / 3
    return 1 - monotonicity * len(first & second) / len(first | second)


def krippendorff_alpha(
    units: Iterable[Collection[Hashable]],
    *,
    difference: Callable[[Any, Any], float] = nominal_difference,
) -> float | None:
    """Compute Krippendorff's alpha.

    Args:
        units: For each thing that was annotated, the values that it was given, one by each
            annotator who gave it one. Units with fewer than two values do not count.
        difference: How much two values differ, from 0 for the same on; symmetric. It is δ² in
            Krippendorff's paper.

    Returns:
        1 for agreement, 0 for what chance would give, below 0 for less. None where all values are
        the same, or there are none: alpha is not defined there.
    """
    counted = [Counter(unit) for unit in units if len(unit) > 1]
    values: Counter[Hashable] = Counter()
    for counts in counted:
        values.update(counts)
    expected = _disagreement(values, difference)
    if expected == 0:
        return None
    observed = sum(_disagreement(c, difference) / (c.total() - 1) for c in counted)
    return 1 - (values.total() - 1) * observed / expected


def _disagreement(counts: Counter[Hashable], difference: Callable[[Any, Any], float]) -> float:
    """The sum of the differences of all pairs of values, each in both directions."""
    pairs = itertools.combinations(counts.items(), 2)
    return sum(2 * n * m * difference(first, second) for (first, n), (second, m) in pairs)

"""Krippendorff's alpha is that of the published examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang_training.experiments.krippendorff import (
    krippendorff_alpha,
    masi_difference,
    nominal_difference,
)

# The examples of Krippendorff 2011, an observer a line; a point is a missing value.
BINARY = """\
0 1 0 0 0 0 0 0 1 0
1 1 1 0 0 1 0 0 0 0
"""
NOMINAL = """\
a a b b d c c c e d d a
b a b b b c c c e d d d
"""
FOUR_OBSERVERS = """\
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""

values = st.sampled_from("abc")
units = st.lists(st.lists(values, max_size=4), max_size=8)
label_sets = st.frozensets(st.sampled_from(["achievement", "task", "warning"]))


def units_of(observers: str) -> list[list[str]]:
    rows = [line.split() for line in observers.splitlines()]
    return [[value for value in unit if value != "."] for unit in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("observers", "alpha"),
    [(BINARY, 0.095), (NOMINAL, 0.692), (FOUR_OBSERVERS, 0.743)],
    ids=["binary", "nominal", "four observers"],
)
def test_published_examples(observers: str, alpha: float) -> None:
    assert krippendorff_alpha(units_of(observers)) == pytest.approx(alpha, abs=0.0005)


def test_one_disagreement_of_two_observers_by_hand() -> None:
    # Values: a three times, b once. Observed 1/2; expected 2 * 3 * 1 / (4 * 3) = 1/2.
    assert krippendorff_alpha([("a", "a"), ("a", "b")]) == pytest.approx(0)


@pytest.mark.parametrize("same", [[], [("a",)], [("a", "a"), ("a", "a")]])
def test_it_is_not_defined_where_nothing_varies(same: list[tuple[str, ...]]) -> None:
    assert krippendorff_alpha(same) is None


@given(units)
def test_neither_order_nor_lonely_values_matter(units: list[list[str]]) -> None:
    alpha = krippendorff_alpha(units)
    turned = krippendorff_alpha([[*reversed(unit)] for unit in reversed(units)])
    assert turned == (None if alpha is None else pytest.approx(alpha))
    more = krippendorff_alpha([*units, ["a"], []])
    assert more == (None if alpha is None else pytest.approx(alpha))


@given(st.lists(st.tuples(values, values), max_size=10))
def test_it_is_one_just_for_agreement(pairs: list[tuple[str, str]]) -> None:
    alpha = krippendorff_alpha(pairs)
    if alpha is not None:
        assert alpha <= 1
        assert (alpha == 1) == all(first == second for first, second in pairs)


def test_masi_by_hand() -> None:
    a, ab, bc, abcd = frozenset("a"), frozenset("ab"), frozenset("bc"), frozenset("abcd")
    assert masi_difference(ab, ab) == masi_difference(frozenset(), frozenset()) == 0
    assert masi_difference(ab, abcd) == pytest.approx(1 - 2 / 3 * 2 / 4)
    assert masi_difference(ab, bc) == pytest.approx(1 - 1 / 3 * 1 / 3)
    assert masi_difference(a, bc) == masi_difference(frozenset(), a) == 1


@given(label_sets, label_sets)
def test_masi_is_a_symmetric_share(first: frozenset[str], second: frozenset[str]) -> None:
    difference = masi_difference(first, second)
    assert difference == masi_difference(second, first)
    assert 0 <= difference <= 1
    assert (difference == 0) == (first == second)


@given(st.lists(st.tuples(values, values), max_size=10))
def test_sets_of_one_label_differ_as_labels_do(pairs: list[tuple[str, str]]) -> None:
    sets = [(frozenset(first), frozenset(second)) for first, second in pairs]
    assert krippendorff_alpha(sets, difference=masi_difference) == krippendorff_alpha(
        pairs, difference=nominal_difference
    )

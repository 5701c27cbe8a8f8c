"""Intervals and tests over articles, against scipy and by their properties."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phodang.errors import InputError
from phodang_training.evaluation.article_counts import ArticleCounts
from phodang_training.evaluation.resampling import Resampling, f1_differences, f1_intervals

LABELS = ("LOC", "ORG")
FEW = Resampling(resamples=120, seed=3)


def made(
    right: NDArray[np.int64], gold: NDArray[np.int64], predicted: NDArray[np.int64]
) -> ArticleCounts:
    """Counts of two labels from arrays ``[articles, labels]``."""
    counts = np.stack([gold, predicted, right, right], axis=1).astype(np.float64)
    return ArticleCounts(LABELS[: gold.shape[1]], counts)


def random_system(seed: int, gold: NDArray[np.int64], *, skill: float) -> ArticleCounts:
    rng = np.random.default_rng(seed)
    right = rng.binomial(gold, skill)
    return made(right, gold, right + rng.poisson(1.0, gold.shape))


GOLD = np.random.default_rng(0).poisson(6.0, (14, 2))
GOOD, BAD = random_system(1, GOLD, skill=0.9), random_system(2, GOLD, skill=0.8)


@st.composite
def two_systems(draw: st.DrawFn) -> tuple[ArticleCounts, ArticleCounts]:
    """What two systems make of the same articles, some of which hold nothing."""
    articles = draw(st.integers(1, 5))
    numbers = st.lists(st.integers(0, 3), min_size=2, max_size=2)
    gold = np.array(draw(st.lists(numbers, min_size=articles, max_size=articles)))
    systems = []
    for _ in range(2):
        right = np.minimum(draw(st.lists(numbers, min_size=articles, max_size=articles)), gold)
        extra = np.array(draw(st.lists(numbers, min_size=articles, max_size=articles)))
        systems.append(made(right, gold, right + extra))
    return systems[0], systems[1]


def micro_f1(counts: ArticleCounts, articles: NDArray[np.int64]) -> NDArray[np.float64]:
    """Micro-F1 of a choice of articles, shape ``[…, articles]``, as scipy's functions want it."""
    gold, predicted, right, _ = np.moveaxis(counts.counts.sum(axis=2)[articles], -1, 0)
    return np.asarray(2 * right.sum(axis=-1) / (gold + predicted).sum(axis=-1))


def test_intervals_are_those_of_scipy() -> None:
    numbers = np.arange(len(GOLD))
    reference = scipy.stats.bootstrap(
        (numbers,),
        lambda articles, axis: micro_f1(GOOD, articles),
        n_resamples=20_000,
        method="percentile",
        vectorized=True,
        rng=1,
    ).confidence_interval
    found = f1_intervals(GOOD, Resampling(resamples=20_000)).micro
    # Of 20,000 resamples the quantiles are known to about a fiftieth of the interval.
    assert found == pytest.approx((reference.low, reference.high), abs=0.001)


def test_intervals_of_differences_are_those_of_scipy() -> None:
    numbers = np.arange(len(GOLD))
    reference = scipy.stats.bootstrap(
        (numbers,),
        lambda articles, axis: micro_f1(GOOD, articles) - micro_f1(BAD, articles),
        n_resamples=20_000,
        method="percentile",
        vectorized=True,
        rng=1,
    ).confidence_interval
    found = f1_differences(GOOD, BAD, Resampling(resamples=20_000)).micro
    assert found.interval == pytest.approx((reference.low, reference.high), abs=0.002)
    expected = micro_f1(GOOD, numbers) - micro_f1(BAD, numbers)
    assert found.difference == pytest.approx(float(expected))


@pytest.mark.parametrize("skill", [0.82, 0.86])
def test_p_values_are_those_of_scipy(skill: float) -> None:
    """All 2¹⁴ exchanges by scipy, 20,000 of them at random here."""
    other = random_system(5, GOLD, skill=skill)
    both = ArticleCounts(LABELS, np.concatenate([GOOD.counts, other.counts]))
    numbers = np.arange(len(GOLD))

    def absolute(first: NDArray[np.int64], second: NDArray[np.int64], axis: int) -> object:
        return np.abs(micro_f1(both, first) - micro_f1(both, second))

    reference = scipy.stats.permutation_test(
        (numbers, numbers + len(GOLD)),
        absolute,
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**14,
        alternative="greater",
        batch=2048,
    ).pvalue
    found = f1_differences(GOOD, other, Resampling(resamples=20_000)).micro.p_value
    assert 0.001 < reference < 0.999
    assert found == pytest.approx(reference, abs=0.015)


def test_a_system_is_no_better_than_itself() -> None:
    found = f1_differences(GOOD, GOOD, FEW)
    for own in (found.micro, found.macro, *found.per_label.values()):
        assert (own.difference, own.interval, own.p_value) == (0, (0, 0), 1)


@settings(max_examples=60)
@given(two_systems())
def test_nothing_absurd_comes_out(systems: tuple[ArticleCounts, ArticleCounts]) -> None:
    first, second = systems
    for counts in systems:
        intervals = f1_intervals(counts, FEW)
        several = (intervals.micro, intervals.macro, *intervals.per_label.values())
        for interval, holders in zip(several, counts.holders, strict=True):
            assert (interval is not None) == (holders > 1)
            assert interval is None or 0 <= interval[0] <= interval[1] <= 1
    found, reverse = f1_differences(first, second, FEW), f1_differences(second, first, FEW)
    assert list(found.per_label) == list(first.annotated)
    for own, other in (
        (found.micro, reverse.micro),
        (found.macro, reverse.macro),
        *zip(found.per_label.values(), reverse.per_label.values(), strict=True),
    ):
        assert own.difference == pytest.approx(-other.difference)
        assert own.p_value == pytest.approx(other.p_value)
        assert 1 / (FEW.resamples + 1) <= own.p_value <= 1
        if own.interval is not None:
            assert other.interval is not None
            mirrored = (-other.interval[1], -other.interval[0])
            assert own.interval == pytest.approx(mirrored)
            assert -1 <= own.interval[0] <= own.interval[1] <= 1


def test_a_p_value_by_hand() -> None:
    # One article, and the first is right where the second is wrong: exchanged or not, the
    # difference is as large.
    gold = np.array([[3]])
    right, wrong = made(gold, gold, gold), made(gold * 0, gold, gold)
    own = f1_differences(right, wrong, FEW).micro
    assert (own.first, own.second, own.p_value) == (1, 0, 1)
    assert own.interval is None
    # Of ten such articles, 2 of 1,024 exchanges are as large: all of them, and none.
    ten = [ArticleCounts(LABELS[:1], counts.counts.repeat(10, axis=0)) for counts in (right, wrong)]
    p_value = f1_differences(ten[0], ten[1], Resampling(resamples=50_000)).micro.p_value
    assert p_value == pytest.approx(2 / 1024, abs=0.0008)


def test_the_smallest_p_value_is_never_0() -> None:
    gold = np.full((60, 1), 3)
    right, wrong = made(gold, gold, gold), made(gold * 0, gold, gold)
    assert f1_differences(right, wrong, FEW).micro.p_value == 1 / (FEW.resamples + 1)


def test_the_same_seed_gives_the_same_figures() -> None:
    assert f1_intervals(GOOD, FEW) == f1_intervals(GOOD, FEW)
    assert f1_intervals(GOOD, FEW) != f1_intervals(GOOD, Resampling(resamples=120, seed=4))
    assert f1_differences(GOOD, BAD, FEW) == f1_differences(GOOD, BAD, FEW)


def test_what_one_article_holds_has_no_interval() -> None:
    gold = np.array([[2, 1], [2, 0], [3, 0]])
    intervals = f1_intervals(made(gold, gold, gold), FEW)
    assert intervals.per_label == {"LOC": (1, 1), "ORG": None}
    assert intervals.micro == intervals.macro == (1, 1)


def test_a_label_that_a_resample_lacks_does_not_count() -> None:
    # Else half of the resamples would say that ORG is found with an F1 of 0.
    gold = np.array([[2, 1], [2, 1], *[[2, 0]] * 8])
    intervals = f1_intervals(made(gold, gold, gold), FEW)
    assert intervals.per_label["ORG"] == (1, 1)
    assert intervals.macro == (1, 1)


def test_no_resamples_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1 resample, found 0"):
        Resampling(resamples=0)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phodang_training.fine_tuning.calibration import (
    HIGHEST_TEMPERATURE,
    HIGHEST_THRESHOLD,
    LOWEST_TEMPERATURE,
    LOWEST_THRESHOLD,
    fit_temperature,
    negative_log_likelihood,
    tune_thresholds,
)

Arrays = tuple[NDArray[np.float64], NDArray[np.bool_]]

LOGITS = st.floats(-30, 30) | st.sampled_from([-1.0, 0.0, 2.0])
PROBABILITIES = st.floats(0, 1) | st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.51, 0.95, 1.0])


@st.composite
def scored(draw: st.DrawFn, values: st.SearchStrategy[float]) -> Arrays:
    """Scores and gold of some passages, two labels each."""
    row = st.lists(st.tuples(values, st.booleans()), min_size=2, max_size=2)
    table = np.array(draw(st.lists(row, min_size=1, max_size=12)), np.float64)
    return table[:, :, 0], table[:, :, 1] == 1


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))


def f1(gold: NDArray[np.bool_], probabilities: NDArray[np.float64], threshold: float) -> float:
    predicted = probabilities >= threshold
    return float(2 * (gold & predicted).sum() / max(1, gold.sum() + predicted.sum()))


@settings(max_examples=100)
@given(scored(LOGITS))
def test_a_temperature_makes_the_annotation_likelier_and_keeps_the_ranking(arrays: Arrays) -> None:
    logits, gold = arrays
    temperatures = fit_temperature(logits, gold)
    assert temperatures.shape == (2,)
    for k, temperature in enumerate(temperatures):
        assert LOWEST_TEMPERATURE <= temperature <= HIGHEST_TEMPERATURE
        column, carried = logits[:, k], gold[:, k]
        before = negative_log_likelihood(column, carried)
        assert negative_log_likelihood(column, carried, temperature) <= before
        if carried.all() or not carried.any():
            assert temperature == 1
        ordered = sigmoid(column / temperature)[np.argsort(column)]
        assert (np.diff(ordered) >= 0).all()


@settings(max_examples=100)
@given(scored(LOGITS))
def test_no_other_temperature_is_better(arrays: Arrays) -> None:
    logits, gold = arrays
    for k, temperature in enumerate(fit_temperature(logits, gold)):
        column, carried = logits[:, k], gold[:, k]
        found = negative_log_likelihood(column, carried, temperature)
        if 0 < carried.sum() < len(carried):
            tried = np.geomspace(LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE, 50)
            best = min(negative_log_likelihood(column, carried, float(t)) for t in tried)
            assert found <= best + 1e-3 * max(1, best)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_logits_were_scaled_by_is_found(temperature: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(scale=2, size=(20_000, 1))
    gold = random.random(logits.shape) < sigmoid(logits)
    assert fit_temperature(logits * temperature, gold) == pytest.approx([temperature], rel=0.05)
    single = (logits * temperature).astype(np.float32)
    assert fit_temperature(single, gold) == pytest.approx([temperature], rel=0.05)


def test_labels_do_not_depend_on_one_another() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(50, 2))
    gold = random.random(logits.shape) < 0.4
    first, second = fit_temperature(logits, gold)
    assert fit_temperature(logits[:, :1], gold[:, :1]) == pytest.approx([first])
    assert fit_temperature(logits[:, 1:], gold[:, 1:]) == pytest.approx([second])


@settings(max_examples=200)
@given(scored(PROBABILITIES))
def test_no_other_threshold_is_better(arrays: Arrays) -> None:
    probabilities, gold = arrays
    tried = np.concatenate(
        [np.linspace(LOWEST_THRESHOLD, HIGHEST_THRESHOLD, 91), [0.5], probabilities.ravel()]
    )
    tried = tried[(tried >= LOWEST_THRESHOLD) & (tried <= HIGHEST_THRESHOLD)]
    thresholds = tune_thresholds(probabilities, gold)
    assert thresholds.shape == (2,)
    for k, threshold in enumerate(thresholds):
        assert LOWEST_THRESHOLD <= threshold <= HIGHEST_THRESHOLD
        column, carried = probabilities[:, k], gold[:, k]
        assert f1(carried, column, threshold) >= max(f1(carried, column, t) for t in tried)
        if not carried.any():
            assert threshold == 0.5


@settings(max_examples=50)
@given(scored(PROBABILITIES), scored(LOGITS), st.randoms(use_true_random=False))
def test_the_order_of_passages_does_not_matter(
    probable: Arrays, scores: Arrays, random: object
) -> None:
    for fit, (values, gold) in ((tune_thresholds, probable), (fit_temperature, scores)):
        order = np.arange(len(gold))
        random.shuffle(order)  # type: ignore[attr-defined]
        assert (fit(values[order], gold[order]) == fit(values, gold)).all()


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values)[:, None]


def test_the_threshold_stands_in_the_middle_of_the_widest_stretch() -> None:
    gold = np.array([[False], [True], [True]])
    assert tune_thresholds(column(0.2, 0.6, 0.9), gold) == pytest.approx([0.4])
    # Best, with F1 2/3: above .1 and up to .2 (2 of 4), and above .5 and up to .9 (1 of 1). The
    # second is wider.
    gold = np.array([[False], [True], [False], [False], [True]])
    assert tune_thresholds(column(0.1, 0.2, 0.3, 0.5, 0.9), gold) == pytest.approx([0.7])
    # Nothing can be right: the middle of all that is allowed.
    assert tune_thresholds(column(0.01, 0.02), np.array([[True], [False]])) == pytest.approx([0.5])


def test_between_neighbouring_numbers_the_upper_is_the_threshold() -> None:
    low = 0.5
    high = float(np.nextafter(low, 1))
    gold = np.array([[False], [True]])
    assert tune_thresholds(column(low, high), gold) == high


def test_what_cannot_be_fitted() -> None:
    gold = np.zeros((2, 3), np.bool_)
    for fit in (fit_temperature, tune_thresholds):
        with pytest.raises(ValueError, match=r"found \(2, 2\) and \(2, 3\)"):
            fit(np.zeros((2, 2)), gold)
        with pytest.raises(ValueError, match="one shape"):
            fit(np.zeros(2), gold[:, 0])
        with pytest.raises(ValueError, match="Expected"):
            fit(np.full((2, 3), np.nan), gold)
    with pytest.raises(ValueError, match="finite"):
        fit_temperature(np.full((2, 3), np.inf), gold)
    with pytest.raises(ValueError, match="sigmoid"):
        tune_thresholds(np.full((2, 3), 2.0), gold)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phodang_training.evaluation.metrics import Score
from phodang_training.evaluation.section_metrics import (
    CALIBRATION_BINS,
    expected_calibration_error,
    section_scores,
)

LABELS = ("achievement", "task", "warning")

Arrays = tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]


@st.composite
def decisions(draw: st.DrawFn, labels: int = len(LABELS)) -> Arrays:
    """Gold, predictions and probabilities of some passages."""
    cell = st.tuples(st.booleans(), st.booleans(), st.floats(0, 1) | st.sampled_from([0.2, 0.6]))
    rows = draw(st.lists(st.lists(cell, min_size=labels, max_size=labels), min_size=1, max_size=9))
    table = np.array(rows, np.float64)
    return table[:, :, 0] == 1, table[:, :, 1] == 1, table[:, :, 2]


def score(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Score:
    right = int((gold & predicted).sum())
    precision = right / int(predicted.sum()) if predicted.any() else 0.0
    recall = right / int(gold.sum()) if gold.any() else 0.0
    both = int(gold.sum() + predicted.sum())
    return Score(precision, recall, 2 * right / both if both else 0.0, int(gold.sum()))


def assert_scores(found: Score, expected: Score) -> None:
    assert found.precision == pytest.approx(expected.precision)
    assert found.recall == pytest.approx(expected.recall)
    assert found.f1 == pytest.approx(expected.f1)
    assert found.support == expected.support


@settings(max_examples=30)
@given(decisions())
def test_each_label_of_each_passage_is_a_decision(arrays: Arrays) -> None:
    gold, predicted, probabilities = arrays
    scores = section_scores(*arrays, LABELS)
    assert scores.passages == len(gold)
    assert tuple(scores.per_label) == LABELS
    for k, name in enumerate(LABELS):
        assert_scores(scores.per_label[name], score(gold[:, k], predicted[:, k]))
        squares = (probabilities[:, k] - gold[:, k]) ** 2
        assert scores.brier_per_label[name] == pytest.approx(squares.mean())
    assert_scores(scores.micro, score(gold, predicted))
    assert scores.macro_f1 == pytest.approx(np.mean([s.f1 for s in scores.per_label.values()]))
    assert scores.brier == pytest.approx(((probabilities - gold) ** 2).mean())
    assert scores.ece == pytest.approx(expected_calibration_error(probabilities, gold).mean())


@settings(max_examples=30)
@given(decisions(), st.randoms(use_true_random=False))
def test_the_order_of_passages_does_not_matter(arrays: Arrays, random: object) -> None:
    order = np.arange(len(arrays[0]))
    random.shuffle(order)  # type: ignore[attr-defined]
    gold, predicted, probabilities = arrays
    before = section_scores(gold, predicted, probabilities, LABELS)
    after = section_scores(gold[order], predicted[order], probabilities[order], LABELS)
    assert before.per_label == after.per_label
    assert before.ece == pytest.approx(after.ece)


def test_counted_by_hand() -> None:
    gold = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], np.bool_)
    predicted = np.array([[1, 0, 0], [0, 1, 1], [0, 1, 0]], np.bool_)
    scores = section_scores(gold, predicted, predicted.astype(np.float32), LABELS)
    assert_scores(scores.per_label["achievement"], Score(1.0, 1 / 2, 2 / 3, 2))
    assert_scores(scores.per_label["task"], Score(1 / 2, 1.0, 2 / 3, 1))
    assert_scores(scores.per_label["warning"], Score(0.0, 0.0, 0.0, 0))
    # Right: 2, of 4 predicted and 3 in gold.
    assert_scores(scores.micro, Score(1 / 2, 2 / 3, 4 / 7, 3))
    assert scores.macro_f1 == pytest.approx(4 / 9)
    assert scores.brier_per_label == pytest.approx(dict.fromkeys(LABELS, 1 / 3))


def test_one_label_alone() -> None:
    gold = np.array([[True], [True], [False]])
    predicted = np.array([[True], [False], [False]])
    scores = section_scores(gold, predicted, predicted.astype(np.float64), ["task"])
    assert scores.per_label == {"task": scores.micro}
    assert_scores(scores.micro, Score(1.0, 1 / 2, 2 / 3, 2))


@settings(max_examples=30)
@given(decisions(), st.integers(1, 20))
def test_calibration_error_by_its_definition(arrays: Arrays, bins: int) -> None:
    gold, _, probabilities = arrays
    edges = np.linspace(0, 1, bins + 1)
    for k, found in enumerate(expected_calibration_error(probabilities, gold, bins=bins)):
        expected = 0.0
        for number in range(bins):
            above = probabilities[:, k] > (edges[number] if number else -1)
            members = above & (probabilities[:, k] <= edges[number + 1])
            if members.any():
                distance = abs(probabilities[members, k].mean() - gold[members, k].mean())
                expected += members.mean() * distance
        assert found == pytest.approx(expected)
        assert 0 <= found <= 1


def test_probabilities_that_come_true_have_no_calibration_error() -> None:
    # Of ten passages with a probability of .3, three.
    gold = np.array([[True]] * 3 + [[False]] * 7)
    assert expected_calibration_error(np.full((10, 1), 0.3), gold) == pytest.approx([0.0])
    assert expected_calibration_error(np.full((10, 1), 0.9), gold) == pytest.approx([0.6])
    assert expected_calibration_error(np.ones((10, 1)), gold) == pytest.approx([0.7])
    assert expected_calibration_error(gold.astype(np.float64), gold) == pytest.approx([0.0])


def test_an_edge_belongs_to_the_bin_below() -> None:
    # In one bin the two would make up for each other.
    edge = 1 / CALIBRATION_BINS
    gold = np.array([[True], [False]])
    together = np.array([[edge], [edge / 2]])
    apart = np.array([[edge], [np.nextafter(edge, 1)]])
    assert expected_calibration_error(together, gold) == pytest.approx([(1 - 1.5 * edge) / 2])
    assert expected_calibration_error(apart, gold) == pytest.approx([0.5])


def test_what_cannot_be_scored() -> None:
    gold = np.zeros((2, 3), np.bool_)
    probabilities = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"shape \[passages, 2\]"):
        section_scores(gold, gold, probabilities, LABELS[:2])
    with pytest.raises(ValueError, match=r"predicted \(1, 3\)"):
        section_scores(gold, gold[:1], probabilities, LABELS)
    with pytest.raises(ValueError, match="at least one of each"):
        section_scores(gold[:0], gold[:0], probabilities[:0], LABELS)
    with pytest.raises(ValueError, match="at least 1 bin"):
        expected_calibration_error(probabilities, gold, bins=0)
    for wrong in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            expected_calibration_error(np.full((2, 3), wrong), gold)

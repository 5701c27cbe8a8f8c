from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phodang_training.evaluation.metrics import Score, Span, SpanScores, span_scores

LENGTH = 12


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Entities of a passage of `LENGTH` characters, in order, not overlapping, some touching."""
    cuts = sorted(draw(st.sets(st.integers(0, LENGTH), max_size=7)))
    return [
        (start, end, draw(st.sampled_from(["LOC", "ORG", "Cơ-quan"])))
        for start, end in itertools.pairwise(cuts)
        if draw(st.booleans())
    ]


def score(right: int, predicted: int, gold: int) -> Score:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    f1 = 2 * right / (predicted + gold) if predicted + gold else 0.0
    return Score(precision, recall, f1, gold)


def assert_scores(found: Score, expected: Score) -> None:
    assert found.precision == pytest.approx(expected.precision)
    assert found.recall == pytest.approx(expected.recall)
    assert found.f1 == pytest.approx(expected.f1)
    assert found.support == expected.support


@settings(max_examples=50)
@given(st.lists(st.tuples(spans(), spans()), max_size=3))
def test_only_whole_spans_with_their_label_count(
    passages: list[tuple[list[Span], list[Span]]],
) -> None:
    scores = span_scores(
        [gold for gold, _ in passages],
        [predicted for _, predicted in passages],
        [LENGTH] * len(passages),
    )
    right: Counter[str] = Counter()
    gold_count: Counter[str] = Counter()
    predicted_count: Counter[str] = Counter()
    for gold, predicted in passages:
        right.update(label for _, _, label in set(gold) & set(predicted))
        gold_count.update(label for _, _, label in gold)
        predicted_count.update(label for _, _, label in predicted)
    assert_scores(scores.micro, score(right.total(), predicted_count.total(), gold_count.total()))
    names = sorted(gold_count.keys() | predicted_count.keys())
    assert list(scores.per_label) == names
    for name in names:
        expected = score(right[name], predicted_count[name], gold_count[name])
        assert_scores(scores.per_label[name], expected)


def test_counted_by_hand() -> None:
    gold = [[(0, 4, "ORG"), (5, 8, "LOC"), (8, 10, "LOC")], [(0, 2, "ORG")]]
    predicted = [[(0, 4, "ORG"), (5, 10, "LOC")], [(0, 2, "LOC"), (3, 4, "DATE")]]
    # Right: the first ORG. Of 4 gold and 4 predicted.
    scores = span_scores(gold, predicted, [12, 6])
    assert_scores(scores.micro, Score(1 / 4, 1 / 4, 1 / 4, 4))
    assert_scores(scores.per_label["ORG"], Score(1.0, 1 / 2, 2 / 3, 2))
    assert_scores(scores.per_label["LOC"], Score(0.0, 0.0, 0.0, 2))
    assert_scores(scores.per_label["DATE"], Score(0.0, 0.0, 0.0, 0))
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0 + 0) / 3)


def test_one_character_off_is_wrong() -> None:
    assert span_scores([[(0, 4, "ORG")]], [[(0, 3, "ORG")]], [5]).micro.f1 == 0
    assert span_scores([[(0, 4, "ORG")]], [[(1, 4, "ORG")]], [5]).micro.f1 == 0
    assert span_scores([[(0, 4, "ORG")]], [[(0, 4, "ORG")]], [5]).micro.f1 == 1


def test_macro_weighs_labels_equally_and_micro_entities() -> None:
    gold: list[list[Span]] = [[(i, i + 1, "LOC") for i in range(9)] + [(9, 10, "ORG")]]
    predicted: list[list[Span]] = [[(i, i + 1, "LOC") for i in range(9)]]
    scores = span_scores(gold, predicted, [10])
    assert scores.micro.recall == pytest.approx(0.9)
    assert scores.macro_f1 == pytest.approx(0.5)


def test_nothing_to_score() -> None:
    assert span_scores([[], []], [[], []], [3, 4]) == SpanScores(Score(0.0, 0.0, 0.0, 0), {})
    assert span_scores([[]], [[]], [3]).macro_f1 == 0.0

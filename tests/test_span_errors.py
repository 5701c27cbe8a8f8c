"""How gold and predicted entities are set side by side, and what becomes of each."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang_training.evaluation.metrics import Span
from phodang_training.evaluation.span_errors import (
    OUTCOMES,
    SpanPair,
    align,
    confusion,
    count_outcomes,
)

LENGTH = 12
LABELS = ("LOC", "ORG", "Cơ-quan")


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Entities of a passage of `LENGTH` characters, in order, not overlapping, some touching."""
    cuts = sorted(draw(st.sets(st.integers(0, LENGTH), max_size=8)))
    return [
        (start, end, draw(st.sampled_from(LABELS)))
        for start, end in itertools.pairwise(cuts)
        if draw(st.booleans())
    ]


@pytest.mark.parametrize(
    ("gold", "predicted", "outcome"),
    [
        ((2, 6, "ORG"), (2, 6, "ORG"), "correct"),
        ((2, 6, "ORG"), (2, 6, "LOC"), "type"),
        ((2, 6, "ORG"), (2, 5, "ORG"), "boundary"),
        ((2, 6, "ORG"), (5, 9, "ORG"), "boundary"),
        ((2, 6, "ORG"), (0, 9, "LOC"), "type and boundary"),
    ],
)
def test_two_that_overlap_are_one_pair(gold: Span, predicted: Span, outcome: str) -> None:
    (pair,) = align([gold], [predicted])
    assert pair == SpanPair(gold, predicted)
    assert pair.outcome == outcome


def test_two_that_only_touch_are_apart() -> None:
    pairs = align([(2, 6, "ORG")], [(6, 9, "ORG")])
    assert pairs == [SpanPair((2, 6, "ORG"), None), SpanPair(None, (6, 9, "ORG"))]
    assert [pair.outcome for pair in pairs] == ["missed", "spurious"]


def test_the_largest_overlap_is_taken_first() -> None:
    # The long one shares 2 characters with the first and 5 with the second.
    gold: list[Span] = [(0, 4, "ORG"), (5, 10, "LOC")]
    long: Span = (2, 10, "ORG")
    assert align(gold, [long]) == [SpanPair(gold[0], None), SpanPair(gold[1], long)]
    # What is left of a pair that was not taken finds another partner.
    rest: Span = (0, 2, "ORG")
    assert align(gold, [rest, long]) == [SpanPair(gold[0], rest), SpanPair(gold[1], long)]


def test_of_equal_overlaps_the_same_label_is_taken_then_the_first() -> None:
    gold: list[Span] = [(0, 10, "ORG")]
    first, second = (0, 5, "LOC"), (5, 10, "ORG")
    assert align(gold, [first, second]) == [SpanPair(None, first), SpanPair(gold[0], second)]
    second = (5, 10, "DATE")
    assert align(gold, [first, second]) == [SpanPair(gold[0], first), SpanPair(None, second)]


@given(spans(), spans())
def test_every_entity_is_in_one_pair(gold: list[Span], predicted: list[Span]) -> None:
    pairs = align(gold, predicted)
    assert sorted(pair.gold for pair in pairs if pair.gold) == gold
    assert sorted(pair.predicted for pair in pairs if pair.predicted) == predicted
    for pair in pairs:
        assert pair.outcome in OUTCOMES
        if pair.gold and pair.predicted:
            assert max(pair.gold[0], pair.predicted[0]) < min(pair.gold[1], pair.predicted[1])
    correct = {pair.gold for pair in pairs if pair.outcome == "correct"}
    assert correct == set(gold) & set(predicted)
    # Nothing is left alone beside something that overlaps it and is alone, too.
    missed = [pair.gold for pair in pairs if pair.outcome == "missed"]
    spurious = [pair.predicted for pair in pairs if pair.outcome == "spurious"]
    for one, other in itertools.product(missed, spurious):
        assert one is not None
        assert other is not None
        assert one[1] <= other[0] or other[1] <= one[0]


@given(spans(), spans())
def test_outcomes_and_confusion_count_all(gold: list[Span], predicted: list[Span]) -> None:
    pairs = align(gold, predicted)
    counts = count_outcomes(pairs)
    total = Counter(pair.outcome for pair in pairs)
    for outcome in OUTCOMES:
        assert sum(own[outcome] for own in counts.values()) == total[outcome]
    found = confusion(pairs)
    assert found.labels == tuple(sorted({label for *_, label in (*gold, *predicted)}))
    assert found.counts.sum() == len(pairs)
    by_gold = Counter(label for *_, label in gold)
    by_predicted = Counter(label for *_, label in predicted)
    for number, label in enumerate(found.labels):
        assert found.counts[number].sum() == by_gold[label]
        assert found.counts[:, number].sum() == by_predicted[label]
    assert found.counts[-1].sum() == total["spurious"]
    assert found.counts[:, -1].sum() == total["missed"]
    same = np.trace(found.counts)
    assert same == total["correct"] + total["boundary"]


def test_counted_by_hand() -> None:
    gold: list[Span] = [(0, 4, "ORG"), (5, 8, "LOC"), (9, 12, "LOC")]
    predicted: list[Span] = [(0, 4, "LOC"), (6, 8, "LOC"), (20, 22, "DATE")]
    pairs = align(gold, predicted)
    counts = count_outcomes(pairs)
    assert list(counts) == ["DATE", "LOC", "ORG"]
    assert {label: {o: n for o, n in own.items() if n} for label, own in counts.items()} == {
        "DATE": {"spurious": 1},
        "LOC": {"boundary": 1, "missed": 1},
        "ORG": {"type": 1},
    }
    found = confusion(pairs)
    assert found.labels == ("DATE", "LOC", "ORG")
    assert found.counts.tolist() == [[0, 0, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]]


def test_nothing_to_count() -> None:
    assert align([], []) == []
    assert count_outcomes([]) == {}
    assert confusion([]).counts.tolist() == [[0]]

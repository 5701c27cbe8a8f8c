"""Scores made of counts: the four measures by hand, and the strict one against seqeval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_span_errors import LENGTH, spans

from phodang_training.evaluation.article_counts import (
    MEASURES,
    ArticleCounts,
    Measure,
    entity_counts,
    section_counts,
)
from phodang_training.evaluation.metrics import Score, Span, SpanScores, span_scores
from phodang_training.evaluation.section_metrics import section_scores
from phodang_training.evaluation.span_errors import align

articles = st.lists(st.tuples(spans(), spans()), max_size=4)


def counts_of(made: list[tuple[list[Span], list[Span]]], measure: Measure) -> ArticleCounts:
    return entity_counts([align(gold, predicted) for gold, predicted in made], measure)


def assert_close(found: Score, expected: Score) -> None:
    for name in ("precision", "recall", "f1", "support"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name)), name


def assert_scores(found: SpanScores, expected: SpanScores) -> None:
    assert_close(found.micro, expected.micro)
    assert list(found.per_label) == list(expected.per_label)
    for label, score in expected.per_label.items():
        assert_close(found.per_label[label], score)


@given(articles)
def test_strict_scores_are_those_of_seqeval(made: list[tuple[list[Span], list[Span]]]) -> None:
    gold, predicted = ([pair[side] for pair in made] for side in (0, 1))
    expected = span_scores(gold, predicted, [LENGTH] * len(made))
    assert_scores(counts_of(made, "strict").scores(), expected)


@given(articles)
def test_figures_are_the_scores(made: list[tuple[list[Span], list[Span]]]) -> None:
    for measure in MEASURES:
        counts = counts_of(made, measure)
        scores = counts.scores()
        micro, macro, *each = np.nan_to_num(counts.f1(counts.counts.sum(axis=0))).tolist()
        assert micro == pytest.approx(scores.micro.f1)
        assert macro == pytest.approx(scores.macro_f1)
        assert each == pytest.approx([scores.per_label[label].f1 for label in counts.labels])


@given(articles)
def test_what_is_less_strict_is_no_smaller(made: list[tuple[list[Span], list[Span]]]) -> None:
    strict, exact, partial, of_type = (counts_of(made, m).scores().micro.f1 for m in MEASURES)
    assert strict <= exact + 1e-9 <= partial + 2e-9
    assert strict <= of_type + 1e-9


HAND_MADE: list[tuple[list[Span], list[Span]]] = [
    # Correct, type, boundary.
    (
        [(0, 4, "ORG"), (5, 8, "LOC"), (9, 12, "LOC")],
        [(0, 4, "ORG"), (5, 8, "ORG"), (9, 11, "LOC")],
    ),
    # Type and boundary, missed, spurious.
    ([(0, 4, "ORG"), (5, 6, "ORG")], [(2, 4, "LOC"), (8, 9, "DATE")]),
]


@pytest.mark.parametrize(
    ("measure", "credit", "recall_of_org", "precision_of_org"),
    [
        ("strict", 1, 1 / 3, 1 / 2),
        ("exact", 2, 1 / 3, 2 / 2),
        ("partial", 3, 1.5 / 3, 2 / 2),
        ("type", 2, 1 / 3, 1 / 2),
    ],
)
def test_the_measures_by_hand(
    measure: Measure, credit: float, recall_of_org: float, precision_of_org: float
) -> None:
    scores = counts_of(HAND_MADE, measure).scores()
    assert_close(scores.micro, Score(credit / 5, credit / 5, credit / 5, 5))
    org = scores.per_label["ORG"]
    assert org.recall == pytest.approx(recall_of_org)
    assert org.precision == pytest.approx(precision_of_org)
    f1 = 2 * recall_of_org * precision_of_org / (recall_of_org + precision_of_org)
    assert org.f1 == pytest.approx(f1)
    assert scores.per_label["DATE"] == Score(0.0, 0.0, 0.0, 0)


def test_who_holds_what() -> None:
    counts = counts_of([*HAND_MADE, ([], [])], "strict")
    assert counts.labels == ("DATE", "LOC", "ORG")
    assert counts.holders == [2, 2, 1, 2, 2]
    assert counts.annotated == ("LOC", "ORG")


def test_other_labels_count_nothing() -> None:
    counts = counts_of(HAND_MADE, "strict")
    other = counts.over(("ORG", "EVENT"))
    assert other.counts[:, :, 0].tolist() == counts.counts[:, :, 2].tolist()
    assert not other.counts[:, :, 1].any()
    assert np.isnan(other.f1(other.counts.sum(axis=0))[-1])


@given(st.data())
def test_sections_are_scored_as_by_scikit_learn(data: st.DataObject) -> None:
    labels = ("achievement", "task", "warning")
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    flags = st.lists(st.booleans(), min_size=3, max_size=3)

    def drawn() -> list[NDArray[np.bool_]]:
        return [
            np.array(data.draw(st.lists(flags, min_size=n, max_size=n)), np.bool_) for n in sizes
        ]

    gold, predicted = drawn(), drawn()
    counts = section_counts(gold, predicted, labels)
    expected = section_scores(np.concatenate(gold), np.concatenate(predicted), None, labels)
    assert expected.ece is None
    assert expected.brier_per_label is None
    micro, macro, *each = np.nan_to_num(counts.f1(counts.counts.sum(axis=0))).tolist()
    assert micro == pytest.approx(expected.micro.f1)
    assert macro == pytest.approx(expected.macro_f1)
    assert each == pytest.approx([score.f1 for score in expected.per_label.values()])

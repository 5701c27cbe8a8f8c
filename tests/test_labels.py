from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from phodang.labels import OUTSIDE, LabelSet

LABELS = LabelSet(("PER", "ORG", "LOC"))


@st.composite
def subwords_and_spans(
    draw: st.DrawFn,
) -> tuple[list[tuple[int, int]], list[tuple[int, int, str]]]:
    """Subwords with or without gaps, and entities as runs ``(first, last, label)`` of them."""
    offsets, position = [], 0
    for length, gap in draw(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), max_size=12)):
        offsets.append((position + gap, position + gap + length))
        position += gap + length
    runs, first = [], 0
    while first < len(offsets):
        last = draw(st.integers(first + 1, len(offsets)))
        if draw(st.booleans()):
            runs.append((first, last, draw(st.sampled_from(LABELS.types))))
        first = last
    return offsets, runs


def tags_of(offsets: list[tuple[int, int]], spans: list[tuple[int, int, str]]) -> list[str]:
    starts = np.array([start for start, _ in offsets], np.int64)
    ends = np.array([end for _, end in offsets], np.int64)
    return [LABELS.tags[tag] for tag in LABELS.tags_of_spans(starts, ends, spans)]


def test_ids_of_tags() -> None:
    assert LABELS.tags == ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
    assert LABELS.tags[OUTSIDE] == "O"
    assert LABELS.tags[LABELS.begin("ORG")] == "B-ORG"


@given(subwords_and_spans())
def test_entities_of_whole_subwords_come_back(
    example: tuple[list[tuple[int, int]], list[tuple[int, int, str]]],
) -> None:
    offsets, runs = example
    spans = [(offsets[first][0], offsets[last - 1][1], label) for first, last, label in runs]
    ids = [LABELS.tags.index(tag) for tag in tags_of(offsets, spans)]
    assert LABELS.spans_of_tags(ids) == runs
    assert LABELS.allowed_starts()[ids[:1]].all()
    assert LABELS.allowed_transitions()[ids[:-1], ids[1:]].all()


def test_a_subword_goes_to_the_entity_that_it_shares_more_with() -> None:
    offsets = [(0, 2), (2, 8), (8, 10)]
    assert tags_of(offsets, [(0, 4, "ORG"), (4, 10, "LOC")]) == ["B-ORG", "B-LOC", "I-LOC"]
    assert tags_of(offsets, [(0, 6, "ORG"), (6, 10, "LOC")]) == ["B-ORG", "I-ORG", "B-LOC"]
    # Shared equally: the first.
    assert tags_of(offsets, [(0, 5, "ORG"), (5, 10, "LOC")]) == ["B-ORG", "I-ORG", "B-LOC"]


def test_an_entity_inside_a_subword_labels_it() -> None:
    assert tags_of([(0, 3), (3, 9)], [(4, 5, "PER")]) == ["O", "B-PER"]


def test_touching_entities_of_one_label_stay_apart() -> None:
    offsets = [(0, 1), (1, 2), (2, 3)]
    tags = tags_of(offsets, [(0, 2, "LOC"), (2, 3, "LOC")])
    assert tags == ["B-LOC", "I-LOC", "B-LOC"]
    ids = [LABELS.tags.index(tag) for tag in tags]
    assert LABELS.spans_of_tags(ids) == [(0, 2, "LOC"), (2, 3, "LOC")]


def test_allowed_transitions_are_those_of_iob2() -> None:
    allowed = LABELS.allowed_transitions()
    for i, before in enumerate(LABELS.tags):
        for j, after in enumerate(LABELS.tags):
            assert allowed[i, j] == (after[0] != "I" or before[1:] == after[1:])
        assert LABELS.allowed_starts()[i] == (before[0] != "I")


def test_no_subwords() -> None:
    assert tags_of([], [(0, 3, "PER")]) == []
    assert LABELS.spans_of_tags([]) == []

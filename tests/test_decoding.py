from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from phodang.decoding import Decoder
from phodang.labels import LabelSet

LABELS = LabelSet(("ORG", "LOC"))
TAGS = LABELS.tags
Floats = NDArray[np.float64]


def floats(shape: tuple[int, ...], size: float = 10) -> st.SearchStrategy[Floats]:
    return arrays(np.float64, shape, elements=st.floats(-size, size))


@st.composite
def decoders(draw: st.DrawFn) -> Decoder:
    count = len(TAGS)
    if draw(st.booleans()):
        return Decoder.constrained(LABELS)
    return Decoder.constrained(
        LABELS,
        starts=draw(floats((count,), 3)),
        transitions=draw(floats((count, count), 3)),
        ends=draw(floats((count,), 3)),
    )


@st.composite
def passages(draw: st.DrawFn, longest: int, size: float = 10) -> tuple[Floats, NDArray[np.bool_]]:
    length = draw(st.integers(1, longest))
    continues = draw(arrays(np.bool_, (length,)))
    return draw(floats((length, len(TAGS)), size)), continues


def is_valid(tags: tuple[int, ...], continues: NDArray[np.bool_]) -> bool:
    """IOB2, with no entity's begin or end where a syllable goes on."""
    previous = "O"
    for position, tag in enumerate(tags):
        name = TAGS[tag]
        if name[0] == "I" and previous[1:] != name[1:]:
            return False
        if position and continues[position]:
            begins = name[0] == "B"
            ends = previous != "O" and name[0] != "I"
            if begins or ends:
                return False
        previous = name
    return True


def score(decoder: Decoder, scores: Floats, tags: tuple[int, ...]) -> float:
    total = decoder.starts[tags[0]] + decoder.ends[tags[-1]]
    total += sum(scores[position, tag] for position, tag in enumerate(tags))
    total += sum(decoder.transitions[i, j] for i, j in itertools.pairwise(tags))
    return float(total)


@settings(max_examples=40)
@given(decoders(), passages(longest=4))
def test_the_best_valid_sequence_and_its_marginals(
    decoder: Decoder, passage: tuple[Floats, NDArray[np.bool_]]
) -> None:
    scores, continues = passage
    tags, probabilities = decoder.decode(scores, continues)
    valid = [
        candidate
        for candidate in itertools.product(range(len(TAGS)), repeat=len(scores))
        if is_valid(candidate, continues)
    ]
    totals = np.array([score(decoder, scores, candidate) for candidate in valid])
    found = tuple(tags.tolist())
    assert found in valid
    assert score(decoder, scores, found) == pytest.approx(totals.max())
    weights = np.exp(totals - totals.max())
    for position, tag in enumerate(found):
        agreeing = np.array([candidate[position] == tag for candidate in valid])
        expected = weights[agreeing].sum() / weights.sum()
        assert probabilities[position] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=50)
@given(decoders(), passages(longest=30, size=1e5))
def test_always_valid_with_probabilities(
    decoder: Decoder, passage: tuple[Floats, NDArray[np.bool_]]
) -> None:
    scores, continues = passage
    tags, probabilities = decoder.decode(scores, continues)
    assert tags.shape == probabilities.shape == (len(scores),)
    assert is_valid(tuple(tags.tolist()), continues)
    assert (probabilities >= 0).all()
    assert (probabilities <= 1).all()


def test_half_precision_scores() -> None:
    scores = np.zeros((2, len(TAGS)), np.float16)
    scores[:, 0] = 3
    tags, probabilities = Decoder.constrained(LABELS).decode(scores, np.zeros(2, np.bool_))
    assert tags.tolist() == [0, 0]
    assert probabilities.dtype == np.float64


def test_a_long_word_whose_halves_contradict_each_other() -> None:
    # One word of 4,000 subwords, the first half surely an entity, the second surely none.
    length = 4000
    scores = np.zeros((length, len(TAGS)))
    scores[0, TAGS.index("B-ORG")] = 15
    scores[1 : length // 2, TAGS.index("I-ORG")] = 15
    scores[length // 2 :, TAGS.index("O")] = 16
    continues = np.ones(length, np.bool_)
    continues[0] = False
    tags, probabilities = Decoder.constrained(LABELS).decode(scores, continues)
    assert set(tags.tolist()) == {0}
    assert probabilities == pytest.approx(np.ones(length))


def test_an_entity_neither_begins_nor_ends_inside_a_syllable() -> None:
    scores = np.zeros((3, len(TAGS)))
    scores[0, TAGS.index("O")] = 1
    scores[1, TAGS.index("B-LOC")] = 5
    scores[2, TAGS.index("O")] = 1
    free, _ = Decoder.constrained(LABELS).decode(scores, np.array([False, False, False]))
    assert [TAGS[tag] for tag in free] == ["O", "B-LOC", "O"]
    bound, _ = Decoder.constrained(LABELS).decode(scores, np.array([False, False, True]))
    assert [TAGS[tag] for tag in bound] == ["O", "B-LOC", "I-LOC"]


def test_no_subwords() -> None:
    tags, probabilities = Decoder.constrained(LABELS).decode(
        np.zeros((0, len(TAGS))), np.zeros(0, np.bool_)
    )
    assert tags.shape == probabilities.shape == (0,)

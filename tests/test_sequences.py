"""However an article is read, each of its subwords is read as itself once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang.checkpoint import SMALLEST_WINDOW
from phodang.sequences import (
    NO_SUBWORD,
    PREVIOUS_SUBWORDS,
    TITLE_SUBWORDS,
    ArticleSubwords,
    Context,
    SubwordSequence,
    Unit,
    by_subword,
    sequences_of,
    unit_stretches,
    unit_vectors,
    units_of,
)
from phodang.subwords import BEGIN, END, SPECIALS_PER_SEQUENCE, Subwords

CONTEXTS: tuple[Context, ...] = get_args(Context)
OF_UNITS = ("title", "previous")
"""Contexts that read units; the others read passages."""

FIRST_ID = 4
"""Below are the special tokens."""


@dataclass(frozen=True)
class Article:
    """The subwords of an article with distinct ids, and its units."""

    subwords: ArticleSubwords
    units: list[Unit]

    @property
    def title(self) -> list[int]:
        """The first passage's ids."""
        first, last = self.subwords.ranges()[0]
        return [*self.subwords.ids[first:last].tolist()]


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Passages of any length, also 0, cut into units anyhow."""
    lengths = draw(st.lists(st.integers(0, 12) | st.integers(0, 200), max_size=8))
    bounds = np.cumsum([0, *lengths])
    units = []
    for passage, (first, last) in enumerate(itertools.pairwise(bounds.tolist())):
        inner = draw(st.sets(st.integers(first, max(first, last - 1)), max_size=3))
        cuts = sorted({first, *inner, last})
        # Only the subwords matter here; a unit's place in the text is not looked at.
        units += [Unit(passage, a, b, a, b) for a, b in itertools.pairwise(cuts)]
    ids = np.arange(FIRST_ID, FIRST_ID + bounds[-1])
    return Article(ArticleSubwords(ids, bounds), units)


def sequences(article: Article, context: Context, window_size: int) -> list[SubwordSequence]:
    return sequences_of(article.subwords, article.units, context=context, window_size=window_size)


every_context = pytest.mark.parametrize("context", CONTEXTS)
window_sizes = st.integers(SMALLEST_WINDOW, 60) | st.just(254)


@every_context
@given(article=articles(), window_size=window_sizes)
def test_each_subword_stands_for_itself_once(
    context: Context, article: Article, window_size: int
) -> None:
    read = sequences(article, context, window_size)
    own = [n for sequence in read for n in sequence.subwords.tolist() if n != NO_SUBWORD]
    # In the article's order, too.
    assert own == [*range(len(article.subwords.ids))]


@every_context
@given(article=articles(), window_size=window_sizes)
def test_a_sequence_is_what_the_encoder_can_read(
    context: Context, article: Article, window_size: int
) -> None:
    for sequence in sequences(article, context, window_size):
        assert sequence.ids.shape == sequence.subwords.shape
        assert sequence.ids.dtype == np.int64
        assert len(sequence.ids) <= window_size + SPECIALS_PER_SEQUENCE
        assert (sequence.ids[0], sequence.ids[-1]) == (BEGIN, END)
        assert (sequence.ids[1:] != BEGIN).all()
        own = sequence.subwords != NO_SUBWORD
        assert own.any()
        assert (sequence.ids[own] == article.subwords.ids[sequence.subwords[own]]).all()


@given(article=articles(), window_size=window_sizes)
def test_a_passage_is_read_by_itself(article: Article, window_size: int) -> None:
    passage_of = np.repeat(
        np.arange(len(article.subwords.bounds) - 1), np.diff(article.subwords.bounds)
    )
    for sequence in sequences(article, "passage", window_size):
        assert len({*passage_of[sequence.ids[1:-1] - FIRST_ID].tolist()}) == 1


@pytest.mark.parametrize("context", OF_UNITS)
@given(article=articles())
def test_a_unit_is_read_after_its_context(context: Context, article: Article) -> None:
    # So large that nothing is cut but for the names above.
    read = sequences(article, context, 1000)
    assert len(read) == len(article.units)
    for index, (unit, sequence) in enumerate(zip(article.units, read, strict=True)):
        expected = [BEGIN]
        if unit.passage > 0:
            expected += [*article.title[:TITLE_SUBWORDS], END, END]
        before = article.units[index - 1]
        # The title is not read twice; between the parts of a title there is none yet.
        follows = index > 0 and (before.passage > 0 or unit.passage == 0)
        if context == "previous" and follows:
            ids = article.subwords.ids[before.first : before.last]
            expected += [*ids.tolist()[-PREVIOUS_SUBWORDS:], END, END]
        expected += [*article.subwords.ids[unit.first : unit.last].tolist(), END]
        assert sequence.ids.tolist() == expected


@given(article=articles(), window_size=window_sizes)
def test_a_window_holds_whole_passages_after_the_title(article: Article, window_size: int) -> None:
    read = sequences(article, "window", window_size)
    title = [*article.title[:TITLE_SUBWORDS], END] if len(article.subwords.ids) else []
    for first, last in article.subwords.ranges():
        holding = [s for s in read if ((s.subwords >= first) & (s.subwords < last)).any()]
        # A passage is cut only where no window could hold it.
        assert len(holding) == min(1, last - first) or last - first > window_size
        fits = len(title) <= window_size // 2 and len(title) + last - first <= window_size
        for sequence in holding:
            if first > 0 and fits and sequence.subwords[1] == NO_SUBWORD:
                assert sequence.ids[1 : 1 + len(title)].tolist() == title


@given(article=articles())
def test_a_large_window_holds_the_whole_article(article: Article) -> None:
    passages = [
        [*article.subwords.ids[first:last].tolist(), END]
        for first, last in article.subwords.ranges()
        if first < last
    ]
    read = sequences(article, "window", 5000)
    expected = [BEGIN, *(number for passage in passages for number in passage)]
    assert [sequence.ids.tolist() for sequence in read] == ([expected] if passages else [])


@every_context
@given(article=articles(), window_size=window_sizes)
def test_stretches_cover_the_subwords_of_each_unit(
    context: Context, article: Article, window_size: int
) -> None:
    read = sequences(article, context, window_size)
    found: dict[int, list[int]] = {index: [] for index in range(len(article.units))}
    for sequence, stretches in zip(read, unit_stretches(read, article.units), strict=True):
        ends = [0]
        for unit, start, end in stretches:
            assert ends[-1] <= start < end
            ends.append(end)
            found[unit] += sequence.subwords[start:end].tolist()
    assert found == {
        index: [*range(unit.first, unit.last)] for index, unit in enumerate(article.units)
    }


@every_context
@given(article=articles(), window_size=window_sizes, seed=st.integers(0, 9))
def test_a_unit_vector_is_the_mean_of_its_subwords(
    context: Context, article: Article, window_size: int, seed: int
) -> None:
    if not article.units:
        return
    values = np.random.default_rng(seed).normal(size=(len(article.subwords.ids), 3))
    read = sequences(article, context, window_size)
    stretches = unit_stretches(read, article.units)
    # Where no subword stands the value would spoil the mean.
    states = [np.where(s.subwords[:, None] == NO_SUBWORD, 1e6, values[s.subwords]) for s in read]
    sums = [
        np.array([state[start:end].sum(axis=0) for _, start, end in own]).reshape(-1, 3)
        for state, own in zip(states, stretches, strict=True)
    ]
    vectors = unit_vectors(stretches, [total.astype(np.float32) for total in sums], article.units)
    expected = [values[unit.first : unit.last].mean(axis=0) for unit in article.units]
    assert vectors == pytest.approx(np.array(expected), abs=1e-3)


@every_context
@given(article=articles(), window_size=window_sizes, padding=st.integers(0, 3))
def test_values_come_back_in_the_order_of_subwords(
    context: Context, article: Article, window_size: int, padding: int
) -> None:
    count = len(article.subwords.ids)
    if not count:
        return
    read = sequences(article, context, window_size)
    # Of each position its subword's number, and rows of padding behind.
    values = [
        np.concatenate((sequence.subwords, np.full(padding, -7)))[:, None].astype(np.float32)
        for sequence in read
    ]
    joined = by_subword(read, values, count=count)
    assert joined[:, 0].tolist() == [*range(count)]


def test_what_no_sequence_reads_is_zero() -> None:
    sequence = SubwordSequence(np.array([BEGIN, 5, END]), np.array([NO_SUBWORD, 1, NO_SUBWORD]))
    joined = by_subword([sequence], [np.ones((3, 2), np.float32)], count=3)
    assert joined.tolist() == [[0, 0], [1, 1], [0, 0]]


def test_nothing_read_has_no_values() -> None:
    with pytest.raises(ValueError, match="at least one sequence"):
        by_subword([], [], count=0)
    with pytest.raises(ValueError, match="at least one sequence"):
        unit_vectors([], [], [])


def subwords_at(starts: list[int]) -> Subwords:
    count = len(starts)
    return Subwords(
        np.arange(FIRST_ID, FIRST_ID + count),
        np.array(starts, np.int64),
        np.array(starts, np.int64) + 1,
        np.zeros(count, np.bool_),
    )


def test_units_are_passages_with_their_subwords() -> None:
    units = units_of(
        [
            ("Hà Nội", 10, subwords_at([10, 13])),
            ("\u200b", 20, subwords_at([])),
            ("Huế", 30, subwords_at([30])),
        ]
    )
    assert units == [Unit(0, 10, 16, 0, 2), Unit(2, 30, 33, 2, 3)]


def test_units_of_a_long_passage_are_its_parts() -> None:
    sentence = "Ban Tổ chức Trung ương họp tại Hà Nội. "
    text = sentence * 30
    starts = [100 + index for index, character in enumerate(text) if character != " "]
    units = units_of([("Huế", 0, subwords_at([0])), (text, 100, subwords_at(starts))])
    assert len(units) > 2
    assert units[0] == Unit(0, 0, 3, 0, 1)
    assert (units[1].start, units[-1].end) == (100, 100 + len(text))
    assert (units[1].first, units[-1].last) == (1, 1 + len(starts))
    for unit, following in itertools.pairwise(units[1:]):
        assert (unit.end, unit.last) == (following.start, following.first)
        assert unit.passage == following.passage == 1
        assert starts[following.first - 1] >= following.start > starts[unit.last - 2]

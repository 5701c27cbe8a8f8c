from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang.windows import Window, windows


@given(st.integers(0, 400), st.integers(2, 60))
def test_own_parts_follow_one_another_from_first_to_last(length: int, size: int) -> None:
    position = 0
    for window in windows(length, size):
        assert 0 <= window.start <= window.own_start < window.own_end <= window.end <= length
        assert window.end - window.start <= size
        assert window.own_start == position
        position = window.own_end
    assert position == length


@given(st.integers(1, 400), st.integers(2, 60))
def test_each_subword_is_labelled_where_it_is_most_central(length: int, size: int) -> None:
    found = windows(length, size)
    for window in found:
        for position in range(window.own_start, window.own_end):
            nearest_edge = max(
                min(position - other.start, other.end - 1 - position)
                for other in found
                if other.start <= position < other.end
            )
            assert min(position - window.start, window.end - 1 - position) == nearest_edge


def test_a_passage_that_fits_is_read_at_once() -> None:
    assert windows(30, 30) == [Window(0, 30, 0, 30)]
    assert windows(0, 30) == []


def test_every_subword_has_context_on_both_sides_but_at_the_passages_ends() -> None:
    for window in windows(1000, 254):
        assert window.own_start - window.start >= 31 or window.start == 0
        assert window.end - window.own_end >= 31 or window.end == 1000


def test_a_window_too_small_to_be_one() -> None:
    with pytest.raises(ValueError, match="at least 2 subwords, not 1"):
        windows(10, 1)

from __future__ import annotations

import itertools
import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from phodang.parts import LONGEST_PART, LONGEST_PASSAGE, passage_parts
from phodang.sentences import sentence_spans

SYLLABLE = "đảng"
LENGTHS = st.lists(st.integers(1, 120), min_size=1, max_size=9)


def passage(lengths: list[int]) -> str:
    """Sentences of these numbers of syllables."""
    return " ".join("Các" + f" {SYLLABLE}" * (length - 1) + "." for length in lengths)


def part_lengths(text: str) -> list[int]:
    return [len(text[start:end].split()) for start, end in passage_parts(text)]


def groupings(lengths: list[int]) -> list[list[int]]:
    """What the parts can have of syllables: every way to cut that the rule allows."""
    allowed = []
    inner = range(1, len(lengths))
    for cuts in itertools.chain.from_iterable(
        itertools.combinations(inner, count) for count in range(len(lengths))
    ):
        groups = [lengths[a:b] for a, b in itertools.pairwise([0, *cuts, len(lengths)])]
        if all(len(group) == 1 or sum(group) <= LONGEST_PART for group in groups):
            allowed.append([sum(group) for group in groups])
    return allowed


@given(st.text(max_size=200), st.integers(0, 300))
def test_parts_cover_any_text_and_end_where_sentences_do(text: str, repeated: int) -> None:
    text = text * repeated
    parts = passage_parts(text)
    assert [0, *(end for _, end in parts)] == [*(start for start, _ in parts), len(text)]
    assert all(start < end for start, end in parts)
    if len(parts) > 1:
        assert {end for _, end in parts} <= {end for _, end in sentence_spans(text)}


@given(LENGTHS)
def test_fewest_parts_and_balanced(lengths: list[int]) -> None:
    assume(sum(lengths) > LONGEST_PASSAGE)
    best = min(groupings(lengths), key=lambda parts: (len(parts), sum(n * n for n in parts)))
    found = part_lengths(passage(lengths))
    assert len(found) == len(best)
    assert sum(n * n for n in found) == sum(n * n for n in best)


@given(LENGTHS)
def test_the_form_of_accents_does_not_matter(lengths: list[int]) -> None:
    composed = passage(lengths)
    decomposed = unicodedata.normalize("NFD", composed)
    assert len(decomposed) > len(composed)
    assert part_lengths(composed) == part_lengths(decomposed)


def test_a_passage_of_usual_length_stays_whole() -> None:
    text = passage([25] * 6)
    assert len(text.split()) == LONGEST_PASSAGE
    assert passage_parts(text) == [(0, len(text))]
    assert sorted(part_lengths(passage([25] * 6 + [1]))) == [75, 76]


def test_a_long_sentence_stays_whole() -> None:
    assert part_lengths(passage([400])) == [400]
    assert part_lengths(passage([20, 400, 30, 40])) == [20, 400, 70]


def test_white_space_belongs_to_the_part_before() -> None:
    first, second = passage([90]), passage([80])
    text = f"  {first} \u00a0 {second}  "
    cut = len(f"  {first} \u00a0 ")
    assert passage_parts(text) == [(0, cut), (cut, len(text))]


def test_lines_that_were_joined_without_a_space() -> None:
    sentences = [passage([30]) for _ in range(6)]
    text = "".join(sentences)
    assert [text[start:end] for start, end in passage_parts(text)] == [
        "".join(sentences[:3]),
        "".join(sentences[3:]),
    ]


def test_nothing_to_cut() -> None:
    assert passage_parts("") == []
    assert passage_parts(" \u00a0 ") == [(0, 3)]
    assert passage_parts(" " * 10_000) == [(0, 10_000)]
    text = f"{SYLLABLE} " * 1_000
    assert passage_parts(text) == [(0, len(text))]


# What could be scanned again and again for each mark: a word, white space, quotation marks, a
# heading's number, and the sentences of a part.
@pytest.mark.parametrize("piece", ["Hà Nội họp. ", "a.", "A. ", "“a. ", '".', ". - ", "1. ", "Ừ. "])
def test_time_is_linear(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        passage_parts(text)
        return time.process_time() - start

    shorter = min(seconds(20_000) for _ in range(3))
    assert seconds(160_000) < 32 * shorter + 0.1

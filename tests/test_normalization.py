from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phodang.normalization import normalize

any_character = st.characters(exclude_categories=())
"""Every code point, lone surrogates too."""

# What the rules are about: glides and vowels, marks that compose and reorder, marks that only
# decompose (U+0344, U+0F73), vowel signs that compose without a combining class (U+09BE), spaces,
# format characters, eth.
tricky_character = st.sampled_from(
    "qQuUoOhgaAàÁảãạeéẸyỳÝỵnơăâđ_-1 \u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323\u0344\u0f71"
    "\u0f73\u09c7\u09be\u200b\u200d\ufeff\u00ad\u00a0\u3000\t\r\n\x00\x85ðÐ\ud800\udc00\u212b\ufb1d"
)
any_text = (
    st.text(any_character) | st.text(tricky_character) | st.text(any_character | tricky_character)
)

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxy" + "".join(
    unicodedata.normalize("NFC", vowel + tone)
    for vowel in "aăâeêioôơuưy"
    for tone in "\u0300\u0301\u0303\u0309\u0323"
)
vietnamese_text = st.text(st.sampled_from(VIETNAMESE + VIETNAMESE.upper() + " ,.-1"))


@settings(max_examples=300)
@given(any_text, st.integers(0, 1000))
def test_each_character_knows_its_source(text: str, offset: int) -> None:
    normalized = normalize(text, offset=offset)
    assert len(normalized.starts) == len(normalized.ends) == len(normalized.text)
    previous = (offset, offset)
    for start, end in zip(normalized.starts, normalized.ends, strict=True):
        assert offset <= start < end <= offset + len(text)
        assert previous[0] <= start
        assert previous[1] <= end
        # Either the same letter's next character, or a letter that begins after the last one.
        assert (start, end) == previous or start >= previous[1]
        previous = (start, end)


@settings(max_examples=300)
@given(any_text)
def test_nothing_is_left_to_normalize(text: str) -> None:
    once = normalize(text).text
    assert normalize(once).text == once


@given(any_text)
def test_no_controls_and_no_space_but_the_space(text: str) -> None:
    for character in normalize(text).text:
        assert character == " " or not character.isspace()
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs")


@settings(max_examples=300)
@given(any_text | vietnamese_text)
def test_the_fast_path_is_only_faster(text: str) -> None:
    # The zero-width space leaves nothing behind, but is no ordinary character.
    fast, slow = normalize(text), normalize(text + "\u200b")
    assert (fast.text, list(fast.starts), list(fast.ends)) == (
        slow.text,
        list(slow.starts),
        list(slow.ends),
    )


def test_the_fast_path_is_only_faster_for_each_character() -> None:
    for character in map(chr, range(0x3001)):
        assert normalize(character).text == normalize(character + "\u200b").text


@given(vietnamese_text)
def test_composed_and_decomposed_are_the_same(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    assert normalize(decomposed).text == normalize(composed).text
    normalized = normalize(decomposed)
    letters = [decomposed[s:e] for s, e in zip(normalized.starts, normalized.ends, strict=True)]
    assert "".join(letters) == decomposed
    assert [unicodedata.normalize("NFC", letter) for letter in letters] == list(composed)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("hoà bình", "hòa bình"),
        ("Hoà", "Hòa"),
        ("HOÀ", "HÒA"),
        ("thuỷ", "thủy"),
        ("THUỶ", "THỦY"),
        ("khoẻ", "khỏe"),
        ("tùy tuỳ", "tùy tùy"),
        ("xoá, xoá.", "xóa, xóa."),
        ("hoà_bình thuỷ_điện", "hòa_bình thủy_điện"),
        ("uỷ ban", "ủy ban"),
        ("UỶ BAN", "ỦY BAN"),
        ("quý", "quý"),
        ("QUÝ", "QUÝ"),
        ("quỳ Quỹ", "quỳ Quỹ"),
        ("hoàn khoét khuỷu", "hoàn khoét khuỷu"),
        ("hòa", "hòa"),
    ],
)
def test_tone_placement(written: str, read: str) -> None:
    assert normalize(written).text == read
    assert normalize(unicodedata.normalize("NFD", written)).text == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Hà\u00a0Nội", "Hà Nội"),
        ("Hà\tNội", "Hà Nội"),
        ("Hà\rNội", "Hà Nội"),
        ("Hà\u3000Nội", "Hà Nội"),
        ("Hà  Nội", "Hà  Nội"),
        ("Trung\u200b ương", "Trung ương"),
        ("Tr\u200bu\u00adng", "Trung"),
        ("\ufeffĐảng", "Đảng"),
        ("Ðảng, ðảng", "Đảng, đảng"),
        ("a\ud800b", "a\ufffdb"),
        ("a\u200b\u0301", "á"),
        ("Đảng bộ", "Đảng bộ"),
        ("", ""),
    ],
)
def test_spaces_format_characters_and_look_alikes(written: str, read: str) -> None:
    assert normalize(written).text == read


def test_offsets_around_what_is_left_out() -> None:
    text = "Tr\u200bung  ho\u00ada\u0300"
    normalized = normalize(text, offset=10)
    assert normalized.text == "Trung  hòa"
    assert list(normalized.starts) == [10, 11, 13, 14, 15, 16, 17, 18, 19, 21]
    assert list(normalized.ends) == [11, 12, 14, 15, 16, 17, 18, 19, 20, 23]


def test_a_letter_without_composed_form_keeps_its_marks_together() -> None:
    normalized = normalize("ax\u0323\u0301b")
    assert normalized.text == "ax\u0323\u0301b"
    assert list(normalized.starts) == [0, 1, 1, 1, 4]
    assert list(normalized.ends) == [1, 4, 4, 4, 5]


def test_a_mark_after_a_space_does_not_take_the_space_along() -> None:
    assert list(normalize("a \u0301").starts) == [0, 1, 2]

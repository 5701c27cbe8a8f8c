"""What the model sees of a text, with the way back to the text as it was written.

The encoder's vocabulary knows one spelling of each syllable, the archives have many: decomposed
letters, `hoà` beside `hòa`, zero-width characters, non-breaking spaces. The model reads the
normalised form; every result is reported on the raw text.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NORMALIZATION = "nfc+tone-placement/1"
"""Name and version of this normalisation; a checkpoint records the one it was trained with."""

_REPLACEMENT = "\ufffd"
_MOST_MARKS = 30
"""No letter of any language has more (Unicode Standard Annex #15, "Stream-Safe Text Format")."""
# The Icelandic eth is what many converters made of the Vietnamese letter of the same shape.
_LOOK_ALIKES = {"ð": "đ", "Ð": "Đ"}

# Most passages are written in these characters alone, each of them a composed letter or a sign: no
# combining marks, controls, format characters or spaces other than U+0020, and no eth.
_ORDINARY = re.compile(
    "[\x20-\x7e\xa1-\xac\xae-\xcf\xd1-\xef\xf1-\u017f\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9"
    "\u2010-\u2027\u2030-\u205e]*"
)

_TONED = {"a": "àáảãạ", "e": "èéẻẽẹ", "y": "ỳýỷỹỵ"}
_GLIDES = {"o": "òóỏõọ", "u": "ùúủũụ"}


def _tone_placements() -> dict[str, str]:
    pairs = {}
    for glide, vowel in (("o", "a"), ("o", "e"), ("u", "y")):
        for toned_vowel, toned_glide in zip(_TONED[vowel], _GLIDES[glide], strict=True):
            for first in (str.lower, str.upper):
                for second in (str.lower, str.upper):
                    written = first(glide) + second(toned_vowel)
                    pairs[written] = first(toned_glide) + second(vowel)
    return pairs


_TONE_PLACEMENTS = _tone_placements()
# Only where the syllable ends (`hoà`, not `hoàn`), and not after q, where u is part of the onset.
# `_` ends a syllable: it joins those of a word in segmented text. A mark belongs to the vowel.
_SYLLABLE_END = "(?![^\\W_]|[\u0300-\u036f])"
_TONE_PLACEMENT = re.compile(
    "(?:[oO][" + "".join(_TONED[v] + _TONED[v].upper() for v in "ae") + "]"
    "|(?<![qQ])[uU][" + _TONED["y"] + _TONED["y"].upper() + "])" + _SYLLABLE_END
)


@dataclass(frozen=True)
class NormalizedText:
    """A text as the model sees it, each character knowing where it came from.

    Attributes:
        text: The normalised text.
        starts: For each character of ``text``, where its source begins in the raw text.
        ends: For each character of ``text``, where its source ends in the raw text, exclusive.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def normalize(text: str, *, offset: int = 0) -> NormalizedText:
    """Normalise a text and keep the way back.

    The text is composed (NFC, Unicode Standard Annex #15) letter by letter, format characters
    (zero-width, bidirectional, soft hyphens) are left out, control characters and every kind of
    space become a space, lone surrogates become U+FFFD, the Icelandic eth becomes the Vietnamese
    letter of the same shape (``ð`` → ``đ``), and the tone of an open syllable in ``oa``, ``oe``,
    ``uy`` moves to its older place (``hoà`` → ``hòa``), the one the bundled encoder's vocabulary
    has.

    Args:
        text: Any string.
        offset: Where ``text`` begins in the raw text; added to all offsets.

    Returns:
        The normalised text with offsets of the raw text, in Unicode code points, end exclusive.
        Offsets never decrease. A letter written with several code points maps to all of them.
    """
    if _ORDINARY.fullmatch(text):
        composed = text
        starts: Sequence[int] = range(offset, offset + len(text))
        ends: Sequence[int] = range(offset + 1, offset + len(text) + 1)
    else:
        characters: list[str] = []
        starts, ends = [], []
        for letters, start, end in _letters(text):
            for character in letters:
                characters.append(character)
                starts.append(offset + start)
                ends.append(offset + end)
        composed = "".join(characters)
    placed = _TONE_PLACEMENT.sub(lambda match: _TONE_PLACEMENTS[match.group()], composed)
    return NormalizedText(placed, starts, ends)


def _letters(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each letter, composed, with the span of the code points that it was written with."""
    letter: list[str] = []
    start, end = 0, 0
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if category == "Cf":
            continue
        # A mark after a space stands alone, or a word would begin with the space.
        if category.startswith("M") and letter and letter[0] != " ":
            letter.append(character)
            end = position + 1
            continue
        if letter:
            yield _composed(letter), start, end
        if category == "Cc" or character.isspace():
            character = " "
        elif category == "Cs":
            character = _REPLACEMENT
        letter, start, end = [_LOOK_ALIKES.get(character, character)], position, position + 1
    if letter:
        yield _composed(letter), start, end


def _composed(letter: Sequence[str]) -> str:
    if len(letter) > _MOST_MARKS:
        # The library takes quadratic time to put marks in order, but not if they are.
        letter = _in_canonical_order(letter)
    return unicodedata.normalize("NFC", "".join(letter))


def _in_canonical_order(letter: Sequence[str]) -> list[str]:
    """Decompose a letter (The Unicode Standard, section 3.11)."""
    decomposed = [part for character in letter for part in unicodedata.normalize("NFD", character)]
    ordered: list[str] = []
    for _, run in itertools.groupby(decomposed, lambda part: unicodedata.combining(part) > 0):
        ordered += sorted(run, key=unicodedata.combining)
    return ordered

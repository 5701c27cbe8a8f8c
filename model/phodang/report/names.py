"""Surfaces → names: which spellings are counted as one name, and which of them is shown.

The rule is one of form alone. Two surfaces of one entity type are the same name if they differ in
nothing but

- composed and decomposed letters, format characters, kinds of white space and its amount, and the
  place of the tone in ``oa``, ``oe``, ``uy`` (``uỷ``, ``ủy``), as `phodang.normalization` has it;
- upper and lower case (``BỘ CHÍNH TRỊ``, ``Bộ Chính trị``), by Unicode's full case folding;
- kinds of dashes, and white space around them (``37-QĐ/TW``, ``37 – QĐ/TW``);
- curly and straight quotation marks;
- a full stop, comma or other sentence punctuation before or behind it (``TP.``, ``TP``).

Nothing is known of the world: ``UBND`` and ``Ủy ban nhân dân`` are two names, and two people of one
name are one.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter

from phodang.normalization import normalize

_DOUBLE_QUOTES = re.compile("[“”„‟«»]")
_SINGLE_QUOTES = re.compile("[‘’‚‛]")
_DASHES = re.compile(" *[-‐‑‒–—―−]+ *")
_OUTSIDE = " .,;:!?…"
_REMEMBERED = 1 << 16
"""So many surfaces are looked up rather than normalised: few names make up most mentions."""


@functools.lru_cache(_REMEMBERED)
def name_key(surface: str) -> str:
    """What all spellings of a name have in common; see the module for the rule.

    Returns:
        The key; the surface itself if nothing of it is left by the rule.
    """
    text = _DASHES.sub("-", normalize(surface).text)
    text = _SINGLE_QUOTES.sub("'", _DOUBLE_QUOTES.sub('"', text))
    text = " ".join(text.split()).strip(_OUTSIDE)
    key = unicodedata.normalize("NFC", text.casefold())
    return key or surface


def by_frequency(spellings: Counter[str]) -> list[tuple[str, int]]:
    """The spellings of a name, the one to be shown first.

    Returns:
        Surfaces and counts, the most frequent first. Of equally frequent ones, those that are not
        all capitals come first, then those that come first by code points.
    """
    return sorted(
        spellings.items(), key=lambda item: (-item[1], item[0].upper() == item[0], item[0])
    )

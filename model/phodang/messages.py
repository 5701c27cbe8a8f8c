"""What error messages and ``repr`` have in common: quoting, suggestions, what offsets mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

OFFSETS_WAY_OUT = (
    "Offsets count Unicode code points of the article's text, end exclusive; if the text or the "
    "offsets were changed after reading, read the text again."
)

_SHOWN_CHARACTERS = 60
"""A longer text is shown shortened."""
_SIMILARITY = 0.5
"""Names less alike than this, by `difflib`'s ratio, are not worth a suggestion."""


def shortened(text: str) -> str:
    """The text, or the beginning of a long one, ended by ``…``."""
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def quoted(text: str) -> str:
    """Quote a text for one line: double quotes, nothing invisible, long ones shortened."""
    return '"' + "".join(map(_escaped, shortened(text))) + '"'


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the known name nearest to a wrong one, or all that are known."""
    names = list(known)
    if nearest := difflib.get_close_matches(name, names, n=1, cutoff=_SIMILARITY):
        return f"Did you mean {quoted(nearest[0])}?"
    return f"Known: {', '.join(names)}."


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")

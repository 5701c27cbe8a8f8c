"""A passage → its sentences, found at sentence ends.

Libraries were weighed and found wanting: underthesea 9.5 loses the offsets, cuts inside web
addresses and after ``PGS.TS.``, and takes quadratic time; sentencex 1.0 and nupunkt 0.8 know no
Vietnamese abbreviations (both cut ``TP. HCM``) and take quadratic time on quotation marks.

The rule here is meant for cutting a long passage: where it is in doubt it sees no end, since to
miss an end costs little, and a cut inside a sentence more.
"""

from __future__ import annotations

import re
import unicodedata

# Not behind an opening bracket or quotation mark: `(…)` stands for words left out.
_END_MARK = re.compile(r"""(?<![(\[“‘«.!?…])[.!?…]+[”’»"')\]]*""")
# What can stand in front of a sentence's first word: white space, quotation marks, bullets.
_LEAD_IN = re.compile(r"""[\s"'“‘«(\[–—•·*+-]*""")
_DASHES = ("-", "–", "—")

# Cities and towns; academic and other titles; forms of address; publishing; consonants that begin a
# name, of which only they are given.
_ABBREVIATION = re.compile(
    "tp|tx|tt|gs|pgs|ts|ths|cn|ks|bs|ds|ls|nsnd|nsưt|đc|mr|mrs|ms|dr|prof|st|nxb|tr|vd"
    "|ch|gh|kh|ng|ngh|nh|ph|th",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12
"""In code points, accents counted by themselves; with room for one character before it."""
_LAST_WORD = re.compile(r"(?<!\w)[^\W\d_]+\Z")

# `1.`, `2.1.`, `IV.`, `Điều 5.`: the number of what follows.
_HEADING_NUMBER = re.compile(
    r"(?:(?i:phần|chương|mục|tiểu mục|điều|khoản|tiết|bài|câu|phụ lục)\s+)?"
    r"(?:\d{1,3}(?:\.\d{1,3}){0,3}|[IVXLC]{1,6})\."
)
_LONGEST_HEADING_NUMBER = 32
"""In code points, accents and the white space around it counted."""


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Find the sentences of a passage.

    A sentence ends with ``.``, ``!``, ``?`` or ``…``, the closing quotation marks and brackets
    behind it included, where white space and then a capital or a digit follow. Without the white
    space, too, as in a text that lost its line breaks (``hiệu quả.Trong năm``), if the letter
    before is no capital and a word with one capital follows. It does not end after an abbreviation
    (``TP.``, ``PGS.TS.``, a single letter), after a number that begins it (``1.``, ``Điều 5.``), or
    between a quotation and its speaker (``“…!” - Bí thư …``). Line breaks count as white space.

    Args:
        text: Any string; one that is not in Unicode's composed form will do.

    Returns:
        Spans ``(start, end)`` in Unicode code points of ``text``, end exclusive, in order and
        without gap, from 0 to ``len(text)``: the white space behind a sentence belongs to it. Each
        holds more than white space, unless the text does not. None for the empty text.
    """
    spans = []
    start = 0
    for mark in _END_MARK.finditer(text):
        next_start = _next_sentence(text, mark)
        if (
            next_start is not None
            and not _ends_abbreviation(text, mark)
            and not _is_heading_number(text, start, mark.end())
        ):
            spans.append((start, next_start))
            start = next_start
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _next_sentence(text: str, mark: re.Match[str]) -> int | None:
    """Where a sentence begins behind the mark, if what stands there can begin one."""
    end = mark.end()
    lead_in = _LEAD_IN.match(text, end)
    assert lead_in is not None  # it matches the empty string
    word = lead_in.end()
    if word == len(text) or not text[word].isalnum() or text[word].islower():
        return None
    if not text[end].isspace():
        return end if word == end and _is_joined(text, mark) else None
    space = lead_in.group()
    stripped = space.lstrip()
    if mark.group()[-1] in "”’»\"'" and stripped.startswith(_DASHES):
        return None
    return end + len(space) - len(stripped)


def _is_joined(text: str, mark: re.Match[str]) -> bool:
    """Whether two sentences meet at the mark without white space, and not parts of a name."""
    if mark.start() == 0 or text[mark.start() - 1].isupper() or mark.group()[-1] in "\"'":
        return False
    # A letter with two accents, and the next.
    word = unicodedata.normalize("NFC", text[mark.end() : mark.end() + 4])
    return word[0].isupper() and word[1:2].islower()


def _ends_abbreviation(text: str, mark: re.Match[str]) -> bool:
    if mark.group() != ".":
        return False
    before = text[max(0, mark.start() - _LONGEST_ABBREVIATION) : mark.start()]
    last = _LAST_WORD.search(unicodedata.normalize("NFC", before))
    if last is None:
        return False
    word = last.group()
    if len(word) > 1:
        return _ABBREVIATION.fullmatch(word) is not None
    # A vowel can be a word (`đồng ý.`).
    return word.isupper() or unicodedata.normalize("NFD", word)[0] not in "aeiouy"


def _is_heading_number(text: str, start: int, end: int) -> bool:
    if end - start > _LONGEST_HEADING_NUMBER:
        return False
    sentence = unicodedata.normalize("NFC", text[start:end]).strip()
    return _HEADING_NUMBER.fullmatch(sentence) is not None

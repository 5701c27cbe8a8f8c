"""How section labels are shown, in HTML and in a terminal: colours, lines, words, counts.

A label is told from another by the form of its line as well as by its colour, and is written out
where a section begins.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from phodang.article import Article
from phodang.sections import in_label_order, section_name

# From the palette of Okabe and Ito (Color Universal Design, 2008), made to be told apart under
# every kind of colour blindness: the colours that stand out on white and on near black by 3:1,
# which WCAG 2.2 asks of graphics.
_GREEN, _BLUE, _VERMILION, _PURPLE = "#009e73", "#0072b2", "#d55e00", "#cc79a7"

# The forms of lines, with the characters that look like them in a terminal.
_SIGNS = {"solid": "▌", "double": "║", "dashed": "┇", "dotted": "░"}


@dataclass(frozen=True, slots=True)
class SectionMark:
    """The line that stands in the margin of a section.

    Attributes:
        color: Its colour as ``#rrggbb``.
        line: Its form: ``solid``, ``double``, ``dashed`` or ``dotted``.
    """

    color: str
    line: str

    @property
    def sign(self) -> str:
        """The character that draws the line in a terminal."""
        return _SIGNS[self.line]


@dataclass(frozen=True, slots=True)
class SectionCount:
    """How often a label occurs.

    Attributes:
        sections: How many sections have it.
        share: The share of the characters of all passages for which it holds, from 0 (exclusive)
            to 1.
    """

    sections: int
    share: float


_MARKS = {
    "achievement": SectionMark(_GREEN, "solid"),
    "task": SectionMark(_BLUE, "double"),
    "warning": SectionMark(_VERMILION, "dashed"),
}
_OTHER_MARKS = tuple(
    SectionMark(color, line)
    for color in (_PURPLE, _GREEN, _BLUE, _VERMILION)
    for line in _SIGNS
    if SectionMark(color, line) not in _MARKS.values()
)


def section_marks(labels: Iterable[str]) -> dict[str, SectionMark]:
    """Give each section label of an article its mark, distinct as long as there are enough.

    Returns:
        Marks by label, in the order of labels. phodang's own labels always have the same mark;
        another label has always the same one too, unless a label before it has taken that.
    """
    marks: dict[str, SectionMark] = {}
    for label in in_label_order(labels):
        if label in _MARKS:
            marks[label] = _MARKS[label]
            continue
        # Not hash(): it differs from process to process.
        first = zlib.crc32(label.encode("utf-8", "surrogatepass")) % len(_OTHER_MARKS)
        candidates = _OTHER_MARKS[first:] + _OTHER_MARKS[:first]
        free = (mark for mark in candidates if mark not in marks.values())
        marks[label] = next(free, candidates[0])
    return marks


def short_name(label: str) -> str:
    """A section label in words: its Vietnamese name, or else the label itself."""
    return section_name(label) or label


def full_name(label: str) -> str:
    """A section label in words, with the label itself, such as ``nhiệm vụ (task)``."""
    name = section_name(label)
    return f"{name} ({label})" if name else label


def count_sections(articles: Iterable[Article]) -> dict[str, SectionCount]:
    """Count the sections of each label, and measure how much of the articles carries it.

    Returns:
        Counts by label, phodang's own labels first in their usual order, then others by name;
        labels without section are left out.
    """
    counts: Counter[str] = Counter()
    covered: defaultdict[str, int] = defaultdict(int)
    total = 0
    for article in articles:
        counts.update(section.label for section in article.sections)
        for passage in article.passages:
            total += passage.end - passage.start
            for part in passage.sections:
                covered[part.label] += part.end - part.start
    return {
        label: SectionCount(counts[label], covered[label] / total)
        for label in in_label_order(counts)
    }


def percent(share: float) -> str:
    """A share as a whole number of per cent; one that rounds to none is ``<1%``."""
    rounded = f"{share:.0%}"
    return "<1%" if rounded == "0%" else rounded

"""Lines of a page → paragraphs: which line breaks of a page are the layout's.

A PDF has no paragraphs, only lines. Two of them are joined where all of this holds, as it does
where a line ends for want of room alone. In doubt the break stays: a paragraph in two passages does
less harm than a heading inside a sentence.

- The second line stands below the first, in writing of the same height, and no further away than
  the nearest lines of their block are; pages and columns are not joined.
- The first word of the second line would not have fitted into the first, in front of the right
  edge of the block.
- The second line is not indented, or begins with a small letter; the first has some length.
- The second line does not begin like an item of a list.
- Behind the end of a sentence, the first line reaches the edge itself, as justified text does, and
  so does another line, which ends no sentence.

They are joined by a space, but for a line that ends inside a word, in a hyphen or a stroke:
``18-`` and ``NQ/TW``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SHORTEST_FULL_LINE = 30
"""Characters; columns of newspapers have as many, lines of headings and signatures mostly less."""

# As parts of the height of the writing.
_SAME_HEIGHT = 0.1
_FARTHEST_LINE = 2.5
_INDENT = 0.5
_DEEPEST_INDENT = 5
_AT_EDGE = 0.3

_MORE_SPACE = 1.2
"""Lines further apart than the nearest ones of the block, times this, are two paragraphs."""

_INSIDE_WORD = re.compile(r"\S[-–/]$")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")
_LIST_ITEM = re.compile(r"(?:[-–—•▪◦*+·]|\(?(?:\d{1,3}|[^\W\d_]|[IVXLC]+)[.)/])\s")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; lengths in points.

    Attributes:
        text: What it says, without white space around it.
        left: Where it begins.
        right: Where it ends.
        baseline: Where its letters stand, counted upwards.
        height: Height of its writing.
        first_word: Width of its first word.
        hyphen: Whether it ends with a hyphen that a word goes on behind.
    """

    text: str
    left: float
    right: float
    baseline: float
    height: float
    first_word: float
    hyphen: bool = False


def join_lines(lines: Sequence[Line]) -> list[str]:
    """Make paragraphs of the lines of a page.

    Args:
        lines: In the order of reading, none of them empty.

    Returns:
        Paragraphs: the lines, some of them joined.
    """
    paragraphs = []
    for block in _blocks(lines):
        margins = _Margins.of(block)
        text = block[0].text
        for above, below in itertools.pairwise(block):
            if above.hyphen:
                text += below.text
            elif margins.is_one_paragraph(above, below):
                text += below.text if _INSIDE_WORD.search(above.text) else f" {below.text}"
            else:
                paragraphs.append(text)
                text = below.text
        paragraphs.append(text)
    return paragraphs


def _blocks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Runs of lines of one height, each a little below the one before."""
    block: list[Line] = []
    for line in lines:
        if block and not (block[-1].hyphen or _is_next(block[-1], line)):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _is_next(above: Line, below: Line) -> bool:
    height = above.height
    return (
        abs(below.height - height) <= _SAME_HEIGHT * height
        and 0 < above.baseline - below.baseline <= _FARTHEST_LINE * height
        and below.left < above.right
        # The last line of a paragraph may be shorter than the first one is indented.
        and above.left < below.right + _DEEPEST_INDENT * height
    )


@dataclass(frozen=True, slots=True)
class _Margins:
    """What the lines of a block have in common.

    Attributes:
        left: Where the leftmost one begins.
        right: Where the rightmost one ends.
        justified: Whether this is the edge of the column, as a line that ends there shows by not
            ending a sentence.
        distance: How far the nearest two are apart, from baseline to baseline.
    """

    left: float
    right: float
    justified: bool
    distance: float

    @classmethod
    def of(cls, block: Sequence[Line]) -> _Margins:
        distances = (above.baseline - below.baseline for above, below in itertools.pairwise(block))
        right = max(line.right for line in block)
        return cls(
            min(line.left for line in block),
            right,
            any(_ends_at(right, line) and not _SENTENCE_END.search(line.text) for line in block),
            # A part behind a hyphen may stand beside the one before it.
            min((distance for distance in distances if distance > 0), default=0.0),
        )

    def is_one_paragraph(self, above: Line, below: Line) -> bool:
        height = above.height
        # No font has spaces that are much wider than its letters are on average.
        space = (above.right - above.left) / len(above.text)
        at_edge = self.justified and _ends_at(self.right, above)
        return (
            above.baseline - below.baseline <= _MORE_SPACE * self.distance
            and len(above.text) >= _SHORTEST_FULL_LINE
            and above.right + space + below.first_word > self.right
            and (below.left - self.left <= _INDENT * height or below.text[0].islower())
            and not _LIST_ITEM.match(below.text)
            and (at_edge or not _SENTENCE_END.search(above.text))
        )


def _ends_at(right: float, line: Line) -> bool:
    return right - line.right <= _AT_EDGE * line.height

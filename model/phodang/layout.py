"""Article → rows and margins: what text stands beside which section, in HTML and in a terminal.

A row is what is drawn as a paragraph. Most are whole passages; a passage that a section covers
only in part is drawn as several rows, so that it shows which part.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from phodang.article import Article, Entity, Passage
from phodang.sections import Section, in_label_order

_START = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of text that is drawn as one paragraph.

    Attributes:
        start: Where it begins in the article's text, in code points.
        end: Where it ends in the article's text, exclusive.
        entities: The entities in it, in order, each whole.
        continued: Whether its passage goes on in the next row.
    """

    start: int
    end: int
    entities: tuple[Entity, ...]
    continued: bool


@dataclass(frozen=True, slots=True)
class Margin:
    """What shows one section beside the rows that it covers.

    Attributes:
        section: The section.
        lane: In which column of the margin it stands, from 0; each label has a lane of its own.
        first: The first row that it covers, from 0.
        end: The row behind the last that it covers.
    """

    section: Section
    lane: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """An article as it is drawn.

    Attributes:
        rows: The rows, in order, not overlapping. Between them there is nothing but white space.
        margins: The margins of all sections, in the order of `Article.sections`.
        by_row: The margins beside each row, by lane.
        lanes: The labels of the lanes, from left to right.
    """

    rows: tuple[Row, ...]
    margins: tuple[Margin, ...]
    by_row: tuple[tuple[Margin, ...], ...]
    lanes: tuple[str, ...]

    def beside(self, row: int) -> tuple[Margin, ...]:
        """The margins beside a row, by lane."""
        return self.by_row[row]

    def through(self, row: int) -> tuple[Margin, ...]:
        """The margins that stand both beside a row and beside the one before it, by lane."""
        return tuple(margin for margin in self.beside(row) if margin.first < row)

    def beginning(self, row: int) -> tuple[Margin, ...]:
        """The margins that begin with a row, by lane."""
        return tuple(margin for margin in self.beside(row) if margin.first == row)


def lay_out(article: Article) -> Layout:
    """Divide an article into rows, and place the margins of its sections beside them.

    No row parts an entity: a section that begins or ends inside one is drawn beside all of it.
    White space at the place where a passage is divided stays with the row before.

    Args:
        article: The article.

    Returns:
        The layout. Text outside passages is a row unless it is blank.
    """
    sections = article.sections
    spans = [_outside_entities(article, section) for section in sections]
    edges = sorted({edge for span in spans for edge in span})
    shown = {edge: edge for edge in edges}
    rows: list[Row] = []
    position = 0
    for passage in article.passages:
        rows += _outside_passages(article.text, position, passage.start)
        cuts = edges[bisect_right(edges, passage.start) : bisect_left(edges, passage.end)]
        moved = _behind_white_space(passage, cuts)
        shown.update(zip(cuts, moved, strict=True))
        rows += _passage_rows(passage, moved)
        position = passage.end
    rows += _outside_passages(article.text, position, len(article.text))
    starts, ends = [row.start for row in rows], [row.end for row in rows]
    labels = in_label_order(section.label for section in sections)
    margins = tuple(
        Margin(
            section,
            lane=labels.index(section.label),
            first=bisect_left(starts, shown[start]),
            end=bisect_right(ends, shown[end]),
        )
        for section, (start, end) in zip(sections, spans, strict=True)
    )
    by_row: list[list[Margin]] = [[] for _ in rows]
    for margin in sorted(margins, key=lambda margin: margin.lane):
        for row in range(margin.first, margin.end):
            by_row[row].append(margin)
    return Layout(tuple(rows), margins, tuple(map(tuple, by_row)), labels)


def _outside_entities(article: Article, section: Section) -> tuple[int, int]:
    """Where a section begins and ends, widened to entities that it would part."""
    first = _entity_around(section.passages[0].entities, section.start)
    last = _entity_around(section.passages[-1].entities, section.end)
    return first.start if first else section.start, last.end if last else section.end


def _entity_around(entities: Sequence[Entity], place: int) -> Entity | None:
    """The entity that a cut at a place would part."""
    before = bisect_left(entities, place, key=_START) - 1
    return entities[before] if before >= 0 and place < entities[before].end else None


def _behind_white_space(passage: Passage, cuts: list[int]) -> list[int]:
    """Move each cut behind the white space that follows, as far as that is no row of its own."""
    moved = []
    for cut, limit in pairwise([*cuts, passage.end]):
        place = cut
        while place < limit and passage.text[place - passage.start].isspace():
            place += 1
        inside = _entity_around(passage.entities, place)
        moved.append(cut if place == limit or inside else place)
    return moved


def _passage_rows(passage: Passage, cuts: list[int]) -> list[Row]:
    edges = [passage.start, *cuts, passage.end]
    return [
        Row(
            start,
            end,
            passage.entities[
                bisect_left(passage.entities, start, key=_START) : bisect_left(
                    passage.entities, end, key=_START
                )
            ],
            continued=end < passage.end,
        )
        for start, end in pairwise(edges)
    ]


def _outside_passages(text: str, start: int, end: int) -> list[Row]:
    """Text outside passages: as a rule line breaks, which the space between rows stands for."""
    return [Row(start, end, (), continued=False)] if text[start:end].strip() else []

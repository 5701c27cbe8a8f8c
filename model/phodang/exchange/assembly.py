"""What a tool says of stretches of text → an article, checked.

Tools let people mark what phodang's articles cannot hold: spans over each other, spans over the
edges of passages. That is told and never mended, as only the person who marked it knows what is
meant.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from phodang.article import Article, Entity, Passage
from phodang.errors import InputError
from phodang.messages import quoted
from phodang.passages import passage_spans
from phodang.sections import PassageSection

Span = tuple[int, int]
"""Start and end in code points of a text, end exclusive."""

_WAY_OUT = "Correct it in the tool that the file is from, and export it from there again."


@dataclass(frozen=True, slots=True)
class Mark:
    """A label on a stretch of text.

    Attributes:
        start: Where it begins in the article's text, in code points.
        end: Where it ends, exclusive.
        label: The label.
        place: Where that is written, for messages: file, line, and what a tool calls it.
        score: How sure the labeller was; 1 for a person.
    """

    start: int
    end: int
    label: str
    place: str
    score: float = 1.0


@contextmanager
def located(place: str) -> Iterator[None]:
    """Say in an InputError where its cause stands."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def assemble(
    text: str,
    *,
    entities: Iterable[Mark],
    sections: Iterable[Mark],
    place: str,
    passages: Sequence[Span] | None = None,
) -> Article:
    """Put an article together.

    Args:
        text: The raw text.
        entities: Its entities, in any order.
        sections: Its section labels, in any order. A mark may cover several passages: each has the
            label where the mark covers it, and what lies between passages does not count.
        place: Where the article stands, for messages.
        passages: The spans of its passages; by default its lines, as phodang finds them.

    Raises:
        InputError: A mark is empty or not inside the text; entities overlap or are not inside one
            passage; sections with the same label overlap, or touch no passage; passages are not
            those of the text. The message says where that is written.
    """
    spans = passage_spans(text) if passages is None else passages
    with located(place):
        Article(text, tuple(Passage(start, end, text[start:end]) for start, end in spans))
    own_entities = _entities(text, spans, entities)
    own_sections = _sections(text, spans, sections)
    return Article(
        text,
        tuple(
            Passage(start, end, text[start:end], tuple(own_entities[i]), tuple(own_sections[i]))
            for i, (start, end) in enumerate(spans)
        ),
    )


def stored_passages(article: Article) -> list[list[int]] | None:
    """The spans of an article's passages, for a format to keep; none if they are its lines."""
    spans = [(passage.start, passage.end) for passage in article.passages]
    return None if spans == passage_spans(article.text) else [list(span) for span in spans]


def read_passages(value: object) -> list[Span] | None:
    """Read what `stored_passages` made, after a way through JSON.

    Raises:
        InputError: It is something else.
    """
    if value is None:
        return None
    if isinstance(value, list) and all(
        isinstance(span, list) and len(span) == 2 and all(type(offset) is int for offset in span)
        for span in value
    ):
        return [(span[0], span[1]) for span in value]
    raise InputError(
        "expected passages as a list of [start, end], in whole numbers, found something else. "
        "Leave them as phodang export wrote them, or take them out if they are the text's lines."
    )


def _entities(text: str, spans: Sequence[Span], marks: Iterable[Mark]) -> list[list[Entity]]:
    found: list[list[Entity]] = [[] for _ in spans]
    starts = [start for start, _ in spans]
    previous: Mark | None = None
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        _check_inside(mark, text)
        index = bisect_right(starts, mark.start) - 1
        if index < 0 or mark.end > spans[index][1]:
            raise InputError(
                f"{mark.place}: expected an entity inside one passage, that is, inside a line and "
                f"without the white space around it, found {_shown(mark, text)}. {_WAY_OUT}"
            )
        if previous is not None and mark.start < previous.end:
            raise InputError(
                f"{mark.place}: expected entities that do not overlap, found {_shown(mark, text)} "
                f"over {_shown(previous, text)} in {previous.place}. Keep one of the two, as a "
                "rule the longer one, in the tool that the file is from, and export it again."
            )
        with located(mark.place):
            surface = text[mark.start : mark.end]
            found[index].append(Entity(mark.start, mark.end, mark.label, surface, mark.score))
        previous = mark
    return found


def _sections(
    text: str, spans: Sequence[Span], marks: Iterable[Mark]
) -> list[list[PassageSection]]:
    found: list[list[PassageSection]] = [[] for _ in spans]
    starts = [start for start, _ in spans]
    latest: dict[str, Mark] = {}
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        _check_inside(mark, text)
        before = latest.get(mark.label)
        if before is not None and mark.start < before.end:
            raise InputError(
                f"{mark.place}: expected sections with one label that do not overlap, found "
                f"{_shown(mark, text)} over {_shown(before, text)} in {before.place}. Delete one "
                "of the two in the tool that the file is from, and export it again."
            )
        latest[mark.label] = mark
        touched = False
        for index in range(max(bisect_right(starts, mark.start) - 1, 0), len(spans)):
            start, end = max(spans[index][0], mark.start), min(spans[index][1], mark.end)
            if spans[index][0] >= mark.end:
                break
            if start < end:
                touched = True
                with located(mark.place):
                    found[index].append(PassageSection(start, end, mark.label, mark.score))
        if not touched:
            raise InputError(
                f"{mark.place}: expected a section that covers text, found {_shown(mark, text)}, "
                f"which lies between passages. {_WAY_OUT}"
            )
    for own in found:
        own.sort(key=lambda section: (section.start, section.end, section.label))
    return found


def _check_inside(mark: Mark, text: str) -> None:
    if not 0 <= mark.start < mark.end <= len(text):
        raise InputError(
            f"{mark.place}: expected offsets with 0 <= start < end <= {len(text)}, the length of "
            f"the text, found {quoted(mark.label)} at {mark.start}–{mark.end}. {_WAY_OUT}"
        )


def _shown(mark: Mark, text: str) -> str:
    surface = quoted(text[mark.start : mark.end])
    return f"{quoted(mark.label)} at {mark.start}–{mark.end} ({surface})"

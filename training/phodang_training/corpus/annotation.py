"""An annotated article: what it is made of, and the checks that hold for every one.

Offsets count Unicode code points of a passage's text, end exclusive:
``passage.text[span.start:span.end]`` is the surface as written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from phodang.errors import InputError
from phodang.messages import did_you_mean

_SHOWN_CHARACTERS = 60
"""A value longer than this is shown shortened in a message."""


@dataclass(frozen=True, slots=True)
class AnnotatedSpan:
    """An entity of a passage: ``text[start:end]`` in code points, and its type."""

    start: int
    end: int
    label: str

    def __str__(self) -> str:
        return f"{self.label} {self.start}–{self.end}"


@dataclass(frozen=True, slots=True)
class AnnotatedPassage:
    """A paragraph with its annotation.

    Attributes:
        text: The text, not blank.
        entities: Its entities, in order, not overlapping.
        sections: What it does, distinct names; empty for background.

    Raises:
        InputError: The text is blank, or an entity or a section is not as said above.
    """

    text: str
    entities: tuple[AnnotatedSpan, ...] = ()
    sections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for fault in passage_faults(self.text, enumerate(self.entities), self.sections):
            raise InputError(fault)


@dataclass(frozen=True, slots=True)
class AnnotatedArticle:
    """An article with its annotation.

    Attributes:
        id: Its id, distinct within a corpus.
        passages: Its paragraphs in order, the first of them the title.
        source: Where the text comes from, if that is known.
        kind: What kind of article it is, if that is known.
    """

    id: str
    passages: tuple[AnnotatedPassage, ...]
    source: str | None = None
    kind: str | None = None


def passage_faults(
    text: str, entities: Iterable[tuple[int, AnnotatedSpan]], sections: Sequence[str]
) -> Iterator[str]:
    """Find what an `AnnotatedPassage` cannot hold.

    Args:
        text: Its text.
        entities: Its entities, each with the number that messages call it by.
        sections: Its sections.

    Yields:
        For each fault what was expected, what was found, and the way out.
    """
    if not text.strip():
        yield f"expected a passage with text, found {text!r}. Delete the passage."
    previous = AnnotatedSpan(0, 0, "")
    for index, span in entities:
        fault = _span_fault(span, previous, text)
        if fault is not None:
            yield f"entities[{index}] ({span}): {fault}"
        if 0 <= span.start < span.end <= len(text):
            previous = span
    if not all(sections):
        yield "expected sections with names, found an empty string. Take it out."
    if len(set(sections)) < len(sections):
        yield f"expected each section once, found {list(sections)}. Take out the second."


def label_faults(
    article: AnnotatedArticle,
    *,
    labels: Collection[str] | None = None,
    sections: Collection[str] | None = None,
) -> Iterator[str]:
    """Find entities and sections of an article that have another label than those given.

    Args:
        article: The article.
        labels: The entity types that may occur; any if None.
        sections: The sections that may occur; any if None.

    Yields:
        For each of them where it is, the nearest of the labels, and the way out.
    """
    for index, passage in enumerate(article.passages):
        for span in passage.entities if labels is not None else ():
            if labels is not None and span.label not in labels:
                yield (
                    f'passages[{index}]: unknown label "{span.label}" at {span.start}–{span.end}. '
                    f"{did_you_mean(span.label, sorted(labels))} Correct it, or add it to the "
                    "labels."
                )
        for section in passage.sections if sections is not None else ():
            if sections is not None and section not in sections:
                yield (
                    f'passages[{index}]: unknown section "{section}". '
                    f"{did_you_mean(section, sections)} Correct it, or add it to sections.labels."
                )


def labels_of(articles: Iterable[AnnotatedArticle]) -> tuple[str, ...]:
    """The entity types that occur in articles, sorted."""
    return tuple(sorted({span.label for a in articles for p in a.passages for span in p.entities}))


def shown(value: object) -> str:
    """A value as it stands in JSON, shortened for a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _span_fault(span: AnnotatedSpan, previous: AnnotatedSpan, text: str) -> str | None:
    if not span.label:
        return "expected a label, found an empty string. Give it its type."
    if span.start >= span.end:
        return (
            "expected start < end, found an empty span. Ends are exclusive; delete the entity if "
            "it covers nothing."
        )
    if span.start < 0 or span.end > len(text):
        return (
            f"expected offsets inside the passage, 0–{len(text)}, found one outside. Offsets "
            "count Unicode code points of the passage's text, not bytes, and not from the "
            "article's start."
        )
    if span.start < previous.start:
        return (
            "expected entities in order, found one that begins before the entity in front of it "
            f"({previous}). Sort by start."
        )
    if span.start < previous.end:
        surface, before = (shown(text[s.start : s.end]) for s in (span, previous))
        return (
            f"expected entities that do not overlap, found {surface} over {before}, the entity in "
            "front of it. Keep the longer one."
        )
    return None

"""An annotated article: what it is made of, and the checks that hold for every one.

Offsets count Unicode code points of a passage's text, end exclusive:
``passage.text[span.start:span.end]`` is the surface as written.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from phodang.errors import InputError
from phodang.messages import did_you_mean

SECTIONS = ("achievement", "task", "warning")
"""What a passage can do; see ``data/annotation/guidelines.md``."""

_SHOWN_CHARACTERS = 60
"""A value longer than this is shown shortened in a message."""


@dataclass(frozen=True, slots=True)
class AnnotatedSpan:
    """An entity of a passage: ``text[start:end]`` in code points, and its type."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class AnnotatedPassage:
    """A paragraph with its annotation.

    Attributes:
        text: The text, not blank.
        entities: Its entities, in order, not overlapping.
        sections: What it does, of `SECTIONS`; empty for background.

    Raises:
        InputError: The text is blank, or an entity or a section is not as said above.
    """

    text: str
    entities: tuple[AnnotatedSpan, ...] = ()
    sections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InputError(
                f"expected a passage with text, found {self.text!r}. Delete the passage."
            )
        previous = AnnotatedSpan(0, 0, "")
        for index, span in enumerate(self.entities):
            _check_span(span, previous, self.text, f"entities[{index}]")
            previous = span
        for section in self.sections:
            if section not in SECTIONS:
                raise InputError(f'unknown section "{section}". {did_you_mean(section, SECTIONS)}')
        if len(set(self.sections)) < len(self.sections):
            raise InputError(f"expected each section once, found {list(self.sections)}.")


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


def check_labels(article: AnnotatedArticle, labels: Collection[str] | None) -> None:
    """Raise an InputError for the first entity whose label is none of those given, if any are."""
    if labels is None:
        return
    for index, passage in enumerate(article.passages):
        for span in passage.entities:
            if span.label not in labels:
                raise InputError(
                    f'passages[{index}]: unknown label "{span.label}" at {span.start}–{span.end}. '
                    f"{did_you_mean(span.label, sorted(labels))} Correct it, or add it to the "
                    "labels."
                )


def shown(value: object) -> str:
    """A value as it stands in JSON, shortened for a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _check_span(span: AnnotatedSpan, previous: AnnotatedSpan, text: str, where: str) -> None:
    found = f"{where} ({span.label} {span.start}–{span.end})"
    if not span.label:
        raise InputError(f"{found}: expected a label, found an empty string. Give it its type.")
    if span.start >= span.end:
        raise InputError(
            f"{found}: expected start < end, found an empty span. Ends are exclusive; delete the "
            "entity if it covers nothing."
        )
    if span.start < 0 or span.end > len(text):
        raise InputError(
            f"{found}: expected offsets inside the passage, 0–{len(text)}, found one outside. "
            "Offsets count Unicode code points of the passage's text, not bytes, and not from the "
            "article's start."
        )
    if span.start < previous.start:
        raise InputError(
            f"{found}: expected entities in order, found one that begins before the entity in "
            f"front of it ({previous.label} {previous.start}–{previous.end}). Sort by start."
        )
    if span.start < previous.end:
        surface, before = (shown(text[s.start : s.end]) for s in (span, previous))
        raise InputError(
            f"{found}: expected entities that do not overlap, found {surface} over {before}, the "
            "entity in front of it. Keep the longer one."
        )

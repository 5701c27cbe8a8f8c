"""The result of reading an article: entities, passages and sections, with offsets on the raw text.

Every offset, also inside a passage, counts Unicode code points of the article's text as the user
gave it, end exclusive, so that ``article.text[entity.start:entity.end] == entity.text``. The
classes check this when they are made; what they hold can be relied on, wherever it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phodang.errors import InputError
from phodang.messages import OFFSETS_WAY_OUT, did_you_mean, quoted
from phodang.sections import (
    SECTION_LABELS,
    LabelShare,
    PassageSection,
    Section,
    find_sections,
    in_label_order,
    label_shares,
)

_REPR_ITEMS = 3
"""A passage with more entities, or more section labels, is shown with the first ones only."""
_OUTLINE_WIDTH = 100
"""Characters of a line of an outline, unless told otherwise."""


@dataclass(frozen=True, slots=True, repr=False)
class Entity:
    """One entity of an article.

    Attributes:
        start: Where it begins in the article's text, in code points.
        end: Where it ends in the article's text, exclusive.
        label: Its type, such as ``ORG``.
        text: Its surface as written.
        score: How sure the model is, from 0 to 1.

    Raises:
        InputError: The offsets, the text and the score do not fit together.
    """

    start: int
    end: int
    label: str
    text: str
    score: float

    def __post_init__(self) -> None:
        _check_span("entity", self.start, self.end, self.text)
        if not self.label:
            raise InputError(
                f"Entity at {self.start}–{self.end}: expected the name of a type as label, "
                "found an empty string. Give every entity a label."
            )
        # Written so that NaN fails too.
        if not 0 <= self.score <= 1:
            raise InputError(
                f"Entity {self.label} at {self.start}–{self.end}: expected a score from 0 to 1, "
                f"found {self.score}. Give a probability, or 1.0 for an entity marked by hand."
            )

    def __repr__(self) -> str:
        return (
            f"Entity(start={self.start}, end={self.end}, label={quoted(self.label)}, "
            f"text={quoted(self.text)}, score={self.score:.3f})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Passage:
    """One paragraph of an article, with the entities in it and the section labels on it.

    Attributes:
        start: Where it begins in the article's text, in code points.
        end: Where it ends in the article's text, exclusive.
        text: The passage as written.
        entities: Its entities, in order, not overlapping. Their offsets are of the article's
            text, not of the passage's.
        sections: Its section labels, by start, end and label; none if it is background. Spans of
            different labels may overlap, those of one label do not. Offsets as those of entities.

    Raises:
        InputError: Offsets and texts do not fit together; entities are out of order or overlap;
            section labels are out of order, or two of one label overlap; one of them leaves the
            passage.
    """

    start: int
    end: int
    text: str
    entities: tuple[Entity, ...] = ()
    sections: tuple[PassageSection, ...] = ()

    def __post_init__(self) -> None:
        _check_span("passage", self.start, self.end, self.text)
        _check_order("entity", self.entities)
        for entity in self.entities:
            _check_inside(self, "an entity", entity)
            _check_surface("entity", entity, self.text, self.start)
        _check_section_order(self.sections)
        for section in self.sections:
            _check_inside(self, "a section label", section)

    @property
    def labels(self) -> tuple[str, ...]:
        """Its distinct section labels: phodang's own in their usual order, then others by name."""
        return in_label_order(section.label for section in self.sections)

    def __repr__(self) -> str:
        return (
            f"Passage(start={self.start}, end={self.end}, text={quoted(self.text)}, "
            f"entities={_listed(self.entities)}, sections={_listed(self.sections)})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Article:
    """A text and what was read in it.

    In a notebook an article shows itself with its entities marked.

    Attributes:
        text: The raw text, untouched.
        passages: Its passages, in order, not overlapping; none if the text is empty or blank.

    Raises:
        InputError: Passages are out of order, overlap, or are not those of the text.
    """

    text: str
    passages: tuple[Passage, ...] = ()

    def __post_init__(self) -> None:
        _check_order("passage", self.passages)
        for passage in self.passages:
            _check_surface("passage", passage, self.text, 0)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities of all passages, in order."""
        return tuple(entity for passage in self.passages for entity in passage.entities)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The runs of passages that share a section label; see `phodang.sections.find_sections`.

        By start, then end, then label. Sections of different labels may overlap.
        """
        return find_sections(self.passages)

    @property
    def labels(self) -> tuple[LabelShare, ...]:
        """The section labels that occur and how much of the article carries each.

        The largest share first; equal ones in the order of labels. Empty if there are none.
        """
        return label_shares(self.passages)

    def select(self, label: str) -> tuple[Section, ...]:
        """The sections with one label, in order.

        Args:
            label: One of phodang's own section labels, or another one that the article has.

        Returns:
            The sections; none if the article has no section with this label.

        Raises:
            InputError: Neither phodang nor the article has such a section label.
        """
        sections = self.sections
        known = in_label_order([*SECTION_LABELS, *(section.label for section in sections)])
        if label not in known:
            raise InputError(
                "Expected a section label that phodang or the article has, found "
                f"{quoted(label)}. {did_you_mean(label, known)}"
            )
        return tuple(section for section in sections if section.label == label)

    def outline(self, *, width: int = _OUTLINE_WIDTH) -> str:
        """Write the title and the sections, a line each; see `phodang.outline.article_outline`."""
        from phodang.outline import article_outline

        return article_outline(self, width=width)

    def __repr__(self) -> str:
        return (
            f"Article(text={quoted(self.text)}, passages=<{len(self.passages)}>, "
            f"entities=<{len(self.entities)}>, sections=<{len(self.sections)}>)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Make a record that ``json.dumps`` takes and `from_dict` reads back without loss.

        Returns:
            ``{"text", "passages": [{"start", "end", "entities": [{"start", "end", "label",
            "text", "score"}], "sections": [{"start", "end", "label", "score"}]}]}``. A passage's
            text is ``text[start:end]`` and not repeated.
        """
        from phodang.records import write_record

        return write_record(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Article:
        """Read a record of `to_dict`, also after a way through JSON.

        Args:
            record: The record. Passages in records of an older phodang have no ``sections``.

        Returns:
            An article equal to the one that was written.

        Raises:
            InputError: A key is missing or unknown, a value has the wrong type, or offsets and
                texts do not fit together.
        """
        from phodang.records import read_record

        return cls(*read_record(record))

    def to_html(self, *, title: str | None = None) -> str:
        """Render the article as an HTML fragment; see `phodang.html.article_to_html`."""
        from phodang.html import article_to_html

        return article_to_html(self, title=title)

    def _repr_html_(self) -> str:
        return self.to_html()


def _check_span(kind: str, start: int, end: int, text: str) -> None:
    if not 0 <= start < end:
        raise InputError(
            f"{kind.capitalize()} {quoted(text)}: expected offsets with 0 <= start < end, found "
            f"start={start}, end={end}. {OFFSETS_WAY_OUT}"
        )
    if len(text) != end - start:
        raise InputError(
            f"{kind.capitalize()} at {start}–{end}: expected a text of {end - start} code points, "
            f"found {len(text)}: {quoted(text)}. {OFFSETS_WAY_OUT}"
        )


def _check_surface(kind: str, span: Entity | Passage, text: str, offset: int) -> None:
    found = text[span.start - offset : span.end - offset]
    if found != span.text:
        raise InputError(
            f"{kind.capitalize()} at {span.start}–{span.end}: expected {quoted(span.text)} there, "
            f"found {quoted(found)} in a text that ends at {offset + len(text)}. {OFFSETS_WAY_OUT}"
        )


def _check_order(kind: str, spans: Iterable[Entity | Passage]) -> None:
    previous = 0
    for span in spans:
        if span.start < previous:
            raise InputError(
                f"{kind.capitalize()} at {span.start}–{span.end}: expected it to begin at "
                f"{previous} or later, where the {kind} before it ends. Sort by start, and keep "
                "one of two that overlap."
            )
        previous = span.end


def _check_inside(passage: Passage, kind: str, span: Entity | PassageSection) -> None:
    if not passage.start <= span.start < span.end <= passage.end:
        raise InputError(
            f"{span!r}: expected {kind} inside its passage, {passage.start}–{passage.end}, found "
            f"one that leaves it. {OFFSETS_WAY_OUT}"
        )


def _check_section_order(sections: Iterable[PassageSection]) -> None:
    previous: tuple[int, int, str] | None = None
    ends: dict[str, int] = {}
    for section in sections:
        order = (section.start, section.end, section.label)
        if previous is not None and order < previous:
            raise InputError(
                f"{section!r}: expected section labels by start, end and label, found this one "
                f"behind {quoted(previous[2])} at {previous[0]}–{previous[1]}. Sort them."
            )
        if section.start < ends.get(section.label, 0):
            raise InputError(
                f"{section!r}: expected it to begin at {ends[section.label]} or later, where the "
                "span with the same label before it ends. Keep one of two that overlap, or join "
                "them."
            )
        previous, ends[section.label] = order, section.end


def _listed(spans: Sequence[Entity | PassageSection]) -> str:
    shown = [repr(span) for span in spans[:_REPR_ITEMS]]
    if len(spans) > _REPR_ITEMS:
        shown.append(f"… {len(spans) - _REPR_ITEMS} more")
    return f"[{', '.join(shown)}]"

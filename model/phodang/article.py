"""The result of reading an article: entities and passages, with offsets on the raw text.

Every offset, also inside a passage, counts Unicode code points of the article's text as the user
gave it, end exclusive, so that ``article.text[entity.start:entity.end] == entity.text``. The
classes check this when they are made; what they hold can be relied on, wherever it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from phodang.errors import InputError

_REPR_CHARACTERS = 60
"""A text longer than this is shown shortened by ``repr``."""
_REPR_ENTITIES = 3
"""A passage with more entities than this is shown with the first ones only."""

_Value = TypeVar("_Value")


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
            f"Entity(start={self.start}, end={self.end}, label={_quoted(self.label)}, "
            f"text={_quoted(self.text)}, score={self.score:.3f})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Passage:
    """One paragraph of an article, with the entities in it.

    Attributes:
        start: Where it begins in the article's text, in code points.
        end: Where it ends in the article's text, exclusive.
        text: The passage as written.
        entities: Its entities, in order, not overlapping. Their offsets are of the article's
            text, not of the passage's.

    Raises:
        InputError: Offsets and texts do not fit together, or entities are out of order, overlap
            or leave the passage.
    """

    start: int
    end: int
    text: str
    entities: tuple[Entity, ...] = ()

    def __post_init__(self) -> None:
        _check_span("passage", self.start, self.end, self.text)
        _check_order("entity", self.entities)
        for entity in self.entities:
            if not self.start <= entity.start < entity.end <= self.end:
                raise InputError(
                    f"{entity!r}: expected an entity inside its passage, "
                    f"{self.start}–{self.end}, found one that leaves it. {_WAY_OUT}"
                )
            _check_surface("entity", entity, self.text, self.start)

    def __repr__(self) -> str:
        shown = [repr(entity) for entity in self.entities[:_REPR_ENTITIES]]
        if len(self.entities) > _REPR_ENTITIES:
            shown.append(f"… {len(self.entities) - _REPR_ENTITIES} more")
        return (
            f"Passage(start={self.start}, end={self.end}, text={_quoted(self.text)}, "
            f"entities=[{', '.join(shown)}])"
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

    def __repr__(self) -> str:
        return (
            f"Article(text={_quoted(self.text)}, passages=<{len(self.passages)}>, "
            f"entities=<{len(self.entities)}>)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Make a record that ``json.dumps`` takes and `from_dict` reads back without loss.

        Returns:
            ``{"text", "passages": [{"start", "end", "entities": [{"start", "end", "label",
            "text", "score"}]}]}``. A passage's text is ``text[start:end]`` and not repeated.
        """
        return {
            "text": self.text,
            "passages": [_passage_to_dict(passage) for passage in self.passages],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Article:
        """Read a record of `to_dict`, also after a way through JSON.

        Args:
            record: The record.

        Returns:
            An article equal to the one that was written.

        Raises:
            InputError: A key is missing or unknown, a value has the wrong type, or offsets and
                texts do not fit together.
        """
        _check_keys(record, ("text", "passages"), "the article")
        text = _value(record, "text", str, "the article")
        passages = _value(record, "passages", list, "the article")
        return cls(
            text,
            tuple(
                _passage_from_dict(passage, text, f"passages[{index}]")
                for index, passage in enumerate(passages)
            ),
        )

    def to_html(self, *, title: str | None = None) -> str:
        """Render the article as an HTML fragment; see `phodang.html.article_to_html`."""
        from phodang.html import article_to_html

        return article_to_html(self, title=title)

    def _repr_html_(self) -> str:
        return self.to_html()


_WAY_OUT = (
    "Offsets count Unicode code points of the article's text, end exclusive; if the text or the "
    "offsets were changed after reading, read the text again."
)


def _check_span(kind: str, start: int, end: int, text: str) -> None:
    if not 0 <= start < end:
        raise InputError(
            f"{kind.capitalize()} {_quoted(text)}: expected offsets with 0 <= start < end, found "
            f"start={start}, end={end}. {_WAY_OUT}"
        )
    if len(text) != end - start:
        raise InputError(
            f"{kind.capitalize()} at {start}–{end}: expected a text of {end - start} code points, "
            f"found {len(text)}: {_quoted(text)}. {_WAY_OUT}"
        )


def _check_surface(kind: str, span: Entity | Passage, text: str, offset: int) -> None:
    found = text[span.start - offset : span.end - offset]
    if found != span.text:
        raise InputError(
            f"{kind.capitalize()} at {span.start}–{span.end}: expected {_quoted(span.text)} there, "
            f"found {_quoted(found)} in a text that ends at {offset + len(text)}. {_WAY_OUT}"
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


def _passage_to_dict(passage: Passage) -> dict[str, Any]:
    return {
        "start": int(passage.start),
        "end": int(passage.end),
        "entities": [
            {
                "start": int(entity.start),
                "end": int(entity.end),
                "label": entity.label,
                "text": entity.text,
                "score": float(entity.score),
            }
            for entity in passage.entities
        ],
    }


def _passage_from_dict(record: Any, text: str, where: str) -> Passage:
    _check_keys(record, ("start", "end", "entities"), where)
    start = _value(record, "start", int, where)
    end = _value(record, "end", int, where)
    entities = _value(record, "entities", list, where)
    if not 0 <= start < end <= len(text):
        raise InputError(
            f"{where}: expected offsets with 0 <= start < end <= {len(text)}, the length of the "
            f"text, found start={start}, end={end}. {_WAY_OUT}"
        )
    return Passage(
        start,
        end,
        text[start:end],
        tuple(
            _entity_from_dict(entity, f"{where}.entities[{index}]")
            for index, entity in enumerate(entities)
        ),
    )


def _entity_from_dict(record: Any, where: str) -> Entity:
    _check_keys(record, ("start", "end", "label", "text", "score"), where)
    return Entity(
        start=_value(record, "start", int, where),
        end=_value(record, "end", int, where),
        label=_value(record, "label", str, where),
        text=_value(record, "text", str, where),
        score=_value(record, "score", float, where),
    )


def _check_keys(record: object, keys: tuple[str, ...], where: str) -> None:
    expected = ", ".join(keys)
    if not isinstance(record, Mapping):
        raise InputError(
            f"{where}: expected a mapping with the keys {expected}, found "
            f"{type(record).__name__}. Give a record as Article.to_dict makes it."
        )
    if missing := [key for key in keys if key not in record]:
        raise InputError(
            f"{where}: expected the keys {expected}, found no {', '.join(missing)}. Give a record "
            "as Article.to_dict makes it."
        )
    # Dropping what is not understood would lose it on the way back.
    if unknown := [str(key) for key in record if key not in keys]:
        raise InputError(
            f"{where}: expected the keys {expected} and no other, found {', '.join(unknown)}. Take "
            "keys of your own out first; a key of a newer phodang needs that version."
        )


def _value(record: Mapping[str, Any], key: str, kind: type[_Value], where: str) -> _Value:
    value = record[key]
    if kind is float and type(value) is int:
        # JSON writers other than Python's write 1.0 as 1.
        value = float(value)
    # bool is a subclass of int, and True is no offset.
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(
            f"{where}: expected {key} to be of type {kind.__name__}, found "
            f"{type(value).__name__}: {_shortened(repr(value))}."
        )
    return value


def _shortened(text: str) -> str:
    return text if len(text) <= _REPR_CHARACTERS else text[: _REPR_CHARACTERS - 1] + "…"


def _quoted(text: str) -> str:
    """Quote a text for one line: double quotes, nothing invisible, long ones shortened."""
    return '"' + "".join(map(_escaped, _shortened(text))) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")

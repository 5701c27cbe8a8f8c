"""Article ↔ record: the plain dictionaries that ``json`` writes and reads.

`Article.to_dict` and `Article.from_dict` are the way in; they document the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from phodang.article import Article, Entity, Passage
from phodang.errors import InputError
from phodang.messages import OFFSETS_WAY_OUT, shortened
from phodang.sections import PassageSection

_Value = TypeVar("_Value")


def write_record(article: Article) -> dict[str, Any]:
    """Make the record of an article; see `Article.to_dict`."""
    return {
        "text": article.text,
        "passages": [_passage_to_dict(passage) for passage in article.passages],
    }


def read_record(record: Mapping[str, Any]) -> tuple[str, tuple[Passage, ...]]:
    """Read the text and the passages of a record; see `Article.from_dict`.

    Raises:
        InputError: A key is missing or unknown, a value has the wrong type, or offsets and texts
            do not fit together.
    """
    _check_keys(record, ("text", "passages"), "the article")
    text = _value(record, "text", str, "the article")
    passages = _value(record, "passages", list, "the article")
    return text, tuple(
        _passage_from_dict(passage, text, f"passages[{index}]")
        for index, passage in enumerate(passages)
    )


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
        "sections": [
            {
                "start": int(section.start),
                "end": int(section.end),
                "label": section.label,
                "score": float(section.score),
            }
            for section in passage.sections
        ],
    }


def _passage_from_dict(record: Any, text: str, where: str) -> Passage:
    # Records of an older phodang have no sections.
    _check_keys(record, ("start", "end", "entities"), where, optional=("sections",))
    start = _value(record, "start", int, where)
    end = _value(record, "end", int, where)
    entities = _value(record, "entities", list, where)
    sections = _value(record, "sections", list, where) if "sections" in record else []
    if not 0 <= start < end <= len(text):
        raise InputError(
            f"{where}: expected offsets with 0 <= start < end <= {len(text)}, the length of the "
            f"text, found start={start}, end={end}. {OFFSETS_WAY_OUT}"
        )
    return Passage(
        start,
        end,
        text[start:end],
        tuple(
            _entity_from_dict(entity, f"{where}.entities[{index}]")
            for index, entity in enumerate(entities)
        ),
        tuple(
            _section_from_dict(section, f"{where}.sections[{index}]")
            for index, section in enumerate(sections)
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


def _section_from_dict(record: Any, where: str) -> PassageSection:
    _check_keys(record, ("start", "end", "label", "score"), where)
    return PassageSection(
        start=_value(record, "start", int, where),
        end=_value(record, "end", int, where),
        label=_value(record, "label", str, where),
        score=_value(record, "score", float, where),
    )


def _check_keys(
    record: object, keys: tuple[str, ...], where: str, *, optional: tuple[str, ...] = ()
) -> None:
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
    if unknown := [str(key) for key in record if key not in (*keys, *optional)]:
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
            f"{type(value).__name__}: {shortened(repr(value))}."
        )
    return value

"""An annotated article ↔ a JSON object by the schema of ``data/README.md``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phodang.messages import did_you_mean
from phodang_training.corpus.annotation import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    passage_faults,
    shown,
)

_KINDS: dict[type, str] = {str: "a string", int: "a whole number", list: "a list"}
_LISTS = ("entities", "sections", "heldout", "train")
"""Keys whose lists may be empty."""


def record_faults(record: Any) -> Iterator[str]:
    """Find what keeps a JSON value from being an annotated article.

    Yields:
        For each fault the place in the value, what was expected, what was found, and the way out.
    """
    yield from key_faults(record, ("id", "passages"), ("source", "kind"))
    if not isinstance(record, dict):
        return
    for key in ("id", "source", "kind"):
        if key == "id" or record.get(key) is not None:
            yield from _type_faults(record, key, str)
    if record.get("id") == "":
        yield "expected an id, found an empty string. Give every article an id."
    yield from _type_faults(record, "passages", list)
    passages = record.get("passages")
    if passages == []:
        yield "expected at least one passage, found none. Delete the line."
    for index, passage in enumerate(passages if isinstance(passages, list) else ()):
        yield from (f"passages[{index}]: {fault}" for fault in _passage_faults(passage))


def article_of(record: Any) -> AnnotatedArticle:
    """Make an article of a JSON object in which `record_faults` finds nothing."""
    return AnnotatedArticle(
        record["id"],
        tuple(
            AnnotatedPassage(
                passage["text"], tuple(map(_span, passage["entities"])), tuple(passage["sections"])
            )
            for passage in record["passages"]
        ),
        record.get("source"),
        record.get("kind"),
    )


def record_of(article: AnnotatedArticle) -> dict[str, Any]:
    """Make a JSON object that `article_of` makes the same article of."""
    about = {"source": article.source, "kind": article.kind}
    return {
        "id": article.id,
        **{key: value for key, value in about.items() if value is not None},
        "passages": [
            {
                "text": passage.text,
                "entities": [
                    {"start": span.start, "end": span.end, "label": span.label}
                    for span in passage.entities
                ],
                "sections": list(passage.sections),
            }
            for passage in article.passages
        ],
    }


def key_faults(
    record: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[str]:
    """Find keys of an object that are missing or unknown, or that it is no object at all."""
    expected = f"an object with the keys {', '.join(required)}"
    if not isinstance(record, dict):
        yield f"expected {expected}, found {shown(record)}."
        return
    for key in record:
        # Read over, it would be lost when the articles are written again.
        if key not in (*required, *optional):
            suggestion = did_you_mean(key, (*required, *optional))
            yield f'unknown key "{key}". {suggestion} Rename it, or take it out.'
    for key in required:
        if key not in record:
            empty = "; a list may be empty" if key in _LISTS else ""
            yield f'expected {expected}, found no "{key}". Add it{empty}.'


def string_faults(record: dict[str, Any], key: str) -> Iterator[str]:
    """Find what keeps the value of a key, if it is there, from being a list of strings."""
    yield from _type_faults(record, key, list)
    values = record.get(key)
    for index, value in enumerate(values if isinstance(values, list) else ()):
        name = f"{key}[{index}]"
        yield from _type_faults({name: value}, name, str)


def _passage_faults(record: Any) -> Iterator[str]:
    yield from key_faults(record, ("text", "entities", "sections"))
    if not isinstance(record, dict):
        return
    yield from _type_faults(record, "text", str)
    yield from _type_faults(record, "entities", list)
    yield from string_faults(record, "sections")
    entities = record.get("entities")
    spans = []
    for index, span in enumerate(entities if isinstance(entities, list) else ()):
        faults = list(_span_faults(span))
        yield from (f"entities[{index}]: {fault}" for fault in faults)
        if not faults:
            spans.append((index, _span(span)))
    if "text" in record and not any(_type_faults(record, "text", str)):
        whole = "sections" in record and not any(string_faults(record, "sections"))
        yield from passage_faults(record["text"], spans, record["sections"] if whole else ())


def _span_faults(record: Any) -> Iterator[str]:
    yield from key_faults(record, ("start", "end", "label"))
    if isinstance(record, dict):
        for key, kind in (("start", int), ("end", int), ("label", str)):
            yield from _type_faults(record, key, kind)


def _span(record: dict[str, Any]) -> AnnotatedSpan:
    return AnnotatedSpan(record["start"], record["end"], record["label"])


def _type_faults(record: dict[str, Any], key: str, kind: type) -> Iterator[str]:
    """Find that the value of a key, if it is there, has another type, or is no text."""
    if key not in record:
        return
    value = record[key]
    # A bool is an int to Python, and true is no offset.
    if not isinstance(value, kind) or isinstance(value, bool):
        yield (
            f'expected "{key}" to be {_KINDS[kind]}, found {shown(value)}. Write it as '
            f"{_KINDS[kind]}."
        )
    elif isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        yield (
            f'expected text in "{key}", found half of a surrogate pair (\\ud8…). Write the '
            "character itself, or U+FFFD in its place."
        )

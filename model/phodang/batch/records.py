"""What an input is made of: records, each at its place, and those that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

JsonValue = Any
"""What JSON can hold: none, booleans, numbers, strings, lists and objects of these."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands.

    Attributes:
        source: Name of its source: the file's path as it was found, or ``-`` for standard input.
        number: Its number in the source, from 1: the line of a JSON Lines file, the row of a
            table, 1 for a file that is one article.
    """

    source: str
    number: int

    def __str__(self) -> str:
        return f"{self.source}:{self.number}"


@dataclass(frozen=True, slots=True)
class Record:
    """One article of an input, not read yet.

    Attributes:
        id: Its name: the value of the id field, or else made from its place.
        text: The raw text, not empty.
        fields: The other fields, by name, as they were; values that JSON does not have are
            written as `phodang.batch.values` says.
        place: Where it stands.
    """

    id: str
    text: str
    place: Place
    fields: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record, or a whole source, that cannot be labelled.

    Attributes:
        place: Where it stands.
        reason: What was expected and what was found.
        id: Its name, where that could be read.
    """

    place: Place
    reason: str
    id: str | None = None

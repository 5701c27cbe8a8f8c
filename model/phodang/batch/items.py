"""The stream that a run works on: what was read, and how far that takes the reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phodang.batch.labelled import LabelledArticle
from phodang.batch.manifest import Position
from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.records import Record, Rejection
from phodang.batch.sources import Source
from phodang.errors import InputError


@dataclass(frozen=True, slots=True)
class Item:
    """What was read next.

    Attributes:
        value: The record, or why there is none.
        behind: Where reading goes on behind it.
    """

    value: Record | Rejection
    behind: Position


@dataclass(frozen=True, slots=True)
class LabelledItem:
    """What became of an item.

    Attributes:
        value: The labelled article, or why there is none.
        behind: Where reading goes on behind it.
    """

    value: LabelledArticle | Rejection
    behind: Position


def read_items(
    sources: Sequence[Source], options: ReadingOptions, *, start: Position
) -> Iterator[Item]:
    """Read sources one after the other.

    Args:
        sources: All sources of the run.
        options: How they are read.
        start: Where to begin.

    Raises:
        InputError: Standard input begins otherwise than it did when the run was stopped; or see
            `phodang.batch.reading.read_source`.
    """
    for index in range(start.source, len(sources)):
        place = start if index == start.source else Position(index, 0)
        if sources[index].path is None:
            yield from _read_standard_input(sources[index], options, place)
            continue
        values = read_source(sources[index], options, skip=place.item)
        for number, value in enumerate(values, start=place.item + 1):
            yield Item(value, Position(index, number))


def _read_standard_input(
    source: Source, options: ReadingOptions, start: Position
) -> Iterator[Item]:
    """Read standard input, and check that what was done before is there again.

    Files have a fingerprint for that, which standard input can only have as far as it was read.
    """
    digest = hashlib.sha256()
    number = 0
    for number, value in enumerate(read_source(source, options), start=1):
        digest.update(repr(value).encode("utf-8", "surrogatepass"))
        if number == start.item and digest.hexdigest() != start.digest:
            break
        if number > start.item:
            yield Item(value, Position(start.source, number, digest.hexdigest()))
    else:
        if number >= start.item:
            return
    raise InputError(
        f"Expected standard input to begin with the {start.item:,} records that were read before "
        "the run was stopped, found others. Give the same input again, or another output folder."
    )

"""Texts without annotations: whatever ``phodang label`` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.records import Record
from phodang.batch.sources import Source
from phodang.errors import InputError


def read_texts(sources: Iterable[Source], *, text_field: str = "text") -> Iterator[Record]:
    """Read texts one after the other.

    Args:
        sources: What `phodang.batch.sources.find_sources` found.
        text_field: Field or column that holds the text.

    Raises:
        InputError: A text cannot be read.
    """
    options = ReadingOptions(text_field=text_field)
    for source in sources:
        for value in read_source(source, options):
            if not isinstance(value, Record):
                raise InputError(f"{value.place}: {value.reason}")
            yield value

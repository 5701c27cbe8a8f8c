"""The texts that a benchmark reads: records of any input, or annotated articles."""

from __future__ import annotations

import json
from collections.abc import Iterator

from phodang.batch.readers.items import UnreadableError
from phodang.batch.readers.streams import open_stream
from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.records import Rejection
from phodang.batch.sources import Source, SourceFormat, find_sources
from phodang.errors import InputError


def read_texts(file: str) -> list[str]:
    """Read all texts of an input.

    Args:
        file: What `phodang.batch.sources.find_sources` takes; of JSON Lines, records with a field
            ``text``, or annotated articles (``passages``, each with a ``text``), whose text is
            their passages joined by line breaks.

    Raises:
        InputError: There is no such input, it has no text, or a record cannot be read.
    """
    texts = [text for source in find_sources([file]).sources for text in _texts(source)]
    if not any(text.split() for text in texts):
        raise InputError(f"{file}: expected texts with words, found none. Give another file.")
    return texts


def _texts(source: Source) -> Iterator[str]:
    if _is_annotated(source):
        yield from _annotated_texts(source)
        return
    for item in read_source(source, ReadingOptions()):
        if isinstance(item, Rejection):
            raise InputError(f"{item.place}: {item.reason} Mend it, or give another file.")
        yield item.text


def _is_annotated(source: Source) -> bool:
    if source.format is not SourceFormat.json_lines or source.path is None:
        return False
    try:
        with open_stream(source) as lines:
            first = json.loads(next(iter(lines), b"null"))
    except (OSError, UnreadableError, ValueError):
        return False  # reading its records will say what is wrong
    return isinstance(first, dict) and "passages" in first and "text" not in first


def _annotated_texts(source: Source) -> Iterator[str]:
    with open_stream(source) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                passages = json.loads(line)["passages"]
                yield "\n".join([passage["text"] for passage in passages])
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f'{source.name}, line {number}: expected an object with "passages", each with '
                    f'a "text", as on the first line; found another ({error!r}). Mend it, or give '
                    "another file."
                ) from None

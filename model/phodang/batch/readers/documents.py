"""File that is one article → record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from phodang.batch.readers.items import UnreadableError, unreadable
from phodang.batch.records import Place, Record, Rejection
from phodang.batch.sources import Source
from phodang.errors import MissingDependencyError

if TYPE_CHECKING:
    from phodang.batch.reading import ReadingOptions


def read_document(
    extract: Callable[[Source], str], source: Source, options: ReadingOptions, skip: int
) -> Iterator[Record | Rejection]:
    """Read a source that is one article; see `phodang.batch.reading.read_source`.

    Half an article is none: of a file that is damaged somewhere, nothing is read.

    Args:
        extract: Gives the text. Raises `UnreadableError` or `OSError` where it cannot.
        source: The file.
        options: Not needed, since a file has no fields.
        skip: Nothing is read unless this is 0.
    """
    if skip:
        return
    place = Place(source.name, 1)
    try:
        text = extract(source)
    except (UnreadableError, OSError) as error:
        yield Rejection(place, unreadable(error), source.article_id)
        return
    if text.strip():
        yield Record(source.article_id, text, place)
    else:
        found = "nothing but white space" if text else "none"
        yield Rejection(place, f"Expected a text, found {found}.", source.article_id)


def missing(source: Source, library: str, error: ImportError) -> MissingDependencyError:
    """The error of a library that is not installed."""
    return MissingDependencyError(
        f"{source.name}: reading it needs the library {library}, which is not installed. Install "
        "it with `pip install 'phodang[documents]'`, or leave out files of this kind."
    )

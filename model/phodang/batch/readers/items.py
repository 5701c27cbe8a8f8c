"""What all readers have in common: items that are parsed when they are needed, and damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from phodang.batch.records import Place, Record, Rejection
from phodang.batch.sources import Source

_LONGEST_MESSAGE = 200
"""More of what a library says would not help."""


class UnreadableError(Exception):
    """A source cannot be read, or no further.

    Args:
        reason: The reason of its rejection.
        items_before: How many items stand before what cannot be read, where it is not as many as
            have been given.
    """

    def __init__(self, reason: str, *, items_before: int = 0) -> None:
        super().__init__(reason)
        self.items_before = items_before


@dataclass(frozen=True, slots=True)
class Unparsed:
    """An item that is there and has not been parsed, so that skipping it costs little.

    Attributes:
        number: Its number in the source, from 1.
        parse: Makes a record of it, or says why there is none.
    """

    number: int
    parse: Callable[[], Record | Rejection]


def complete(source: Source, items: Iterable[Unparsed]) -> Iterator[Unparsed]:
    """Pass on items, and tell by a last one if they end before the source does.

    Args:
        source: Where they are from.
        items: Raise `UnreadableError` or `OSError` where the source cannot be read.

    Returns:
        The items; behind them a rejection of the rest, or of a source that has no item at all.
    """
    number = 0
    reason = "Expected records, found none in the source."
    try:
        for item in items:
            number = item.number
            yield item
    except (UnreadableError, OSError) as error:
        reason = unreadable(error)
        if isinstance(error, UnreadableError):
            number = max(number, error.items_before)
        if number:
            reason += " What stands before was read; nothing behind it was."
    else:
        if number:
            return
    rejection = Rejection(Place(source.name, number + 1), reason)
    yield Unparsed(number + 1, lambda: rejection)


def unreadable(error: UnreadableError | OSError) -> str:
    """The reason of a rejection."""
    if isinstance(error, UnreadableError):
        return str(error)
    return f"It cannot be read: {said(error)}."


def said(error: BaseException) -> str:
    """What a library says, in one line that can be written, without full stop."""
    message = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = " ".join(message.split()) or type(error).__name__
    writable = line.encode("utf-8", "backslashreplace").decode("utf-8")
    cut = "…" if len(writable) > _LONGEST_MESSAGE else ""
    return writable[:_LONGEST_MESSAGE].rstrip(".") + cut

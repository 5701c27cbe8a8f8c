"""Text file → text, as it is."""

from __future__ import annotations

from phodang.batch.readers.items import UnreadableError
from phodang.batch.readers.streams import not_utf8, open_stream, read_article
from phodang.batch.sources import Source


def extract_text(source: Source) -> str:
    """The decoded bytes of a file in UTF-8, or of standard input.

    Raises:
        UnreadableError: They are no UTF-8, or too many.
        OSError: They cannot be read.
    """
    with open_stream(source) as stream:
        data = read_article(stream)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(not_utf8(error)) from None

"""HTML → the text of its article, without what stands around it: menus, advertisements, comments.

Each paragraph is a line. White space is as a browser would show it, and not as in the file.
Nothing is fetched: what is not in the file is not in the text.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from typing import Any

from phodang.batch.readers.documents import missing
from phodang.batch.readers.items import UnreadableError, said
from phodang.batch.readers.streams import not_utf8, open_stream, read_article
from phodang.batch.sources import Source

# https://html.spec.whatwg.org/multipage/semantics.html#charset: within the first 1024 bytes.
_DECLARATION_BYTES = 1024
_DECLARATION = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

# The date is not used, and looking for it everywhere takes most of the time.
_DATE_PARAMETERS = {"extensive_search": False, "original_date": True, "max_date": "2100-01-01"}

_SILENT = logging.NullHandler()
"""What trafilatura warns of is told in the rejection; without a handler it would be printed too."""


def extract_html(source: Source) -> str:
    """The text of the article, found by trafilatura.

    The title that trafilatura finds comes first, unless the text begins with it. A file in UTF-8
    is read so; any other one in the encoding that it declares.

    Raises:
        UnreadableError: There is no article in it, its encoding is not known, or it is too long.
        MissingDependencyError: trafilatura is not installed.
    """
    try:
        import trafilatura
    except ImportError as error:
        raise missing(source, "trafilatura", error) from error
    logging.getLogger("trafilatura").addHandler(_SILENT)
    with open_stream(source) as stream:
        markup = _decode(read_article(stream))
    try:
        document: Any = trafilatura.bare_extraction(
            markup,
            include_comments=False,
            with_metadata=True,
            date_extraction_params=_DATE_PARAMETERS,
        )
    except Exception as error:
        # Pages can be broken in any way, and any part of the library may stumble over it.
        raise UnreadableError(f"It cannot be read as HTML: {said(error)}.") from None
    text = document.text if document is not None else None
    if not text:
        raise UnreadableError("Expected an article in the page, found none.")
    title = " ".join((document.title or "").split())
    return text if _same(text).startswith(_same(title)) else f"{title}\n{text}"


def _same(text: str) -> str:
    """What two ways to write a title have in common."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = error
    declaration = _DECLARATION.search(data[:_DECLARATION_BYTES])
    try:
        if declaration is None:
            raise LookupError
        return data.decode(declaration[1].decode("ascii"))
    except (LookupError, ValueError):  # not declared, not known, or not true
        raise UnreadableError(not_utf8(fault)) from None

"""PDF → text: that of its pages, each a run of lines, of which `pdf_lines` makes paragraphs.

Text stands in the order in which the file has it, which is mostly that of reading. Headers, footers
and page numbers are part of the pages and stay. What is only in pictures is not read, and letters
of fonts that have no Unicode (TCVN3, VNI) are what the file says they are.
"""

from __future__ import annotations

import ctypes
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from phodang.batch.readers.documents import missing
from phodang.batch.readers.items import UnreadableError, said
from phodang.batch.readers.pdf_lines import Line, join_lines
from phodang.batch.sources import Source

_PDFIUM = threading.Lock()
"""PDFium must not be called by two threads at once."""


_HYPHEN = "\x02"
"""What PDFium gives for a hyphen at the end of a line, inside a word."""


def extract_pdf(source: Source) -> str:
    """The text layer of all pages, a line for each paragraph.

    Raises:
        UnreadableError: It has no text layer, is locked by a password, or damaged.
        OSError: It cannot be read.
        MissingDependencyError: pypdfium2 is not installed.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise missing(source, "pypdfium2", error) from error
    assert source.path is not None
    # Opened here: the library does not take names that are no UTF-8.
    with source.path.open("rb") as file, _PDFIUM:
        try:
            with closing(pypdfium2.PdfDocument(file)) as document:
                pages = [_page_text(document, index) for index in range(len(document))]
        except pypdfium2.PdfiumError as error:
            raise UnreadableError(
                f"It cannot be read as PDF: {said(error)}. If it is locked, save it without "
                "password first."
            ) from None
    text = "\n".join(page for page in pages if page)
    if not text:
        raise UnreadableError(
            f"Expected a text, found no text in it: scanned, {len(pages)} pages. Recognise its "
            "characters (OCR) first."
        )
    return text


def _page_text(document: Any, index: int) -> str:
    with closing(document[index]) as page, closing(page.get_textpage()) as text_page:
        return "\n".join(join_lines(list(_lines(text_page))))


def _lines(text_page: Any) -> Iterator[Line]:
    """The lines of a page, as PDFium parts them."""
    from pypdfium2 import raw

    count = text_page.count_chars()
    characters = [chr(raw.FPDFText_GetUnicode(text_page, index)) for index in range(count)]
    start = 0
    for index, character in enumerate(characters):
        # PDFium leaves out the line break behind a hyphen that it takes for one inside a word.
        hyphen = character == _HYPHEN and raw.FPDFText_IsHyphen(text_page, index) == 1
        if hyphen:
            characters[index] = "-"
        if hyphen or character == "\n":
            yield from _line(text_page, characters, range(start, index + 1), hyphen)
            start = index + 1
    yield from _line(text_page, characters, range(start, count), False)


def _line(text_page: Any, characters: Sequence[str], span: range, hyphen: bool) -> Iterator[Line]:
    """The line that characters make; none if they are only white space."""
    drawn = [index for index in span if not characters[index].isspace()]
    if not drawn:
        return
    first, last = drawn[0], drawn[-1]
    ends = (index - 1 for index in range(first, last) if characters[index].isspace())
    boxes = [text_page.get_charbox(at, loose=True) for at in (first, next(ends, last), last)]
    text = "".join(characters[first : last + 1])
    yield Line(
        # Characters beyond the first plane come as two halves.
        text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"),
        left=boxes[0][0],
        right=boxes[-1][2],
        baseline=_baseline(text_page, first),
        # The middle one of three, as a sign of another font may stand at either end.
        height=statistics.median(top - bottom for _, bottom, _, top in boxes),
        first_word=boxes[1][2] - boxes[0][0],
        hyphen=hyphen,
    )


def _baseline(text_page: Any, index: int) -> float:
    from pypdfium2 import raw

    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    return y.value

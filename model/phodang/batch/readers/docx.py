"""DOCX → text: a line for each paragraph of the body, also in tables, content controls and boxes.

Paragraphs without text are left out. Where a paragraph itself has a line break, there is one in the
text. What Word makes when it shows a document is not in the text (numbers of lists and headings,
page numbers), and neither is what stands outside the body (headers, footers, notes, comments).
Changes that are not accepted yet count as accepted.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Any

from phodang.batch.readers.documents import missing
from phodang.batch.readers.items import UnreadableError, said
from phodang.batch.sources import Source

_MOST_BYTES = 1 << 29
"""A package that would be larger when unpacked is refused; the largest real ones hold pictures."""
_MOST_XML_BYTES = 1 << 26
"""The same for its XML, of which the parsed form takes several times the memory. A book of a
thousand pages has a third of it."""
_XML_ENDINGS = (".xml", ".rels")

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of older Office programs begin, and documents that are locked by a password."""

# ISO/IEC 29500-1, WordprocessingML, and part 3, Markup Compatibility.
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PARAGRAPH, _TEXT = f"{_W}p", f"{_W}t"
_CHARACTERS = {
    f"{_W}tab": "\t",
    f"{_W}ptab": "\t",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
}
_NOT_SHOWN = {f"{_W}del", f"{_W}moveFrom", f"{_MC}Fallback"}
"""Deleted, moved away, and for programs that do not know what stands beside it."""
_NOT_TEXT = {f"{_W}pPr", f"{_W}rPr", f"{_W}txbxContent", *_NOT_SHOWN}
"""Inside a paragraph: properties, and boxes, whose paragraphs are lines of their own."""


def extract_docx(source: Source) -> str:
    """The paragraphs of the document, in its order.

    Raises:
        UnreadableError: It is damaged, locked, larger than it may be, or no DOCX.
        OSError: It cannot be read.
        MissingDependencyError: python-docx is not installed.
    """
    try:
        import docx
    except ImportError as error:
        raise missing(source, "python-docx", error) from error
    assert source.path is not None
    with source.path.open("rb") as file:
        if file.read(len(_OLE_MAGIC)) == _OLE_MAGIC:
            raise UnreadableError(
                "Expected a DOCX, found a document that is locked by a password, or one of an "
                "older Word. Open it, and save it as DOCX without password."
            )
        try:
            _check_size(file)
            body = docx.Document(file).element.body
        except UnreadableError:
            raise
        except Exception as error:
            # What is damaged makes any part of the parsers fail, in its own way.
            raise UnreadableError(f"It cannot be read as DOCX: {said(error)}.") from None
    # Its entities are not resolved by the parser, so that text would be missing. ISO/IEC 29500-2,
    # 8.1.4, forbids it.
    if body.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("Expected XML without document type declaration, found one.")
    lines = (_text(paragraph) for paragraph in body.iter(_PARAGRAPH) if _is_shown(paragraph))
    return "\n".join(line for line in lines if line.strip())


def _check_size(file: IO[bytes]) -> None:
    # The sizes that the package tells bound what is unpacked: zipfile reads no further.
    with zipfile.ZipFile(file) as package:
        parts = package.infolist()
    xml = sum(part.file_size for part in parts if part.filename.lower().endswith(_XML_ENDINGS))
    for size, most, what in (
        (xml, _MOST_XML_BYTES, "of XML"),
        (sum(part.file_size for part in parts), _MOST_BYTES, "when unpacked"),
    ):
        if size > most:
            raise UnreadableError(
                f"Expected at most {most:,} bytes {what}, found {size:,}: it is not read, since it "
                "may be made to fill the memory."
            )


def _is_shown(paragraph: Any) -> bool:
    return all(above.tag not in _NOT_SHOWN for above in paragraph.iterancestors())


def _text(element: Any) -> str:
    return "".join(_pieces(element))


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]
        elif child.tag not in _NOT_TEXT:
            yield from _pieces(child)

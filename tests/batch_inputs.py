"""Inputs for the tests of batch labelling, made from scratch, and a short way to read them."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.records import Record, Rejection
from phodang.batch.sources import find_sources

Item = Record | Rejection

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DOCUMENT_ROLE = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
)

FONT_SIZE = 12
LETTER_WIDTH = 6
"""Every letter of `pdf` is half as wide as the font is high."""


def read(path: Path, *, skip: int = 0, **options: Any) -> list[Item]:
    """Read a file, and check what holds for everything that is read."""
    (source,) = find_sources([str(path)]).sources
    items = list(read_source(source, ReadingOptions(**options), skip=skip))
    check(items, source.name)
    return items


def read_bytes(data: bytes, ending: str, **options: Any) -> list[Item]:
    """Read bytes as a file with such an ending, and check that ``skip`` gives the tail of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"corpus{ending}"
        path.write_bytes(data)
        items = read(path, **options)
        for skip in {1, len(items) // 2, len(items)} - {0}:
            assert read(path, skip=skip, **options) == items[skip:]
        return items


def check(items: Sequence[Item], source: str) -> None:
    """Check that items are in order, and that all they hold can be written as JSON in UTF-8."""
    numbers = [item.place.number for item in items]
    assert numbers == sorted(set(numbers))
    for item in items:
        assert item.place.source == source
        if isinstance(item, Record):
            assert item.id
            assert item.text.strip()
            held: list[Any] = [item.id, item.text, item.fields]
        else:
            assert item.id != ""
            assert item.reason.endswith(".")
            held = [item.id, item.reason]
        json.dumps(held, ensure_ascii=False, allow_nan=False).encode("utf-8")


def texts(items: Sequence[Item]) -> list[str | None]:
    """The texts of records, ``None`` for rejections."""
    return [item.text if isinstance(item, Record) else None for item in items]


def reason(items: Sequence[Item]) -> str:
    """Why the only item was rejected."""
    (item,) = items
    assert isinstance(item, Rejection)
    return item.reason


def docx(body: str, *, prologue: str = "", parts: dict[str, bytes] | None = None) -> bytes:
    """A package with a document, given what its body holds, such as ``<w:p>…</w:p>``."""
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prologue}<w:document xmlns:w="{_W}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<w:body>{body}</w:body></w:document>"
    )
    contents = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_DOCUMENT_TYPE}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_DOCUMENT_ROLE}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": document,
    }
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in {**contents, **(parts or {})}.items():
                package.writestr(name, content)
        file.seek(0)
        return file.read()


def paragraph(text: str) -> str:
    """A paragraph for `docx`."""
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def pdf(
    pages: Sequence[Sequence[tuple[float, float, str]]], *, trailer: str = "", font: bool = True
) -> bytes:
    """A document in one font whose letters are all of one width.

    Args:
        pages: For each page its lines: where they begin, from the left and from below in points,
            and their texts.
        trailer: More entries of the trailer, such as that of encryption.
        font: Without it, texts are not drawn.
    """
    unicode = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange "
        b"1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
    )
    kids = " ".join(f"{6 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Helvetica /Encoding /Identity-H "
        b"/DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Helvetica /DW 500 /CIDSystemInfo "
        b"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor "
        b"<< /Type /FontDescriptor /FontName /Helvetica /Flags 32 /FontBBox [0 -200 1000 800] "
        b"/ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> >>",
        _stream(unicode),
    ]
    for index, lines in enumerate(pages):
        resources = "/Font << /F1 3 0 R >>" if font else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {7 + 2 * index} 0 R "
            f"/Resources << {resources} >> >>".encode()
        )
        drawn = "\n".join(
            f"BT /F1 {FONT_SIZE} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET"
            for x, y, text in (lines if font else ())
        )
        objects.append(_stream(drawn.encode()))
    data, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s >>\n"
        % (
            size,
            table,
            size,
            trailer.encode(),
        )
        + b"startxref\n%d\n%%%%EOF\n" % len(data)
    )


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)

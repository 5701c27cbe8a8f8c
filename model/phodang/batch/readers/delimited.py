"""CSV and TSV → records: a header with the names of the columns, then a record on each row.

As RFC 4180 has it: cells that hold the delimiter, quotes or line breaks are quoted, and quotes in
them are doubled. The cells of .csv are parted by commas, or else by semicolons, as spreadsheets
write them where the comma is the decimal sign: by those that make the text field one of the
columns. Those of .tsv are parted by tabs, and quoted too. All values are strings, as written.

The first row behind the header is number 1; rows without anything are no records. Of a row that is
not as it should be, only the row is rejected, unless its quotes leave open where it ends: then
nothing behind it can be told from it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from phodang.batch.readers.items import Unparsed, UnreadableError, complete, said
from phodang.batch.readers.rows import listed, make_record, missing_column, record_id
from phodang.batch.readers.streams import NOT_UTF8_WAY_OUT, open_stream
from phodang.batch.records import Place, Record, Rejection
from phodang.batch.sources import Source, SourceFormat

if TYPE_CHECKING:
    from phodang.batch.reading import ReadingOptions

_DELIMITERS = {SourceFormat.csv: (",", ";"), SourceFormat.tsv: ("\t",)}

_LONGEST_CELL = 1 << 25
"""Characters; no article is as long. A quote that is not closed would fill the memory otherwise."""

# Bytes that are no UTF-8, as the error handler surrogateescape (PEP 383) decodes them: they do not
# hide where a row ends.
_NOT_UTF8 = re.compile("[\udc80-\udcff]")

# Stands for NUL, which the csv module of Python 3.10 does not take; nothing is decoded to it.
_NUL = "\ud800"


class CsvReader(Protocol):
    """What `csv.reader` returns, which has no name to be imported."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Rows."""


def read_delimited(
    source: Source, options: ReadingOptions, skip: int
) -> Iterator[Record | Rejection]:
    """See `phodang.batch.reading.read_source`."""
    for item in complete(source, _rows(source, options)):
        if item.number > skip:
            yield item.parse()


def _rows(source: Source, options: ReadingOptions) -> Iterator[Unparsed]:
    # A setting of the whole process; the library has no other.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    with (
        open_stream(source) as stream,
        io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline="") as text,
    ):
        lines = _lines(text)
        taken: list[str] = []
        columns, delimiter = _header(source, _noted(lines, taken), taken, options)
        number = 0
        for row in _parted(csv.reader(lines, delimiter=delimiter, strict=True), len(taken)):
            if row:
                number += 1
                place = Place(source.name, number)
                yield Unparsed(number, partial(_parse, row, columns, place, options))


def _lines(text: io.TextIOBase) -> Iterator[str]:
    while line := text.readline(_LONGEST_CELL + 1):
        if len(line) > _LONGEST_CELL:
            raise UnreadableError(
                f"Expected lines of at most {_LONGEST_CELL:,} characters, found a longer one."
            )
        yield line.replace("\0", _NUL)


def _header(
    source: Source, lines: Iterator[str], taken: list[str], options: ReadingOptions
) -> tuple[list[str], str]:
    """The names of the columns, and the delimiter; ``taken`` has the lines of the header."""
    fault: csv.Error | None = None
    columns: list[str] = []
    for delimiter in _DELIMITERS[source.format]:
        try:
            found = _first_row(chain(tuple(taken), () if taken else lines), delimiter)
        except csv.Error as error:
            fault = fault or error
            continue
        if options.text_field in found:
            _check_columns(found)
            return found, delimiter
        columns = max(columns, found, key=len)
    _check_columns(columns)
    if columns:
        raise missing_column(source.name, options, columns)
    if fault is not None:
        raise UnreadableError(f"Expected the names of the columns, found a fault: {said(fault)}.")
    return [], _DELIMITERS[source.format][0]


def _first_row(lines: Iterable[str], delimiter: str) -> list[str]:
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    return [_cell(cell) for cell in next((row for row in rows if row), ())]


def _noted(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _check_columns(columns: Sequence[str]) -> None:
    if any(map(_NOT_UTF8.search, columns)):
        raise UnreadableError(
            f"Expected names of columns in UTF-8, found other bytes. {NOT_UTF8_WAY_OUT}"
        )
    if repeated := [name for name, count in Counter(columns).items() if count > 1]:
        raise UnreadableError(
            f"Expected every name of a column once, found more than one {listed(repeated)}. "
            "Rename or take out what is there twice."
        )


def _parted(rows: CsvReader, lines_before: int) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise UnreadableError(
            "Expected quotes to say where cells end, found a fault in line "
            f"{rows.line_num + lines_before}, so that rows from here on cannot be told apart: "
            f"{said(error)}. Quote cells that hold quotes, and double these; or use JSON Lines."
        ) from None


def _parse(
    row: Sequence[str], columns: Sequence[str], place: Place, options: ReadingOptions
) -> Record | Rejection:
    if len(row) != len(columns):
        return Rejection(
            place, f"Expected {len(columns)} cells, as the header has, found {len(row)}."
        )
    fields = {name: _cell(cell) for name, cell in zip(columns, row, strict=True)}
    bad = [column for column, cell in fields.items() if _NOT_UTF8.search(cell)]
    name = None if options.id_field in bad else record_id(fields.get(options.id_field))
    if bad:
        reason = f"Expected cells in UTF-8, found other bytes in {listed(bad)}. {NOT_UTF8_WAY_OUT}"
        return Rejection(place, reason, name)
    return make_record(fields, name, place, options)


def _cell(cell: str) -> str:
    return cell.replace(_NUL, "\0")

"""Parquet → records, a row group after the other and some rows of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from phodang.batch.readers.items import Unparsed, complete
from phodang.batch.readers.tables import (
    ARROW_ERRORS,
    ROWS_AT_ONCE,
    arrow_fault,
    check_schema,
    unparsed_rows,
)
from phodang.batch.records import Record, Rejection
from phodang.batch.sources import Source

if TYPE_CHECKING:
    from phodang.batch.reading import ReadingOptions

_BUFFER_SIZE = 1 << 20
"""Bytes of a column that are read at once; without a buffer it would be a whole row group's."""


def read_parquet(
    source: Source, options: ReadingOptions, skip: int
) -> Iterator[Record | Rejection]:
    """See `phodang.batch.reading.read_source`."""
    for item in complete(source, _rows(source, options, skip)):
        if item.number > skip:
            yield item.parse()


def _rows(source: Source, options: ReadingOptions, skip: int) -> Iterator[Unparsed]:
    """The rows, without those of whole row groups that are to be skipped."""
    assert source.path is not None
    # Opened here: the library does not take names that are no UTF-8.
    with source.path.open("rb") as stream:
        try:
            file = pq.ParquetFile(stream, buffer_size=_BUFFER_SIZE, page_checksum_verification=True)
        except ARROW_ERRORS as error:
            raise arrow_fault(error, rows_before=0) from None
        check_schema(source, file.schema_arrow, options)
        rows_before = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if rows_before + rows > skip:
                for number, batch in _batches(file, group, rows_before):
                    yield from unparsed_rows(source, batch, options, rows_before=number)
            rows_before += rows


def _batches(file: Any, group: int, rows_before: int) -> Iterator[tuple[int, Any]]:
    """The rows of a group, some at once, and how many of the source stand before them."""
    # Each group by itself, so that batches begin at the same rows wherever reading begins: what a
    # damage takes with it is then the same too.
    batches = file.iter_batches(ROWS_AT_ONCE, row_groups=[group], use_threads=False)
    while True:
        try:
            batch = next(batches, None)
        except ARROW_ERRORS as error:
            raise arrow_fault(error, rows_before=rows_before) from None
        if batch is None:
            return
        yield rows_before, batch
        rows_before += batch.num_rows

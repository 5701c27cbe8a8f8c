"""Folder of a Hugging Face dataset → records, read where they are and not loaded into memory.

No code of the dataset's is run. Images and sounds are not decoded, and labels that are numbers
stay numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from phodang.batch.readers.items import Unparsed, UnreadableError, complete, said
from phodang.batch.readers.tables import (
    ARROW_ERRORS,
    ROWS_AT_ONCE,
    arrow_fault,
    check_schema,
    unparsed_rows,
)
from phodang.batch.records import Record, Rejection
from phodang.batch.sources import Source
from phodang.errors import MissingDependencyError

if TYPE_CHECKING:
    from phodang.batch.reading import ReadingOptions


def read_dataset(
    source: Source, options: ReadingOptions, skip: int
) -> Iterator[Record | Rejection]:
    """See `phodang.batch.reading.read_source`."""
    for item in complete(source, _rows(source, options, skip)):
        if item.number > skip:
            yield item.parse()


def _rows(source: Source, options: ReadingOptions, skip: int) -> Iterator[Unparsed]:
    dataset = _load(source)
    check_schema(source, dataset.data.schema, options)
    first = skip - skip % ROWS_AT_ONCE
    for rows_before in range(first, len(dataset), ROWS_AT_ONCE):
        try:
            table = dataset[rows_before : rows_before + ROWS_AT_ONCE]
        except ARROW_ERRORS as error:
            raise arrow_fault(error, rows_before=rows_before) from None
        yield from unparsed_rows(source, table, options, rows_before=rows_before)


def _load(source: Source) -> Any:
    try:
        from datasets import Dataset
    except ImportError as error:
        raise MissingDependencyError(
            f"{source.name}: reading a dataset needs the library datasets, which is not installed. "
            "Install it with `pip install 'phodang[datasets]'`, or save the dataset as Parquet."
        ) from error
    try:
        return Dataset.load_from_disk(str(source.path)).with_format("arrow")
    except Exception as error:
        # Whatever the files of the folder do not have as it should be: any error of any library.
        raise UnreadableError(f"It cannot be read as a dataset: {said(error)}.") from None

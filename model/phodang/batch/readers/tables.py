"""Rows of Arrow tables → records; Parquet files and datasets give such tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from phodang.batch.readers.items import Unparsed, UnreadableError, said
from phodang.batch.readers.rows import listed, make_record, missing_column, record_id
from phodang.batch.records import JsonValue, Place, Record, Rejection
from phodang.batch.sources import Source
from phodang.batch.values import UnwritableValueError, json_value
from phodang.errors import InputError
from phodang.messages import quoted

if TYPE_CHECKING:
    from phodang.batch.reading import ReadingOptions

ROWS_AT_ONCE = 64
"""Rows that are held in memory: some hundred thousand characters of articles."""

ARROW_ERRORS = (OSError, pa.ArrowException)
"""What Arrow raises of damaged files."""


def check_schema(source: Source, schema: pa.Schema, options: ReadingOptions) -> None:
    """Check that a table can be read.

    Raises:
        InputError: The text field is missing, or its column cannot hold a text.
        UnreadableError: Two columns have one name.
    """
    names = schema.names
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise UnreadableError(
            f"Expected every name of a column once, found more than one {listed(repeated)}. "
            "Rename or take out what is there twice."
        )
    if options.text_field not in names:
        raise missing_column(source.name, options, names)
    kind = schema.field(options.text_field).type
    # A column of nulls has no other type; its rows are rejected one by one.
    if not (_holds_text(kind) or pa.types.is_null(kind)):
        raise InputError(
            f"{source.name}: expected text in the column {quoted(options.text_field)}, found the "
            f"type {kind}. Of the columns, {listed(_text_columns(schema))} hold text: name one "
            "with text_field (--text-field), or convert the column to strings."
        )


def unparsed_rows(
    source: Source, table: Any, options: ReadingOptions, *, rows_before: int
) -> Iterator[Unparsed]:
    """The rows of a part of a table.

    Args:
        source: Where it is from.
        table: A ``pyarrow.RecordBatch`` or ``pyarrow.Table``.
        options: Which columns are the text and the id.
        rows_before: How many rows of the source stand before it.
    """
    for row in range(table.num_rows):
        number = rows_before + row + 1
        place = Place(source.name, number)
        yield Unparsed(number, partial(_parse, table, row, place, options))


def arrow_fault(error: BaseException, *, rows_before: int) -> UnreadableError:
    """The reason of a rejection, of an error of Arrow's behind some rows of a source."""
    return UnreadableError(f"It cannot be read: {said(error)}.", items_before=rows_before)


def _parse(table: Any, row: int, place: Place, options: ReadingOptions) -> Record | Rejection:
    fields: dict[str, JsonValue] = {}
    faults = []
    for field, column in zip(table.column_names, table.columns, strict=True):
        scalar = column[row]
        try:
            is_number = field == options.id_field and pa.types.is_floating(column.type)
            fields[field] = scalar.as_py() if is_number else json_value(scalar)
        except UnicodeDecodeError:
            faults.append(f"Expected UTF-8 in the column {quoted(field)}, found other bytes.")
        except UnwritableValueError as error:
            faults.append(f"Expected values of JSON in the column {quoted(field)}, found {error}.")
    name = record_id(fields.get(options.id_field))
    if faults:
        return Rejection(place, " ".join(faults), name)
    return make_record(fields, name, place, options)


def _text_columns(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if _holds_text(field.type)]


def _holds_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return any(
        is_text(kind)
        for is_text in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )

"""Fields → record, or what is wrong with them; the same for lines and for rows of tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from phodang.batch.records import JsonValue, Place, Record, Rejection
from phodang.errors import InputError
from phodang.messages import quoted

if TYPE_CHECKING:
    from phodang.batch.reading import ReadingOptions

_SHOWN_FIELDS = 20
"""More fields than that are counted and not named."""

_JSON_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "an array",
    dict: "an object",
}


def record_id(value: JsonValue, *, written: str | None = None) -> str | None:
    """The name of a record.

    Args:
        value: What its id field holds.
        written: How that was written, if it is a number.

    Returns:
        The name; none if the value is null, an empty string or NaN, by which tables say that there
        is none, or if it is of another type than strings and numbers.
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return written or str(value)


def make_record(
    fields: Mapping[str, JsonValue], name: str | None, place: Place, options: ReadingOptions
) -> Record | Rejection:
    """Make a record of its fields.

    Args:
        fields: All fields, those of the text and the id too.
        name: Its name, from `record_id`; without one, its place names it.
        place: Where they stand.
        options: Which of them are the text and the id.

    Returns:
        The record, or a rejection: the text is missing, no string, or empty; the id is neither a
        string nor a number.
    """
    identifier = fields.get(options.id_field)
    if isinstance(identifier, (bool, list, dict)):
        found = json_name(identifier)
        what = f"Expected a string or a number in the field {quoted(options.id_field)}"
        return Rejection(place, f"{what}, found {found}.")
    if options.text_field not in fields:
        reason = f"Expected the field {quoted(options.text_field)}, found {listed(fields)}."
        return Rejection(place, reason, name)
    text = fields[options.text_field]
    if not isinstance(text, str) or not text.strip():
        found = "nothing but white space" if isinstance(text, str) and text else json_name(text)
        reason = f"Expected a text in the field {quoted(options.text_field)}, found {found}."
        return Rejection(place, reason, name)
    not_others = (options.text_field, options.id_field)
    others = {field: value for field, value in fields.items() if field not in not_others}
    return Record(str(place) if name is None else name, text, place, others)


def missing_column(source: str, options: ReadingOptions, columns: Iterable[str]) -> InputError:
    """The error of a table that does not have the text field."""
    return InputError(
        f"{source}: expected a column {quoted(options.text_field)} with the text, found "
        f"{listed(columns)}. Name the column that holds the text with text_field (--text-field)."
    )


def listed(names: Iterable[str]) -> str:
    """Name fields."""
    every = list(names)
    shown = ", ".join(map(quoted, every[:_SHOWN_FIELDS]))
    more = len(every) - _SHOWN_FIELDS
    return f"{shown} and {more:,} more" if more > 0 else shown or "none"


def json_name(value: JsonValue) -> str:
    """What JSON calls a value."""
    if value == "":
        return "an empty string"
    return _JSON_NAMES.get(type(value), "a string")

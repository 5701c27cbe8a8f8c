"""Values → lines of JSON: the same bytes for the same value, everywhere."""

from __future__ import annotations

import json

from phodang.batch.records import JsonValue
from phodang.errors import InputError


def json_text(value: JsonValue) -> str:
    """Write a value as JSON on one line, readable, without a line break at its end.

    Characters stand as they are. Only where a string holds half of a surrogate pair, which UTF-8
    cannot write, is everything outside ASCII escaped.

    Raises:
        InputError: The value holds something that JSON does not have, such as NaN, or that would
            be read as something else.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if is_utf8(text):
            return text
        escaped = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"Expected values that JSON has, found another: {error}.") from None
    # Two halves side by side would be read as one character, and offsets would shift.
    if json.loads(escaped) != value:
        raise InputError(
            "Expected text of Unicode characters, found two halves of a surrogate pair as two "
            "characters. Decode the text anew."
        )
    return escaped


def json_line(value: JsonValue) -> bytes:
    """Write a value as one line of JSON Lines, UTF-8; see `json_text`."""
    return json_text(value).encode("utf-8") + b"\n"


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can write a text: it has no half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

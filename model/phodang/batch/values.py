"""Values of Arrow, which Parquet files and datasets hold → values of JSON, by type.

| Arrow | JSON |
|---|---|
| null | null |
| booleans, integers | the same |
| floating point numbers | the same number; NaN and the infinities, which JSON lacks, are the |
| | strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``, as in ProtoJSON |
| decimals | a string with all digits of the scale: ``"1.50"`` |
| strings | the same |
| binary | a string, base64 (RFC 4648, section 4, with padding) |
| dates | a string, ISO 8601: ``"2024-02-03"`` |
| times | a string, ISO 8601, with as many digits as the unit has: ``"07:30:00.000"`` |
| timestamps | a string, ISO 8601: ``"2024-02-03T07:30:00.000"``; those of a time zone are |
| | instants and written in UTC, with ``Z`` |
| durations | a string, ISO 8601, in seconds: ``"PT90.500S"`` |
| intervals | a string, ISO 8601: ``"P1M2DT3.000000000S"`` |
| lists | a list |
| maps | a list of lists of key and value, since keys of JSON are strings |
| structs | an object |
| dictionaries, run-end encoded, unions | the value they stand for |
| extension types | their storage |

The rule looks at the type alone, so that a column is written in one way, and no value is rounded.
Years beyond 9999 or before 1 keep ISO 8601's form with more digits or a sign.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import pyarrow as pa

from phodang.batch.records import JsonValue

_NANOSECOND_DIGITS = 9
_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": _NANOSECOND_DIGITS}
"""Decimal digits of a second, by Arrow's name of the unit."""


class UnwritableValueError(ValueError):
    """A value has no form in JSON."""


def json_value(scalar: Any) -> JsonValue:
    """Make a value of JSON, by the rule above.

    Args:
        scalar: A ``pyarrow.Scalar``.

    Raises:
        UnwritableValueError: A struct has two fields of one name, or the type is unknown.
        UnicodeDecodeError: A string is no UTF-8.
    """
    kind = scalar.type
    if pa.types.is_union(kind) or pa.types.is_dictionary(kind):
        return None if scalar.value is None else json_value(scalar.value)
    if not scalar.is_valid:
        return None
    if isinstance(kind, pa.BaseExtensionType) or pa.types.is_run_end_encoded(kind):
        return json_value(scalar.value if hasattr(scalar, "value") else pa.scalar(scalar.as_py()))
    if pa.types.is_nested(kind):
        return _nested(scalar)
    if pa.types.is_temporal(kind):
        return _temporal(scalar)
    return _plain(scalar)


def finite_number(value: float) -> float | str:
    """The number; NaN and the infinities as strings."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _plain(scalar: Any) -> JsonValue:
    value = scalar.as_py()
    kind = scalar.type
    if pa.types.is_floating(kind):
        return finite_number(float(value))
    if pa.types.is_decimal(kind):
        return format(value, "f")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (bool, int, str)):
        return value
    raise UnwritableValueError(f"a value of the type {kind}, which has no form in JSON")


def _nested(scalar: Any) -> JsonValue:
    kind = scalar.type
    if pa.types.is_struct(kind):
        names = [field.name for field in kind]
        if len(set(names)) < len(names):
            raise UnwritableValueError("an object with two fields of one name")
        return {name: json_value(scalar[index]) for index, name in enumerate(names)}
    if pa.types.is_map(kind):
        return [[json_value(entry[0]), json_value(entry[1])] for entry in scalar.values]
    return [json_value(element) for element in scalar.values]


def _temporal(scalar: Any) -> str:
    kind = scalar.type
    if pa.types.is_interval(kind):
        months, days, nanoseconds = scalar.as_py()
        return f"P{months}M{days}DT{_seconds(nanoseconds, _NANOSECOND_DIGITS)}S"
    if pa.types.is_date32(kind):
        return _iso(scalar.value, "D")
    if pa.types.is_date64(kind):
        return _iso(scalar.value, "ms").partition("T")[0]
    if pa.types.is_timestamp(kind):
        return _iso(scalar.value, kind.unit) + ("" if kind.tz is None else "Z")
    if pa.types.is_time(kind):
        return _iso(scalar.value, kind.unit).partition("T")[2]
    return f"PT{_seconds(scalar.value, _DIGITS[kind.unit])}S"


def _iso(value: int, unit: Any) -> str:
    # Not as_py(): it needs pandas for nanoseconds, and has no years beyond 9999.
    return str(np.datetime64(value, unit))


def _seconds(value: int, digits: int) -> str:
    seconds, fraction = divmod(abs(value), 10**digits)
    point = f".{fraction:0{digits}}" if digits else ""
    return f"{'-' if value < 0 else ''}{seconds}{point}"

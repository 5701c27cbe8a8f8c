r"""JSON Lines → records: an object on each line, as https://jsonlines.org has it.

Lines end with ``\n``, and those of white space alone are no records, but are counted. Beyond JSON
(RFC 8259, which lets parsers do so), strings may hold control characters, and numbers may be
``NaN``, ``Infinity`` and ``-Infinity``, as Python writes them, or too large for a floating point
number; what is not finite becomes a string, as `phodang.batch.values` has it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from phodang.batch.json_writing import is_utf8
from phodang.batch.readers.items import Unparsed, complete, said
from phodang.batch.readers.rows import json_name, make_record, record_id
from phodang.batch.readers.streams import MOST_BYTES, lines_of, not_utf8, open_stream
from phodang.batch.records import JsonValue, Place, Record, Rejection
from phodang.batch.sources import Source
from phodang.batch.values import finite_number
from phodang.messages import quoted

if TYPE_CHECKING:
    from phodang.batch.reading import ReadingOptions

_DEEPEST = 100
"""More levels of lists and objects inside each other are refused: what writes and reads them next
has a limit too, which depends on the machine."""


_TOO_LONG = (
    f"Expected lines of at most {MOST_BYTES:,} bytes, found a longer one. JSON Lines have an "
    "object on each line, and no list around them."
)


class _FaultError(Exception):
    """A line is not what it has to be; the message is the reason of its rejection."""


def read_json_lines(
    source: Source, options: ReadingOptions, skip: int
) -> Iterator[Record | Rejection]:
    """See `phodang.batch.reading.read_source`."""
    for item in islice(complete(source, _lines(source, options)), skip, None):
        yield item.parse()


def _lines(source: Source, options: ReadingOptions) -> Iterator[Unparsed]:
    with open_stream(source) as stream:
        for number, line in enumerate(lines_of(stream), start=1):
            place = Place(source.name, number)
            if line is None:
                yield Unparsed(number, partial(Rejection, place, _TOO_LONG))
            elif line.strip():
                yield Unparsed(number, partial(_parse, line, place, options))


def _parse(line: bytes, place: Place, options: ReadingOptions) -> Record | Rejection:
    name = None
    try:
        fields = _load(line.rstrip(b"\r\n").decode("utf-8"))
        name = record_id(fields.get(options.id_field), written=_written(fields, line, options))
        for field, value in fields.items():
            _check_characters(field, field)
            written = _writable(value, field)
            # Of these two it matters that a number is one.
            if field not in (options.text_field, options.id_field):
                fields[field] = written
    except UnicodeDecodeError as error:
        return Rejection(place, not_utf8(error))
    except _FaultError as error:
        return Rejection(place, str(error), name if name is None or is_utf8(name) else None)
    return make_record(fields, name, place, options)


def _load(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, object_pairs_hook=_object, strict=False)
    except json.JSONDecodeError as error:
        raise _FaultError(
            f"Expected a JSON object on the line, found a fault at character {error.pos + 1}: "
            f"{said(ValueError(error.msg))}."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # a number of more digits than Python reads
        raise _FaultError(
            f"Expected numbers that can be read, found one that cannot: {said(error)}."
        ) from None
    if not isinstance(value, dict):
        raise _FaultError(f"Expected a JSON object on the line, found {json_name(value)}.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        ((repeated, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise _FaultError(f"Expected every field once, found {quoted(repeated)} more than once.")
    return fields


def _writable(value: Any, field: str, level: int = 1) -> JsonValue:
    """The value as it can be written."""
    if level > _DEEPEST:
        raise _too_deep()
    if isinstance(value, float):
        return finite_number(value)
    if isinstance(value, str):
        _check_characters(value, field)
    elif isinstance(value, list):
        return [_writable(element, field, level + 1) for element in value]
    elif isinstance(value, dict):
        for key in value:
            _check_characters(key, field)
        return {key: _writable(element, field, level + 1) for key, element in value.items()}
    return value


def _too_deep() -> _FaultError:
    return _FaultError(f"Expected at most {_DEEPEST} levels of arrays and objects, found more.")


def _check_characters(text: str, field: str) -> None:
    if not is_utf8(text):
        raise _FaultError(
            f"Expected Unicode characters in the field {quoted(field)}, found half of a surrogate "
            "pair, which UTF-8 cannot write."
        )


def _written(fields: dict[str, Any], line: bytes, options: ReadingOptions) -> str | None:
    """The id as it was written, if it is a number."""
    if type(fields.get(options.id_field)) not in (int, float):
        return None
    written = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
    return str(written[options.id_field])

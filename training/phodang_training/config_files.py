"""Configuration files: TOML → typed, frozen dataclasses, and back to what TOML can hold.

A schema is a frozen dataclass; its fields are the keys, a dataclass inside it is a table. TOML is
version 1.0.0 (https://toml.io/en/v1.0.0). Paths stay as written, so they are relative to the
folder that the command is run in. The schemas are in `phodang_training.config`.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from phodang.errors import ConfigError
from phodang.messages import did_you_mean

Schema = TypeVar("Schema")


def load_config(path: Path | str, schema: type[Schema], overrides: Sequence[str] = ()) -> Schema:
    """Read a configuration file.

    Args:
        path: The TOML file.
        schema: A dataclass whose fields are of type int, float, bool, str, Path, ``Literal``,
            ``tuple[T, ...]``, ``T | None`` or again such a dataclass.
        overrides: Values that replace the file's, as ``training.epochs=3``. What stands after
            ``=`` is a TOML value; what is none is taken as a string, so quotes can be left out.

    Returns:
        The configuration, every value of the type that the schema says.

    Raises:
        ConfigError: The file cannot be read or is no TOML, a key is unknown or missing, a value
            has the wrong type or is out of range, or an override is malformed.
    """
    values = _read_toml(Path(path))
    overridden = {_overridden_key(override): override for override in overrides}
    for key, override in overridden.items():
        _override(values, key, override)

    def where(key: str) -> str:
        """Where a key's value comes from."""
        for name, override in overridden.items():
            # The key itself, a part of its value, or a table that the override made.
            if (
                key == name
                or key.startswith((f"{name}.", f"{name}["))
                or name.startswith(f"{key}.")
            ):
                return f"override {override}"
        return str(path)

    return cast(Schema, _build(values, schema, "", where))


def has_table(path: Path | str, name: str) -> bool:
    """Whether a TOML file has a table, or any value, of a name.

    Raises:
        ConfigError: The file cannot be read or is no TOML.
    """
    return name in _read_toml(Path(path))


def config_to_dict(config: Any) -> dict[str, Any]:
    """Turn a configuration into what TOML and JSON can hold.

    Args:
        config: An instance of a schema.

    Returns:
        Its values by key, nested for tables: paths as strings with ``/``, tuples as lists.
        Options that are None are left out, as in a file. Read back, it gives an equal
        configuration.
    """
    return {
        field.name: _plain(value)
        for field in dataclasses.fields(config)
        if (value := getattr(config, field.name)) is not None
    }


def as_toml(value: object) -> str:
    """A value as it would stand in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, Path)):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(as_toml, value))}]"
    return str(value)


def _toml() -> types.ModuleType:
    """The TOML reader; on Python 3.10 it is a package that only the extra ``train`` installs."""
    return importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def _read_toml(path: Path) -> dict[str, Any]:
    toml = _toml()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path}: expected a TOML file, found none to read ({error.strerror}). Check the path; "
            "it is relative to the folder that the command is run in."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: expected UTF-8, found byte {error.object[error.start]:#04x} at offset "
            f"{error.start}. Save the file as UTF-8."
        ) from error
    try:
        return dict(toml.loads(text))
    except toml.TOMLDecodeError as error:
        raise ConfigError(f"{path}: expected TOML, found a mistake: {error}.") from error


def _overridden_key(override: str) -> str:
    key, equals, _ = override.partition("=")
    key = key.strip()
    if not equals or not all(key.split(".")):
        raise ConfigError(
            f"Override {override!r}: expected key=value with tables before a dot, as "
            "training.epochs=3."
        )
    return key


def _override(values: dict[str, Any], key: str, override: str) -> None:
    """Put the value of an override into the values read from a file."""
    text = override.partition("=")[2].strip()
    *tables, name = key.split(".")
    for depth, table in enumerate(tables, 1):
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise ConfigError(
                f"Override {override!r}: expected {'.'.join(tables[:depth])} to be a table, found "
                f"{as_toml(values)}. Leave out what follows it."
            )
    toml = _toml()
    try:
        parsed = toml.loads(f"value = {text}")
    except toml.TOMLDecodeError:
        parsed = {}
    # More than one key would be a line break with another key after it.
    values[name] = parsed["value"] if list(parsed) == ["value"] else text


def _build(
    values: Mapping[str, Any], schema: type[Any], table: str, where: Callable[[str], str]
) -> Any:
    """Make a dataclass of a table.

    Args:
        values: The table.
        schema: The dataclass.
        table: The dotted key of the table with a dot behind it; empty for the whole file.
        where: Says where the value of a dotted key comes from, for messages.
    """
    hints = get_type_hints(schema)
    fields = {field.name: field for field in dataclasses.fields(schema)}
    for name in values:
        if name not in fields:
            raise ConfigError(
                f"{where(table + name)}: unknown key {table}{name}. {did_you_mean(name, fields)}"
            )
    arguments = {}
    for name, field in fields.items():
        key = table + name
        if name in values:
            arguments[name] = _convert(values[name], hints[name], key, where)
        elif _is_required(field):
            raise ConfigError(
                f"{where('')}: expected the key {key} ({_name(hints[name])}), found none. "
                "Add it, or give it as an override."
            )
    try:
        return schema(**arguments)
    except ConfigError as error:
        # A schema begins its messages with the name of the field.
        name = str(error).partition(" ")[0]
        raise ConfigError(f"{where(table + name)}: {table}{error}") from error


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _convert(value: Any, expected: Any, key: str, where: Callable[[str], str]) -> Any:
    """Check a TOML value against a type and turn it into that type."""
    origin, arguments = get_origin(expected), get_args(expected)
    if origin is Union or origin is types.UnionType:
        # TOML has no null: a key that is there has a value.
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _convert(value, inner, key, where)
    if origin is Literal:
        if not any(type(value) is type(choice) and value == choice for choice in arguments):
            choices = ", ".join(map(as_toml, arguments))
            raise ConfigError(
                f"{where(key)}: {key} = {as_toml(value)}: expected one of {choices}. "
                f"{did_you_mean(str(value), map(str, arguments))}"
            )
        return value
    if origin is tuple and isinstance(value, list):
        items = enumerate(value)
        return tuple(_convert(item, arguments[0], f"{key}[{i}]", where) for i, item in items)
    if dataclasses.is_dataclass(expected) and isinstance(value, dict):
        return _build(value, cast("type[Any]", expected), f"{key}.", where)
    if expected is Path and isinstance(value, str) and value:
        return Path(value)
    # A bool is an int to Python, and True is no number of epochs.
    if expected is float and type(value) in (int, float):
        return float(value)
    if expected in (int, bool, str) and type(value) is expected:
        return value
    raise ConfigError(
        f"{where(key)}: {key} = {as_toml(value)}: expected {_name(expected)}, found "
        f"{_name(type(value))}."
    )


_NAMES: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a string in quotes",
    Path: "a path in quotes",
    dict: "a table",
    list: "an array",
}
"""Types as a user of TOML knows them."""


def _name(expected: Any) -> str:
    if expected in _NAMES:
        return _NAMES[expected]
    arguments = get_args(expected)
    if get_origin(expected) is tuple:
        return f"an array, each {_name(arguments[0])}"
    if get_origin(expected) is Literal:
        return f"one of {', '.join(map(as_toml, arguments))}"
    if arguments:
        return " or ".join(_name(part) for part in arguments if part is not type(None))
    return "a table" if dataclasses.is_dataclass(expected) else f"a {expected.__name__}"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return config_to_dict(value)
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value

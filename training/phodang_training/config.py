"""Configuration files: TOML → typed, frozen dataclasses, and the schema of each command.

A schema is a frozen dataclass; its fields are the keys, a dataclass inside it is a table. TOML is
version 1.0.0 (https://toml.io/en/v1.0.0). Paths stay as written, so they are relative to the
folder that the command is run in.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import math
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from phodang.errors import ConfigError

Schema = TypeVar("Schema")

_LARGEST_SEED = 2**32 - 1
"""The largest seed that numpy's legacy generator takes; transformers' ``set_seed`` sets it too."""
_SIMILARITY = 0.5
"""Names less alike than this, by `difflib`'s ratio, are not worth a suggestion."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """What to train on.

    Attributes:
        train: Files to train on.
        dev: Files to choose the best epoch by.
        split: A ``split.json``: articles in its ``heldout`` are never trained on, those in its
            ``train`` never used as dev. Articles that it does not name are not affected.
        labels: Entity types in the order of the model's tags; empty for those in the data.
        format: ``jsonl`` (see ``data/README.md``) or ``conll`` (two columns, IOB2).

    Raises:
        ConfigError: A value is out of range.
    """

    train: tuple[str, ...]
    dev: tuple[str, ...]
    split: Path | None = None
    labels: tuple[str, ...] = ()
    format: Literal["jsonl", "conll"] = "jsonl"

    def __post_init__(self) -> None:
        _require("train", self.train, len(self.train) > 0, "at least one file")
        _require("dev", self.dev, len(self.dev) > 0, "at least one file")
        distinct = len(set(self.labels)) == len(self.labels)
        _require("labels", self.labels, distinct and all(self.labels), "distinct, non-empty names")
        # A CoNLL sentence has no id that a split could name.
        splittable = self.split is None or self.format == "jsonl"
        _require("split", self.split, splittable, 'no split with format = "conll"')


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How to train.

    Attributes:
        epochs: Passes over the training data, at least 1.
        batch_size: Windows a step, for sections articles a step, at least 1.
        learning_rate: Peak learning rate of the encoder's top layer, above 0.
        head_learning_rate: Peak learning rate of what stands on the encoder, above 0.
        layer_decay: Factor on the learning rate from each layer to the one below, above 0, up
            to 1 (none).
        warmup_ratio: Share of the steps in which the learning rate rises, from 0 to below 1.
        weight_decay: Weight decay of AdamW, at least 0.
        dropout: Share of the encoder's output dropped before the head, from 0 to below 1.
        label_smoothing: Share of the target spread over all tags, from 0 to below 1; for the
            head ``softmax`` only.
        max_gradient_norm: The gradient's norm is cut to this, above 0.
        threads: CPU threads; 0 for all.
        early_stopping_patience: Stop after so many epochs without a better dev score; 0 for
            never.

    Raises:
        ConfigError: A value is out of range.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    head_learning_rate: float
    layer_decay: float = 1.0
    warmup_ratio: float
    weight_decay: float
    dropout: float
    label_smoothing: float = 0.0
    max_gradient_norm: float = 1.0
    threads: int = 0
    early_stopping_patience: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            _require_number(self, name, lambda value: value >= 1, "at least 1")
        for name in ("learning_rate", "head_learning_rate", "max_gradient_norm"):
            _require_number(self, name, lambda value: value > 0, "a number above 0")
        _require_number(self, "layer_decay", lambda value: 0 < value <= 1, "above 0, up to 1")
        for name in ("warmup_ratio", "dropout", "label_smoothing"):
            _require_number(self, name, lambda value: 0 <= value < 1, "from 0 to below 1")
        for name in ("weight_decay", "threads", "early_stopping_patience"):
            _require_number(self, name, lambda value: value >= 0, "at least 0")


@dataclass(frozen=True, kw_only=True)
class EntitiesConfig:
    """Configuration of ``phodang-train entities``.

    Attributes:
        encoder: A folder with an encoder in PhoBERT's format, or its name on the hub.
        output: The folder that the checkpoint is written to.
        segmenter: The word segmenter; ``presegmented`` if words are already joined by ``_``.
        head: What turns subword scores into tags: ``softmax`` or ``crf``.
        seed: Seed of every random number, from 0 to 4294967295.
        data: What to train on.
        training: How to train.

    Raises:
        ConfigError: A value is out of range.
    """

    encoder: str
    output: Path
    segmenter: Literal["underthesea", "pyvi", "presegmented"] = "underthesea"
    head: Literal["softmax", "crf"]
    seed: int
    data: DataConfig
    training: TrainingConfig

    def __post_init__(self) -> None:
        _require("encoder", self.encoder, self.encoder != "", "a folder or a name on the hub")
        in_range = 0 <= self.seed <= _LARGEST_SEED
        _require("seed", self.seed, in_range, f"from 0 to {_LARGEST_SEED}")
        smoothing = self.training.label_smoothing
        allowed = smoothing == 0 or self.head == "softmax"
        _require("training.label_smoothing", smoothing, allowed, '0 unless head = "softmax"')


@dataclass(frozen=True, kw_only=True)
class SectionsTaskConfig:
    """What sections to learn, and how the model tells them.

    Attributes:
        labels: Sections, in the order of the model's scores.
        context: What the encoder reads together: ``passage``, ``title``, ``previous`` or
            ``window``; see `phodang.sequences`.
        document_layer: Whether a small recurrent layer reads the vectors of all passages of an
            article, so that each is classified by what surrounds it.
        balance: How far a label's rarity is made up for, from 0 (not) to 1 (wholly): a passage
            that has it counts as (passages without it / passages with it) to this power. What
            this adds to the scores is taken off again after training.
        file_weights: How much the passages of each file of ``data.train`` count, above 0; empty
            for 1 each.
        loss_weight: How much the sections' loss counts beside that of the entities, above 0.

    Raises:
        ConfigError: A value is out of range.
    """

    labels: tuple[str, ...] = ("achievement", "task", "warning")
    context: Literal["passage", "title", "previous", "window"]
    document_layer: bool
    loss_weight: float = 1.0
    balance: float = 0.0
    file_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        distinct = len(set(self.labels)) == len(self.labels)
        named = distinct and len(self.labels) > 0 and all(self.labels)
        _require("labels", self.labels, named, "distinct, non-empty names")
        _require_number(self, "loss_weight", lambda value: value > 0, "a number above 0")
        _require_number(self, "balance", lambda value: 0 <= value <= 1, "from 0 to 1")
        positive = all(math.isfinite(weight) and weight > 0 for weight in self.file_weights)
        _require("file_weights", self.file_weights, positive, "numbers above 0")


@dataclass(frozen=True, kw_only=True)
class EntitiesTaskConfig:
    """What the encoder that learns sections learns of entities.

    Attributes:
        head: What turns subword scores into tags: ``softmax`` or ``crf``.
    """

    head: Literal["softmax", "crf"]


@dataclass(frozen=True, kw_only=True)
class SectionsConfig:
    """Configuration of ``phodang-train sections``.

    Attributes:
        encoder: A folder with an encoder in PhoBERT's format, or its name on the hub.
        output: The folder that the checkpoint is written to.
        segmenter: The word segmenter; ``presegmented`` if words are already joined by ``_``.
        seed: Seed of every random number, from 0 to 4294967295.
        frozen_layers: So many of the encoder's lowest layers, and its embeddings, keep the weights
            that they come with; what they give is computed once, before the training. 0 to train
            all.
        data: What to train on; ``labels`` are the types of the table ``entities``.
        sections: What sections to learn.
        entities: If it is there, the same encoder learns entities too.
        training: How to train.

    Raises:
        ConfigError: A value is out of range.
    """

    encoder: str
    output: Path
    segmenter: Literal["underthesea", "pyvi", "presegmented"] = "underthesea"
    seed: int
    frozen_layers: int = 0
    data: DataConfig
    sections: SectionsTaskConfig
    entities: EntitiesTaskConfig | None = None
    training: TrainingConfig

    def __post_init__(self) -> None:
        _require("encoder", self.encoder, self.encoder != "", "a folder or a name on the hub")
        in_range = 0 <= self.seed <= _LARGEST_SEED
        _require("seed", self.seed, in_range, f"from 0 to {_LARGEST_SEED}")
        _require_number(self, "frozen_layers", lambda value: value >= 0, "at least 0")
        # Elsewhere a subword is read once as itself and again as context.
        context = self.sections.context
        whole = self.entities is None or context in ("passage", "window")
        _require("sections.context", context, whole, '"passage" or "window" with a table entities')
        weights = self.sections.file_weights
        fitting = not weights or len(weights) == len(self.data.train)
        expected = f"{len(self.data.train)} numbers, one for each file of data.train"
        _require("sections.file_weights", weights, fitting, expected)
        jsonl = self.data.format == "jsonl"
        _require("data.format", self.data.format, jsonl, '"jsonl"; CoNLL has no sections')
        smoothing = self.training.label_smoothing
        _require("training.label_smoothing", smoothing, smoothing == 0, "0 for sections")


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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the known name nearest to a wrong one, or all that are known."""
    names = sorted(known)
    if nearest := difflib.get_close_matches(name, names, n=1, cutoff=_SIMILARITY):
        return f'Did you mean "{nearest[0]}"?'
    return f"Known: {', '.join(names)}."


def _require(name: str, value: object, allowed: bool, expected: str) -> None:
    if not allowed:
        raise ConfigError(f"{name} = {_shown(value)}: expected {expected}.")


def _require_number(
    config: object, name: str, allowed: Callable[[float], bool], expected: str
) -> None:
    value = getattr(config, name)
    _require(name, value, math.isfinite(value) and allowed(value), expected)


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
                f"{_shown(values)}. Leave out what follows it."
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
        # `_require` begins its messages with the name of the field.
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
            choices = ", ".join(map(_shown, arguments))
            raise ConfigError(
                f"{where(key)}: {key} = {_shown(value)}: expected one of {choices}. "
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
        f"{where(key)}: {key} = {_shown(value)}: expected {_name(expected)}, found "
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
        return f"one of {', '.join(map(_shown, arguments))}"
    if arguments:
        return " or ".join(_name(part) for part in arguments if part is not type(None))
    return "a table" if dataclasses.is_dataclass(expected) else f"a {expected.__name__}"


def _shown(value: object) -> str:
    """A value as it would stand in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, Path)):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return config_to_dict(value)
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value

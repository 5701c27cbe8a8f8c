from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang.errors import ConfigError
from phodang_training.config import (
    DataConfig,
    EntitiesConfig,
    EntitiesTaskConfig,
    SectionsConfig,
    SectionsTaskConfig,
    TrainingConfig,
)
from phodang_training.config_files import config_to_dict, load_config

ENTITIES = """
encoder = "vinai/phobert-base"
output = "checkpoints/a"
head = "crf"
seed = 1

[data]
train = ["data/a.jsonl", "data/b.jsonl"]
dev = ["data/c.jsonl"]
split = "data/split.json"

[training]
epochs = 3
batch_size = 16
learning_rate = 5e-5
head_learning_rate = 1e-3
warmup_ratio = 0.1
weight_decay = 0
dropout = 0.1
"""


@dataclass(frozen=True)
class Inner:
    rate: float = 0.5
    on: bool = False


@dataclass(frozen=True)
class Outer:
    name: str
    count: int = 1
    where: Path = Path(".")
    mode: Literal["fast", "slow", 3] = "fast"
    tags: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    maybe: int | None = None
    perhaps: Optional[Path] = None  # noqa: UP045
    inner: Inner = field(default_factory=Inner)


def to_toml(values: dict[str, Any]) -> str:
    """Write TOML; a JSON string, number or array is one of TOML too, but for DEL."""
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    plain = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")
        for key, value in values.items()
        if key not in tables
    )
    return plain + "".join(f"[{key}]\n{to_toml(table)}" for key, table in tables.items())


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def entities(tmp_path: Path) -> Path:
    return written(tmp_path / "entities.toml", ENTITIES)


def test_a_file_is_read_into_the_types_of_the_schema(entities: Path) -> None:
    config = load_config(entities, EntitiesConfig)
    assert config == EntitiesConfig(
        encoder="vinai/phobert-base",
        output=Path("checkpoints/a"),
        head="crf",
        seed=1,
        data=DataConfig(
            train=("data/a.jsonl", "data/b.jsonl"),
            dev=("data/c.jsonl",),
            split=Path("data/split.json"),
        ),
        training=TrainingConfig(
            epochs=3,
            batch_size=16,
            learning_rate=5e-5,
            head_learning_rate=1e-3,
            warmup_ratio=0.1,
            weight_decay=0.0,
            dropout=0.1,
        ),
    )
    assert type(config.training.weight_decay) is float
    assert config.segmenter == "underthesea"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "a"')
    assert load_config(path, Outer) == Outer("a")


@given(
    st.builds(
        Outer,
        name=st.text(),
        count=st.integers(-(2**63), 2**63 - 1),
        where=st.sampled_from([Path("a/b"), Path("../c")]),
        mode=st.sampled_from(["fast", "slow", 3]),
        tags=st.lists(st.text()).map(tuple),
        rates=st.lists(st.floats(allow_nan=False, allow_infinity=False)).map(tuple),
        maybe=st.none() | st.integers(0, 9),
        perhaps=st.none() | st.just(Path("d")),
        inner=st.builds(Inner, st.floats(0, 1), st.booleans()),
    )
)
def test_a_saved_configuration_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, config: Outer
) -> None:
    path = written(tmp_path_factory.getbasetemp() / "saved.toml", to_toml(config_to_dict(config)))
    assert load_config(path, Outer) == config


def test_the_dict_is_plain(entities: Path) -> None:
    saved = config_to_dict(load_config(entities, EntitiesConfig, ["data.labels=['ORG']"]))
    assert json.loads(json.dumps(saved)) == saved
    assert saved["output"] == "checkpoints/a"
    assert saved["data"]["labels"] == ["ORG"]
    assert saved["training"]["epochs"] == 3


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("count=3", Outer("a", count=3)),
        (" count = 3 ", Outer("a", count=3)),
        ('name="b=c"', Outer("b=c")),
        ("name=b=c", Outer("b=c")),
        ("where=out/x", Outer("a", where=Path("out/x"))),
        ("mode=slow", Outer("a", mode="slow")),
        ("tags=['x', 'y']", Outer("a", tags=("x", "y"))),
        ("inner.rate=1", Outer("a", inner=Inner(rate=1.0))),
        ("inner.on=true", Outer("a", inner=Inner(on=True))),
        ("inner={rate = 0.25}", Outer("a", inner=Inner(rate=0.25))),
        ("name=b\nmode = 3", Outer("b\nmode = 3")),
    ],
)
def test_an_override_replaces_a_value(tmp_path: Path, override: str, read: Outer) -> None:
    path = written(tmp_path / "a.toml", 'name = "a"')
    assert load_config(path, Outer, [override]) == read


def test_the_last_override_of_a_key_counts(tmp_path: Path) -> None:
    path = written(tmp_path / "a.toml", 'name = "a"\n[inner]\nrate = 0.1\non = true')
    config = load_config(path, Outer, ["inner.rate=0.2", "inner.rate=0.3"])
    assert config.inner == Inner(rate=0.3, on=True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("cuont = 1", 'unknown key cuont.*"count"'),
        ("[inner]\nrat = 1", r'unknown key inner\.rat\b.*"rate"'),
        ("zzzzzz = 1", "unknown key zzzzzz.*Known: name, count, where"),
        ("count = 1.5", "count = 1.5: expected a whole number, found a number"),
        ("count = true", "count = true: expected a whole number, found true or false"),
        ("count = '1'", 'count = "1": expected a whole number, found a string'),
        ("where = 1", "where = 1: expected a path"),
        ("where = ''", 'where = "": expected a path'),
        ("mode = 'fats'", 'expected one of "fast", "slow", 3.*"fast"'),
        ("mode = true", 'expected one of "fast"'),
        ("tags = 'x'", "expected an array, each a string"),
        ("tags = ['x', 1]", r"tags\[1\] = 1: expected a string"),
        ("maybe = 'x'", "maybe.*expected a whole number"),
        ("inner = 1", "inner = 1: expected a table"),
        ("count = 2026-01-01", "expected a whole number, found a date"),
        ("[inner]\nrate = true", r"inner\.rate = true: expected a number"),
        ("count = x", "expected TOML.*line 2"),
    ],
)
def test_a_fault_is_told_with_the_file(tmp_path: Path, line: str, told: str) -> None:
    path = written(tmp_path / "a.toml", f'name = "a"\n{line}')
    with pytest.raises(ConfigError, match=told) as caught:
        load_config(path, Outer)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("count", "expected key=value"),
        ("=3", "expected key=value"),
        ("inner..rate=3", "expected key=value"),
        ("name.x=3", "expected name to be a table"),
        ("cuont=3", 'unknown key cuont.*"count"'),
        ("inner.rate=fast", 'inner.rate = "fast": expected a number'),
        ("inner.speed.x=1", r"unknown key inner\.speed"),
    ],
)
def test_a_faulty_override_is_told_as_one(tmp_path: Path, override: str, told: str) -> None:
    path = written(tmp_path / "a.toml", 'name = "a"')
    with pytest.raises(ConfigError, match=told) as caught:
        load_config(path, Outer, [override])
    assert str(caught.value).lower().startswith("override")


def test_a_missing_key_is_told(tmp_path: Path, entities: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected the key name \(a string in quotes\)"):
        load_config(written(tmp_path / "a.toml", ""), Outer)
    written(entities, ENTITIES.replace("epochs = 3", ""))
    with pytest.raises(ConfigError, match=r"expected the key training\.epochs"):
        load_config(entities, EntitiesConfig)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: expected a TOML file"):
        load_config(tmp_path / "absent.toml", Outer)
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(ConfigError, match="expected UTF-8, found byte 0xe9 at offset 8"):
        load_config(tmp_path / "latin.toml", Outer)


@pytest.mark.parametrize(
    "override",
    [
        "seed=-1",
        f"seed={2**32}",
        "encoder=''",
        "data.train=[]",
        "data.dev=[]",
        "data.labels=['ORG', 'ORG']",
        "data.labels=['']",
        "data.format=conll",
        "training.epochs=0",
        "training.batch_size=0",
        "training.learning_rate=0",
        "training.learning_rate=nan",
        "training.learning_rate=inf",
        "training.head_learning_rate=-1",
        "training.layer_decay=0",
        "training.layer_decay=1.1",
        "training.warmup_ratio=1",
        "training.weight_decay=-0.1",
        "training.dropout=1",
        "training.label_smoothing=1",
        "training.max_gradient_norm=0",
        "training.threads=-1",
        "training.early_stopping_patience=-1",
        "training.label_smoothing=0.1",  # The head is a CRF.
    ],
)
def test_a_value_out_of_range_is_told_with_its_key(entities: Path, override: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        load_config(entities, EntitiesConfig, [override])
    if override != "data.format=conll":  # The split is what does not fit there.
        with pytest.raises(ConfigError) as caught:
            load_config(entities, EntitiesConfig, [override])
        key = override.partition("=")[0]
        assert str(caught.value).startswith(f"override {override}: {key} = ")


@pytest.mark.parametrize(
    "override",
    [
        f"seed={2**32 - 1}",
        "training.epochs=1",
        "training.layer_decay=1",
        "training.warmup_ratio=0",
        "training.dropout=0",
        "training.weight_decay=0",
    ],
)
def test_the_bounds_themselves_are_allowed(entities: Path, override: str) -> None:
    assert load_config(entities, EntitiesConfig, [override])


SECTIONS = """
encoder = "model/encoder"
output = "checkpoints/a"
seed = 1

[data]
train = ["data/a.jsonl", "data/b.jsonl"]
dev = ["data/c.jsonl"]

[sections]
context = "passage"
document_layer = true

[entities]
head = "crf"
""" + ENTITIES[ENTITIES.index("\n[training]") :]


@pytest.fixture
def sections(tmp_path: Path) -> Path:
    return written(tmp_path / "sections.toml", SECTIONS)


def test_sections_are_learnt_with_entities_or_alone(sections: Path) -> None:
    config = load_config(sections, SectionsConfig)
    assert config.entities == EntitiesTaskConfig(head="crf")
    assert config.sections == SectionsTaskConfig(context="passage", document_layer=True)
    written(sections, SECTIONS.replace('[entities]\nhead = "crf"\n', ""))
    assert load_config(sections, SectionsConfig).entities is None
    for context in ("title", "previous", "window"):
        read = load_config(sections, SectionsConfig, [f"sections.context={context}"])
        assert read.sections.context == context


@pytest.mark.parametrize(
    "override",
    [
        "frozen_layers=-1",
        "seed=-1",
        "encoder=''",
        "sections.labels=[]",
        "sections.labels=['task', 'task']",
        "sections.labels=['']",
        "sections.balance=-0.1",
        "sections.balance=1.1",
        "sections.balance=nan",
        "sections.loss_weight=0",
        "sections.loss_weight=inf",
        "sections.file_weights=[1, 0]",
        "sections.file_weights=[1, inf]",
        "sections.file_weights=[1]",
        "sections.context=title",  # Entities are learnt, too.
        "sections.context=previous",
        "data.format=conll",
        "training.label_smoothing=0.1",
    ],
)
def test_a_value_of_sections_out_of_range_is_told(sections: Path, override: str) -> None:
    with pytest.raises(ConfigError, match="expected") as caught:
        load_config(sections, SectionsConfig, [override])
    key = override.partition("=")[0]
    assert str(caught.value).startswith(f"override {override}: {key} = ")


def test_the_crf_is_not_for_windows(sections: Path) -> None:
    window = "sections.context=window"
    assert load_config(sections, SectionsConfig, [window, "entities.head=softmax"])
    with pytest.raises(
        ConfigError, match=r'head = "crf": expected "softmax" with sections\.contex'
    ):
        load_config(sections, SectionsConfig, [window])


def test_label_smoothing_is_for_softmax(entities: Path) -> None:
    smoothed = ["training.label_smoothing=0.1", "head=softmax"]
    assert load_config(entities, EntitiesConfig, smoothed).training.label_smoothing == 0.1
    with pytest.raises(ConfigError, match='expected 0 unless head = "softmax"'):
        load_config(entities, EntitiesConfig, smoothed[:1])


def test_a_missing_toml_reader_is_no_matter_before_a_file_is_read(
    entities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    monkeypatch.setitem(sys.modules, reader, None)
    # Set, so that the module imported before is put back.
    monkeypatch.setattr("phodang_training.config_files", None)
    monkeypatch.delitem(sys.modules, "phodang_training.config_files")
    config_files = importlib.import_module("phodang_training.config_files")
    with pytest.raises(ModuleNotFoundError) as caught:
        config_files.load_config(entities, EntitiesConfig)
    assert caught.value.name == reader


def test_ranges_hold_without_a_file() -> None:
    with pytest.raises(ConfigError, match=r"train = \[\]: expected at least one file"):
        DataConfig(train=(), dev=("a",))


def test_configurations_cannot_be_changed(entities: Path) -> None:
    config = load_config(entities, EntitiesConfig)
    for name in (item.name for item in fields(config)):
        with pytest.raises(AttributeError):
            setattr(config, name, None)

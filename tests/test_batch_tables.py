"""Parquet files and datasets are read some rows at a time, and their values become JSON's."""

from __future__ import annotations

import base64
import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_inputs import read, reason, texts
from hypothesis import given
from hypothesis import strategies as st

from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.records import Record, Rejection
from phodang.batch.sources import find_sources
from phodang.batch.values import UnwritableValueError, json_value
from phodang.errors import InputError, MissingDependencyError


def write(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "corpus.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


# Values


class Tag(pa.ExtensionType):
    """An extension type that only these tests know."""

    def __init__(self) -> None:
        super().__init__(pa.binary(), "phodang.tests.tag")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: pa.DataType, serialized: bytes) -> Tag:
        return cls()


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (pa.null(), None, None),
        (pa.bool_(), True, True),
        (pa.uint64(), 2**64 - 1, 2**64 - 1),
        (pa.float64(), 0.1, 0.1),
        (pa.float32(), 0.1, 0.10000000149011612),
        (pa.float64(), float("nan"), "NaN"),
        (pa.float16(), float("-inf"), "-Infinity"),
        (pa.float64(), float("inf"), "Infinity"),
        (pa.decimal128(10, 2), Decimal("1.5"), "1.50"),
        (pa.decimal256(50, -3), Decimal("1E+3"), "1000"),
        (pa.large_string(), "Huế", "Huế"),
        (pa.string_view(), "Huế", "Huế"),
        (pa.dictionary(pa.int8(), pa.string()), "Huế", "Huế"),
        (pa.dictionary(pa.int8(), pa.string()), None, None),
        (pa.run_end_encoded(pa.int32(), pa.string()), "Huế", "Huế"),
        (pa.binary(), b"\xff\xfe", "//4="),
        (pa.binary(2), b"\xff\xfe", "//4="),
        (pa.date32(), datetime.date(1930, 2, 3), "1930-02-03"),
        (pa.date64(), datetime.date(1930, 2, 3), "1930-02-03"),
        (pa.date32(), pa.scalar(3_000_000, pa.int32()), "10183-09-21"),
        (pa.time32("s"), datetime.time(7, 30), "07:30:00"),
        (pa.time64("us"), datetime.time(7, 30, 0, 5), "07:30:00.000005"),
        (pa.timestamp("s"), datetime.datetime(1930, 2, 3, 7, 30), "1930-02-03T07:30:00"),
        (pa.timestamp("ns"), pa.scalar(1, pa.int64()), "1970-01-01T00:00:00.000000001"),
        (
            pa.timestamp("ms", "Asia/Ho_Chi_Minh"),
            datetime.datetime(
                2024, 2, 3, 7, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=7))
            ),
            "2024-02-03T00:30:00.000Z",
        ),
        (pa.duration("ms"), datetime.timedelta(seconds=-90, milliseconds=-500), "PT-90.500S"),
        (pa.duration("s"), datetime.timedelta(seconds=90), "PT90S"),
        (pa.month_day_nano_interval(), (1, 2, 3_000_000_000), "P1M2DT3.000000000S"),
        (pa.list_(pa.date32()), [datetime.date(1930, 2, 3), None], ["1930-02-03", None]),
        (pa.list_(pa.int8(), 2), [1, 2], [1, 2]),
        (pa.large_list(pa.list_(pa.binary())), [[b"a"], []], [["YQ=="], []]),
        (
            pa.struct([("a", pa.struct([("b", pa.decimal128(3, 1))])), ("c", pa.string())]),
            {"a": {"b": Decimal("1.5")}, "c": None},
            {"a": {"b": "1.5"}, "c": None},
        ),
        (pa.map_(pa.int32(), pa.date32()), [(1, datetime.date(1930, 2, 3))], [[1, "1930-02-03"]]),
        (pa.list_(pa.string()), None, None),
        (Tag(), b"\xff\xfe", "//4="),
    ],
    ids=str,
)
def test_values_by_type(kind: pa.DataType, value: Any, expected: Any) -> None:
    if isinstance(value, pa.Scalar):
        array = pa.array([value.as_py()], value.type).cast(kind)
    elif isinstance(kind, pa.BaseExtensionType):
        array = pa.ExtensionArray.from_storage(kind, pa.array([value], kind.storage_type))
    elif pa.types.is_run_end_encoded(kind):
        array = pa.RunEndEncodedArray.from_arrays([1], [value], kind)
    else:
        array = pa.array([value], kind)
    found = json_value(array[0])
    assert found == expected
    assert type(found) is type(expected)
    json.dumps(found, allow_nan=False)


def test_unions_are_the_value_they_hold() -> None:
    kinds = pa.array([0, 1, 0], pa.int8())
    offsets = pa.array([0, 0, 1], pa.int32())
    children = [pa.array(["a", None]), pa.array([7])]
    union = pa.UnionArray.from_dense(kinds, offsets, children)
    assert [json_value(scalar) for scalar in union] == ["a", 7, None]


@given(st.datetimes(), st.decimals(-999, 999, places=3), st.binary(), st.floats(), st.times())
def test_values_can_be_read_back(
    moment: datetime.datetime, number: Decimal, data: bytes, real: float, time: datetime.time
) -> None:
    def value(kind: pa.DataType, python: Any) -> Any:
        return json_value(pa.scalar(python, kind))

    assert datetime.datetime.fromisoformat(value(pa.timestamp("us"), moment)) == moment
    assert datetime.date.fromisoformat(value(pa.date32(), moment.date())) == moment.date()
    assert datetime.time.fromisoformat(value(pa.time64("us"), time)) == time
    assert Decimal(value(pa.decimal128(6, 3), number)) == number
    assert base64.b64decode(value(pa.binary(), data)) == data
    back = float(value(pa.float64(), real))
    assert back == real or (back != back and real != real)


def test_objects_with_a_name_twice_have_no_form_in_json() -> None:
    kind = pa.struct([pa.field("a", pa.int8()), pa.field("a", pa.int8())])
    array = pa.StructArray.from_arrays([pa.array([1], pa.int8())] * 2, fields=list(kind))
    with pytest.raises(UnwritableValueError, match="two fields of one name"):
        json_value(array[0])


# Parquet


def test_rows_become_records(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {
            "id": pa.array([7, None, 9], pa.int64()),
            "text": ["Huế\r\n", "Hà Nội", "Đà Nẵng"],
            "date": [datetime.date(1930, 2, 3), None, None],
        },
    )
    first, second, _ = read(path)
    assert isinstance(first, Record)
    assert (first.id, first.text, first.place.number) == ("7", "Huế\r\n", 1)
    assert first.fields == {"date": "1930-02-03"}
    assert isinstance(second, Record)
    assert second.id == f"{path}:2"


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        (pa.array([1.5, float("nan"), None]), ["1.5", None, None]),
        (pa.array([Decimal("1.50"), None, None]), ["1.50", None, None]),
        (pa.array(["a", "", None]), ["a", None, None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([datetime.date(1930, 2, 3)] * 3), ["1930-02-03"] * 3),
    ],
)
def test_ids_are_strings(tmp_path: Path, ids: pa.Array, names: list[str | None]) -> None:
    path = write(tmp_path, {"text": ["a", "b", "c"], "id": ids})
    expected = [name or f"{path}:{number}" for number, name in enumerate(names, start=1)]
    assert [item.id for item in read(path)] == expected


def test_bad_rows_are_rejected_alone(tmp_path: Path) -> None:
    not_utf8 = pa.StringArray.from_buffers(
        4,
        pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1, 3, 4, 5))),
        pa.py_buffer(b"aH\xe0 c"),
    )
    path = write(tmp_path, {"text": not_utf8, "note": ["x", "y", "z", None], "id": [1, 2, 3, 4]})
    items = read(path)
    assert texts(items) == ["a", None, None, "c"]
    assert [item.id for item in items] == ["1", "2", "3", "4"]
    bad, blank = items[1:3]
    assert isinstance(bad, Rejection)
    assert isinstance(blank, Rejection)
    assert 'UTF-8 in the column "text"' in bad.reason
    assert "white space" in blank.reason
    path = write(tmp_path, {"text": ["a", None, ""], "id": [[1], [2], [3]]})
    assert texts(read(path)) == [None] * 3
    path = write(tmp_path, {"text": pa.nulls(2)})
    assert texts(read(path)) == [None] * 2


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"body": ["a"], "n": [1]}, 'column "text" with the text, found "body", "n"'),
        ({"text": [1], "body": ["a"]}, 'found the type int64. Of the columns, "body" hold text'),
        ({"text": [b"a"]}, "found the type binary. Of the columns, none hold text"),
    ],
)
def test_a_table_without_text_is_an_error(
    tmp_path: Path, columns: dict[str, Any], message: str
) -> None:
    path = write(tmp_path, columns)
    for skip in (0, 1):
        with pytest.raises(InputError) as raised:
            read(path, skip=skip)
        assert message in str(raised.value)


def test_tables_that_cannot_be_read_are_rejected(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": pa.array([], pa.string())})
    assert reason(read(path)) == "Expected records, found none in the source."
    table = pa.table([["a"], ["b"]], names=["text", "text"])
    pq.write_table(table, path)
    assert 'found more than one "text"' in reason(read(path))
    whole = write(tmp_path, {"text": ["a"]}).read_bytes()
    for data in (b"", b"PAR1", whole[:-20], whole[: len(whole) // 2]):
        path.write_bytes(data)
        assert "It cannot be read" in reason(read(path))
        assert read(path, skip=1) == []


@pytest.mark.parametrize("group_size", [7, 64, 1000])
def test_skip_gives_the_tail(tmp_path: Path, group_size: int) -> None:
    bodies = [f"bài {number}" if number % 7 else "" for number in range(200)]
    path = write(tmp_path, {"text": bodies}, row_group_size=group_size)
    items = read(path)
    assert texts(items) == [body or None for body in bodies]
    for skip in (1, 50, 63, 64, 65, 100, 199, 200):
        assert read(path, skip=skip) == items[skip:]


def test_what_stands_before_a_damage_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"text": [f"bài số {number}" for number in range(400)]},
        row_group_size=200,
        write_page_checksum=True,
        use_dictionary=False,
        compression="none",
    )
    data = bytearray(path.read_bytes())
    data[data.index("bài số 300".encode()) + 1] ^= 0xFF
    path.write_bytes(data)
    items = read(path)
    *before, last = items
    assert isinstance(last, Rejection)
    assert "nothing behind it was" in last.reason
    assert len(before) == 200
    assert last.place.number == 201
    for skip in (1, 199, 200, 201):
        assert read(path, skip=skip) == items[skip:]


def test_memory_does_not_depend_on_the_size_of_a_file(tmp_path: Path) -> None:
    # Random letters, which take their full size in the file too, in one row group.
    body = base64.b85encode(bytes(hash((1, n)) % 256 for n in range(8_000))).decode()
    bodies = [f"{number} {body[number % 999 :]}" for number in range(3_000)]
    path = write(tmp_path, {"text": bodies}, compression="none", use_dictionary=False)
    (source,) = find_sources([str(path)]).sources
    before = pa.total_allocated_bytes()
    most = max(pa.total_allocated_bytes() - before for _ in read_source(source, ReadingOptions()))
    assert most < path.stat().st_size / 2


# Datasets


def test_datasets_are_read_in_order(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = {"id": list(range(150)), "text": [f"bài {n}" if n % 9 else " " for n in range(150)]}
    labels = datasets.ClassLabel(names=["a", "b"])
    features = datasets.Features(
        {"id": datasets.Value("int64"), "text": datasets.Value("string"), "label": labels}
    )
    rows["label"] = [n % 2 for n in range(150)]
    whole = datasets.Dataset.from_dict(rows, features=features)
    path = tmp_path / "ds"
    datasets.DatasetDict({"train": whole, "test": whole.select(range(3))}).save_to_disk(str(path))
    test, train = find_sources([str(path)]).sources
    assert len(list(read_source(test, ReadingOptions()))) == 3
    items = list(read_source(train, ReadingOptions()))
    assert texts(items) == [text if text.strip() else None for text in rows["text"]]
    assert isinstance(items[1], Record)
    assert (items[1].id, items[1].fields) == ("1", {"label": 1})
    for skip in (1, 63, 64, 65, 149, 150):
        assert list(read_source(train, ReadingOptions(), skip=skip)) == items[skip:]
    with pytest.raises(InputError, match='found "id", "text", "label"'):
        list(read_source(train, ReadingOptions(text_field="body")))


def test_datasets_that_cannot_be_read_are_rejected(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "ds"
    datasets.Dataset.from_dict({"text": ["a" * 1000] * 1000}).save_to_disk(str(path))
    (data,) = path.glob("*.arrow")
    data.write_bytes(data.read_bytes()[:5000])
    (source,) = find_sources([str(path)]).sources
    assert "cannot be read" in reason(list(read_source(source, ReadingOptions())))
    (path / "state.json").write_text("{", encoding="utf-8")
    assert "cannot be read as a dataset" in reason(list(read_source(source, ReadingOptions())))
    assert list(read_source(source, ReadingOptions(), skip=1)) == []


def test_a_missing_library_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("state.json", "dataset_info.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "datasets", None)
    (source,) = find_sources([str(tmp_path)]).sources
    with pytest.raises(MissingDependencyError, match=r"pip install 'phodang\[datasets\]'"):
        list(read_source(source, ReadingOptions()))

"""Shards: what is written is read, and what is damaged is told."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_runs import article, corpus, labelled_articles
from hypothesis import given, settings
from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.batch.options import ShardFormat
from phodang.batch.output import OutputFolder, Position, read_labelled
from phodang.batch.shards import encode_shard
from phodang.errors import InputError

FORMATS: tuple[ShardFormat, ...] = ("jsonl", "parquet")


@settings(max_examples=20)
@given(st.lists(labelled_articles, max_size=3), st.sampled_from(FORMATS))
def test_a_shard_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    articles: list[LabelledArticle],
    shard_format: ShardFormat,
) -> None:
    path = tmp_path_factory.mktemp("shards") / f"shard.{shard_format}"
    content = encode_shard(articles, shard_format)
    assert encode_shard(articles, shard_format) == content
    path.write_bytes(content)
    read = list(read_labelled(path))
    assert read == articles
    assert json.dumps([a.fields for a in read]) == json.dumps([a.fields for a in articles])


def test_a_parquet_shard_has_the_documented_columns(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    path.write_bytes(encode_shard([article(7)], "parquet"))
    table = pq.read_table(path)
    (row,) = table.to_pylist()
    record = article(7).to_dict()
    assert row == {**record, "fields": '{"năm": 2007}'}
    entity = "struct<start: int64, end: int64, label: string, text: string, score: double>"
    section = "struct<start: int64, end: int64, label: string, score: double>"
    kind = str(table.schema.field("passages").type).replace("element", "item")
    assert kind == (
        f"list<item: struct<start: int64, end: int64, entities: list<item: {entity}>, "
        f"sections: list<item: {section}>>>"
    )
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_large_parquet_shard_has_several_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    articles = [LabelledArticle(str(number), Article("")) for number in range(2_001)]
    path.write_bytes(encode_shard(articles, "parquet"))
    assert pq.ParquetFile(path).num_row_groups == 3
    assert list(read_labelled(path)) == articles


def test_json_lines_hold_half_surrogate_pairs_and_parquet_does_not(tmp_path: Path) -> None:
    text = "\udcff Hà Nội \u2028"
    half = LabelledArticle(
        "\ud800", Article(text, (Passage(0, 8, text[:8], (Entity(2, 8, "LOC", "Hà Nội", 1.0),)),))
    )
    path = tmp_path / "shard.jsonl"
    content = encode_shard([half, article(1)], "jsonl")
    assert content.count(b"\n") == 2
    assert "Tổ chức" in content.decode()
    path.write_bytes(content)
    assert list(read_labelled(path)) == [half, article(1)]
    with pytest.raises(InputError, match=r'"\\ud800": .* half of a surrogate pair'):
        encode_shard([half], "parquet")
    in_field = replace(article(1), fields={"\ud800": "\ud800"})
    (tmp_path / "shard.parquet").write_bytes(encode_shard([in_field], "parquet"))
    assert list(read_labelled(tmp_path / "shard.parquet")) == [in_field]


@pytest.mark.parametrize("shard_format", FORMATS)
def test_the_shards_of_a_folder_are_read_in_order(
    tmp_path: Path, shard_format: ShardFormat
) -> None:
    written = corpus("aaraaa", shard_format=shard_format)
    written.write(tmp_path)
    assert list(read_labelled(str(tmp_path))) == written.articles


@pytest.mark.parametrize("compression", ["gz", "zst"])
def test_shards_may_be_compressed(tmp_path: Path, compression: str) -> None:
    path = tmp_path / f"shard.jsonl.{compression}"
    articles = [article(number) for number in range(50)]
    with pa.output_stream(str(path), compression="detect") as file:
        file.write(encode_shard(articles, "jsonl"))
    assert list(read_labelled(path)) == articles
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=rf"shard\.jsonl\.{compression}"):
        list(read_labelled(path))


def test_an_unfinished_output_is_read_only_if_that_is_asked_for(tmp_path: Path) -> None:
    written = corpus("aaa")
    with OutputFolder.open(tmp_path, run=written.run) as output:
        output.commit(written.articles[:2], [], position=Position(0, 2))
        (tmp_path / "part-00001.jsonl.tmp").write_bytes(b"{")
    with pytest.raises(InputError, match=r"is not finished; 2 articles are in it so far\. Run"):
        read_labelled(tmp_path)
    assert list(read_labelled(tmp_path, allow_unfinished=True)) == written.articles[:2]


@pytest.mark.parametrize("shard_format", FORMATS)
def test_a_changed_byte_is_found(tmp_path: Path, shard_format: ShardFormat) -> None:
    written = corpus("aaaa", shard_format=shard_format)
    written.write(tmp_path)
    path = tmp_path / f"part-00001.{shard_format}"
    content = path.read_bytes()
    for place in range(0, len(content), 90):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        articles = read_labelled(tmp_path)
        assert [next(articles), next(articles)] == written.articles[:2]
        with pytest.raises(InputError, match=r"part-00001.* is damaged: its SHA-256 is .* says"):
            next(articles)
    path.unlink()
    with pytest.raises(InputError, match=r"part-00001.* is missing, and manifest\.json lists it"):
        list(read_labelled(tmp_path))


LINE = encode_shard([article(1)], "jsonl")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", LINE + LINE[:-9], r"a\.jsonl:2: expected a JSON object"),
        ("a.jsonl", LINE + b"\n" + LINE, r"a\.jsonl:2: expected a JSON object"),
        ("a.jsonl", LINE + b"\xff\n", r"a\.jsonl:2: .*0xff"),
        ("a.jsonl", LINE.decode().encode("utf-16"), r"a\.jsonl:1: "),
        ("a.jsonl", LINE + b'{"text": "x"}\n', r'a\.jsonl:2: Expected "id"'),
        ("a.jsonl", LINE + b"[]\n", r"a\.jsonl:2: Expected an object"),
        ("a.jsonl.gz", gzip.compress(LINE, mtime=0)[:-15], r"a\.jsonl\.gz"),
        ("a.jsonl.gz", LINE, r"a\.jsonl\.gz cannot be read"),
        ("a.parquet", LINE, r"a\.parquet cannot be read"),
        ("a.parquet", encode_shard([article(1)], "parquet")[:-9], r"a\.parquet cannot be read"),
        ("a.csv", LINE, r"a\.csv: expected a shard, which ends in \.jsonl"),
    ],
)
def test_a_file_that_is_no_shard_is_told(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        list(read_labelled(path))


def test_a_parquet_file_of_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": ["x"], "text": ["y"]}), path)
    with pytest.raises(InputError, match="expected the columns id, fields, text, passages, found"):
        list(read_labelled(path))
    pq.write_table(pa.table({name: [None] for name in ("id", "fields", "text", "passages")}), path)
    with pytest.raises(InputError, match=r"a\.parquet:1: expected a JSON object"):
        list(read_labelled(path))


def test_nothing_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no output of phodang label: manifest\.json is mi"):
        read_labelled(tmp_path)
    with pytest.raises(InputError, match=r"none\.jsonl cannot be read: .* Check the path"):
        list(read_labelled(tmp_path / "none.jsonl"))

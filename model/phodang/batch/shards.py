"""Labelled articles ↔ shards: the files of an output, JSON Lines or Parquet.

A line of a JSON Lines shard is what `LabelledArticle.to_dict` makes. A Parquet shard has the same
values in the columns ``id``, ``fields`` (an object, as JSON), ``text`` and ``passages``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phodang.batch.json_writing import json_line, json_text
from phodang.batch.labelled import LabelledArticle
from phodang.batch.options import ShardFormat
from phodang.errors import InputError
from phodang.messages import quoted

if TYPE_CHECKING:
    import pyarrow as pa

JSON_LINES_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")
PARQUET_ENDING = ".parquet"
PASSAGES_COLUMN = "passages"

_ROWS_AT_ONCE = 1_000
"""Rows of a row group, which bounds the memory that reading a large shard takes."""


def shard_name(index: int, shard_format: ShardFormat) -> str:
    """The name of a run's shard, counted from 0, such as ``part-00000.jsonl``."""
    return f"part-{index:05}.{shard_format}"


def encode_shard(articles: Sequence[LabelledArticle], shard_format: ShardFormat) -> bytes:
    """Make the bytes of a shard, the same for the same articles.

    Raises:
        InputError: An article holds what the format cannot; it is named.
    """
    if shard_format == "jsonl":
        return b"".join(_encoded(article) for article in articles)
    import pyarrow.parquet as pq

    file = io.BytesIO()
    with pq.ParquetWriter(file, _parquet_schema(), compression="zstd") as writer:
        for start in range(0, len(articles), _ROWS_AT_ONCE):
            writer.write_table(_table(articles[start : start + _ROWS_AT_ONCE]))
    return file.getvalue()


def read_shard(path: Path) -> Iterator[LabelledArticle]:
    """Read a shard, article by article; one in JSON Lines may be compressed with gzip or zstd.

    Raises:
        InputError: The file is missing, of another kind or damaged; its line or row is named.
    """
    if path.name.endswith(JSON_LINES_ENDINGS):
        records = _read_json_lines(path)
    elif path.name.endswith(PARQUET_ENDING):
        records = _read_parquet(path)
    else:
        raise InputError(
            f"{path}: expected a shard, which ends in {', '.join(JSON_LINES_ENDINGS)} or "
            f"{PARQUET_ENDING}. Give one, or the folder that phodang label wrote."
        )
    return _articles(path, records)


def _articles(path: Path, records: Iterator[Any]) -> Iterator[LabelledArticle]:
    for number, record in enumerate(records, start=1):
        try:
            article = LabelledArticle.from_dict(record)
        except InputError as error:
            raise InputError(f"{path}:{number}: {error}") from None
        yield article


def _encoded(article: LabelledArticle) -> bytes:
    try:
        return json_line(article.to_dict())
    except InputError as error:
        raise _named(article, error) from None


def _table(articles: Sequence[LabelledArticle]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist([_row(article) for article in articles], _parquet_schema())


def _row(article: LabelledArticle) -> dict[str, Any]:
    record = article.to_dict()
    try:
        for name in ("id", "text"):
            record[name].encode("utf-8")
        return {**record, "fields": json_text(article.fields)}
    except UnicodeEncodeError:
        raise InputError(
            f"Article {quoted(article.id)}: expected text of Unicode characters, found half of a "
            "surrogate pair, which Parquet cannot hold. Write JSON Lines instead."
        ) from None
    except InputError as error:
        raise _named(article, error) from None


def _named(article: LabelledArticle, error: InputError) -> InputError:
    return InputError(f"Article {quoted(article.id)}: {error}")


def _read_json_lines(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    with (
        _reading(path),
        io.BufferedReader(pa.input_stream(str(path), compression="detect")) as lines,
    ):
        for number, line in enumerate(lines, start=1):
            yield _parsed(line, path, number)


def _read_parquet(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with _reading(path), pq.ParquetFile(path) as file:
        expected, found = _parquet_schema().names, file.schema_arrow.names
        if set(found) != set(expected):
            raise InputError(
                f"{path}: expected the columns {', '.join(expected)}, found {', '.join(found)}. "
                "Give the output of phodang label."
            )
        rows = (row for batch in file.iter_batches(_ROWS_AT_ONCE) for row in batch.to_pylist())
        for number, row in enumerate(rows, start=1):
            yield {**row, "fields": _parsed(row["fields"], path, number)}


def _parsed(text: str | bytes, path: Path, number: int) -> Any:
    try:
        # Bytes would be taken for UTF-16 or UTF-32 where they look like it.
        return json.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path}:{number}: expected a JSON object, found something else ({error}). Give the "
            "output of phodang label, whole."
        ) from None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path} cannot be read: {reason}. Check the path, or copy the file again, whole."
        ) from None


def passages_type() -> pa.DataType:
    """The Arrow type of an article's passages, as `Article.to_dict` makes them."""
    import pyarrow as pa

    span = [("start", pa.int64()), ("end", pa.int64())]
    label = [*span, ("label", pa.string())]
    entity = pa.struct([*label, ("text", pa.string()), ("score", pa.float64())])
    section = pa.struct([*label, ("score", pa.float64())])
    lists = [("entities", pa.list_(entity)), ("sections", pa.list_(section))]
    return pa.list_(pa.struct([*span, *lists]))


def _parquet_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("fields", pa.string()),
            ("text", pa.string()),
            (PASSAGES_COLUMN, passages_type()),
        ]
    )

"""How many records a source has, roughly: for telling how long a run will take."""

from __future__ import annotations

from collections.abc import Sequence

from phodang.batch.readers.items import UnreadableError
from phodang.batch.readers.streams import open_stream
from phodang.batch.sources import Source, SourceFormat

_CHUNK_BYTES = 1 << 20


def count_records(sources: Sequence[Source]) -> int | None:
    """Count the records of sources, without reading their texts.

    Lines are counted for JSON Lines and tables, so that empty lines, and line breaks inside a
    table's cells, make the number too high.

    Returns:
        The number; none if it cannot be known beforehand, as for standard input and datasets.
    """
    if any(source.path is None or source.format is SourceFormat.dataset for source in sources):
        return None
    return sum(map(_count, sources))


def _count(source: Source) -> int:
    assert source.path is not None
    try:
        if source.format is SourceFormat.json_lines:
            return _lines(source)
        if source.format in (SourceFormat.csv, SourceFormat.tsv):
            return max(_lines(source) - 1, 0)
        if source.format is SourceFormat.parquet:
            import pyarrow.parquet

            rows: int = pyarrow.parquet.read_metadata(source.path).num_rows
            return rows
    except (OSError, UnreadableError, ValueError):
        return 1  # reading it will say what is wrong, in one rejection
    return 1


def _lines(source: Source) -> int:
    count, last = 0, b"\n"
    with open_stream(source) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")

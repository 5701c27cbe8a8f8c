"""Source → records, one after the other, and reasons where there is none.

What is read is not changed: line breaks and white space stay as they are. Only a byte order mark at
the start of a UTF-8 file, which belongs to the file and not to the text, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from phodang.batch.records import Record, Rejection
from phodang.batch.sources import Source, SourceFormat
from phodang.errors import ConfigError, InputError
from phodang.messages import quoted


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Where the text of an article stands in a record.

    Attributes:
        text_field: Field or column that holds the text.
        id_field: Field or column that names the article. Where a record has none, or it is null or
            empty, its place names it: ``corpus.jsonl:12``. Numbers become strings as written.

    Raises:
        ConfigError: Both are the same.
    """

    text_field: str = "text"
    id_field: str = "id"

    def __post_init__(self) -> None:
        if self.text_field == self.id_field:
            raise ConfigError(
                "Expected text_field and id_field to be two fields, found "
                f"{quoted(self.text_field)} for both. Give another id_field; records without it "
                "are named by their place."
            )


def read_source(
    source: Source, options: ReadingOptions, *, skip: int = 0
) -> Iterator[Record | Rejection]:
    """Read a source, lazily, in order.

    Memory does not depend on the size of a file of lines or rows. Where a source can be read up to
    some place only, what stands before it is read, and one rejection stands for the rest; of a
    compressed file, the block with the damage is lost too. A source without any record is one
    rejection.

    Args:
        source: Where to read.
        options: Which fields to take.
        skip: How many of the first items, records and rejections, to leave out: what is read is
            then the same as without, but for these. At most as many as there are.

    Returns:
        Records and rejections. Nothing is raised for a bad record or an unreadable file.

    Raises:
        InputError: The source is a table without text field, or its column holds no text. Raised
            when the first item is asked for, as all errors are.
        MissingDependencyError: The library that reads the format is not installed.
    """
    if skip < 0:
        raise InputError(f"Expected skip of at least 0, found {skip}.")
    yield from _reader(source.format)(source, options, skip)


_Reader = Callable[[Source, ReadingOptions, int], Iterator[Record | Rejection]]


def _reader(form: SourceFormat) -> _Reader:
    # Imported here: each format has its own library, and a run reads one or two of them.
    if form is SourceFormat.json_lines:
        from phodang.batch.readers.json_lines import read_json_lines

        return read_json_lines
    if form in (SourceFormat.csv, SourceFormat.tsv):
        from phodang.batch.readers.delimited import read_delimited

        return read_delimited
    if form is SourceFormat.parquet:
        from phodang.batch.readers.parquet import read_parquet

        return read_parquet
    if form is SourceFormat.dataset:
        from phodang.batch.readers.dataset import read_dataset

        return read_dataset
    from phodang.batch.readers.documents import read_document

    return partial(read_document, _extractor(form))


def _extractor(form: SourceFormat) -> Callable[[Source], str]:
    if form is SourceFormat.html:
        from phodang.batch.readers.html import extract_html

        return extract_html
    if form is SourceFormat.docx:
        from phodang.batch.readers.docx import extract_docx

        return extract_docx
    if form is SourceFormat.pdf:
        from phodang.batch.readers.pdf import extract_pdf

        return extract_pdf
    from phodang.batch.readers.text import extract_text

    return extract_text

"""Files, folders, globs and standard input → the sources that a run reads, in a fixed order."""

from __future__ import annotations

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from phodang.batch.paths import (
    byte_blocks,
    display,
    files_below,
    files_matching,
    fixed_part,
    is_dataset,
    real_path,
)
from phodang.errors import InputError
from phodang.messages import quoted

STANDARD_INPUT = "-"
"""Stands for standard input among the inputs, and is the name of its source."""


class SourceFormat(str, Enum):
    """How a source is read; the values are what the command line takes."""

    text = "text"
    json_lines = "jsonl"
    csv = "csv"
    tsv = "tsv"
    parquet = "parquet"
    dataset = "dataset"
    html = "html"
    docx = "docx"
    pdf = "pdf"


_ENDINGS = {
    ".txt": SourceFormat.text,
    ".jsonl": SourceFormat.json_lines,
    ".ndjson": SourceFormat.json_lines,
    ".csv": SourceFormat.csv,
    ".tsv": SourceFormat.tsv,
    ".parquet": SourceFormat.parquet,
    ".html": SourceFormat.html,
    ".htm": SourceFormat.html,
    ".docx": SourceFormat.docx,
    ".pdf": SourceFormat.pdf,
}
_COMPRESSIONS = (".gz", ".zst")
_COMPRESSED = (SourceFormat.json_lines, SourceFormat.csv, SourceFormat.tsv)
_STREAMED = (SourceFormat.text, *_COMPRESSED)
"""What standard input can be read as."""


@dataclass(frozen=True, slots=True)
class Source:
    r"""Something that records are read from, one after the other.

    Attributes:
        name: Its path as it was found, or ``-`` for standard input. Bytes of a file's name that
            are no UTF-8 are written as ``\xff``, since an output could not hold them.
        path: Where it is; ``None`` is standard input.
        format: How it is read.
        article_id: Name of the article, where a source is one article: the path below the folder
            or the fixed part of the glob that found it, with ``/``; of a file that was named, its
            name. Where two sources of a run would share it, the whole path. By default the name of
            the path.
    """

    name: str
    path: Path | None
    format: SourceFormat
    article_id: str = ""

    def __post_init__(self) -> None:
        if not self.article_id:
            name = STANDARD_INPUT if self.path is None else display(self.path.name)
            object.__setattr__(self, "article_id", name)


@dataclass(frozen=True, slots=True)
class FoundSources:
    """What the inputs of a run came to.

    Attributes:
        sources: In the order of the inputs; inside a folder or glob sorted by path, part by part.
        ignored: What a folder or glob also had: files of unknown endings, links to folders, and
            what is no regular file.
    """

    sources: list[Source]
    ignored: list[Path]


def find_sources(
    inputs: Sequence[str], *, input_format: SourceFormat | None = None
) -> FoundSources:
    """Find what there is to read.

    Args:
        inputs: Files; folders, which are searched with all folders in them; globs, where ``**``
            stands for any folders; ``-`` for standard input, JSON Lines unless told otherwise.
            A folder that ``datasets`` saved is one source, and each split of a saved
            ``DatasetDict`` is. Hidden files and folders (``.name``, and the ``~$name`` that Office
            writes beside open documents) are left out unless they are named.
        input_format: Read every file so, whatever its ending.

    Raises:
        InputError: There is nothing of that name; a named file's ending is unknown; the same file
            is there twice, also by a link; a folder cannot be read; an input has nothing to read.
    """
    if not inputs:
        raise InputError("Expected files, folders, globs or - to read, found none. Give one.")
    sources: list[Source] = []
    ignored: list[Path] = []
    for argument in map(os.fspath, inputs):
        found = _find(argument, input_format)
        sources += found.sources
        ignored += found.ignored
    _check_once(sources)
    return FoundSources(_with_distinct_ids(sources), ignored)


def fingerprint(source: Source) -> str | None:
    """Tell one content from another.

    Returns:
        ``sha256:`` and the hexadecimal SHA-256 of the file's bytes; of a dataset's folder, of the
        path, size and bytes of each of its files. ``None`` for standard input, and for what cannot
        be read, of which `phodang.batch.reading.read_source` makes a rejection.
    """
    if source.path is None:
        return None
    digest = hashlib.sha256()
    try:
        if source.path.is_dir():
            for path in sorted(path for path in source.path.rglob("*") if path.is_file()):
                relative = os.fsencode(path.relative_to(source.path).as_posix())
                digest.update(b"%s\0%d\0" % (relative, path.stat().st_size))
                for block in byte_blocks(path):
                    digest.update(block)
        else:
            for block in byte_blocks(source.path):
                digest.update(block)
    except OSError:
        return None
    return f"sha256:{digest.hexdigest()}"


def _find(argument: str, input_format: SourceFormat | None) -> FoundSources:
    path = Path(argument)
    if argument == STANDARD_INPUT:
        return FoundSources([_standard_input(input_format)], [])
    if path.is_dir():
        below = path.parent if is_dataset(path) else path
        found = _sort_out(files_below(path), below, input_format)
    elif path.exists():
        return FoundSources([_named(path, input_format)], [])
    elif glob.has_magic(argument):
        found = _sort_out(files_matching(argument), fixed_part(path), input_format)
    else:
        raise InputError(
            f"{display(path)}: there is no such file or folder. Give a path, a glob, or - for "
            "standard input."
        )
    if not found.sources:
        raise InputError(
            f"{display(path)}: expected files that end in {', '.join(_ENDINGS)}, found "
            f"{len(found.ignored)} other ones. Give another path, or say with input_format "
            "(--input-format) how to read them."
        )
    return found


def _standard_input(input_format: SourceFormat | None) -> Source:
    form = input_format or SourceFormat.json_lines
    if form not in _STREAMED:
        raise InputError(
            f"Standard input: expected one of the formats {', '.join(f.value for f in _STREAMED)}, "
            f"found {form.value}. Give the path of a file instead."
        )
    return Source(STANDARD_INPUT, None, form)


def _named(path: Path, input_format: SourceFormat | None) -> Source:
    if not path.is_file():
        raise InputError(
            f"{display(path)} is neither a file nor a folder. Pass what it gives to standard "
            "input, and - as input."
        )
    form = input_format or _format_of(path)
    if form is None:
        raise InputError(
            f"{display(path)}: expected a file that ends in {', '.join(_ENDINGS)} (those of lines "
            f"and rows also with {' or '.join(_COMPRESSIONS)}), found {quoted(path.suffix)}. Say "
            "with input_format (--input-format) how to read it."
        )
    if form is SourceFormat.dataset:
        raise InputError(
            f"{display(path)} is a file: expected a folder that datasets.Dataset.save_to_disk "
            "made. Give the folder, or another input_format."
        )
    return Source(display(path), path, form)


def _sort_out(
    paths: Iterator[Path], below: Path, input_format: SourceFormat | None
) -> FoundSources:
    """Tell what can be read from what cannot, among what a folder or a glob has."""
    sources: list[Source] = []
    ignored: list[Path] = []
    for path in paths:
        form: SourceFormat | None = None
        # A link that leads nowhere is a file that cannot be read.
        if path.is_file() or not path.exists():
            form = input_format or _format_of(path)
            form = None if form is SourceFormat.dataset else form
        elif is_dataset(path):
            form = SourceFormat.dataset
        if form is None:
            ignored.append(path)
        else:
            relative = display(path.relative_to(below).as_posix())
            sources.append(Source(display(path), path, form, relative))
    return FoundSources(sources, ignored)


def _format_of(path: Path) -> SourceFormat | None:
    name = Path(path.name.lower())
    if name.suffix in _COMPRESSIONS:
        form = _ENDINGS.get(Path(name.stem).suffix)
        return form if form in _COMPRESSED else None
    return _ENDINGS.get(name.suffix)


def _check_once(sources: Sequence[Source]) -> None:
    seen: dict[str, str] = {}
    folders: dict[Path, str] = {}
    for source in sources:
        where = "" if source.path is None else real_path(source.path, folders)
        if where in seen:
            raise InputError(
                f"Expected every file once, found the same one as {seen[where]} and as "
                f"{source.name}. Take one of them out of the inputs."
            )
        seen[where] = source.name


def _with_distinct_ids(sources: Sequence[Source]) -> list[Source]:
    counts = Counter(source.article_id for source in sources)
    return [
        source if counts[source.article_id] == 1 else replace(source, article_id=source.name)
        for source in sources
    ]

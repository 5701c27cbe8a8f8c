"""A corpus → an output folder: the whole way, from what the user asks for."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

import phodang
from phodang.analyzer import BUNDLED_MODEL, Analyzer, checkpoint_folder
from phodang.batch.counting import count_records
from phodang.batch.labeller import LocalLabeller, default_processes
from phodang.batch.local_engine import LocalEngine
from phodang.batch.manifest import RunDescription, RunInput
from phodang.batch.options import LabelOptions
from phodang.batch.output import OutputFolder
from phodang.batch.progress import reporting
from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.run import Engine, RunSummary, run
from phodang.batch.shards import shard_name
from phodang.batch.sources import Source, SourceFormat, find_sources, fingerprint
from phodang.errors import ConfigError, InputError

_TABLES = (SourceFormat.csv, SourceFormat.tsv, SourceFormat.parquet, SourceFormat.dataset)
"""Formats whose columns can be known beforehand."""


def label_corpus(
    analyzer: Analyzer,
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    options: LabelOptions | None = None,
    console: Console | None = None,
) -> RunSummary:
    """Label every article of a corpus into shards in a folder.

    Stopped at any moment, the same call goes on behind the last complete shard; see
    `phodang.batch.output` for what the folder holds.

    Args:
        analyzer: The model, from `Analyzer.from_pretrained`.
        inputs: Files, folders, globs, or ``-`` for standard input.
        output: The folder.
        options: What can be chosen.
        console: Where progress is told; nowhere if none.

    Raises:
        InputError: An input is missing or of an unknown kind; the folder is the output of another
            run; a record cannot be labelled and the run is strict.
        PhodangError: The output cannot be written, or a process was ended.
    """
    options = options or LabelOptions()
    if analyzer.folder is None or analyzer.checksum is None:
        raise InputError(
            "Expected an Analyzer made by from_pretrained, found one that was put together by "
            "hand: the output says which model made it. Save the model in a folder first."
        )
    tasks = analyzer.check_tasks(options.tasks)
    found = find_sources(
        [os.fspath(each) for each in inputs], input_format=_format(options.input_format)
    )
    if console is not None:
        console.print(f"Checking inputs: {len(found.sources):,} …", soft_wrap=True)
    reading = ReadingOptions(text_field=options.text_field, id_field=options.id_field)
    _check_apart(Path(output), inputs)
    _check_readable(found.sources, reading)
    segmenter = analyzer.reader.segmenter
    description = RunDescription(
        phodang=phodang.__version__,
        model=analyzer.folder.name,
        model_checksum=analyzer.checksum,
        segmenter=f"{segmenter.name} {segmenter.version}",
        tasks=tasks,
        text_field=options.text_field,
        id_field=options.id_field,
        shard_format=options.shard_format,
        shard_size=options.shard_size,
        inputs=tuple(_described(source) for source in found.sources),
    )
    engine = _engine(analyzer, found.sources, reading, tasks, options)
    with OutputFolder.open(Path(output), run=description) as folder:
        told = console is not None and not folder.finished
        total = count_records(found.sources) if told else None
        before = folder.labelled + folder.rejected
        with reporting(console, total=total, before=before) as progress:
            return run(
                engine,
                folder,
                shard_size=options.shard_size,
                strict=options.strict,
                ignored=len(found.ignored),
                progress=progress,
            )


def _format(name: str | None) -> SourceFormat | None:
    if name is None:
        return None
    try:
        return SourceFormat(name)
    except ValueError:
        known = ", ".join(each.value for each in SourceFormat)
        raise ConfigError(f'Expected an input format of {known}, found "{name}".') from None


def _check_apart(output: Path, inputs: Sequence[str | os.PathLike[str]]) -> None:
    """Refuse an output that a run which goes on would find among its inputs."""
    shard = str(output.absolute() / shard_name(0, "jsonl"))
    for each in map(Path, inputs):
        inside = each.is_dir() and output.resolve().is_relative_to(each.resolve())
        if inside or fnmatch.fnmatch(shard, str(each.absolute())):
            raise InputError(
                f"Expected an output folder outside of the inputs, found {output} in {each}: its "
                "shards would be read as articles. Give another folder."
            )


def _check_readable(sources: Iterable[Source], reading: ReadingOptions) -> None:
    """Find a missing field or library before the work begins, and not hours later.

    Every table is looked at, and one source of each other format.
    """
    looked_at = set()
    for source in sources:
        is_table = source.format in _TABLES
        if source.path is not None and (is_table or source.format not in looked_at):
            next(read_source(source, reading), None)
            looked_at.add(source.format)


def _described(source: Source) -> RunInput:
    return RunInput(source.name, source.format.value, fingerprint(source))


def _engine(
    analyzer: Analyzer,
    sources: Sequence[Source],
    reading: ReadingOptions,
    tasks: Sequence[str],
    options: LabelOptions,
) -> Engine:
    if options.ray is not None:
        from phodang.batch.ray_engine import RayEngine

        folder = analyzer.folder
        return RayEngine(
            sources,
            reading,
            # The bundled model may lie elsewhere on other machines.
            model=BUNDLED_MODEL if folder == checkpoint_folder(BUNDLED_MODEL) else str(folder),
            segmenter=analyzer.reader.segmenter.name,
            tasks=tasks,
            options=options.ray,
        )
    processes = options.processes
    if processes is None:
        processes = default_processes(analyzer.threads)
    return LocalEngine(
        sources,
        reading,
        LocalLabeller(analyzer.arranger, analyzer.labeller, tasks=tasks, processes=processes),
    )

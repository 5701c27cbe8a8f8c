"""``phodang label``: label a corpus into shards, and go on where that was stopped."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

from phodang.analyzer import BUNDLED_MODEL
from phodang.batch.options import LabelOptions, RayOptions
from phodang.commands.options import (
    ModelOption,
    ProcessesOption,
    SegmenterOption,
    TasksOption,
    ThreadsOption,
)
from phodang.errors import ConfigError

EXIT_REJECTED = 3
"""Exit status when all was done, but some records were rejected."""


class ShardFormatName(str, Enum):
    """How shards are written."""

    jsonl = "jsonl"
    parquet = "parquet"


class EngineName(str, Enum):
    """What a corpus is labelled by."""

    local = "local"
    ray = "ray"


def label(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files, folders, globs, or - for standard input: .txt, .jsonl (.gz, .zst), .csv, "
            ".tsv, .parquet, .html, .docx, .pdf, and folders of Hugging Face datasets.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    model: ModelOption = BUNDLED_MODEL,
    text_field: Annotated[
        str, typer.Option("--text-field", help="Field or column that holds the text.")
    ] = "text",
    id_field: Annotated[
        str, typer.Option("--id-field", help="Field or column that names the article.")
    ] = "id",
    input_format: Annotated[
        Optional[str],  # noqa: UP045 - typer reads this at run time, on Python 3.10 too
        typer.Option(
            "--input-format",
            help="Read all inputs so, whatever their endings; for - it is jsonl otherwise.",
        ),
    ] = None,
    shard_format: Annotated[
        ShardFormatName, typer.Option("--format", "-f", help="How to write shards.")
    ] = ShardFormatName.jsonl,
    shard_size: Annotated[
        int, typer.Option("--shard-size", min=1, help="Articles in a shard.")
    ] = 1_000,
    task: TasksOption = None,
    segmenter: SegmenterOption = None,
    threads: ThreadsOption = None,
    processes: ProcessesOption = None,
    engine: Annotated[
        EngineName, typer.Option("--engine", help="Label on this machine, or on Ray Data.")
    ] = EngineName.local,
    address: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--address", help="A Ray cluster, such as auto or ray://head:10001."),
    ] = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--workers", min=1, help="Ray actors that label, each on one processor."),
    ] = None,
    gpus: Annotated[
        float, typer.Option("--gpus", min=0, help="Graphics processors for each Ray actor.")
    ] = 0.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first record that cannot be labelled.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Label every article of INPUT into shards in a folder.

    Killed at any moment, the same command goes on behind the last complete shard. Records that
    cannot be labelled are told in rejected.jsonl, and the exit status is then 3.
    """
    # Imported here: reading a corpus takes libraries that printing one article does not.
    from phodang.analyzer import Analyzer
    from phodang.batch.corpus import label_corpus

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    analyzer = Analyzer.from_pretrained(model, threads=threads, segmenter=segmenter)
    options = LabelOptions(
        text_field=text_field,
        id_field=id_field,
        input_format=input_format,
        shard_format=shard_format.value,
        shard_size=shard_size,
        tasks=tuple(task) if task else None,
        processes=processes,
        strict=strict,
        ray=_ray(engine, address=address, workers=workers, gpus=gpus),
    )
    try:
        summary = label_corpus(
            analyzer, inputs, output, options=options, console=None if quiet else console
        )
    except KeyboardInterrupt:
        console.print("Stopped. Run the same command again to go on.")
        raise
    if not quiet:
        console.print(summary.describe(), soft_wrap=True)
    if summary.rejected:
        raise typer.Exit(EXIT_REJECTED)


def _ray(
    engine: EngineName, *, address: str | None, workers: int | None, gpus: float
) -> RayOptions | None:
    if engine is EngineName.ray:
        return RayOptions(address=address, workers=workers, gpus=gpus)
    if address is not None or workers is not None or gpus:
        raise ConfigError(
            "Expected --address, --workers and --gpus with --engine ray alone, found them without "
            "it. Add --engine ray, or use --threads and --processes for this machine."
        )
    return None

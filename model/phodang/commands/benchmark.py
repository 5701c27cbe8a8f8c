"""``phodang benchmark``: how fast texts are read on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

from phodang.analyzer import BUNDLED_MODEL
from phodang.commands.options import ModelOption, ProcessesOption, ThreadsOption
from phodang.commands.writing import STANDARD_OUTPUT, output, write_file_or_output
from phodang.errors import InputError


def benchmark(
    file: Annotated[
        str,
        typer.Argument(
            help="Texts to read: .txt, .jsonl (records or annotated articles), or whatever else "
            "phodang label reads."
        ),
    ],
    model: ModelOption = BUNDLED_MODEL,
    threads: ThreadsOption = None,
    processes: ProcessesOption = None,
    repeats: Annotated[
        int, typer.Option("--repeats", min=1, help="Runs of every system; the median counts.")
    ] = 3,
    baseline_words: Annotated[
        int,
        typer.Option(
            "--baseline-words",
            min=0,
            help="Words that the usual, slower way reads; 0 to compare with nothing.",
        ),
    ] = 5_000,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=2, help="Of the usual way, beside its default, 1.")
    ] = 16,
    json_file: Annotated[
        Optional[str],  # noqa: UP045 - typer reads this at run time, on Python 3.10 too
        typer.Option(
            "--json",
            help="Write all figures as JSON into this file, or with - to standard output, "
            "instead of the table.",
        ),
    ] = None,
) -> None:
    """Measure words a second: phodang's stages, its batch pipeline, and the usual way.

    The usual way is underthesea and then transformers' pipeline, once with an encoder as large as
    the model's and once as large as PhoBERT-base. It needs the extra benchmark.
    """
    # Imported here: reading a corpus takes libraries that printing one article does not.
    from phodang.benchmark.options import BenchmarkOptions
    from phodang.benchmark.run import run_benchmark
    from phodang.benchmark.table import render_report
    from phodang.benchmark.texts import read_texts

    _check_json_file(json_file)
    options = BenchmarkOptions(
        model=model,
        threads=threads,
        processes=processes,
        repeats=repeats,
        baseline_words=baseline_words,
        batch_size=batch_size,
    )
    progress = Console(stderr=True, highlight=False, markup=False)
    report = run_benchmark(
        read_texts(file),
        file=Path(file).name,
        options=options,
        say=lambda what: progress.print(f"Measuring {what} …", soft_wrap=True),
    )
    figures = json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n"
    if json_file is not None:
        write_file_or_output(json_file, figures)
    if json_file == STANDARD_OUTPUT:
        return
    with output():
        Console(highlight=False).print(render_report(report))


def _check_json_file(json_file: str | None) -> None:
    """Refuse, before anything is measured, a file that could not be written."""
    if json_file is None or json_file == STANDARD_OUTPUT:
        return
    path = Path(json_file)
    if path.is_dir() or not path.parent.is_dir():
        found = "a folder" if path.is_dir() else f"no folder {path.parent}"
        raise InputError(
            f"{json_file}: expected a file to write, found {found}. Give another path."
        )

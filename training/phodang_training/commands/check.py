"""``phodang-train check``: what is wrong with the data, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phodang.cli import EXIT_ERROR
from phodang.commands.writing import write
from phodang.errors import InputError
from phodang_training.commands.options import OverrideOption
from phodang_training.corpus import CorpusStatistics
from phodang_training.corpus.data_checks import DataReport, Severity, check_config, check_files


def check(
    files: Annotated[
        list[Path],
        typer.Argument(help="A configuration (.toml), annotated articles (.jsonl, .conll), both."),
    ],
    override: OverrideOption = None,
) -> None:
    """Tell all that is wrong with articles, with file, line and repair; status 2 after errors.

    Articles beside a configuration are those to measure on: they must not be trained on.
    """
    configurations = [file for file in files if file.suffix == ".toml"]
    articles = [file for file in files if file.suffix != ".toml"]
    if len(configurations) > 1 or (override and not configurations):
        raise InputError(
            f"Expected {'one configuration' if override else 'at most one configuration'}, found "
            f"{len(configurations)}. Check one configuration at a time, with its own --set."
        )
    if configurations:
        # Imported here: it takes transformers, which files can be checked without.
        from phodang_training.experiments.runs import load_training_config

        config = load_training_config(configurations[0], override or ())
        report = check_config(config, tests=articles)
    else:
        report = check_files(articles)
    _print(report)
    if report.count(Severity.error):
        raise typer.Exit(EXIT_ERROR)


def _print(report: DataReport) -> None:
    lines = [str(finding) for finding in report.findings]
    lines += [f"{name}: {_counts(counted)}" for name, counted in report.parts.items()]
    found = [_number(report.count(severity), severity.value) for severity in Severity]
    text = "".join(f"{line}\n" for line in (*lines, f"Found: {', '.join(found)}."))
    # A file may name things by half a surrogate pair, which UTF-8 cannot hold.
    write(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _counts(counted: CorpusStatistics) -> str:
    sizes = (
        (counted.articles, "article"),
        (counted.passages, "passage"),
        (counted.words, "word"),
    )
    text = ", ".join(_number(count, name) for count, name in sizes)
    for name, counts in (("entities", counted.entities), ("sections", counted.sections)):
        if counts:
            text += f"; {name}: {', '.join(f'{label} {n}' for label, n in counts.items())}"
    return text


def _number(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"

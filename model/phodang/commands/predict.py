"""``phodang predict``: print one article with what is found in it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from phodang.analyzer import BUNDLED_MODEL, Analyzer
from phodang.article import Article
from phodang.commands.options import (
    ModelOption,
    SegmenterOption,
    TasksOption,
    ThreadsOption,
)
from phodang.commands.writing import output, write
from phodang.conll import article_to_conll
from phodang.errors import InputError
from phodang.html import page_to_html
from phodang.terminal import render_article, render_summary, visible


class OutputFormat(str, Enum):
    """How `predict` prints an article."""

    terminal = "terminal"
    json = "json"
    jsonl = "jsonl"
    html = "html"
    outline = "outline"
    conll = "conll"


def predict(
    file: Annotated[str, typer.Argument(help="A text file in UTF-8, or - for standard input.")],
    output_format: Annotated[
        OutputFormat, typer.Option("--format", "-f", help="How to print the article.")
    ] = OutputFormat.terminal,
    model: ModelOption = BUNDLED_MODEL,
    threads: ThreadsOption = None,
    task: TasksOption = None,
    segmenter: SegmenterOption = None,
) -> None:
    """Print the article in FILE with its entities and sections."""
    text = read_text(file)
    analyzer = Analyzer.from_pretrained(model, threads=threads, segmenter=segmenter)
    # Where a name holds bytes that the locale does not know, Python has escaped them.
    title = None if file == "-" else os.fsencode(file).decode("utf-8", "replace")
    _check_format(output_format, task or analyzer.manifest.tasks)
    _print(analyzer.predict(text, tasks=task or None), analyzer, output_format, title=title)


def _check_format(output_format: OutputFormat, tasks: Iterable[str]) -> None:
    """Refuse a format that shows nothing of what the article is read for."""
    needed = _NEEDED.get(output_format)
    if needed is not None and needed not in tasks:
        raise InputError(
            f"--format {output_format.value} shows {needed}: expected a model and a --task that "
            f"give them, found {' and '.join(tasks)}. Give another format, or a model with "
            f"{needed}."
        )


_NEEDED = {OutputFormat.outline: "sections", OutputFormat.conll: "entities"}


def read_text(file: str) -> str:
    """Read a text file, line breaks untouched.

    Args:
        file: Path, or ``-`` for standard input.

    Raises:
        InputError: The file is missing, no file, unreadable, empty, or no UTF-8.
    """
    name = "Standard input" if file == "-" else file
    if file == "-" and sys.stdin is None:
        raise InputError("Expected text on standard input, which is closed. Give a file's name.")
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"{file}: no such file. Give the path of a text file, or - for standard input."
        ) from None
    except IsADirectoryError:
        raise InputError(f"{file} is a folder. Give one text file in it.") from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None
    if not data:
        raise InputError(f"{name} is empty. Expected the text of an article in UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x} at position {error.start}. "
            "Convert it first, for instance with `iconv -f UTF-16 -t UTF-8` (or from windows-1258 "
            "or TCVN, as the file is)."
        ) from None


def _print(
    article: Article, analyzer: Analyzer, output_format: OutputFormat, *, title: str | None
) -> None:
    if output_format is OutputFormat.terminal:
        console = Console(highlight=False)
        with output():
            width = console.width if console.is_terminal else None
            console.print(render_article(article, width=width), soft_wrap=True)
            console.print()
            console.print(render_summary([article]))
    elif output_format is OutputFormat.json:
        write(json.dumps(article.to_dict(), ensure_ascii=False, indent=2) + "\n")
    elif output_format is OutputFormat.jsonl:
        write(json.dumps(article.to_dict(), ensure_ascii=False) + "\n")
    elif output_format is OutputFormat.outline:
        write(visible(article.outline()) + "\n")
    elif output_format is OutputFormat.html:
        write(page_to_html([article], titles=[title]))
    else:
        write(article_to_conll(article, words=analyzer.words(article.text)))

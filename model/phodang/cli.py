"""The command ``phodang``."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

import phodang
from phodang.analyzer import BUNDLED_MODEL, Analyzer
from phodang.article import Article
from phodang.conll import article_to_conll
from phodang.errors import InputError, PhodangError
from phodang.html import page_to_html
from phodang.terminal import render_article, render_summary, visible

EXIT_ERROR = 2
"""Exit status after an error that the user can act on."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Label the entities and sections of Vietnamese party-building articles.",
)


class OutputFormat(str, Enum):
    """How `predict` prints an article."""

    terminal = "terminal"
    json = "json"
    jsonl = "jsonl"
    html = "html"
    outline = "outline"
    conll = "conll"


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        _write(f"phodang {phodang.__version__}\n")
        raise typer.Exit


@app.command()
def predict(
    file: Annotated[str, typer.Argument(help="A text file in UTF-8, or - for standard input.")],
    output_format: Annotated[
        OutputFormat, typer.Option("--format", "-f", help="How to print the article.")
    ] = OutputFormat.terminal,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Folder of a checkpoint, or the bundled model.")
    ] = BUNDLED_MODEL,
    threads: Annotated[
        Optional[int],  # noqa: UP045 - typer reads this at run time, on Python 3.10 too
        typer.Option("--threads", min=1, help="Sequences run at once; default: the cores."),
    ] = None,
    task: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--task", help="entities or sections; may be given twice; default: all that it can."
        ),
    ] = None,
    segmenter: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--segmenter", help="underthesea, pyvi or presegmented; default: the model's."
        ),
    ] = None,
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
        with _output():
            width = console.width if console.is_terminal else None
            console.print(render_article(article, width=width), soft_wrap=True)
            console.print()
            console.print(render_summary([article]))
    elif output_format is OutputFormat.json:
        _write(json.dumps(article.to_dict(), ensure_ascii=False, indent=2) + "\n")
    elif output_format is OutputFormat.jsonl:
        _write(json.dumps(article.to_dict(), ensure_ascii=False) + "\n")
    elif output_format is OutputFormat.outline:
        _write(visible(article.outline()) + "\n")
    elif output_format is OutputFormat.html:
        _write(page_to_html([article], titles=[title]))
    else:
        _write(article_to_conll(article, words=analyzer.words(article.text)))


def _write(text: str) -> None:
    """Write UTF-8 whatever the locale says, line breaks as they are."""
    with _output():
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()


@contextmanager
def _output() -> Iterator[None]:
    """Tell when standard output cannot be written; inside, nothing but writing is done."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader has closed, which typer ends quietly
    except OSError as error:
        # What is left in the buffer may not be flushed at exit: it would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise PhodangError(
            f"the output cannot be written: {error.strerror or error}. Make room for it, or write "
            "it elsewhere."
        ) from None


def main() -> None:
    """Run the command; errors that a user can act on end it with status 2, without traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            # A file's name may hold bytes that are no UTF-8; they are shown as they are.
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        app()
    except PhodangError as error:
        print(f"phodang: {error}", file=sys.stderr)
        sys.exit(EXIT_ERROR)
    except OSError as error:
        # Only files that are opened have a name, and libraries raise it with a message alone.
        where = f"{error.filename}: " if error.filename else ""
        print(f"phodang: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(EXIT_ERROR)


if __name__ == "__main__":
    main()

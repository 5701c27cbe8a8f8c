"""The command ``phodang``."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

import phodang
from phodang.commands.benchmark import benchmark
from phodang.commands.exchange import export, import_
from phodang.commands.label import label
from phodang.commands.predict import predict
from phodang.commands.report import report
from phodang.commands.writing import write
from phodang.errors import PhodangError

EXIT_ERROR = 2
"""Exit status after an error that the user can act on."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Label the entities and sections of Vietnamese party-building articles.",
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        write(f"phodang {phodang.__version__}\n")
        raise typer.Exit


for command in (predict, label, report, export):
    app.command()(command)
app.command("import")(import_)
app.command()(benchmark)


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

"""The command ``phodang-train``."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import NoReturn, TextIO

import typer

from phodang.cli import EXIT_ERROR
from phodang.errors import PhodangError
from phodang_training.commands.adaptation import adapt
from phodang_training.commands.agreement import agreement
from phodang_training.commands.check import check
from phodang_training.commands.corpus import corpus, pseudo_label
from phodang_training.commands.errors import errors
from phodang_training.commands.evaluate import evaluate
from phodang_training.commands.experiments import cross_validate, learning_curve
from phodang_training.commands.models import average, calibrate, combine, export
from phodang_training.commands.project import new
from phodang_training.commands.training import entities, sections

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Train, measure and export phodang's models.",
)

for command in (
    *(new, check),
    *(entities, sections, pseudo_label, adapt),
    *(average, export, calibrate, combine),
    *(evaluate, errors, corpus),
    *(learning_curve, cross_validate, agreement),
):
    app.command()(command)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show phodang's own warnings in one line, others as Python does."""
    if category is UserWarning and Path(__file__).parent in Path(filename).parents:
        print(f"phodang-train: {message}", file=sys.stderr)
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        print(text, end="", file=file or sys.stderr)


def main() -> None:
    """Run the command; errors that a user can act on end it with status 2, without traceback."""
    warnings.showwarning = _show_warning
    try:
        app()
    except PhodangError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        _fail(
            f"{error.name} is not installed, and training needs it. "
            "Install it with `pip install 'phodang[train]'`."
        )
    except OSError as error:
        if error.filename is not None:
            _fail(f"{error.filename}: {error.strerror}.")
        # Only files that are opened have a name. Nothing may be flushed at exit to an output that
        # cannot be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail(f"{error}.")


def _fail(message: str) -> NoReturn:
    print(f"phodang-train: {message}", file=sys.stderr)
    sys.exit(EXIT_ERROR)


if __name__ == "__main__":
    main()

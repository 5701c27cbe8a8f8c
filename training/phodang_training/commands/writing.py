"""Where commands write to: pages, and tables on the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from phodang.errors import InputError


def check_page(output: Path, *, inputs: list[Path], what: str = "a page") -> None:
    """Raise an InputError if a file cannot be written there, or would replace another in use."""
    if output.is_dir():
        found = "a folder"
    elif not output.parent.is_dir():
        found = f"no folder {output.parent}"
    elif output.resolve() in [file.resolve() for file in inputs]:
        found = "a file that is read"
    else:
        return
    raise InputError(f"{output}: expected {what} to write, found {found}. Give another path.")


def print_table(table: Table) -> None:
    """Print a table, names as they are written: ``[x]`` and ``:x:`` mean nothing in them."""
    Console(highlight=False, markup=False, emoji=False).print(table)

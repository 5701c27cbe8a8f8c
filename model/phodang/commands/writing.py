"""Standard output and files, written in UTF-8 or told why not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phodang.errors import PhodangError

STANDARD_OUTPUT = "-"
"""Stands for standard output where a file's name is asked for."""


def write(text: str) -> None:
    """Write UTF-8 whatever the locale says, line breaks as they are."""
    with output():
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()


@contextmanager
def output() -> Iterator[None]:
    """Tell when standard output cannot be written; inside, nothing but writing is done."""
    if sys.stdout is None:
        raise PhodangError(
            "the output cannot be written: standard output is closed. Send it somewhere, for "
            "instance with > and the name of a file."
        )
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


def write_file_or_output(path: str, text: str) -> None:
    """Write UTF-8 to a file, or to standard output for ``-``; line breaks as they are.

    Raises:
        PhodangError: It cannot be written.
    """
    if path == STANDARD_OUTPUT:
        write(text)
        return
    try:
        Path(path).write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise PhodangError(
            f"{path} cannot be written: {error.strerror or error}. Give another path."
        ) from None

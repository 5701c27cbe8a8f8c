"""Files that a kill, a full disk or a power cut leaves whole.

A file is written under another name, flushed to the disk, and only then given its own name; then
the folder is flushed, so that the name lasts too (Pillai et al. 2014, "All File Systems Are Not
Created Equal", https://www.usenix.org/conference/osdi14/technical-sessions/presentation/pillai).
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phodang.errors import PhodangError

TEMPORARY_ENDING = ".tmp"
"""What is added to the name of a file that is not whole yet."""

_CANNOT_FLUSH = (errno.EINVAL, errno.ENOTSUP)
"""What some network file systems say when a folder is flushed: they do it on their own."""


@contextmanager
def writing(path: Path, *, folder: Path) -> Iterator[None]:
    """Tell when something cannot be written.

    Args:
        path: What is written.
        folder: The output folder that it belongs to.

    Raises:
        PhodangError: The system refused; the message names the file, the reason and the way out.
    """
    try:
        yield
    except OSError as error:
        raise PhodangError(
            f"{path} cannot be written: {error.strerror or error}. What is in {folder} so far is "
            "whole and stays; make room there, or let it be written to, and run the command again "
            "to go on."
        ) from error


def write_file(path: Path, content: bytes) -> None:
    """Write or replace a file, in its folder, so that it is never there in part.

    Raises:
        OSError: The system refused; a file that was there before is as it was.
    """
    temporary = path.with_name(path.name + TEMPORARY_ENDING)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        # On a full disk this also makes room again.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def append_to_file(path: Path, content: bytes, *, size: int) -> None:
    """Append to a file, in place of what it may hold beyond a size.

    Args:
        path: The file; made if it is not there.
        content: What to append.
        size: Bytes of the file that are kept; it has at least so many.

    Raises:
        OSError: The system refused; there may be a part of the content behind ``size``.
    """
    with path.open("ab") as file:
        file.truncate(size)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if size == 0:
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder last; Windows has no such call and needs none.

    Raises:
        OSError: The system refused.
    """
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)

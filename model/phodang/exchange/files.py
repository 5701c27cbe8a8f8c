"""Files of an exchange: made whole or not at all, and never read from outside of a folder."""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from phodang.errors import InputError, PhodangError
from phodang.exchange.assembly import located
from phodang.messages import shortened

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of writing alone."""


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Make a folder that appears under its name when all is in it.

    Args:
        path: Where the folder will be. There may be an empty one.

    Yields:
        The folder to write to meanwhile, next to it. It is deleted if an error is raised.

    Raises:
        InputError: There is something at the path.
        PhodangError: The system refused to write.
    """
    path = Path(os.path.abspath(path))
    if os.path.lexists(path) and (path.is_symlink() or not path.is_dir() or any(path.iterdir())):
        raise InputError(
            f"{path}: expected the name of a new folder, or an empty one, found something there. "
            "Give another name, so that nothing is mixed or overwritten."
        )
    partial = _partial(path)
    try:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.mkdir()
        with _writing(path, reads_too=True):
            yield partial
        with _writing(path):
            if path.exists():
                path.rmdir()  # Empty; not every system renames over it.
            partial.rename(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """Make a text file, UTF-8 with line feeds, that appears under its name when it is complete.

    Raises:
        InputError: There is something at the path.
        PhodangError: The system refused to write.
    """
    path = Path(os.path.abspath(path))
    if os.path.lexists(path):
        raise InputError(
            f"{path}: expected the name of a new file, found one that exists. Give another name, "
            "or delete the file."
        )
    partial = _partial(path)
    try:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = partial.open("x", encoding="utf-8", newline="\n")
        with _writing(path, reads_too=True), file:
            yield file
        with _writing(path):
            partial.rename(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def file_inside(folder: Path, name: str, *, way_out: str) -> Path:
    """Find a file that must lie in a folder, also if it is a link.

    Raises:
        InputError: There is no such file, or it is a link to outside.
    """
    path = folder / name
    if not path.is_file():
        raise InputError(f"{folder}: expected a file {name} in it, found none. {way_out}")
    _check_inside(path, folder)
    return path


def files_inside(folder: Path) -> list[Path]:
    """List the files in a folder and its subfolders, sorted, without hidden ones.

    Raises:
        InputError: One of them is a link to outside, or a subfolder is a link.
    """
    found = []
    for parent, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if os.path.islink(os.path.join(parent, name)):
                raise InputError(
                    f"{os.path.join(parent, name)}: expected a folder, found a link to one, which "
                    "is not followed. Copy the folder to this place, or delete the link."
                )
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(parent, name)
            _check_inside(path, folder)
            found.append(path)
    return found


def read_text(path: Path) -> str:
    """Read a UTF-8 file, line breaks and all as they are.

    Raises:
        InputError: The file is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise _no_utf8(str(path), error) from error


def json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the objects of a JSON Lines file one by one; blank lines are allowed.

    Yields:
        The place of each, file and line, for messages; and the object.

    Raises:
        InputError: A line is no UTF-8, no JSON or no object.
    """
    with path.open("rb") as file:
        # Binary, so that only line feeds part lines: JSON strings may hold other breaks.
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            place = f"{path}, line {number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise _no_utf8(place, error) from error
            with located(place):
                record = parse_json(text)
                if not isinstance(record, dict):
                    raise InputError(f"expected an object, found {shortened(repr(record))}.")
            yield place, record


def parse_json(text: str) -> Any:
    """Parse JSON.

    Raises:
        InputError: It is none.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"expected JSON, found a mistake at line {error.lineno}, column {error.colno}: "
            f"{error.msg}. Export the file again, or write it with a JSON library."
        ) from error
    except (RecursionError, ValueError) as error:
        raise InputError(
            f"expected JSON that can be read, found some that cannot: {error}."
        ) from error


@contextmanager
def _writing(path: Path, *, reads_too: bool = False) -> Iterator[None]:
    """Tell when something cannot be written.

    Args:
        path: What is to be written in the end.
        reads_too: Other files are read meanwhile, whose errors tell themselves.
    """
    try:
        yield
    except OSError as error:
        if reads_too and error.errno not in _FULL:
            raise
        raise PhodangError(
            f"{path} cannot be written: {error.strerror or error}. Nothing of it was left there; "
            "make room for it, or give another path."
        ) from None


def _partial(path: Path) -> Path:
    return path.with_name(f".phodang-{uuid.uuid4().hex[:12]}.partial")


def _check_inside(path: Path, folder: Path) -> None:
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{path}: expected a file in the folder, found a link to outside of it, which is not "
            "followed. Copy the file to this place, or delete the link."
        )


def _unreadable(error: OSError) -> None:
    raise error


def _no_utf8(place: str, error: UnicodeDecodeError) -> InputError:
    return InputError(
        f"{place}: expected UTF-8, found byte {error.object[error.start]:#04x} at position "
        f"{error.start}. Save the file as UTF-8."
    )

"""What there is in folders, and what paths are called."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from phodang.errors import InputError

_DATASET_FILES = ("dataset_info.json", "state.json")
"""What `datasets.Dataset.save_to_disk` writes into every folder of a dataset."""
_SPLITS_FILE = "dataset_dict.json"
"""What `datasets.DatasetDict.save_to_disk` writes beside the folders of its splits."""
_HIDDEN = (".", "~$")
"""How names begin of hidden files, and of those that Office writes beside open documents."""

_BLOCK_SIZE = 1 << 20
"""Bytes of a file that are in memory at once."""


def files_below(folder: Path) -> Iterator[Path]:
    """All files below a folder that are not hidden, and folders that are datasets."""
    if is_dataset(folder):
        yield folder
        return
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(
            f"{display(folder)}: the folder cannot be read: {error.strerror}. Give paths of what "
            "can be read."
        ) from None
    for entry in entries:
        if entry.name.startswith(_HIDDEN):
            continue
        # A link to a folder may lead round in a circle; it is among what is ignored.
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(folder / entry.name)
        elif entry.name != _SPLITS_FILE:
            yield folder / entry.name


def files_matching(pattern: str) -> Iterator[Path]:
    """All files that a glob finds, and those in the folders that it finds."""
    paths = sorted({Path(match) for match in glob.glob(pattern, recursive=True)})
    folders = {path for path in paths if path.is_dir() and not path.is_symlink()}
    for path in paths:
        if folders.isdisjoint(path.parents):
            yield from files_below(path) if path in folders else iter((path,))


def fixed_part(pattern: Path) -> Path:
    """The folders at the beginning of a glob that hold no wildcard."""
    for index, part in enumerate(pattern.parts):
        if glob.has_magic(part):
            return Path(*pattern.parts[:index])
    return pattern


def is_dataset(path: Path) -> bool:
    """Whether a path is a folder that `datasets.Dataset.save_to_disk` made."""
    return all((path / name).is_file() for name in _DATASET_FILES)


def real_path(path: Path, folders: dict[Path, str]) -> str:
    """The path without links.

    Args:
        path: Any path that is there.
        folders: Those of folders that are known, since finding them is slow; more are added.
    """
    if path.is_symlink():
        return os.path.realpath(path)
    if path.parent not in folders:
        folders[path.parent] = os.path.realpath(path.parent)
    return os.path.join(folders[path.parent], path.name)


def display(path: Path | str) -> str:
    r"""A path as text: bytes that are no UTF-8, which no output could hold, are ``\xff``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def byte_blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, some at once."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK_SIZE):
            yield block

"""Before a run writes into a folder: is it the right one, is it free, what did a stop leave?"""

from __future__ import annotations

import os
import re
from pathlib import Path

from filelock import FileLock, Timeout

from phodang.batch.durable import TEMPORARY_ENDING, flush_folder, writing
from phodang.batch.identity import differences
from phodang.batch.manifest import (
    MANIFEST_FILE,
    Manifest,
    RunDescription,
    read_manifest,
    write_manifest,
)
from phodang.batch.rejected import REJECTED_FILE
from phodang.errors import InputError, PhodangError

LOCK_FILE = ".lock"

_WAY_OUT = "Give another folder, or delete this one."


def lock_folder(folder: Path) -> FileLock:
    """Make a folder if it is not there, and keep other processes out of it.

    Returns:
        The lock, which the system releases too when the process ends, however it does.

    Raises:
        InputError: It is no folder, or has files and is no output.
        PhodangError: Another process has it, or it cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, expected a folder. Give another name.")
    with writing(folder, folder=folder):
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            flush_folder(folder.parent)
        # Before the lock, which would be one more file in someone else's folder.
        _refuse_other_files(folder)
        lock = FileLock(folder / LOCK_FILE, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise PhodangError(
                f"{folder} is in use: another process writes to it. Wait until that has ended, or "
                "give another folder."
            ) from None
    return lock


def begin_or_continue(folder: Path, run: RunDescription) -> Manifest:
    """Make a locked folder ready for a run.

    Returns:
        How far the run is. All that is in the folder and of the run is in this manifest.

    Raises:
        InputError: The folder is the output of another run, its manifest is damaged, or a file is
            missing or of another size.
        PhodangError: The folder cannot be written to.
    """
    if not (folder / MANIFEST_FILE).exists():
        manifest = Manifest(run)
        with writing(folder / MANIFEST_FILE, folder=folder):
            write_manifest(folder, manifest)
        return manifest
    manifest = read_manifest(folder)
    if found := differences(manifest.run, run):
        raise InputError(f"{folder} is the output of another run: {'; '.join(found)}. {_WAY_OUT}")
    _check_sizes(folder, manifest)
    with writing(folder, folder=folder):
        _remove_leftovers(folder, manifest)
    return manifest


def _refuse_other_files(folder: Path) -> None:
    # Hidden files are those of file managers and version control, and the lock.
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if MANIFEST_FILE in names or set(names) <= {MANIFEST_FILE + TEMPORARY_ENDING}:
        return
    raise InputError(
        f"{folder}: expected an empty folder, or one with {MANIFEST_FILE}, found {len(names):,} "
        f"other files, such as {names[0]}. Give another folder."
    )


def _check_sizes(folder: Path, manifest: Manifest) -> None:
    sizes = [(shard.file, shard.bytes) for shard in manifest.shards]
    if manifest.rejected:
        sizes.append((REJECTED_FILE, manifest.rejected_bytes))
    for name, expected in sizes:
        path = folder / name
        if not path.is_file():
            raise InputError(f"{path} is missing, and {MANIFEST_FILE} lists it. {_WAY_OUT}")
        found = path.stat().st_size
        # What is behind the last commit is cut off later.
        if found < expected or (found > expected and name != REJECTED_FILE):
            raise InputError(
                f"{path} has {found:,} bytes, expected {expected:,} as {MANIFEST_FILE} says. "
                f"{_WAY_OUT}"
            )


def _remove_leftovers(folder: Path, manifest: Manifest) -> None:
    """Remove what was written after the last commit, and nothing else."""
    ours = re.compile(rf"part-\d{{5,}}\.{manifest.run.shard_format}|{re.escape(MANIFEST_FILE)}")
    kept = {MANIFEST_FILE, *(shard.file for shard in manifest.shards)}
    for path in list(folder.iterdir()):
        if path.name not in kept and ours.fullmatch(path.name.removesuffix(TEMPORARY_ENDING)):
            path.unlink()
    rejected = folder / REJECTED_FILE
    if not manifest.rejected:
        rejected.unlink(missing_ok=True)
    elif rejected.stat().st_size > manifest.rejected_bytes:
        os.truncate(rejected, manifest.rejected_bytes)

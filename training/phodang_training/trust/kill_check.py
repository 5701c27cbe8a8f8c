"""Does a corpus that is labelled under ``kill -9`` come out as if nothing had happened?"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phodang.commands.label import EXIT_REJECTED

_SECONDS_TO_END = 15.0
"""Processes that a killed run leaves behind must end by themselves in so many seconds."""


@dataclass(frozen=True)
class KillReport:
    """What the kills came to.

    Attributes:
        kills: How many runs were killed.
        outputs: How many outputs were finished in spite of them, and compared.
        different: Files that differ from those of the undisturbed run, by path.
        left_behind: How many killed runs left processes behind.
    """

    kills: int
    outputs: int
    different: tuple[str, ...]
    left_behind: int


def check_kills(
    command: Callable[[Path], Sequence[str]], folder: Path, *, kills: int, seed: int
) -> KillReport:
    """Label a corpus once undisturbed, and again under kills at random moments.

    Args:
        command: The command that labels it into a folder.
        folder: Where the outputs go; new or empty.
        kills: How many runs to kill.
        seed: Of the moments.

    Raises:
        subprocess.CalledProcessError: A run that was not killed failed.
    """
    moments = random.Random(seed)
    begun = time.monotonic()
    _run(command(folder / "undisturbed"))
    whole = time.monotonic() - begun
    killed = outputs = left_behind = 0
    different: list[str] = []
    while killed < kills:
        output = folder / f"killed-{outputs}"
        while killed < kills:
            moment = moments.uniform(0, whole)
            process = subprocess.Popen(
                command(output),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                _check(process.wait(moment), process.args)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
                left_behind += not _all_ended(process.pid)
        _run(command(output))
        outputs += 1
        different += _differences(folder / "undisturbed", output)
    return KillReport(killed, outputs, tuple(different), left_behind)


def _run(command: Sequence[str]) -> None:
    _check(subprocess.run(command, capture_output=True).returncode, command)


def _check(status: int, command: Any) -> None:
    if status not in (0, EXIT_REJECTED):
        raise subprocess.CalledProcessError(status, command)


def _all_ended(group: int) -> bool:
    """Wait for the processes of a group to end; those that do not are killed."""
    deadline = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return True  # none is left, or on macOS none but dead ones
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    return False


def _differences(expected: Path, found: Path) -> list[str]:
    was, is_now = output_contents(expected), output_contents(found)
    return sorted(
        str(found / name)
        for name in was.keys() | is_now.keys()
        if was.get(name) != is_now.get(name)
    )


def output_contents(folder: Path) -> dict[str, bytes]:
    """What is in an output folder; hidden files are no part of it."""
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")
    }

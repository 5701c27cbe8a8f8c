"""Runs the command ``phodang-train`` for the tests, and reads what it prints."""

from __future__ import annotations

import re
import sys

import pytest

from phodang.cli import EXIT_ERROR
from phodang_training.cli import main

ONE_EPOCH = ("--set", "training.epochs=1")


class PhodangTrain:
    """Runs the command in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Exit status, and what was written to standard output and error."""
        self._monkeypatch.setattr(sys, "argv", ["phodang-train", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main()
        written = self._capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, written.out, written.err

    def printed(self, *arguments: object) -> str:
        """What a run that must succeed prints."""
        status, output, errors = self.run(*arguments)
        assert status == 0, errors
        return output

    def failed(self, *arguments: object) -> str:
        """The one line that a run that must fail tells the user."""
        status, output, errors = self.run(*arguments)
        assert (status, output) == (EXIT_ERROR, "")
        # Progress bars may stand before it.
        line = errors.splitlines()[-1]
        assert line.startswith("phodang-train: ")
        assert "Traceback" not in errors
        return line


def cells(output: str, first: str) -> list[str]:
    """The cells of a table's row by what stands in its first one."""
    rows = [re.split(r"\s*[│┃|]\s*", line.strip("│┃| ")) for line in output.splitlines()]
    (row,) = (row for row in rows if row[0].strip() == first)
    return [cell.strip() for cell in row[1:]]

"""Programs run in an interpreter of their own, where nothing is imported yet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

TIMEOUT = 120
"""Seconds; far more than any of the tests needs on a busy machine."""


def run_python(code: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a program that must succeed, and return what it prints, UTF-8."""
    completed = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=TIMEOUT,
        env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout

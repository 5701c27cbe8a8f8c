"""The machine that figures were measured on, and the libraries that did the work."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_LIBRARIES = (
    *("phodang", "onnxruntime", "tokenizers", "numpy", "underthesea"),
    *("torch", "transformers", "onnx"),
)
_KIB_PER_MIB = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """Where and with what something was measured.

    Attributes:
        processor: The processor's name, as the system tells it.
        cores: Logical cores.
        load_average: Processes that were running or waiting for a core in the minute before, on
            average; none on Windows. What runs beside a benchmark makes its figures too low.
        system: The operating system.
        python: Version of Python.
        versions: Version of each library; none of those that are not installed.
    """

    processor: str
    cores: int
    load_average: float | None
    system: str
    python: str
    versions: dict[str, str | None]


def this_machine() -> Machine:
    """Describe the machine as it is now."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        load_average=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        system=platform.platform(),
        python=platform.python_version(),
        versions={name: _version(name) for name in _LIBRARIES},
    )


def peak_memory(process: int | None = None) -> float | None:
    """The largest resident memory that a process has had.

    Args:
        process: Its id; by default this process.

    Returns:
        MiB; none where the system does not tell: on Windows, and on macOS of another process.
    """
    # What getrusage counts on Linux outlives exec: a child begins with its parent's peak.
    status = _read(Path("/proc") / str(process or "self") / "status")
    if found := re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE):
        return int(found[1]) / _KIB_PER_MIB
    if process is not None or sys.platform == "win32":
        return None
    resource = importlib.import_module("resource")
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak / _KIB_PER_MIB if sys.platform != "darwin" else peak / _KIB_PER_MIB**2


def _processor() -> str:
    if found := re.search(r"^model name\s*: (.+)$", _read(Path("/proc/cpuinfo")), re.MULTILINE):
        return found[1]
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        told = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
        if name := told.stdout.strip():
            return name
    return platform.processor() or platform.machine()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None

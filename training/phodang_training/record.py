"""The training record: all that is needed to make a checkpoint again, and what it came to."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

from phodang.checkpoint import sha256_of_file
from phodang_training.config import EntitiesConfig, config_to_dict

_PACKAGES = (
    "phodang",
    "torch",
    "transformers",
    "datasets",
    "accelerate",
    "tokenizers",
    "seqeval",
    "underthesea",
    "numpy",
)


def provenance(config: EntitiesConfig) -> dict[str, Any]:
    """Describe what a training run starts from; called before it, since files may change meanwhile.

    Args:
        config: The configuration as resolved.

    Returns:
        The configuration, the data files' SHA-256, the git commit and the packages' versions.
    """
    files = [*config.data.train, *config.data.dev]
    if config.data.split:
        files.append(str(config.data.split))
    return {
        "config": config_to_dict(config),
        "data": {name: sha256_of_file(Path(name)) for name in files},
        "git_commit": git_commit(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def git_commit() -> str | None:
    """The commit that the current folder's code is at, marked ``-dirty`` if it was changed."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None

"""The training record: all that is needed to make a checkpoint again, and what it came to."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phodang.checkpoint import MANIFEST_FILE, TRAINING_FILE, sha256_of_file
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.config_files import config_to_dict
from phodang_training.encoders.licences import encoder_licence
from phodang_training.encoders.loading import weights_file

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


def provenance(config: EntitiesConfig | SectionsConfig, *, encoder: Path) -> dict[str, Any]:
    """Describe what a training run starts from; called before it, since files may change meanwhile.

    Args:
        config: The configuration as resolved.
        encoder: The encoder's folder, as `encoder_folder` found it.

    Returns:
        The configuration, the SHA-256 of the data files, of the manifest of the checkpoint to
        begin from (which has those of its files) and of the encoder's files, the encoder's
        licence if it is known, the git commit and the packages' versions; under ``begun_from`` the
        record of the checkpoint to begin from.
    """
    files = [*config.data.train, *config.data.dev]
    if config.data.split:
        files.append(str(config.data.split))
    # A start that is no checkpoint is told of when it is read.
    if config.start and (config.start / MANIFEST_FILE).is_file():
        files.append(str(config.start / MANIFEST_FILE))
    data = {name: sha256_of_file(Path(name)) for name in files}
    record = describe_run(config, name=config.encoder, encoder=encoder, data=data)
    return {**record, "begun_from": read_record(config.start)} if config.start else record


def describe_run(
    config: Any, *, name: str, encoder: Path, data: Mapping[str, str]
) -> dict[str, Any]:
    """Describe what a run of any configuration starts from.

    Args:
        config: The configuration as resolved.
        name: The encoder as the configuration has it.
        encoder: Its folder.
        data: Checksums of what is read, by name.
    """
    return {
        "config": config_to_dict(config),
        "data": dict(data),
        "encoder": {
            file: sha256_of_file(encoder / file)
            for file in (weights_file(encoder), VOCABULARY_FILE, MERGES_FILE)
        },
        "encoder_licence": encoder_licence(name),
        "git_commit": git_commit(),
        "packages": {package: _version(package) for package in _PACKAGES},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def read_record(checkpoint: Path) -> dict[str, Any]:
    """Read a checkpoint's training record; empty if it has none."""
    path = checkpoint / TRAINING_FILE
    if not path.is_file():
        return {}
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def save_record(checkpoint: Path, record: dict[str, Any]) -> None:
    """Write a checkpoint's training record."""
    text = json.dumps(record, ensure_ascii=False, indent=2)
    (checkpoint / TRAINING_FILE).write_text(text + "\n", encoding="utf-8")


def git_commit() -> str | None:
    """The commit that phodang's checkout is at, marked ``-dirty`` if it was changed.

    Returns:
        None if phodang was installed rather than checked out, even into a folder that lies inside
        another project's checkout; or if there is no git.
    """
    here = Path(__file__)
    if _git("ls-files", "--error-unmatch", here.name, folder=here.parent) is None:
        return None
    described = ("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    return _git(*described, folder=here.parent)


def _git(*arguments: str, folder: Path) -> str | None:
    """What git prints in a folder; none if it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None

"""A starting project: configurations, example articles and a README that says what to do with them.

The files are made from those in ``project_template``. In these, ``${encoder}`` and
``${learning_rate}`` stand for what depends on the encoder, and a line that begins with
``@entities`` or ``@sections`` is for projects with that task.
"""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from string import Template

from phodang.errors import ConfigError, InputError

TASKS = ("entities", "sections")
"""What a project can learn; each has a configuration of its name."""

HUB_ENCODER = "vinai/phobert-base"
"""The encoder of projects outside a checkout, MIT. The hub has it."""

# The compact encoder takes larger steps than PhoBERT, whose authors fine-tune at 1e-5.
_CHECKOUT_LEARNING_RATE = "2e-4"
_LEARNING_RATE = "3e-5"


def write_project(
    folder: Path, *, tasks: Sequence[str] = TASKS, encoder: str | None = None
) -> None:
    """Write a starting project.

    Args:
        folder: The folder to make; one that is there has to be empty.
        tasks: What it is to learn, of `TASKS`.
        encoder: A folder with an encoder, relative to the current one, or a name on the hub. By
            default the encoder of the checkout that this package runs from; `HUB_ENCODER` if it
            is installed without one.

    Raises:
        InputError: The folder is not empty, or no folder can be made there.
        ConfigError: There is no such encoder.
    """
    own = checkout_encoder()
    given = encoder if encoder is not None else (str(own) if own is not None else HUB_ENCODER)
    compact = own is not None and Path(given).is_dir() and Path(given).samefile(own)
    values = {
        "encoder": _encoder_from(folder, given),
        "learning_rate": _CHECKOUT_LEARNING_RATE if compact else _LEARNING_RATE,
    }
    _make_empty(folder)
    template = Path(str(importlib.resources.files("phodang_training"))) / "project_template"
    for source in sorted(path for path in template.rglob("*") if path.is_file()):
        if source.stem in {*TASKS} - {*tasks}:
            continue
        text = source.read_text(encoding="utf-8")
        if source.suffix in (".md", ".toml"):
            text = Template(_for_tasks(text, tasks)).substitute(values)
        path = folder / source.relative_to(template)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def checkout_encoder() -> Path | None:
    """The compact encoder's folder, if this package runs from a checkout of phodang."""
    folder = Path(__file__).resolve().parents[2] / "model" / "encoder"
    return folder if (folder / "config.json").is_file() else None


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"{folder}: expected a folder to make, found none that can be ({error.strerror}). "
            "Give another path."
        ) from error
    if found:
        raise InputError(
            f"{folder}: expected an empty folder or none, found {found[0].name} in it. Give "
            "another path; nothing is written over."
        )


def _encoder_from(folder: Path, encoder: str) -> str:
    """An encoder's name as it is in a configuration that is used inside a folder."""
    path = Path(encoder).expanduser()
    if (path / "config.json").is_file():
        try:
            return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
        except ValueError:  # on another drive
            return path.resolve().as_posix()
    # Imported here: the hub's client is not needed for a folder.
    from phodang_training.encoders.hub import is_hub_name

    if path.is_dir() or not is_hub_name(encoder):
        raise ConfigError(
            f"{encoder}: expected a folder with an encoder, or a hub name such as {HUB_ENCODER}, "
            "found neither. Check the path; it is relative to the folder that the command is run "
            "in."
        )
    return encoder


def _for_tasks(text: str, tasks: Collection[str]) -> str:
    """Keep the lines for these tasks and those for all, without their marks."""
    lines = []
    for line in text.splitlines(keepends=True):
        mark, _, rest = line.partition(" ")
        task = mark.removeprefix("@")
        if mark == task or task not in TASKS:
            lines.append(line)
        elif task in tasks:
            lines.append(rest)
    return "".join(lines)

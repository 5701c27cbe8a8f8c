"""``phodang-train new``: a project to start from."""

# Options are Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
# ruff: noqa: UP045

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from phodang_training.project import TASKS, write_project


class ProjectTask(str, Enum):
    """What a project learns."""

    entities = "entities"
    sections = "sections"
    both = "both"


def new(
    folder: Annotated[Path, typer.Argument(help="The folder to make, or an empty one.")],
    task: Annotated[
        ProjectTask, typer.Option("--task", help="What to learn, a configuration for each.")
    ] = ProjectTask.both,
    encoder: Annotated[
        Optional[str],
        typer.Option(
            "--encoder",
            help="Folder or hub name of an encoder; default: the checkout's, else PhoBERT-base.",
        ),
    ] = None,
) -> None:
    """Write a project to start from: configuration, example articles, README."""
    tasks = TASKS if task is ProjectTask.both else (task.value,)
    write_project(folder, tasks=tasks, encoder=encoder)
    print(f"Project: {folder}. Its README.md tells how to go on.")

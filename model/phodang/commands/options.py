"""Options that several commands have."""

# Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

ModelOption = Annotated[
    str, typer.Option("--model", "-m", help="Folder of a checkpoint, or the bundled model.")
]
ThreadsOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--threads", min=1, help="Sequences run at once; default: the cores."),
]
ProcessesOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--processes",
        min=0,
        help="Processes that find words; with 0 the main one does. Default: one for every full "
        "eight threads.",
    ),
]
TasksOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--task", help="entities or sections; may be given twice; default: all that it can."
    ),
]
SegmenterOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--segmenter", help="underthesea, pyvi or presegmented; default: the model's."),
]
LabelledArgument = Annotated[
    Path, typer.Argument(help="What phodang label wrote: its folder, or one shard.")
]
UnfinishedOption = Annotated[
    bool, typer.Option("--unfinished", help="Take what there is of a run that is not finished.")
]

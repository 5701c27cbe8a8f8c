"""Arguments and options that several commands of ``phodang-train`` have alike."""

# Options are Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
# ruff: noqa: UP045

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer


class Part(str, Enum):
    """A part of a split."""

    train = "train"
    heldout = "heldout"


DataArgument = Annotated[
    Path, typer.Argument(help="Annotated articles: .jsonl, or words with tags in .conll.")
]
SplitOption = Annotated[
    Optional[Path], typer.Option("--split", help="A split file; only its --part is read.")
]
PartOption = Annotated[Part, typer.Option("--part", help="The part of the split.")]
SegmenterOption = Annotated[
    Optional[str],
    typer.Option("--segmenter", help="underthesea, pyvi or presegmented; default: the model's."),
]
ConfigArgument = Annotated[Path, typer.Argument(help="A configuration in TOML.")]
OverrideOption = Annotated[
    Optional[list[str]],
    typer.Option("--set", help="Replace a key of the configuration: training.epochs=3."),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on from where Ctrl-C stopped this run.")
]

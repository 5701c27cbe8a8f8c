"""``phodang-train export`` and ``phodang-train combine``: make models for inference."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class StoredPrecision(str, Enum):
    """How exported weights are stored."""

    int8 = "int8"
    fp32 = "fp32"


def combine(
    entities: Annotated[Path, typer.Argument(help="A model of entities, exported.")],
    sections: Annotated[Path, typer.Argument(help="A model of sections, exported.")],
    output: Annotated[Path, typer.Argument(help="The folder to write.")],
) -> None:
    """Put two exported models into one that does both tasks, each by its own encoder."""
    from phodang_training.combination import combine as write

    write(entities, sections, output)
    print(f"Model: {output}")


def export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint that training wrote.")],
    output: Annotated[Path, typer.Argument(help="The folder to write.")],
    precision: Annotated[
        StoredPrecision, typer.Option("--precision", help="How the weights are stored.")
    ] = StoredPrecision.int8,
) -> None:
    """Make the inference form of a checkpoint: a graph for ONNX Runtime."""
    from phodang_training.card import write_card
    from phodang_training.export import export as export_checkpoint

    export_checkpoint(checkpoint, output, precision=precision.value)
    write_card(output)
    print(f"Inference form: {output}")

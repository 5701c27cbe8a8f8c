"""Commands that make models of models: ``export``, ``combine``, ``average``, ``calibrate``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from phodang.checkpoint import EVALUATION_FILE
from phodang_training.commands.options import DataArgument, Part, PartOption, SplitOption


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
    from phodang_training.models.combination import combine as write

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
    from phodang_training.models.card import write_card
    from phodang_training.models.export import export as export_checkpoint

    export_checkpoint(checkpoint, output, precision=precision.value)
    write_card(output)
    print(f"Inference form: {output}")


def average(
    models: Annotated[list[Path], typer.Argument(help="Checkpoints that training wrote.")],
    output: Annotated[Path, typer.Option("--output", help="The folder to write.")],
) -> None:
    """Average the weights of models that were trained from the same beginning."""
    from phodang_training.models.averaging import average as write
    from phodang_training.models.card import write_card

    write(models, output)
    write_card(output)
    print(f"Model: {output}")


def calibrate(
    model: Annotated[Path, typer.Argument(help="A checkpoint that tells sections; changed.")],
    data: DataArgument,
    split: SplitOption = None,
    part: PartOption = Part.heldout,
) -> None:
    """Fit the temperatures and thresholds of sections anew, on the model as it is stored."""
    from phodang_training.evaluation.assessment import DataPart
    from phodang_training.models.card import write_card
    from phodang_training.models.recalibration import recalibrate

    measured = (model / EVALUATION_FILE).is_file()
    task = recalibrate(model, DataPart(data, split, part.value))
    write_card(model)
    if measured:
        print("The card's figures were of other thresholds and are deleted: measure with --card.")
    for values in zip(task.labels, task.temperatures, task.thresholds, strict=True):
        print("{}: temperature {:.3f}, threshold {:.3f}".format(*values))

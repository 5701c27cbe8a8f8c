"""``phodang-train errors``: where a model is most wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phodang_training.commands.options import (
    DataArgument,
    Part,
    PartOption,
    SegmenterOption,
    SplitOption,
)
from phodang_training.commands.writing import check_page


def errors(
    model: Annotated[str, typer.Argument(help="Folder of a checkpoint, or a bundled model.")],
    data: DataArgument,
    output: Annotated[Path, typer.Option("--output", help="The HTML page to write.")],
    count: Annotated[int, typer.Option("--count", min=1, help="How many passages.")] = 30,
    split: SplitOption = None,
    part: PartOption = Part.heldout,
    segmenter: SegmenterOption = None,
) -> None:
    """Show the passages whose sections a model has most wrong, on a page."""
    from phodang_training.evaluation.assessment import DataPart
    from phodang_training.evaluation.errors import predict_data, worst_passages
    from phodang_training.evaluation.errors_html import errors_to_html

    # Predicting may take long; a mistaken path is better told at once.
    check_page(output, inputs=[data] if split is None else [data, split])
    data_part = DataPart(data, split, part.value)
    predictions = predict_data(model, data_part, segmenter=segmenter)
    worst = worst_passages(predictions, count=count)
    page = errors_to_html(predictions, worst, data=data_part.name, model=model)
    output.write_text(page, encoding="utf-8", newline="\n")
    print(f"Error analysis: {output}")

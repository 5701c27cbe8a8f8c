"""``phodang-train evaluate``: how well a model does."""

# Options are Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
# ruff: noqa: UP045

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from phodang.checkpoint import read_manifest
from phodang.errors import InputError
from phodang_training.commands.options import (
    DataArgument,
    Part,
    PartOption,
    SegmenterOption,
    SplitOption,
)


def evaluate(
    model: Annotated[str, typer.Argument(help="Folder of a checkpoint, or a bundled model.")],
    data: DataArgument,
    split: SplitOption = None,
    part: PartOption = Part.heldout,
    segmenter: SegmenterOption = None,
    task: Annotated[
        Optional[list[str]],
        typer.Option("--task", help="entities or sections; default: all that the model does."),
    ] = None,
    card: Annotated[
        Optional[Path],
        typer.Option("--card", help="Also note the figures in this checkpoint's card."),
    ] = None,
) -> None:
    """Measure strict span F1, and F1 of sections, on annotated articles."""
    from phodang_training.card import add_evaluation
    from phodang_training.evaluation import DataPart, print_scores, print_section_scores
    from phodang_training.evaluation import evaluate as evaluate_model

    if card is not None:
        # Measuring may take long; a mistaken folder is better told at once.
        read_manifest(card, verify=False)
    evaluation = evaluate_model(
        model, DataPart(data, split, part.value), segmenter=segmenter, tasks=task or None
    )
    if not evaluation.articles:
        raise InputError(f"{evaluation.data}: expected articles, found none. Give another file.")
    if evaluation.scores is None and evaluation.sections is None:
        raise InputError(
            f"{evaluation.data}: expected articles with sections, which {model} tells, found none. "
            "Give other articles or another model."
        )
    title = f"{evaluation.data}, {evaluation.precision}"
    if evaluation.scores is not None:
        print_scores(title, evaluation.scores)
    if evaluation.sections is not None:
        print_section_scores(title, evaluation.sections)
    if card is not None:
        add_evaluation(card, evaluation)

"""``phodang-train evaluate``: how well a system does, and whether another does better."""

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
from phodang_training.commands.writing import check_page


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            help="Folder of a checkpoint, a bundled model, or predictions: .jsonl in the schema of "
            "the data, .conll, or what phodang label wrote."
        ),
    ],
    data: DataArgument,
    split: SplitOption = None,
    part: PartOption = Part.heldout,
    segmenter: SegmenterOption = None,
    task: Annotated[
        Optional[list[str]],
        typer.Option("--task", help="entities or sections; default: all that the model does."),
    ] = None,
    compare: Annotated[
        Optional[str],
        typer.Option("--compare", help="Another model, or predictions, to compare with."),
    ] = None,
    resamples: Annotated[
        int, typer.Option("--resamples", min=100, help="For intervals and tests.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For the same.")] = 0,
    json: Annotated[
        Optional[Path], typer.Option("--json", help="Also write all figures as JSON.")
    ] = None,
    html: Annotated[
        Optional[Path],
        typer.Option("--html", help="Also write a page: figures, then gold against predicted."),
    ] = None,
    card: Annotated[
        Optional[Path],
        typer.Option("--card", help="Also note the figures in this checkpoint's card."),
    ] = None,
) -> None:
    """Measure span F1, and F1 of sections, on annotated articles, with intervals over articles.

    Of a CoNLL file, each sentence counts as an article.
    """
    from phodang_training.evaluation.assessment import DataPart, assess
    from phodang_training.evaluation.comparison import compare as compare_predictions
    from phodang_training.evaluation.evaluation_html import evaluation_to_html
    from phodang_training.evaluation.evaluation_json import evaluation_to_json
    from phodang_training.evaluation.evaluation_tables import (
        assessment_parts,
        comparison_parts,
        print_all,
    )
    from phodang_training.evaluation.prediction_files import is_prediction_file
    from phodang_training.evaluation.resampling import Resampling
    from phodang_training.models.card import add_evaluation

    systems = [model] if compare is None else [model, compare]
    read = [data, *([split] if split else []), *map(Path, systems)]
    _check_outputs(json, html, card, model_is_file=is_prediction_file(model), inputs=read)
    data_part, resampling = DataPart(data, split, part.value), Resampling(resamples, seed)
    # Another segmenter is for models; if there are none, the first system says so.
    models = [system for system in systems if not is_prediction_file(system)] or systems
    assessments = [
        assess(
            system,
            data_part,
            segmenter=segmenter if system in models else None,
            tasks=task or None,
            resampling=resampling,
        )
        for system in systems
    ]
    comparison = None
    if compare is not None:
        first, second = (assessment.predictions for assessment in assessments)
        comparison = compare_predictions(first, second, resampling)
    print_all(assessment_parts(assessments[0]))
    if comparison is not None:
        print_all(comparison_parts(comparison, resampling))
    if json is not None:
        json.write_text(evaluation_to_json(assessments, comparison), encoding="utf-8", newline="\n")
        print(f"Figures: {json}")
    if html is not None:
        page = evaluation_to_html(assessments[0], comparison)
        html.write_text(page, encoding="utf-8", newline="\n")
        print(f"Page: {html}")
    if card is not None:
        add_evaluation(card, assessments[0].evaluation)


def _check_outputs(
    json: Path | None,
    html: Path | None,
    card: Path | None,
    *,
    model_is_file: bool,
    inputs: list[Path],
) -> None:
    # Measuring may take long; a mistaken path is better told at once.
    if card is not None:
        read_manifest(card, verify=False)
        if model_is_file:
            raise InputError(
                "Expected a model for --card, found predictions. A card tells of its own model; "
                "leave --card out."
            )
    if json is not None:
        check_page(json, inputs=inputs, what="a JSON file")
    if html is not None:
        check_page(html, inputs=inputs)
        if json is not None and json.resolve() == html.resolve():
            raise InputError(
                f"{html}: expected two files for --json and --html, found one. Give another path."
            )

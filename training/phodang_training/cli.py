"""The command ``phodang-train``."""

# Options are Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
# ruff: noqa: UP045

from __future__ import annotations

import os
import sys
import warnings
from enum import Enum
from pathlib import Path
from typing import Annotated, NoReturn, Optional, TextIO

import typer
from rich.console import Console
from rich.table import Column, Table

from phodang.checkpoint import read_manifest
from phodang.cli import EXIT_ERROR
from phodang.errors import InputError, PhodangError
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.config_files import load_config
from phodang_training.corpus import describe, write_articles

EXIT_INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the signal's number, as shells have it."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Train, measure and export phodang's models.",
)


class Part(str, Enum):
    """A part of a split."""

    train = "train"
    heldout = "heldout"


class StoredPrecision(str, Enum):
    """How exported weights are stored."""

    int8 = "int8"
    fp32 = "fp32"


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


@app.command()
def entities(
    config: Annotated[Path, typer.Argument(help="A configuration in TOML.")],
    override: Annotated[
        Optional[list[str]],
        typer.Option("--set", help="Replace a key of the configuration: training.epochs=3."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where Ctrl-C stopped this run.")
    ] = False,
) -> None:
    """Train a token classifier."""
    from phodang_training.card import write_card
    from phodang_training.evaluation import print_scores
    from phodang_training.train_entities import train_entities

    result = train_entities(load_config(config, EntitiesConfig, override or ()), resume=resume)
    if result.dev is None:
        print(f"Stopped; the state is in {result.checkpoint}. Give --resume to go on.")
        raise typer.Exit(EXIT_INTERRUPTED)
    write_card(result.checkpoint)
    print_scores("dev", result.dev)
    print(f"Checkpoint: {result.checkpoint}")


@app.command()
def sections(
    config: Annotated[Path, typer.Argument(help="A configuration in TOML.")],
    override: Annotated[
        Optional[list[str]],
        typer.Option("--set", help="Replace a key of the configuration: training.epochs=3."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where Ctrl-C stopped this run.")
    ] = False,
) -> None:
    """Train a document classifier, alone or with a token classifier on one encoder."""
    from phodang_training.card import write_card
    from phodang_training.evaluation import print_scores, print_section_scores
    from phodang_training.train_sections import train_sections

    result = train_sections(load_config(config, SectionsConfig, override or ()), resume=resume)
    if result.sections is None:
        print(f"Stopped; the state is in {result.checkpoint}. Give --resume to go on.")
        raise typer.Exit(EXIT_INTERRUPTED)
    write_card(result.checkpoint)
    if result.entities is not None:
        print_scores("dev", result.entities)
    print_section_scores("dev, which the thresholds were chosen on", result.sections)
    print(f"Checkpoint: {result.checkpoint}")


@app.command()
def combine(
    entities: Annotated[Path, typer.Argument(help="A model of entities, exported.")],
    sections: Annotated[Path, typer.Argument(help="A model of sections, exported.")],
    output: Annotated[Path, typer.Argument(help="The folder to write.")],
) -> None:
    """Put two exported models into one that does both tasks, each by its own encoder."""
    from phodang_training.combination import combine as write

    write(entities, sections, output)
    print(f"Model: {output}")


@app.command("pseudo-label")
def pseudo_label(
    models: Annotated[
        list[str], typer.Argument(help="Folders of checkpoints, or a bundled model.")
    ],
    texts: Annotated[
        list[Path], typer.Option("--texts", help="Texts to label, as phodang label reads them.")
    ],
    output: Annotated[Path, typer.Option("--output", help="The .jsonl file to write.")],
    exclude: Annotated[
        Optional[list[Path]],
        typer.Option("--exclude", help="Annotated articles: texts like them are left out."),
    ] = None,
    containing: Annotated[
        Optional[list[str]],
        typer.Option("--containing", help="Only texts with this string, or one of these."),
    ] = None,
    words: Annotated[
        int, typer.Option("--words", min=0, help="Stop after so many words; 0 for all texts.")
    ] = 0,
) -> None:
    """Label texts by majority of models, to train on."""
    from phodang_training.evaluation import DataPart
    from phodang_training.pseudo_labels import TextSelection
    from phodang_training.pseudo_labels import pseudo_label as label

    excluded = [article for file in exclude or () for article in DataPart(file).read()]
    selection = TextSelection(containing=tuple(containing or ()), words=words)
    articles = label(models, texts, selection=selection, excluded=excluded)
    count = write_articles(output, articles)
    print(f"Labelled articles: {count}, in {output}")


@app.command()
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


@app.command()
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


@app.command()
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
    from phodang_training.errors import predict_data, worst_passages
    from phodang_training.errors_html import errors_to_html
    from phodang_training.evaluation import DataPart

    # Predicting may take long; a mistaken path is better told at once.
    _check_page(output, inputs=[data] if split is None else [data, split])
    data_part = DataPart(data, split, part.value)
    predictions = predict_data(model, data_part, segmenter=segmenter)
    worst = worst_passages(predictions, count=count)
    page = errors_to_html(predictions, worst, data=data_part.name, model=model)
    output.write_text(page, encoding="utf-8", newline="\n")
    print(f"Error analysis: {output}")


@app.command()
def corpus(
    data: Annotated[list[Path], typer.Argument(help="Files of annotated articles.")],
    encoder: Annotated[
        str, typer.Option("--encoder", help="Folder or hub name of an encoder.")
    ] = "model/encoder",
    segmenter: Annotated[
        str, typer.Option("--segmenter", help="underthesea, pyvi or presegmented.")
    ] = "underthesea",
) -> None:
    """Count corpora, and say how many of their entities the subwords can express at all."""
    from phodang_training.ceiling import tokenization_ceiling
    from phodang_training.evaluation import DataPart

    file_name = Column("data", overflow="fold")
    table = Table(file_name, "articles", "passages", "words", "entities", "ceiling, % recall")
    for file in data:
        articles = DataPart(file).read()
        counted = describe(articles)
        ceiling = tokenization_ceiling(articles, encoder=encoder, segmenter=segmenter)
        counts = (counted.articles, counted.passages, counted.words, ceiling.support)
        table.add_row(str(file), *map(str, counts), f"{100 * ceiling.recall:.2f}")
    _print_table(table)


def _check_page(output: Path, *, inputs: list[Path]) -> None:
    """Raise an InputError if a page cannot be written there, or would replace what is read."""
    if output.is_dir():
        found = "a folder"
    elif not output.parent.is_dir():
        found = f"no folder {output.parent}"
    elif output.resolve() in [file.resolve() for file in inputs]:
        found = "a file that is read"
    else:
        return
    raise InputError(f"{output}: expected a page to write, found {found}. Give another path.")


def _print_table(table: Table) -> None:
    """Print a table, names as they are written: ``[x]`` and ``:x:`` mean nothing in them."""
    Console(highlight=False, markup=False, emoji=False).print(table)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show phodang's own warnings in one line, others as Python does."""
    if category is UserWarning and Path(filename).parent == Path(__file__).parent:
        print(f"phodang-train: {message}", file=sys.stderr)
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        print(text, end="", file=file or sys.stderr)


def main() -> None:
    """Run the command; errors that a user can act on end it with status 2, without traceback."""
    warnings.showwarning = _show_warning
    try:
        app()
    except PhodangError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        _fail(
            f"{error.name} is not installed, and training needs it. "
            "Install it with `pip install 'phodang[train]'`."
        )
    except OSError as error:
        if error.filename is not None:
            _fail(f"{error.filename}: {error.strerror}.")
        # Only files that are opened have a name. Nothing may be flushed at exit to an output that
        # cannot be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail(f"{error}.")


def _fail(message: str) -> NoReturn:
    print(f"phodang-train: {message}", file=sys.stderr)
    sys.exit(EXIT_ERROR)


if __name__ == "__main__":
    main()

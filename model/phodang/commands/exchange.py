"""``phodang export`` and ``phodang import``: to the tools people correct labels in, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phodang.analyzer import BUNDLED_MODEL
from phodang.commands.options import LabelledArgument, UnfinishedOption
from phodang.commands.writing import write
from phodang.exchange.formats import ExchangeFormat


def export(
    labelled: LabelledArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make.")],
    exchange_format: Annotated[
        ExchangeFormat, typer.Option("--format", "-f", help="For which tool.")
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="Whose words conll and spacy have as tokens; else unused."
        ),
    ] = BUNDLED_MODEL,
    unfinished: UnfinishedOption = False,
) -> None:
    """Write labelled articles for a tool that people correct labels in."""
    # Imported here: the model is needed for its words, and by two formats only.
    from phodang.analyzer import Analyzer
    from phodang.batch.output import read_labelled
    from phodang.exchange.corpus import export_corpus

    words = None
    if exchange_format in (ExchangeFormat.conll, ExchangeFormat.spacy):
        words = Analyzer.from_pretrained(model).words
    articles = read_labelled(labelled, allow_unfinished=unfinished)
    count = export_corpus(articles, exchange_format, output, words=words)
    write(f"{count} articles in {output}\n")


def import_(
    corrected: Annotated[
        Path, typer.Argument(help="Folder as phodang export makes it, or a file of the tool.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="JSON Lines file to write, to train on.")
    ],
    exchange_format: Annotated[
        ExchangeFormat, typer.Option("--format", "-f", help="From which tool.")
    ],
    predictions: Annotated[
        bool,
        typer.Option(
            "--predictions", help="Take what nobody has checked as well (labelstudio alone)."
        ),
    ] = False,
) -> None:
    """Read corrected articles, and write them for phodang-train."""
    from phodang.exchange.annotated import write_annotated
    from phodang.exchange.corpus import import_corpus

    articles = import_corpus(corrected, exchange_format, predictions=predictions)
    count = write_annotated(articles, output)
    write(f"{count} articles in {output}\n")

"""``phodang-train corpus`` and ``phodang-train pseudo-label``: what there is to train on."""

# Options are Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
# ruff: noqa: UP045

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.table import Column, Table

from phodang.errors import InputError
from phodang_training.commands.writing import check_page, print_table
from phodang_training.corpus import describe, write_articles


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
    from phodang_training.corpus.ceiling import tokenization_ceiling
    from phodang_training.evaluation.assessment import DataPart

    file_name = Column("data", overflow="fold")
    table = Table(file_name, "articles", "passages", "words", "entities", "ceiling, % recall")
    for file in data:
        articles = DataPart(file).read()
        counted = describe(articles)
        ceiling = tokenization_ceiling(articles, encoder=encoder, segmenter=segmenter)
        counts = (counted.articles, counted.passages, counted.words, ceiling.support)
        table.add_row(str(file), *map(str, counts), f"{100 * ceiling.recall:.2f}")
    print_table(table)


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
    from phodang_training.corpus.pseudo_labels import TextSelection
    from phodang_training.corpus.pseudo_labels import pseudo_label as label
    from phodang_training.evaluation.assessment import DataPart

    # Labelling may take hours; a mistaken path is better told at once.
    check_page(output, inputs=[*texts, *(exclude or ())], what="a .jsonl file")
    excluded = [article for file in exclude or () for article in DataPart(file).read()]
    selection = TextSelection(containing=tuple(containing or ()), words=words)
    articles = label(models, texts, selection=selection, excluded=excluded)
    partial = output.with_name(f"{output.name}.partial")
    try:
        count = write_articles(partial, articles)
        if not count:
            raise InputError(
                "Expected texts to label, found none that --containing and --exclude leave. Give "
                "others."
            )
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    print(f"Labelled articles: {count}, in {output}")

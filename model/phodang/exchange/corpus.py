"""A corpus of labelled articles → a folder for another tool, and back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange.checks import distinct
from phodang.exchange.files import new_folder
from phodang.exchange.formats import FORMATS, ExchangeFormat, format_named
from phodang.exchange.words import Words


def export_corpus(
    articles: Iterable[LabelledArticle],
    format: str | ExchangeFormat,
    path: str | os.PathLike[str],
    *,
    words: Words | None = None,
) -> int:
    """Write articles for another tool.

    Articles are taken one by one; only ``spacy`` holds some at once.

    Args:
        articles: The articles, such as `phodang.batch.output.read_labelled` reads them, with ids
            of their own.
        format: One of `ExchangeFormat`, by name or member. The module of each says what is in the
            folder, what its tool counts offsets in, and what it cannot hold.
        path: The folder to make; there must be nothing in it yet. It appears when it is complete.
        words: Finds the words of a text, such as ``Analyzer.words``, for ``conll`` and ``spacy``;
            by default their tokens are syllables and punctuation marks.

    Returns:
        The number of articles.

    Raises:
        InputError: The format is unknown, there is something at the path, or an article cannot be
            written: an id occurs twice, or text or labels are not for this format.
        MissingDependencyError: spaCy is needed and not installed.
    """
    write = FORMATS[format_named(format)].write
    count = 0

    def counted() -> Iterator[LabelledArticle]:
        nonlocal count
        for article in distinct(articles):
            yield article
            count += 1

    with new_folder(Path(path)) as folder:
        write(counted(), folder, words)
    return count


def import_corpus(
    path: str | os.PathLike[str],
    format: str | ExchangeFormat,
    *,
    predictions: bool = False,
) -> Iterator[LabelledArticle]:
    """Read what `export_corpus` wrote and people corrected, or a project of their own.

    Nothing is dropped or mended: what an article cannot hold, such as entities over each other, is
    an error that says where it stands. Labels of any name are read. Scores are 1, unless the
    module of the format says otherwise.

    Args:
        path: A folder as `export_corpus` makes it, or a file that the tool exports; archives have
            to be unpacked first. Nothing outside of the folder is read.
        format: One of `ExchangeFormat`, by name or member, but not ``csv``.
        predictions: Take what a model predicted where nobody has checked it. Only ``labelstudio``
            tells the two apart; without this, what is unchecked is an error.

    Yields:
        The articles, one by one where the format allows it; ``labelstudio`` is read at once.

    Raises:
        InputError: There is no such file or format, the format is not one to be read, or something
            in it is not as its module says.
        MissingDependencyError: spaCy is needed and not installed.
    """
    name = format_named(format)
    read = FORMATS[name].read_predictions if predictions else FORMATS[name].read
    if read is None:
        asked = "predictions can be read" if predictions else "articles can be read"
        able = [
            other.value
            for other, known in FORMATS.items()
            if (known.read_predictions if predictions else known.read) is not None
        ]
        raise InputError(
            f'Expected a format from which {asked}, {", ".join(able)}, found "{name.value}". '
            "Choose one of these."
        )
    source = Path(path)
    if not source.exists():
        raise InputError(f"{source}: expected a file or folder, found none. Check the path.")
    if source.suffix.lower() == ".zip":
        raise InputError(
            f"{source}: expected a file or folder, found an archive. Unpack it, and give what is "
            "in it."
        )
    return distinct(read(source))

"""The formats there are, and who reads and writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange import brat, conll_files, docbin, doccano, labelstudio, table
from phodang.exchange.words import Words
from phodang.messages import did_you_mean

Writer = Callable[[Iterable[LabelledArticle], Path, Words | None], None]
"""Writes articles to an empty folder; most have no use for words."""
Reader = Callable[[Path], Iterator[LabelledArticle]]
"""Reads articles from a file or folder that exists."""


class ExchangeFormat(str, Enum):
    """What articles can be exported as."""

    conll = "conll"
    brat = "brat"
    labelstudio = "labelstudio"
    doccano = "doccano"
    spacy = "spacy"
    csv = "csv"


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        write: Writes it.
        read: Reads it; none if it is for looking at only.
        read_predictions: Reads it with what a model predicted and nobody checked, for a format
            that tells this.
    """

    write: Writer
    read: Reader | None = None
    read_predictions: Reader | None = None


FORMATS: dict[ExchangeFormat, Format] = {
    ExchangeFormat.conll: Format(conll_files.write, conll_files.read),
    ExchangeFormat.brat: Format(brat.write, brat.read),
    ExchangeFormat.labelstudio: Format(
        labelstudio.write, labelstudio.read, labelstudio.read_predictions
    ),
    ExchangeFormat.doccano: Format(doccano.write, doccano.read),
    ExchangeFormat.spacy: Format(docbin.write, docbin.read),
    ExchangeFormat.csv: Format(table.write),
}


def format_named(name: str | ExchangeFormat) -> ExchangeFormat:
    """Find a format by its name.

    Raises:
        InputError: There is none of this name.
    """
    try:
        return ExchangeFormat(name)
    except ValueError:
        known = [format.value for format in ExchangeFormat]
        raise InputError(
            f'Expected a format that phodang knows, found "{name}". {did_you_mean(name, known)}'
        ) from None

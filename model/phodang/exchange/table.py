"""Articles → tables for spreadsheets and statistics: a row an entity, a row a section.

The folder holds ``entities.csv`` and ``sections.csv``, as RFC 4180 has it: commas, double quotes,
rows ended by CR LF. They are UTF-8 with a byte order mark, without which Excel takes them for
another encoding. Offsets are code points of the article's text, end exclusive; passages are
numbered from 1. A section is a run of passages with one label (`phodang.sections.Section`). The
tables are for looking at and cannot be imported.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and a text
of the corpus may be made to run one (https://owasp.org/www-community/attacks/CSV_Injection). Such
a cell, also with white space first, is written with an apostrophe in front, and so is one that
begins with a tab, a line break or an apostrophe, so that ``cell.removeprefix("'")`` gives every
text back. Tell the program that the comma, and nothing else, parts cells. Excel cuts cells of more
than 32,767 characters, which other programs do not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from phodang.batch.labelled import LabelledArticle
from phodang.exchange.checks import refuse_nul
from phodang.exchange.words import Words

ENTITIES_FILE = "entities.csv"
SECTIONS_FILE = "sections.csv"
ENTITY_COLUMNS = ("article", "passage", "start", "end", "label", "text", "score")
SECTION_COLUMNS = (
    *("article", "first_passage", "last_passage", "start", "end", "label", "text", "score"),
)

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""With these a formula can begin; some programs take the full-width forms for the others."""
_SKIPPED = ("\t", "\r", "\n")
"""Some programs skip these at the beginning of a cell."""
_GUARD = "'"


def write(articles: Iterable[LabelledArticle], folder: Path, words: Words | None = None) -> None:
    """Write the two tables.

    Raises:
        InputError: A text has the character U+0000.
    """
    with (
        (folder / ENTITIES_FILE).open("w", encoding="utf-8-sig", newline="") as entities_file,
        (folder / SECTIONS_FILE).open("w", encoding="utf-8-sig", newline="") as sections_file,
    ):
        entities, sections = csv.writer(entities_file), csv.writer(sections_file)
        entities.writerow(ENTITY_COLUMNS)
        sections.writerow(SECTION_COLUMNS)
        for article in articles:
            refuse_nul(article, "a spreadsheet")
            entities.writerows(_entity_rows(article))
            sections.writerows(_section_rows(article))


def guarded(cell: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula."""
    needs_guard = cell.startswith((*_SKIPPED, _GUARD)) or cell.lstrip().startswith(_FORMULA)
    return _GUARD + cell if needs_guard else cell


def _entity_rows(article: LabelledArticle) -> Iterable[tuple[str | int | float, ...]]:
    for number, passage in enumerate(article.article.passages, 1):
        for entity in passage.entities:
            yield (
                *(guarded(article.id), number, entity.start, entity.end),
                *(guarded(entity.label), guarded(entity.text), entity.score),
            )


def _section_rows(article: LabelledArticle) -> Iterable[tuple[str | int | float, ...]]:
    text = article.article.text
    numbers = {passage.start: number for number, passage in enumerate(article.article.passages, 1)}
    for section in article.article.sections:
        first, last = (numbers[section.passages[index].start] for index in (0, -1))
        yield (
            *(guarded(article.id), first, last, section.start, section.end),
            *(guarded(section.label), guarded(text[section.start : section.end]), section.score),
        )

"""What the pages of this package are made of: the page, tables, names, numbers.

What is given as a cell, a body or a style is markup already; all other text is escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence

from phodang.html import label_style
from phodang.html_style import FRAGMENT_STYLE, PAGE_STYLE, SECTION_STYLE
from phodang.html_text import escape
from phodang.section_marks import SectionMark, full_name

ELLIPSIS = "…"

TABLE_STYLE = """
.phodang .phodang-label { font-size: .78rem; white-space: nowrap; }
.phodang bdi { unicode-bidi: isolate; }
.phodang table { width: 100%; margin: 0 0 .8rem; border-collapse: collapse; font-size: .85rem;
  line-height: 1.4; font-variant-numeric: tabular-nums; }
.phodang table:last-child { margin-bottom: 0; }
.phodang th, .phodang td { padding: .3rem .4rem; text-align: right; vertical-align: middle;
  font-weight: 400; border-top: 1px solid rgb(128 128 128 / .3); background: none; }
.phodang thead th { border-top: 0; color: var(--soft); vertical-align: bottom; }
.phodang th:first-child { width: 34%; text-align: left; }
.phodang th .phodang-section { font-weight: 400; }
@media (max-width: 30rem) { .phodang table { font-size: .75rem; }
  .phodang th, .phodang td { padding: .3rem .2rem; }
  .phodang th .phodang-section { padding-left: .8em; } }
@media print { .phodang table { break-inside: avoid; } .phodang h2 { break-after: avoid; } }
"""
"""The style of tables, added to that of fragments."""


def page(title: str, body: str, *, heading: str, style: str, kind: str | None = None) -> str:
    """One HTML page that needs no other file, to be written as UTF-8.

    Args:
        title: The page's title.
        body: What is below the heading.
        heading: The heading.
        style: The page's own style.
        kind: The class of the body, if it has one.
    """
    opening = "<body>" if kind is None else f'<body class="{kind}">'
    return (
        '<!doctype html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{PAGE_STYLE}{FRAGMENT_STYLE}{SECTION_STYLE}{TABLE_STYLE}{style}</style>\n</head>\n"
        f"{opening}\n<h1>{escape(heading)}</h1>\n{body}\n</body>\n</html>\n"
    )


def table(columns: Sequence[str], rows: Sequence[str]) -> str:
    """A table of the names of its columns and of what `row` makes."""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return (
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table>"
    )


def row(head: str, *cells: str, kind: str | None = None) -> str:
    """A row of a table.

    Args:
        head: What the row is of.
        cells: Its other cells.
        kind: The class of the row, if it has one.
    """
    style = "" if kind is None else f' class="{kind}"'
    rest = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr{style}><th scope="row">{head}</th>{rest}</tr>'


def entity_chip(label: str) -> str:
    """An entity type on its colour."""
    return f'<small class="phodang-label" style="{label_style(label)}">{escape(label)}</small>'


def section_chip(label: str, mark: SectionMark) -> str:
    """A section label in words with its line, as articles show it."""
    return (
        f'<b class="phodang-section phodang-{mark.line}" style="--section: {mark.color}">'
        f"{escape(full_name(label))}</b>"
    )


def beginning(text: str, characters: int) -> str:
    """The first words of a text in one line; of a word that is too long, its beginning."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    return (line[:characters].rpartition(" ")[0] or line[:characters]) + ELLIPSIS


def decimal(value: float, *, digits: int) -> str:
    """A number with so many digits behind the comma."""
    return f"{value:.{digits}f}".replace(".", ",")


def percent(value: float) -> str:
    """A rate in percent with two digits, such as ``92,55%``."""
    return f"{decimal(100 * value, digits=2)}%"


def whole(number: int) -> str:
    """A whole number, thousands parted by points."""
    return f"{number:,}".replace(",", ".")

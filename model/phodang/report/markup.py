"""The pieces that the parts of the page are made of. What they are given is HTML already."""

from __future__ import annotations

from collections.abc import Sequence

from phodang.html import label_style
from phodang.html_text import escape
from phodang.section_marks import SectionMark, full_name, short_name


def card(anchor: str, title: str, *content: str) -> str:
    """A part of the page, with a heading that the page's list of parts links to."""
    inner = "\n".join(filter(None, content))
    return f'<section class="phodang" id="{anchor}">\n<h2>{title}</h2>\n{inner}\n</section>'


def note(text: str) -> str:
    """A remark, in smaller letters."""
    return f'<p class="phodang-note">{text}</p>'


def figure(svg: str, caption: str) -> str:
    """A plot with its caption; on a narrow screen it can be moved sideways."""
    return (
        f'<figure><div class="plot" tabindex="0">{svg}</div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 1) -> str:
    """A table.

    Args:
        heads: The heads of the columns.
        rows: The cells of the rows.
        names: How many columns hold names; the others hold numbers.
    """
    kinds = ["" if index < names else ' class="number"' for index in range(len(heads))]
    head = "".join(f'<th scope="col"{k}>{h}</th>' for k, h in zip(kinds, heads, strict=True))
    body = "\n".join(
        f"<tr>{''.join(f'<td{k}>{c}</td>' for k, c in zip(kinds, row, strict=True))}</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def label_chip(label: str) -> str:
    """An entity type on its colour."""
    return f'<small class="phodang-label" style="{label_style(label)}">{escape(label)}</small>'


def section_chip(label: str, mark: SectionMark, *, short: bool = False) -> str:
    """A section label in words, beside its line; if short, without the label itself."""
    name = short_name(label) if short else full_name(label)
    return (
        f'<b class="phodang-section phodang-{mark.line}" style="--section: {mark.color}">'
        f"{escape(name)}</b>"
    )

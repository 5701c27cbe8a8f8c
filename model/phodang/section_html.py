"""Sections → HTML: the lines in the margin, the names where they begin, the legend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from phodang.article import Article
from phodang.html_text import escape
from phodang.layout import Margin
from phodang.section_marks import (
    SectionMark,
    count_sections,
    full_name,
    percent,
    section_marks,
    short_name,
)
from phodang.sections import Section


def section_line(margin: Margin, mark: SectionMark, *, row: int) -> str:
    """The line of a section beside one of its rows, to stand in the paragraph of the row.

    A line for each row, not one for all: printed, it is parted where its paragraph is.

    Args:
        margin: The section's margin.
        mark: The mark of its label.
        row: The row.
    """
    end = " phodang-end" if margin.end == row + 1 else ""
    return (
        f'<span class="phodang-margin phodang-{mark.line}{end}" '
        f'style="--section: {mark.color}; --lane: {margin.lane}" '
        f'title="{_tooltip(margin.section)}"></span>'
    )


def section_names(sections: Iterable[Section], marks: Mapping[str, SectionMark]) -> str:
    """The names of the sections that begin with a row, to stand on a line of their own in it.

    Args:
        sections: The sections.
        marks: The marks of all labels.
    """
    names = " ".join(
        _name(short_name(section.label), marks[section.label], tooltip=_tooltip(section))
        for section in sections
    )
    # Without style, the line break keeps the names apart from the text.
    return f'<small class="phodang-begins">{names}<br></small>'


def section_legend(article: Article) -> str:
    """A legend: each label with its mark, how many sections have it, its share of the article.

    Returns:
        A list, or the empty string if the article has no sections.
    """
    counts = count_sections([article])
    marks = section_marks(counts)
    items = "".join(
        f"<li>{_name(full_name(label), marks[label])} {count.sections} phần, "
        f"{percent(count.share)} bài</li>"
        for label, count in counts.items()
    )
    return f'<ul class="phodang-legend">{items}</ul>' if items else ""


def _name(name: str, mark: SectionMark, *, tooltip: str | None = None) -> str:
    title = f' title="{tooltip}"' if tooltip is not None else ""
    return (
        f'<b class="phodang-section phodang-{mark.line}" style="--section: {mark.color}"{title}>'
        f"{escape(name)}</b>"
    )


def _tooltip(section: Section) -> str:
    score = f"{section.score:.3f}".replace(".", ",")
    return escape(f"{full_name(section.label)}, {len(section.passages)} đoạn, độ tin cậy {score}")

"""Article → text for a terminal, drawn by rich.

Only `rich.text.Text` is used, never rich's markup, and control characters are shown as visible
signs: no text can colour, move or reprogram the reader's terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.style import Style
from rich.text import Text

from phodang.article import Article
from phodang.html import NOTHING_FOUND, count_labels, label_color, label_name
from phodang.layout import Layout, Margin, Row, lay_out
from phodang.section_marks import (
    SectionMark,
    count_sections,
    full_name,
    percent,
    section_marks,
)

_INK = "#000000"
_LABEL_STYLE = Style(dim=True)
_NAME_STYLE = Style(bold=True)
_NARROWEST = 20
"""With fewer columns than this left for the text, lines are not wrapped beside the margin."""

# C0 and C1 controls but tab and line feed, the characters that reorder a line for the reader
# (Boucher and Anderson 2021, "Trojan Source"), line separators, lone surrogates (no encoding).
_UNPRINTABLE = re.compile(
    "\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CONTROL_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = "\x7f", "␡"
_LINE_FEED_PICTURE = "␊"


def render_article(article: Article, *, width: int | None = None) -> Text:
    """Render an article with its entities on coloured ground and its sections in the margin.

    Args:
        article: The article.
        width: The columns of the terminal. An article with sections is wrapped to them, so that
            the margin stands beside every line; by default it stands where a line of the text
            begins. An article without sections is never wrapped.

    Returns:
        The article's text, in which `` [LABEL]`` is inserted after each entity; without colours
        it can still be read. Control characters stand as signs (``␛`` for escape, ``<U+202E>``
        where Unicode has no sign), Windows line breaks as plain ones. If there are sections, every
        line begins with the margin: a column for each label, which holds the sign of the label or
        a space, and a space. A section begins with a line such as ``── ║ nhiệm vụ (task) ──``, and
        a passage that is labelled only in part has a line break where a part begins or ends.
        Nothing else is changed.
    """
    layout = lay_out(article)
    if not layout.lanes:
        whole = Row(0, len(article.text), article.entities, continued=False)
        return _marked(article.text, whole)
    marks = section_marks(layout.lanes)
    console = Console(width=width)
    return Text("\n").join(
        wrapped
        for line in _lines(article, layout, marks)
        for wrapped in _wrapped(line, layout, marks, width=width, console=console)
    )


def render_summary(articles: Iterable[Article]) -> Text:
    """Render a legend: each label found, what it means, how many sections and entities have it.

    Args:
        articles: The articles to count together; ``[article]`` for one.

    Returns:
        One line for each label, those of sections first, with the share of the characters that
        they hold for; one line that says so if there is nothing.
    """
    articles = list(articles)
    sections, entities = count_sections(articles), count_labels(articles)
    numbers = [count.sections for count in sections.values()] + list(entities.values())
    if not numbers:
        return Text(NOTHING_FOUND, _LABEL_STYLE)
    width = max(len(str(number)) for number in numbers)
    marks = section_marks(sections)
    lines = []
    for label, counted in sections.items():
        line = Text(f"{counted.sections:>{width}}   ")
        line.append_text(_section_name(label, marks[label]))
        lines.append(line.append(f", {percent(counted.share)} bài"))
    for label, count in entities.items():
        line = Text(f"{count:>{width}}  ")
        line.append(f" {visible(label)} ", _label_ground(label))
        if name := label_name(label):
            line.append(f" {name}")
        lines.append(line)
    return Text("\n").join(lines)


@dataclass(slots=True)
class _Line:
    """One line of the terminal before it is wrapped, and what stands in its margin."""

    text: Text
    beside: tuple[Margin, ...]


def _lines(article: Article, layout: Layout, marks: Mapping[str, SectionMark]) -> list[_Line]:
    """The lines of an article, in which each row begins a line, and each section a heading."""
    lines = [_Line(Text(), ())]
    position = 0
    for index, row in enumerate(layout.rows):
        gap = Text(visible(article.text[position : row.start]))
        before = len(lines)
        _add(lines, gap, layout.through(index))
        if index and len(lines) == before:
            lines.append(_Line(Text(), ()))
        lines[-1].beside = layout.beside(index)
        if beginning := layout.beginning(index):
            labels = [margin.section.label for margin in beginning]
            lines.insert(-1, _Line(_heading(labels, marks), lines[-1].beside))
        _add(lines, _marked(article.text, row), lines[-1].beside)
        position = row.end
    _add(lines, Text(visible(article.text[position:])), ())
    return lines


def _add(lines: list[_Line], text: Text, beside: tuple[Margin, ...]) -> None:
    """Add a text to the last line; further lines that it has get the given margins."""
    first, *others = text.split("\n", allow_blank=True)
    lines[-1].text.append_text(first)
    lines += [_Line(line, beside) for line in others]


def _heading(labels: Iterable[str], marks: Mapping[str, SectionMark]) -> Text:
    names = Text(" · ").join(_section_name(label, marks[label]) for label in labels)
    return Text.assemble(("── ", _LABEL_STYLE), names, (" ──", _LABEL_STYLE))


def _section_name(label: str, mark: SectionMark) -> Text:
    # As a heading has one line, a line feed in a label is shown too.
    name = visible(full_name(label)).replace("\n", _LINE_FEED_PICTURE)
    return Text.assemble((mark.sign, Style(color=mark.color)), " ", (name, _NAME_STYLE))


def _wrapped(
    line: _Line,
    layout: Layout,
    marks: Mapping[str, SectionMark],
    *,
    width: int | None,
    console: Console,
) -> Iterable[Text]:
    """Put the margin before a line, and before each line that it is wrapped to."""
    labels = {margin.section.label for margin in line.beside}
    margin = Text()
    for label in layout.lanes:
        sign = marks[label].sign if label in labels else " "
        margin.append(sign, Style(color=marks[label].color))
    margin.append(" ")
    room = None if width is None else width - margin.cell_len
    pieces: Iterable[Text] = [line.text]
    if room is not None and room >= _NARROWEST:
        pieces = line.text.wrap(console, room)
    for piece in pieces:
        whole = margin + piece
        if not piece:
            whole.rstrip()
        yield whole


def _marked(text: str, row: Row) -> Text:
    """The text of a row with its entities on coloured ground, each followed by its label."""
    rendered = Text()
    position = row.start
    for entity in row.entities:
        rendered.append(visible(text[position : entity.start]))
        rendered.append(visible(entity.text), _label_ground(entity.label))
        rendered.append(f" [{visible(entity.label)}]", _LABEL_STYLE)
        position = entity.end
    rendered.append(visible(text[position : row.end]))
    return rendered


def _label_ground(label: str) -> Style:
    return Style(color=_INK, bgcolor=label_color(label))


def visible(text: str) -> str:
    """Show control characters as signs, so that a text can do nothing to a terminal."""
    return _UNPRINTABLE.sub(lambda match: _sign(match.group()), text)


def _sign(found: str) -> str:
    if found == "\r\n":
        return "\n"
    if found < " ":
        return chr(_CONTROL_PICTURES + ord(found))
    if found == _DELETE:
        return _DELETE_PICTURE
    return f"<U+{ord(found):04X}>"

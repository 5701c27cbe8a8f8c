"""Article → text for a terminal, drawn by rich.

Only `rich.text.Text` is used, never rich's markup, and control characters are shown as visible
signs: no text can colour, move or reprogram the reader's terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.style import Style
from rich.text import Text

from phodang.article import Article
from phodang.html import count_labels, label_color, label_name

_INK = "#000000"
_LABEL_STYLE = Style(dim=True)

# C0 and C1 controls but tab and line feed, the characters that reorder a line for the reader
# (Boucher and Anderson 2021, "Trojan Source"), line separators, lone surrogates (no encoding).
_UNPRINTABLE = re.compile(
    "\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CONTROL_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = "\x7f", "␡"


def render_article(article: Article) -> Text:
    """Render an article with its entities on coloured ground, each followed by its label.

    Args:
        article: The article.

    Returns:
        The article's text, in which `` [LABEL]`` is inserted after each entity; without colours
        it can still be read. Control characters stand as signs (``␛`` for escape, ``<U+202E>``
        where Unicode has no sign), Windows line breaks as plain ones; nothing else is changed.
    """
    rendered = Text()
    position = 0
    for entity in article.entities:
        rendered.append(_visible(article.text[position : entity.start]))
        rendered.append(_visible(entity.text), _label_ground(entity.label))
        rendered.append(f" [{_visible(entity.label)}]", _LABEL_STYLE)
        position = entity.end
    rendered.append(_visible(article.text[position:]))
    return rendered


def render_summary(articles: Iterable[Article]) -> Text:
    """Render a legend: each label found, what it means, and how many entities have it.

    Args:
        articles: The articles to count together; ``[article]`` for one.

    Returns:
        One line for each label; one line that says so if there are no entities.
    """
    counts = count_labels(articles)
    if not counts:
        return Text("Không tìm thấy thực thể nào.", _LABEL_STYLE)
    width = max(len(str(count)) for count in counts.values())
    lines = []
    for label, count in counts.items():
        line = Text(f"{count:>{width}}  ")
        line.append(f" {_visible(label)} ", _label_ground(label))
        if name := label_name(label):
            line.append(f" {name}")
        lines.append(line)
    return Text("\n").join(lines)


def _label_ground(label: str) -> Style:
    return Style(color=_INK, bgcolor=label_color(label))


def _visible(text: str) -> str:
    return _UNPRINTABLE.sub(lambda match: _sign(match.group()), text)


def _sign(found: str) -> str:
    if found == "\r\n":
        return "\n"
    if found < " ":
        return chr(_CONTROL_PICTURES + ord(found))
    if found == _DELETE:
        return _DELETE_PICTURE
    return f"<U+{ord(found):04X}>"

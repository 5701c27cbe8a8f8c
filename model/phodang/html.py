"""Article → HTML: a fragment for notebooks, a page for files.

All text, labels and titles are escaped; the markup holds no script and loads nothing. An entity
is a ``<mark>`` with its label written after it, a section a line in the margin with its label
written where it begins, so that colour is never the only sign.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from phodang.article import Article, Entity
from phodang.errors import InputError
from phodang.html_style import FRAGMENT_STYLE, PAGE_STYLE, SECTION_STYLE
from phodang.html_text import escape
from phodang.layout import Layout, Row, lay_out
from phodang.section_html import section_legend, section_line, section_names
from phodang.section_marks import SectionMark, section_marks

# The "light" qualitative scheme of Paul Tol (Colour Schemes, SRON/EPS/TN/09-002): made for fields
# behind black text, distinct under every kind of colour blindness.
_COLORS = {
    "PER": "#77aadd",
    "TITLE": "#eedd88",
    "ORG": "#ee8866",
    "LOC": "#44bb99",
    "DOC": "#ffaabb",
    "EVENT": "#aaaa00",
    "DATE": "#99ddff",
    "QUANTITY": "#bbcc33",
}
_OTHER_COLORS = (*_COLORS.values(), "#dddddd")

_NAMES = {
    "PER": "người",
    "TITLE": "chức vụ",
    "ORG": "tổ chức",
    "LOC": "địa điểm",
    "DOC": "văn bản",
    "EVENT": "sự kiện",
    "DATE": "thời gian",
    "QUANTITY": "số lượng",
}

_ENTITIES_TITLE = "Thực thể trong bài viết"
_SECTIONS_TITLE = "Nội dung và thực thể trong bài viết"

NOTHING_FOUND = "Không tìm thấy thực thể hay đoạn mang nhãn nào."
"""Said of an article without entities and sections, whichever of them it was read for."""


def article_to_html(article: Article, *, title: str | None = None) -> str:
    """Render an article as a fragment that brings its own style, for notebooks and templates.

    Args:
        article: The article.
        title: A heading, such as the file's name; none by default.

    Returns:
        One ``<div class="phodang">``: the title, legends with counts, the passages. The text
        content of the elements ``data-phodang="text"``, without that of ``<small>``, is the
        article's text, character by character.
    """
    return _fragment(article, title, style=_style([article]))


def page_to_html(
    articles: Sequence[Article],
    *,
    titles: Sequence[str | None] | None = None,
    page_title: str | None = None,
) -> str:
    """Render articles as one HTML page that needs no other file.

    Args:
        articles: The articles, shown one below the other.
        titles: A heading for each article, such as its file's name; none by default.
        page_title: The title of the page; by default one that says what is marked.

    Returns:
        The page, to be written as UTF-8.

    Raises:
        InputError: There are not as many titles as articles.
    """
    if titles is None:
        titles = [None] * len(articles)
    if len(titles) != len(articles):
        raise InputError(
            f"Expected one title for each of {len(articles)} articles, found {len(titles)}. Give "
            "None for an article without title."
        )
    if page_title is None:
        has_sections = any(article.sections for article in articles)
        page_title = _SECTIONS_TITLE if has_sections else _ENTITIES_TITLE
    body = "\n".join(
        _fragment(article, title, style=None)
        for article, title in zip(articles, titles, strict=True)
    )
    return (
        '<!doctype html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page_title)}</title>\n"
        f"<style>{PAGE_STYLE}{_style(articles)}</style>\n</head>\n"
        f"<body>\n<h1>{escape(page_title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def label_color(label: str) -> str:
    """The colour of a label, made to stand behind black text.

    Args:
        label: Any label; one that phodang does not know always has the same colour.

    Returns:
        The colour as ``#rrggbb``.
    """
    if label in _COLORS:
        return _COLORS[label]
    # Not hash(): it differs from process to process.
    return _OTHER_COLORS[zlib.crc32(label.encode("utf-8", "surrogatepass")) % len(_OTHER_COLORS)]


def label_style(label: str) -> str:
    """The declaration that gives an element the colour of an entity type."""
    color = label_color(label)
    return "--label: " + " ".join(str(int(color[index : index + 2], 16)) for index in (1, 3, 5))


def label_name(label: str) -> str | None:
    """The Vietnamese name of one of phodang's own labels, ``None`` for any other label."""
    return _NAMES.get(label)


def count_labels(articles: Iterable[Article]) -> dict[str, int]:
    """Count the entities of each label.

    Returns:
        Counts by label, phodang's own labels first in their usual order, then others by name;
        labels without entity are left out.
    """
    counts = Counter(entity.label for article in articles for entity in article.entities)
    order = [label for label in _COLORS if label in counts]
    order += sorted(label for label in counts if label not in _COLORS)
    return {label: counts[label] for label in order}


def _style(articles: Iterable[Article]) -> str:
    has_sections = any(article.sections for article in articles)
    return FRAGMENT_STYLE + SECTION_STYLE if has_sections else FRAGMENT_STYLE


def _fragment(article: Article, title: str | None, *, style: str | None) -> str:
    parts = ['<div class="phodang" lang="vi">']
    if style is not None:
        parts.append(f"<style>{style}</style>")
    if title is not None:
        parts.append(f'<h2 class="phodang-title">{escape(title)}</h2>')
    parts += [_legends(article), _text(article), "</div>"]
    return "\n".join(parts)


def _legends(article: Article) -> str:
    legends = [section_legend(article), _entity_legend(article)]
    return "\n".join(filter(None, legends)) or f'<p class="phodang-note">{NOTHING_FOUND}</p>'


def _entity_legend(article: Article) -> str:
    items = []
    for label, count in count_labels([article]).items():
        name = label_name(label)
        described = f"{name} {count}" if name else str(count)
        items.append(f'<li style="{label_style(label)}">{_label(label)} {described}</li>')
    return f'<ul class="phodang-legend">{"".join(items)}</ul>' if items else ""


def _text(article: Article) -> str:
    layout = lay_out(article)
    if lanes := len(layout.lanes):
        parts = [f'<div data-phodang="text" class="phodang-rows" style="--lanes: {lanes}">']
    else:
        parts = ['<div data-phodang="text">']
    position = 0
    marks = section_marks(layout.lanes)
    for index, row in enumerate(layout.rows):
        gap = _gap(article.text[position : row.start], layout)
        parts += [gap, _row(article, layout, index, marks)]
        position = row.end
    parts += [_gap(article.text[position:], layout), "</div>"]
    return "".join(parts)


def _gap(text: str, layout: Layout) -> str:
    """White space between rows, which the paragraphs' margins stand for."""
    # Some kinds of white space are shown as an empty line, which would interrupt the margin.
    hidden = text and layout.lanes
    return f'<span class="phodang-gap">{escape(text)}</span>' if hidden else escape(text)


def _row(article: Article, layout: Layout, index: int, marks: Mapping[str, SectionMark]) -> str:
    row = layout.rows[index]
    text = _row_text(article, row)
    if not layout.lanes:
        return f'<p class="phodang-passage">{text}</p>'
    lines = "".join(
        section_line(margin, marks[margin.section.label], row=index)
        for margin in layout.beside(index)
    )
    beginning = [margin.section for margin in layout.beginning(index)]
    names = section_names(beginning, marks) if beginning else ""
    part = " phodang-part" if row.continued else ""
    return f'<p class="phodang-passage{part}">{lines}{names}{text}</p>'


def _row_text(article: Article, row: Row) -> str:
    parts = []
    position = row.start
    for entity in row.entities:
        parts += [escape(article.text[position : entity.start]), _mark(entity)]
        position = entity.end
    parts.append(escape(article.text[position : row.end]))
    return "".join(parts)


def _mark(entity: Entity) -> str:
    name = label_name(entity.label)
    described = f"{entity.label} ({name})" if name else entity.label
    score = f"{entity.score:.3f}".replace(".", ",")
    tooltip = escape(f"{described}, độ tin cậy {score}")
    return (
        f'<mark style="{label_style(entity.label)}" title="{tooltip}">{escape(entity.text)}'
        f"{_label(entity.label)}</mark>"
    )


def _label(label: str) -> str:
    return f'<small class="phodang-label">{escape(label)}</small>'

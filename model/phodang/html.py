"""Article → HTML: a fragment for notebooks, a page for files.

All text, labels and titles are escaped; the markup holds no script and loads nothing. An entity
is a ``<mark>`` with its label written after it, so that colour is never the only sign.
"""

from __future__ import annotations

import html
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

from phodang.article import Article, Entity, Passage
from phodang.errors import InputError

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

_STYLE = """
.phodang { color-scheme: light dark; --ink: #1c1e21; --soft: #5b6167; --paper: #ffffff;
  --tint: .26; color: var(--ink); background: var(--paper); padding: 1rem 1.25rem;
  border-radius: .5rem; max-width: 46rem; box-sizing: border-box; text-align: left;
  font: 1rem/1.85 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  .phodang { --ink: #e4e6e8; --soft: #a2a9b0; --paper: #17191c; --tint: .24; } }
.phodang .phodang-title { margin: 0 0 .5rem; font-size: 1.2rem; line-height: 1.4;
  overflow-wrap: anywhere; }
.phodang .phodang-legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0 0 1rem;
  padding: 0; list-style: none; font-size: .85rem; color: var(--soft); }
.phodang .phodang-legend li { margin: 0; }
.phodang .phodang-note { margin: 0 0 1rem; font-size: .85rem; color: var(--soft); }
.phodang .phodang-passage { margin: 0 0 .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.phodang .phodang-passage:last-child { margin-bottom: 0; }
.phodang mark { color: inherit; background: rgb(var(--label) / var(--tint));
  border-bottom: 2px solid rgb(var(--label)); border-radius: .2rem; padding: .1em .2em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.phodang .phodang-label { color: #16181b; background: rgb(var(--label));
  border-radius: .2rem; padding: .15em .4em; font-size: .68rem; line-height: 1.25;
  font-weight: 600; letter-spacing: .03em; vertical-align: .08em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.phodang mark .phodang-label { margin-left: .35em; -webkit-user-select: none; user-select: none; }
@media (max-width: 30rem) { .phodang { padding: .75rem .9rem; } }
"""

_PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 46rem; background: #f3f4f5;
  color: #1c1e21; font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
  sans-serif; }
h1 { margin: 0 0 1rem .2rem; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
.phodang + .phodang { margin-top: 1.25rem; }
@media (prefers-color-scheme: dark) { body { background: #0e0f11; color: #e4e6e8; } }
@media (max-width: 30rem) { body { padding: .75rem .5rem 2rem; } }
"""

_PAGE_TITLE = "Thực thể trong bài viết"
_NO_ENTITIES = "Không tìm thấy thực thể nào."

# Parsers turn a carriage return into a line feed unless it is a reference, and no encoding can
# write half a surrogate pair; its reference shows as U+FFFD.
_NEEDS_REFERENCE = re.compile("[\r\ud800-\udfff]")


def article_to_html(article: Article, *, title: str | None = None) -> str:
    """Render an article as a fragment that brings its own style, for notebooks and templates.

    Args:
        article: The article.
        title: A heading, such as the file's name; none by default.

    Returns:
        One ``<div class="phodang">``: the title, a legend with counts, the passages. The text
        content of the elements ``data-phodang="text"``, without that of ``<small>``, is the
        article's text, character by character.
    """
    return _fragment(article, title, style=_STYLE)


def page_to_html(
    articles: Sequence[Article],
    *,
    titles: Sequence[str | None] | None = None,
    page_title: str = _PAGE_TITLE,
) -> str:
    """Render articles as one HTML page that needs no other file.

    Args:
        articles: The articles, shown one below the other.
        titles: A heading for each article, such as its file's name; none by default.
        page_title: The title of the page.

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
    body = "\n".join(
        _fragment(article, title, style=None)
        for article, title in zip(articles, titles, strict=True)
    )
    return (
        '<!doctype html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_escape(page_title)}</title>\n<style>{_PAGE_STYLE}{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{_escape(page_title)}</h1>\n{body}\n</body>\n</html>\n"
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


def _fragment(article: Article, title: str | None, *, style: str | None) -> str:
    parts = ['<div class="phodang" lang="vi">']
    if style is not None:
        parts.append(f"<style>{style}</style>")
    if title is not None:
        parts.append(f'<h2 class="phodang-title">{_escape(title)}</h2>')
    parts.append(_legend(article))
    parts.append(f'<div data-phodang="text">{_text(article)}</div>')
    parts.append("</div>")
    return "\n".join(parts)


def _legend(article: Article) -> str:
    items = []
    for label, count in count_labels([article]).items():
        name = label_name(label)
        described = f"{name} {count}" if name else str(count)
        items.append(f"<li style={_css_color(label)}>{_label(label)} {described}</li>")
    if not items:
        return f'<p class="phodang-note">{_NO_ENTITIES}</p>'
    return f'<ul class="phodang-legend">{"".join(items)}</ul>'


def _text(article: Article) -> str:
    parts = []
    position = 0
    for passage in article.passages:
        parts.append(_between(article.text[position : passage.start]))
        parts.append(f'<p class="phodang-passage">{_passage(passage)}</p>')
        position = passage.end
    parts.append(_between(article.text[position:]))
    return "".join(parts)


def _between(text: str) -> str:
    """Text outside passages: as a rule line breaks, which the paragraphs' margins stand for."""
    escaped = _escape(text)
    return f'<p class="phodang-passage">{escaped}</p>' if text.strip() else escaped


def _passage(passage: Passage) -> str:
    parts = []
    position = passage.start
    for entity in passage.entities:
        before = passage.text[position - passage.start : entity.start - passage.start]
        parts += [_escape(before), _mark(entity)]
        position = entity.end
    parts.append(_escape(passage.text[position - passage.start :]))
    return "".join(parts)


def _mark(entity: Entity) -> str:
    name = label_name(entity.label)
    described = f"{entity.label} ({name})" if name else entity.label
    score = f"{entity.score:.3f}".replace(".", ",")
    tooltip = _escape(f"{described}, độ tin cậy {score}")
    return (
        f'<mark style={_css_color(entity.label)} title="{tooltip}">{_escape(entity.text)}'
        f"{_label(entity.label)}</mark>"
    )


def _label(label: str) -> str:
    return f'<small class="phodang-label">{_escape(label)}</small>'


def _css_color(label: str) -> str:
    color = label_color(label)
    channels = " ".join(str(int(color[index : index + 2], 16)) for index in (1, 3, 5))
    return f'"--label: {channels}"'


def _escape(text: str) -> str:
    return _NEEDS_REFERENCE.sub(
        lambda match: f"&#{ord(match.group())};", html.escape(text, quote=True)
    )

"""HTML shows all of the text, marks every entity, and lets nothing of the text become markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from article_strategies import any_text, articles
from contrast import contrast
from hypothesis import given
from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.errors import InputError
from phodang.html import article_to_html, count_labels, label_color, label_name, page_to_html
from phodang.sections import PassageSection

HOSTILE = "</p></style><script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;"
TYPES = ("PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY")
TAGS = {"div", "style", "h2", "ul", "li", "small", "p", "mark", "span", "b", "br"}


class Reader(HTMLParser):
    """Collects what a browser would show of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.marks: list[str] = []
        self.labels: list[str] = []
        self._open: list[str] = []
        self._in_text = False
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "br":
            return
        self._open.append(tag)
        if ("data-phodang", "text") in attrs:
            self._in_text = True
        if tag == "mark":
            self.marks.append("")
        if tag == "small" and "mark" in self._open:
            self.labels.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "div":
            self._in_text = False

    def handle_data(self, data: str) -> None:
        if not self._in_text:
            return
        if "small" in self._open:
            if "mark" in self._open:
                self.labels[-1] += data
            return
        self.text += data
        if "mark" in self._open:
            self.marks[-1] += data


def encoded(text: str) -> str:
    """The text as a browser reads it from a file: half surrogate pairs are U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def one_entity(text: str, label: str, *, section: str | None = None) -> Article:
    entities = (Entity(0, len(text), label, text, 0.9),)
    sections = () if section is None else (PassageSection(0, len(text), section, 0.9),)
    return Article(text, (Passage(0, len(text), text, entities, sections),))


@given(articles())
def test_the_text_and_its_entities_can_be_read_back(article: Article) -> None:
    html = article_to_html(article)
    reader = Reader(html.encode("utf-8").decode("utf-8"))
    assert reader.text == encoded(article.text)
    assert reader.marks == [encoded(entity.text) for entity in article.entities]
    assert reader.labels == [entity.label for entity in article.entities]


@given(any_text, any_text, any_text | st.none(), any_text)
def test_nothing_becomes_markup(text: str, label: str, section: str | None, title: str) -> None:
    reader = Reader(article_to_html(one_entity(text, label, section=section), title=title))
    assert reader.tags <= TAGS
    assert reader.attributes <= {"class", "lang", "style", "title", "data-phodang"}


def test_scripts_stay_text() -> None:
    article = one_entity(HOSTILE, HOSTILE, section=HOSTILE)
    for html in (
        article_to_html(article, title=HOSTILE),
        page_to_html([article], titles=[HOSTILE], page_title=HOSTILE),
    ):
        assert "<script" not in html
        assert "<img" not in html
        assert 'title="&lt;/p&gt;' in html
        assert html.count("</style>") == 1


def test_line_breaks_inside_and_between_passages_are_kept() -> None:
    text = "Hà Nội\n  tháng 3\r\n\r\nĐảng bộ"
    html = article_to_html(Article(text, (Passage(0, 16, text[:16]), Passage(20, 27, text[20:]))))
    assert ">Hà Nội\n  tháng 3</p>&#13;\n&#13;\n<p" in html
    assert "white-space: pre-wrap" in html


def test_a_page_is_complete_and_loads_nothing() -> None:
    articles = [one_entity("Hà Nội", "LOC", section="task"), Article("")]
    page = page_to_html(articles, titles=["một.txt", None])
    assert page.startswith('<!doctype html>\n<html lang="vi">')
    assert '<meta charset="utf-8">' in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "prefers-color-scheme: dark" in page
    assert page.count('<div class="phodang"') == 2
    assert page.count("<style>") == 1
    assert page.count("<h2") == 1
    assert not re.search(r"https?:|src=|href=|url\(|@import", page)


@pytest.mark.parametrize("section", [None, "task"])
def test_a_fragment_brings_its_style_and_touches_nothing_else(section: str | None) -> None:
    html = article_to_html(one_entity("Hà Nội", "LOC", section=section))
    assert html.startswith('<div class="phodang"')
    style = html[html.index("<style>") + len("<style>") : html.index("</style>")]
    selectors = re.findall(r"(?:^|[{}])\s*([^{}@]+?)\s*\{", re.sub(r"@media[^{]*\{", "", style))
    assert len(selectors) > 5
    for selector in ",".join(selectors).split(","):
        assert selector.strip().startswith(".phodang")


def test_a_page_needs_a_title_for_each_article_or_none() -> None:
    with pytest.raises(InputError, match="each of 1 articles, found 2"):
        page_to_html([Article("")], titles=["a", "b"])


def test_an_article_without_anything_found_says_so() -> None:
    html = article_to_html(Article("Hà Nội"))
    assert "Không tìm thấy thực thể hay đoạn mang nhãn nào." in html


@pytest.mark.parametrize(("section", "title"), [(None, "Thực thể"), ("task", "Nội dung và thực")])
def test_a_page_is_titled_for_what_it_shows(section: str | None, title: str) -> None:
    page = page_to_html([Article(""), one_entity("Hà Nội", "LOC", section=section)])
    assert f"<title>{title}" in page
    assert f"<h1>{title}" in page


def test_own_labels_have_distinct_colours_and_names() -> None:
    assert len({label_color(label) for label in TYPES}) == len(TYPES)
    assert len({label_name(label) for label in TYPES}) == len(TYPES)


@given(st.sampled_from(TYPES) | st.text())
def test_black_text_is_readable_on_every_label(label: str) -> None:
    color = label_color(label)
    assert re.fullmatch("#[0-9a-f]{6}", color)
    assert color == label_color(label)
    assert contrast(color, "#000000") >= 7  # WCAG 2.2, level AAA


def test_an_unknown_label_has_the_same_colour_in_every_process() -> None:
    # Python's own hash of a string would change from run to run.
    assert label_color("Cơ quan") == "#ee8866"
    assert label_name("Cơ quan") is None


def test_labels_are_counted_in_a_fixed_order() -> None:
    counted = [one_entity("a", label) for label in ("zeta", "DATE", "alpha", "PER", "DATE")]
    assert list(count_labels(counted).items()) == [
        ("PER", 1),
        ("DATE", 2),
        ("alpha", 1),
        ("zeta", 1),
    ]

"""A terminal shows all of the text and every label, and obeys nothing in the text."""

from __future__ import annotations

import io
import re
import unicodedata

from article_strategies import articles, plain_text
from hypothesis import given
from rich.console import Console
from rich.text import Text

from phodang.article import Article, Entity, Passage
from phodang.terminal import render_article, render_summary


def one_entity(text: str, label: str = "ORG") -> Article:
    return Article(text, (Passage(0, len(text), text, (Entity(0, len(text), label, text, 0.9),)),))


def printed(text: Text, *, color: bool) -> str:
    console = Console(
        file=io.StringIO(),
        force_terminal=color,
        color_system="truecolor" if color else None,
        width=500,
    )
    console.print(text)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@given(articles(plain_text))
def test_the_text_is_kept_and_labels_follow_entities(article: Article) -> None:
    rest = render_article(article).plain
    position = 0
    for entity in article.entities:
        expected = f"{article.text[position : entity.end]} [{entity.label}]"
        assert rest.startswith(expected.replace("\r\n", "\n"))
        rest = rest[len(expected.replace("\r\n", "\n")) :]
        position = entity.end
    assert rest == article.text[position:].replace("\r\n", "\n")


@given(articles())
def test_no_control_character_reaches_the_terminal(article: Article) -> None:
    for plain in (render_article(article).plain, render_summary([article]).plain):
        plain.encode("utf-8")
        assert all(unicodedata.category(c) != "Cc" for c in plain if c not in "\n\t")


@given(articles())
def test_entities_stand_on_the_colour_of_their_label(article: Article) -> None:
    rendered = render_article(article)
    grounds = [span for span in rendered.spans if "on #" in str(span.style)]
    assert len(grounds) == len(article.entities)


def test_escape_sequences_are_shown_not_sent() -> None:
    article = one_entity("Đảng bộ\x1b[2J\x1b]0;x\x07 \x9b31m\x7f\x00", label="\x1b[31m")
    rendered = render_article(article)
    assert rendered.plain == "Đảng bộ␛[2J␛]0;x␇ <U+009B>31m␡␀ [␛[31m]"
    assert "\x1b" not in printed(rendered, color=False)
    assert "\x1b[2J" not in printed(rendered, color=True)


def test_reordering_characters_and_lone_surrogates_are_shown() -> None:
    assert render_article(Article("a\u202eb\ud800")).plain == "a<U+202E>b<U+D800>"


def test_rich_markup_in_the_text_is_text() -> None:
    article = one_entity("[red]Đảng bộ[/red] [link=x]", label="[b]")
    assert printed(render_article(article), color=False) == ("[red]Đảng bộ[/red] [link=x] [[b]]\n")


def test_colours_are_printed_on_a_terminal_that_has_them() -> None:
    assert re.search("\x1b\\[38;2;0;0;0;48;2;238;136;102mHà Nội\x1b\\[0m", _colored("Hà Nội"))


def _colored(text: str) -> str:
    return printed(render_article(one_entity(text)), color=True)


def test_line_breaks_are_kept() -> None:
    assert render_article(Article("một\r\nhai\n\tba\rbốn")).plain == "một\nhai\n\tba␍bốn"


def test_the_summary_counts_over_all_articles() -> None:
    summary = render_summary(
        [*[one_entity("Đảng bộ")] * 10, one_entity("Hà Nội", "LOC"), one_entity("x", "Khác")]
    )
    assert summary.plain.splitlines() == [
        "10   ORG  tổ chức",
        " 1   LOC  địa điểm",
        " 1   Khác ",
    ]


def test_the_summary_of_nothing_says_so() -> None:
    assert render_summary([]).plain == "Không tìm thấy thực thể nào."

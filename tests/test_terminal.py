"""A terminal shows all of the text and every label, and obeys nothing in the text."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
from article_strategies import articles, plain_text
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from phodang.article import Article, Entity, Passage
from phodang.section_marks import full_name, section_marks
from phodang.sections import PassageSection
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


def sectioned(*passages: tuple[str, tuple[str, ...]]) -> Article:
    """An article of passages, each on a line of its own and with the given section labels."""
    text, made = "", []
    for surface, labels in passages:
        start, end = len(text), len(text) + len(surface)
        sections = tuple(PassageSection(start, end, label, 0.9) for label in sorted(labels))
        made.append(Passage(start, end, surface, (), sections))
        text += surface + "\n"
    return Article(text, tuple(made))


def without_sections(article: Article) -> Article:
    passages = (
        Passage(passage.start, passage.end, passage.text, passage.entities)
        for passage in article.passages
    )
    return Article(article.text, tuple(passages))


@given(articles(plain_text).map(without_sections))
def test_the_text_is_kept_and_labels_follow_entities(article: Article) -> None:
    rest = render_article(article).plain
    position = 0
    for entity in article.entities:
        expected = f"{article.text[position : entity.end]} [{entity.label}]"
        assert rest.startswith(expected.replace("\r\n", "\n"))
        rest = rest[len(expected.replace("\r\n", "\n")) :]
        position = entity.end
    assert rest == article.text[position:].replace("\r\n", "\n")


@given(articles(plain_text))
def test_sections_add_nothing_but_margins_headings_and_line_breaks(article: Article) -> None:
    lanes = len({section.label for section in article.sections})
    lines = [line[lanes + bool(lanes) :] for line in render_article(article).plain.split("\n")]
    headings = [line for line in lines if line.startswith("── ")]
    text = "".join(line for line in lines if line not in headings)
    assert text == render_article(without_sections(article)).plain.replace("\n", "")
    named = " ".join(headings)
    for section in article.sections:
        assert full_name(section.label) in named


@given(articles(plain_text), st.integers(30, 60))
def test_wrapped_lines_fit_and_lose_only_white_space(article: Article, width: int) -> None:
    rendered = render_article(article, width=width)
    if not article.sections:
        assert rendered == render_article(article)
        return
    for line in rendered.plain.split("\n"):
        assert len(line) <= width
    lanes = len({section.label for section in article.sections})
    shown = "".join(line[lanes + 1 :] for line in rendered.plain.split("\n"))
    unwrapped = "".join(line[lanes + 1 :] for line in render_article(article).plain.split("\n"))
    assert "".join(shown.split()) == "".join(unwrapped.split())


@given(articles())
def test_no_control_character_reaches_the_terminal(article: Article) -> None:
    for plain in (
        render_article(article).plain,
        render_article(article, width=40).plain,
        render_summary([article]).plain,
    ):
        plain.encode("utf-8")
        assert all(unicodedata.category(c) != "Cc" for c in plain if c not in "\n\t")


def on_ground(rendered: Text) -> list[str]:
    spans = [span for span in rendered.spans if "on #" in str(span.style)]
    return [rendered.plain[span.start : span.end] for span in spans]


@given(articles())
def test_entities_stand_on_the_colour_of_their_label(article: Article) -> None:
    grounds = on_ground(render_article(without_sections(article)))
    assert len(grounds) == len(article.entities)
    # Beside sections, an entity of several lines is coloured line by line.
    beside_sections = "".join(on_ground(render_article(article)))
    assert beside_sections.replace("\n", "") == "".join(grounds).replace("\n", "")


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
    assert render_summary([]).plain == "Không tìm thấy thực thể hay đoạn mang nhãn nào."


def test_a_section_begins_with_a_heading_and_has_its_sign_beside_each_line() -> None:
    article = sectioned(
        ("Hội nghị tại Hà Nội.", ()),
        ("Huế họp.", ("achievement",)),
        ("Vinh họp.", ("achievement", "task", "warning")),
        ("Cần Thơ họp.", ("warning",)),
    )
    assert render_article(article).plain.split("\n") == [
        "    Hội nghị tại Hà Nội.",
        "▌   ── ▌ thành tựu (achievement) ──",
        "▌   Huế họp.",
        "▌║┇ ── ║ nhiệm vụ (task) · ┇ cảnh báo (warning) ──",
        "▌║┇ Vinh họp.",
        "  ┇ Cần Thơ họp.",
        "",
    ]


def test_the_margin_goes_through_blank_lines_within_a_section_only() -> None:
    text = "Hà Nội.\n\nHuế.\n\nVinh."
    passages = (
        Passage(0, 7, "Hà Nội.", (), (PassageSection(0, 7, "task", 0.9),)),
        Passage(9, 13, "Huế.", (), (PassageSection(9, 13, "task", 0.9),)),
        Passage(15, 20, "Vinh."),
    )
    assert render_article(Article(text, passages)).plain.split("\n") == [
        "║ ── ║ nhiệm vụ (task) ──",
        "║ Hà Nội.",
        "║",
        "║ Huế.",
        "",
        "  Vinh.",
    ]


def test_the_margin_stands_beside_every_wrapped_line() -> None:
    article = sectioned(("Các cấp ủy " * 10, ("task",)), ("Hà Nội " * 10, ()))
    lines = render_article(article, width=40).plain.rstrip().split("\n")
    assert [line[:2] for line in lines] == ["║ "] * 4 + ["  "] * 2
    # Too narrow to read beside a margin: lines are left to the terminal.
    assert render_article(article, width=20) == render_article(article)


def test_a_passage_labelled_in_part_is_broken_where_the_part_begins_and_ends() -> None:
    text = "Hà Nội họp. Cần làm ngay. Huế họp."
    sections = (PassageSection(12, 25, "task", 0.9),)
    article = Article(text, (Passage(0, len(text), text, (), sections),))
    assert render_article(article).plain.split("\n") == [
        "  Hà Nội họp. ",
        "║ ── ║ nhiệm vụ (task) ──",
        "║ Cần làm ngay. ",
        "  Huế họp.",
    ]


def test_signs_have_the_colour_of_their_label() -> None:
    rendered = render_article(sectioned(("Hà Nội họp.", ("warning",))))
    color = section_marks(["warning"])["warning"].color
    signs = [rendered.plain[span.start : span.end] for span in rendered.spans if color in f"{span}"]
    assert signs == ["┇"] * 3


def test_a_section_label_cannot_leave_its_heading() -> None:
    plain = render_article(sectioned(("Hà Nội", ("a\n\x1b[2J",)))).plain
    assert plain.split("\n")[0].endswith(" a␊␛[2J ──")


@pytest.mark.parametrize("entities", [True, False])
def test_the_summary_lists_sections_first(entities: bool) -> None:
    found = [sectioned(("Hà Nội", ("task",)), ("Huế.Huế", ()), ("Vinh ", ("task", "Khác")))]
    found += [one_entity("Đảng bộ")] * 10 if entities else []
    shares = {True: (12, 6), False: (61, 28)}[entities]
    shown = [line.split(None, 1)[1].rstrip() for line in render_summary(found).plain.split("\n")]
    sign = section_marks(["Khác"])["Khác"].sign
    assert shown == [
        f"║ nhiệm vụ (task), {shares[0]}% bài",
        f"{sign} Khác, {shares[1]}% bài",
        *(["ORG  tổ chức"] if entities else []),
    ]

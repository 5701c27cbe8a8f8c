"""An outline shows the title and a line for each section."""

from __future__ import annotations

import pytest
from article_strategies import articles
from hypothesis import given
from hypothesis import strategies as st

from phodang.article import Article, Passage
from phodang.errors import InputError
from phodang.sections import PassageSection

TITLE = "Chuẩn bị đại hội đúng tiến độ"
HEADING = "Nhiệm vụ trọng tâm"
TASK = "Các cấp ủy phải hoàn thành văn kiện trong quý I, lấy ý kiến đảng viên ở mọi chi bộ."
FAULT = "Một số chi bộ còn buông lỏng kiểm tra."
TEXT = "\n".join([TITLE, HEADING, TASK, FAULT])


def example() -> Article:
    passages = []
    for text, labels in [
        (TITLE, ()),
        (HEADING, ()),
        (TASK, (("task", 0.926),)),
        (FAULT, (("Khác", 0.5), ("warning", 1.0))),
    ]:
        start = TEXT.index(text)
        end = start + len(text)
        sections = tuple(PassageSection(start, end, label, score) for label, score in labels)
        passages.append(Passage(start, end, text, (), sections))
    return Article(TEXT, tuple(passages))


def test_an_outline_shows_title_and_sections() -> None:
    assert example().outline() == (
        "Chuẩn bị đại hội đúng tiến độ\n"
        "2–3  nhiệm vụ (task)     0,93  Nhiệm vụ trọng tâm Các cấp ủy phải hoàn thành văn kiện "
        "trong quý I,…\n"
        "4    cảnh báo (warning)  1,00  Một số chi bộ còn buông lỏng kiểm tra.\n"
        "4    Khác                0,50  Một số chi bộ còn buông lỏng kiểm tra."
    )


def test_the_lines_of_a_narrow_outline_are_shorter() -> None:
    assert example().outline(width=60).splitlines()[1:3] == [
        "2–3  nhiệm vụ (task)     0,93  Nhiệm vụ trọng tâm Các cấp…",
        "4    cảnh báo (warning)  1,00  Một số chi bộ còn buông lỏng…",
    ]


def test_an_outline_without_sections_says_so() -> None:
    article = Article(TITLE, (Passage(0, len(TITLE), TITLE),))
    assert article.outline() == f"{TITLE}\nKhông tìm thấy đoạn nào mang nhãn."
    assert Article("").outline() == "Không tìm thấy đoạn nào mang nhãn."


def test_too_narrow_an_outline_is_refused() -> None:
    with pytest.raises(InputError, match="60 characters or more, found 59"):
        example().outline(width=59)


def test_a_word_that_does_not_fit_is_cut() -> None:
    text = "x" * 200
    article = Article(text, (Passage(0, 200, text, (), (PassageSection(0, 200, "task", 1.0),)),))
    title, section = article.outline().splitlines()
    assert title == "x" * 99 + "…"
    assert section == "1  nhiệm vụ (task)  1,00  " + "x" * 73 + "…"


@given(articles(), st.integers(60, 140))
def test_there_is_a_line_for_each_section_within_the_width(article: Article, width: int) -> None:
    # Not splitlines alone: no text may break a line where the outline does not.
    lines = article.outline(width=width).split("\n")
    assert all(len(line.splitlines()) <= 1 for line in lines)
    assert all(len(line) <= width for line in lines)
    assert len(lines) == min(len(article.passages), 1) + max(len(article.sections), 1)


@given(articles(st.sampled_from(["Đảng bộ ", "chi bộ\t", "xã "])), st.integers(60, 100))
def test_texts_are_shortened_between_words(article: Article, width: int) -> None:
    lines = article.outline(width=width).split("\n")
    texts = [article.text[section.start : section.end] for section in article.sections]
    for line, text in zip(lines[1:], texts, strict=False):
        shown = line.partition(",")[2].partition("  ")[2]
        words = shown.removesuffix("…").split()
        assert words == text.split()[: len(words)]
        assert shown.endswith("…") or len(words) == len(text.split())


def test_a_long_label_is_not_shortened() -> None:
    label = "nhãn-" * 30
    sections = (PassageSection(0, len(TITLE), label, 0.5),)
    article = Article(TITLE, (Passage(0, len(TITLE), TITLE, (), sections),))
    assert article.outline().splitlines()[1] == f"1  {label}  0,50  Chuẩn bị đại hội…"

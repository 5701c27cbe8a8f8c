"""Sections are the runs of a label, with the subheadings that announce them."""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Iterable

import pytest
from article_strategies import articles, plain_text
from hypothesis import given
from hypothesis import strategies as st

import phodang
from phodang.article import Article, Passage
from phodang.errors import InputError
from phodang.passages import passage_spans
from phodang.sections import (
    SECTION_LABELS,
    LabelShare,
    PassageSection,
    Section,
    in_label_order,
    is_heading,
    section_name,
)

TITLE = "Chuẩn bị đại hội đúng tiến độ"
TASK = "Các cấp ủy phải hoàn thành văn kiện trong quý I."
RESULT = "Đảng bộ đã hoàn thành mọi chỉ tiêu."
FAULT = "Một số chi bộ còn buông lỏng kiểm tra."
BACKGROUND = "Hội nghị họp tại Hà Nội."
HEADING = "Nhiệm vụ trọng tâm"


def written(*passages: tuple[str, str]) -> Article:
    """An article of passages with their labels, separated by white space, that hold throughout.

    A label's score is .5, .6, .7 and so on, by the passage's number.
    """
    made: list[Passage] = []
    text = ""
    for index, (piece, labels) in enumerate(passages):
        start, end = len(text), len(text) + len(piece)
        score = 0.5 + index / 10
        sections = [PassageSection(start, end, label, score) for label in sorted(labels.split())]
        made.append(Passage(start, end, piece, (), tuple(sections)))
        text += piece + "\n"
    return Article(text, tuple(made))


def places(sections: Iterable[Section], article: Article) -> list[tuple[str, int, int]]:
    """Each section's label, and its first and last passage, counted from 0."""
    numbers = {passage.start: number for number, passage in enumerate(article.passages)}
    return [
        (section.label, numbers[section.passages[0].start], numbers[section.passages[-1].start])
        for section in sections
    ]


def labelled(article: Article) -> dict[str, set[int]]:
    """The characters that the section labels of passages hold for."""
    characters: defaultdict[str, set[int]] = defaultdict(set)
    for passage in article.passages:
        for section in passage.sections:
            characters[section.label] |= set(range(section.start, section.end))
    return characters


@st.composite
def press_articles(draw: st.DrawFn) -> Article:
    """Articles of passages such as the press has, many of them subheadings."""
    pieces = st.sampled_from([HEADING, "I", "***", "Về độ tuổi", TASK, RESULT, BACKGROUND])
    labels = st.sampled_from(["", "", "task", "warning", "task warning", "achievement"])
    return written(*draw(st.lists(st.tuples(pieces, labels), max_size=6)))


any_articles = articles() | articles(plain_text) | press_articles()


@given(any_articles)
def test_sections_cover_what_is_labelled_and_joined_subheadings_only(article: Article) -> None:
    characters = labelled(article)
    inside = {place for passage in article.passages for place in range(passage.start, passage.end)}
    covered: defaultdict[str, set[int]] = defaultdict(set)
    for section in article.sections:
        span = set(range(section.start, section.end)) & inside
        assert not span & covered[section.label]
        covered[section.label] |= span
    assert set(covered) == set(characters)
    for label, span in covered.items():
        joined = [
            passage
            for index, passage in enumerate(article.passages)
            if not passage.sections
            and is_heading(article.passages, index)
            and passage.start in span
        ]
        headings = {place for passage in joined for place in range(passage.start, passage.end)}
        assert span == characters[label] | headings


@given(any_articles)
def test_a_section_lies_on_the_passages_it_names(article: Article) -> None:
    for section in article.sections:
        first = article.passages.index(section.passages[0])
        # In order, without a gap.
        assert article.passages[first : first + len(section.passages)] == section.passages
        assert section.passages[0].start <= section.start < section.passages[0].end
        assert section.passages[-1].start < section.end <= section.passages[-1].end


@given(any_articles)
def test_no_two_sections_of_a_label_touch(article: Article) -> None:
    follows = {
        passage.end: following.start
        for passage, following in zip(article.passages, article.passages[1:], strict=False)
    }
    starts = {(section.label, section.start) for section in article.sections}
    for section in article.sections:
        assert (section.label, section.end) not in starts
        assert (section.label, follows.get(section.end)) not in starts


@given(any_articles)
def test_sections_come_by_start_end_and_label(article: Article) -> None:
    order = in_label_order(section.label for section in article.sections)
    keys = [
        (section.start, section.end, order.index(section.label)) for section in article.sections
    ]
    assert keys == sorted(set(keys))


@given(any_articles)
def test_a_section_s_score_is_the_mean_of_its_labels_scores(article: Article) -> None:
    for section in article.sections:
        scores = [
            part.score
            for passage in section.passages
            for part in passage.sections
            if part.label == section.label and section.start <= part.start < section.end
        ]
        assert section.score == pytest.approx(sum(scores) / len(scores))
        assert 0 <= section.score <= 1


@given(any_articles)
def test_labels_are_the_shares_of_the_passages_characters(article: Article) -> None:
    total = sum(len(passage.text) for passage in article.passages)
    characters = labelled(article)
    shares = {share.label: share.share for share in article.labels}
    assert shares == {
        label: pytest.approx(len(places) / total) for label, places in characters.items()
    }
    assert all(0 < share <= 1 for share in shares.values())
    order = in_label_order(shares)
    assert list(shares) == sorted(shares, key=lambda name: (-shares[name], order.index(name)))


@given(any_articles)
def test_select_parts_the_sections_by_label(article: Article) -> None:
    labels = {*SECTION_LABELS, *(share.label for share in article.labels)}
    selected = [section for label in labels for section in article.select(label)]
    assert len(selected) == len(article.sections)
    for label in labels:
        assert article.select(label) == tuple(s for s in article.sections if s.label == label)


def test_passages_that_follow_each_other_with_a_label_are_one_section() -> None:
    article = written(
        (TITLE, "task"),
        (TASK, "task warning"),
        (FAULT, "warning"),
        (BACKGROUND, ""),
        (TASK, "task"),
    )
    assert places(article.sections, article) == [("task", 0, 1), ("warning", 1, 2), ("task", 4, 4)]
    first, warning, _ = article.sections
    assert article.text[first.start : first.end] == f"{TITLE}\n{TASK}"
    assert first.score == pytest.approx(0.55)
    assert warning.score == pytest.approx(0.65)
    assert article.select("task") == (article.sections[0], article.sections[2])
    assert article.select("achievement") == ()


def test_a_label_may_hold_for_parts_of_a_passage() -> None:
    text = f"{TITLE}\n{RESULT} {TASK} {FAULT}\n{TASK}"
    (_, title_end), (start, end), (last, last_end) = passage_spans(text)
    task, fault = text.index(TASK), text.index(FAULT)
    passages = (
        Passage(0, title_end, TITLE),
        Passage(
            start,
            end,
            text[start:end],
            (),
            (
                PassageSection(start, start + 5, "task", 0.5),
                PassageSection(start, task, "achievement", 0.5),
                PassageSection(task, fault, "task", 0.8),
                PassageSection(fault, end, "task", 0.9),
            ),
        ),
        Passage(last, last_end, TASK, (), (PassageSection(last, last_end, "task", 0.7),)),
    )
    article = Article(text, passages)
    assert [(section.start, section.end, section.label) for section in article.sections] == [
        (start, start + 5, "task"),
        (start, task, "achievement"),
        (task, last_end, "task"),
    ]
    assert article.sections[2].passages == passages[1:]
    assert article.sections[2].score == pytest.approx(0.8)


def test_a_subheading_belongs_to_what_it_announces() -> None:
    article = written((TITLE, ""), (RESULT, ""), (HEADING, ""), (TASK, "task warning"), (FAULT, ""))
    assert places(article.sections, article) == [("task", 2, 3), ("warning", 2, 3)]
    assert article.text[article.sections[0].start :].startswith(HEADING)
    # The subheading has no label and so no score, and is not counted in the shares.
    assert article.sections[0].score == pytest.approx(0.8)
    total = sum(len(passage.text) for passage in article.passages)
    assert article.labels[0] == LabelShare("task", len(TASK) / total)
    assert article.passages[2].labels == ()


def test_subheadings_in_a_row_all_belong_to_it() -> None:
    article = written((TITLE, ""), (HEADING, ""), ("Về độ tuổi", ""), (TASK, "task"), (FAULT, ""))
    assert places(article.sections, article) == [("task", 1, 3)]


def test_a_subheading_joins_what_stands_before_and_behind_it() -> None:
    article = written((TITLE, ""), (TASK, "task"), (HEADING, ""), (TASK, "task"), (FAULT, ""))
    assert places(article.sections, article) == [("task", 1, 3)]
    assert article.sections[0].score == pytest.approx((0.6 + 0.8) / 2)


def test_a_subheading_before_background_belongs_to_nothing() -> None:
    article = written((TITLE, ""), (TASK, "task"), (HEADING, ""), (BACKGROUND, ""), (TASK, "task"))
    assert places(article.sections, article) == [("task", 1, 1), ("task", 4, 4)]


def test_a_subheading_with_a_label_is_what_another_announces() -> None:
    article = written(
        (TITLE, ""), (HEADING, ""), ("Những điểm nghẽn", "warning"), (TASK, "task"), (TASK, "")
    )
    assert places(article.sections, article) == [("warning", 1, 2), ("task", 3, 3)]


def test_a_label_that_does_not_begin_with_the_passage_is_not_announced() -> None:
    article = written((TITLE, ""), (HEADING, ""), (TASK, ""), (FAULT, ""))
    title, heading, body, last = article.passages
    late = PassageSection(body.start + 8, body.end, "task", 1.0)
    labelled = Passage(body.start, body.end, body.text, (), (late,))
    sections = Article(article.text, (title, heading, labelled, last)).sections
    assert [(section.start, section.end) for section in sections] == [(late.start, late.end)]


def test_neither_the_title_nor_the_last_passage_is_a_subheading() -> None:
    article = written((TITLE, ""), (TASK, "task"), (HEADING, ""))
    assert places(article.sections, article) == [("task", 1, 1)]
    assert not any(is_heading(article.passages, index) for index in range(3))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEADING, True),
        ("II. Hạn chế, khuyết điểm còn tồn tại", True),
        ("Nhìn từ “Sửa đổi lối làm việc”", True),
        ("Chi bộ (khối cơ quan)", True),
        ("2", True),
        (" ".join(["chi"] * 25), True),
        (" ".join(["chi"] * 26), False),
        ("Hội nghị bế mạc.", False),
        ("Đâu là nguyên nhân?", False),
        ("Cần làm ngay!", False),
        ("Còn nữa…", False),
        ("Còn nữa...", False),
        ("Nhiệm vụ gồm:", False),
        ("- kiểm tra;", False),
        ("kiểm tra,", False),
        ("“Phải làm ngay.”", False),
        ("(Hội nghị bế mạc.) ", False),
        ("“(Phải làm ngay!”) »", False),
        ("Nhiệm vụ\ntrọng tâm", False),
        ("***", False),
        (" ", False),
    ],
)
def test_a_subheading_is_known_by_its_form(text: str, expected: bool) -> None:
    assert is_heading(written((TITLE, ""), (text, ""), (TASK, "")).passages, 1) is expected


def test_labels_come_in_phodang_s_order_if_shares_are_equal() -> None:
    article = written((TITLE, "warning task Kết achievement Bài"), (BACKGROUND, ""))
    assert [share.label for share in article.labels] == [
        "achievement",
        "task",
        "warning",
        "Bài",
        "Kết",
    ]
    assert article.passages[0].labels == tuple(share.label for share in article.labels)


def test_an_article_without_labels_has_none() -> None:
    for article in (Article(""), Article(" \n"), written((TITLE, ""), (TASK, ""))):
        assert article.sections == ()
        assert article.labels == ()
        assert article.select("warning") == ()


def test_an_unknown_label_is_refused_with_a_suggestion() -> None:
    article = written((TITLE, "Mở-đầu"))
    assert len(article.select("Mở-đầu")) == 1
    with pytest.raises(InputError, match=r'found "tasks"\. Did you mean "task"\?'):
        article.select("tasks")
    with pytest.raises(InputError, match=r'Did you mean "Mở-đầu"\?'):
        article.select("Mở-bài-đầu")
    with pytest.raises(InputError, match=r"Known: achievement, task, warning, Mở-đầu\."):
        article.select("ORG")


@pytest.mark.parametrize(
    ("start", "end", "label", "score", "message"),
    [
        (-1, 5, "task", 0.5, "start < end"),
        (4, 4, "task", 0.5, "start < end"),
        (0, 4, "", 0.5, "expected a name"),
        (0, 4, "task", -0.1, "score from 0 to 1, found -0.1"),
        (0, 4, "task", float("nan"), "found nan"),
    ],
)
def test_an_impossible_section_label_is_refused(
    start: int, end: int, label: str, score: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PassageSection(start, end, label, score)


def test_reprs_are_short() -> None:
    article = written((TITLE, "task"), (TASK, "task"))
    assert repr(article.sections[0]) == (
        'Section(label="task", start=0, end=78, passages=<2>, score=0.550)'
    )
    assert repr(article.passages[0].sections[0]) == (
        'PassageSection(start=0, end=29, label="task", score=0.500)'
    )
    assert repr(article.labels) == '(LabelShare(label="task", share=1.000),)'


def test_sections_are_hashable_and_can_be_pickled() -> None:
    article = written((TITLE, "task"), (TASK, "task warning"))
    results = (article, article.sections, article.labels)
    assert pickle.loads(pickle.dumps(results)) == results
    assert len({*article.sections, *article.sections}) == 2


def test_phodang_s_labels_have_vietnamese_names() -> None:
    assert [section_name(label) for label in SECTION_LABELS] == [
        "thành tựu",
        "nhiệm vụ",
        "cảnh báo",
    ]
    assert section_name("ORG") is None


def test_the_package_exports_the_results() -> None:
    assert phodang.Section is Section
    assert phodang.PassageSection is PassageSection
    assert phodang.LabelShare is LabelShare

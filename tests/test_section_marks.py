"""Section labels are told apart by form and words, not by colour alone."""

from __future__ import annotations

import pytest
from article_strategies import articles
from contrast import contrast
from hypothesis import given
from hypothesis import strategies as st

from phodang.article import Article, Passage
from phodang.section_marks import (
    count_sections,
    full_name,
    percent,
    section_marks,
    short_name,
)
from phodang.sections import SECTION_LABELS, PassageSection


def labelled(text: str, *labels: str) -> Article:
    sections = tuple(PassageSection(0, len(text), label, 0.9) for label in sorted(labels))
    return Article(text, (Passage(0, len(text), text, (), sections),))


def test_own_labels_differ_in_colour_form_and_name() -> None:
    marks = section_marks(SECTION_LABELS).values()
    for seen in (
        {mark.color for mark in marks},
        {mark.line for mark in marks},
        {mark.sign for mark in marks},
        {short_name(label) for label in SECTION_LABELS},
    ):
        assert len(seen) == len(SECTION_LABELS)


@given(st.sets(st.text(min_size=1), max_size=10) | st.just(set(SECTION_LABELS)))
def test_marks_are_distinct_and_stand_out_on_light_and_dark(labels: set[str]) -> None:
    marks = section_marks(labels)
    assert len(set(marks.values())) == len(labels)
    for mark in marks.values():
        for ground in ("#ffffff", "#17191c"):
            assert contrast(mark.color, ground) >= 3  # WCAG 2.2, success criterion 1.4.11


def test_own_labels_look_the_same_beside_any_others() -> None:
    own = section_marks(SECTION_LABELS)
    mixed = section_marks([*SECTION_LABELS, "a", "b", "c"])
    assert all(mixed[label] == own[label] for label in SECTION_LABELS)


def test_a_label_of_another_model_has_the_same_mark_in_every_process() -> None:
    # Python's own hash of a string would change from run to run.
    (mark,) = section_marks(["Mở đầu"]).values()
    assert (mark.color, mark.line) == ("#cc79a7", "double")


def test_more_labels_than_marks_all_have_one() -> None:
    labels = [f"label {number}" for number in range(100)]
    assert list(section_marks(labels)) == sorted(labels)


def test_labels_in_words() -> None:
    assert [full_name(label) for label in (*SECTION_LABELS, "Mở đầu")] == [
        "thành tựu (achievement)",
        "nhiệm vụ (task)",
        "cảnh báo (warning)",
        "Mở đầu",
    ]


@given(articles())
def test_counts_of_one_article_are_those_it_gives_itself(article: Article) -> None:
    counts = count_sections([article])
    assert {label: counts[label].share for label in counts} == pytest.approx(
        {share.label: share.share for share in article.labels}
    )
    for label, count in counts.items():
        assert count.sections == len(article.select(label))


def test_shares_are_of_all_characters_of_all_articles() -> None:
    counts = count_sections([labelled("x" * 30, "task", "a"), labelled("x" * 70), Article("")])
    assert list(counts) == ["task", "a"]
    assert [(count.sections, count.share) for count in counts.values()] == [(1, 0.3), (1, 0.3)]
    assert count_sections([]) == {}


@pytest.mark.parametrize(
    ("share", "shown"), [(1.0, "100%"), (0.305, "30%"), (0.006, "1%"), (0.004, "<1%")]
)
def test_shares_in_per_cent(share: float, shown: str) -> None:
    assert percent(share) == shown

"""HTML names each section where it begins and draws its line beside all of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from article_strategies import articles
from hypothesis import given

from phodang.article import Article, Entity, Passage
from phodang.html import article_to_html
from phodang.section_marks import short_name
from phodang.sections import PassageSection

WHOLE = None
"""In place of a label's span: the whole passage."""


@dataclass
class Paragraph:
    """A paragraph as a browser shows it."""

    text: str = ""
    names: list[str] = field(default_factory=list)
    lines: list[dict[str, str]] = field(default_factory=list)

    @property
    def labels(self) -> set[str]:
        """The labels of the lines beside it, as their tooltips tell them."""
        return {line["title"].rsplit(", ", 2)[0] for line in self.lines}


class Reader(HTMLParser):
    """Collects the paragraphs of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.paragraphs: list[Paragraph] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            return
        self._open.append(tag)
        if tag == "p":
            self.paragraphs.append(Paragraph())
        if "p" not in self._open:
            return
        if tag == "span":
            self.paragraphs[-1].lines.append({name: value or "" for name, value in attrs})
        if tag == "b":
            self.paragraphs[-1].names.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "p" not in self._open:
            return
        if "b" in self._open:
            self.paragraphs[-1].names[-1] += data
        elif "small" not in self._open:
            self.paragraphs[-1].text += data


def article(*passages: tuple[str, dict[str, str | None]]) -> Article:
    """An article of passages, each with its labels and the part for which each of them holds."""
    text, made = "", []
    for surface, labels in passages:
        start = len(text)
        text += surface
        sections = []
        for label, part in sorted(labels.items()):
            begin = start + surface.index(part or surface)
            sections.append(PassageSection(begin, begin + len(part or surface), label, 0.9))
        made.append(Passage(start, len(text), surface, (), tuple(sorted(sections, key=_place))))
        text += "\n"
    return Article(text, tuple(made))


def _place(section: PassageSection) -> tuple[int, int, str]:
    return section.start, section.end, section.label


def paragraphs(article: Article) -> list[Paragraph]:
    return Reader(article_to_html(article)).paragraphs


@given(articles())
def test_each_section_is_named_once_and_its_lines_end_once(article: Article) -> None:
    shown = paragraphs(article) if article.sections else []
    named = [name for paragraph in shown for name in paragraph.names]
    assert sorted(named) == sorted(short_name(section.label) for section in article.sections)
    ends = [line for paragraph in shown for line in paragraph.lines if "-end" in line["class"]]
    assert len(ends) == len(article.sections)


def test_a_section_is_named_where_it_begins_and_has_a_line_beside_each_passage() -> None:
    first, second, third = paragraphs(
        article(
            ("Hà Nội họp.", {"achievement": WHOLE}),
            ("Huế họp.", {"achievement": WHOLE, "warning": WHOLE}),
            ("Đà Nẵng họp.", {}),
        )
    )
    assert (first.names, first.labels) == (["thành tựu"], {"thành tựu (achievement)"})
    assert second.names == ["cảnh báo"]
    assert second.labels == {"thành tựu (achievement)", "cảnh báo (warning)"}
    assert (third.names, third.lines) == ([], [])
    assert [line["class"].split()[1:] for line in (*first.lines, *second.lines)] == [
        ["phodang-solid"],
        ["phodang-solid", "phodang-end"],
        ["phodang-dashed", "phodang-end"],
    ]


def test_several_sections_that_begin_together_are_all_named() -> None:
    labels: dict[str, str | None] = {"warning": WHOLE, "task": WHOLE, "achievement": WHOLE}
    (paragraph,) = paragraphs(article(("Hà Nội họp.", labels)))
    assert paragraph.names == ["thành tựu", "nhiệm vụ", "cảnh báo"]
    lanes = [re.findall(r"--lane: (\d)", line["style"]) for line in paragraph.lines]
    assert lanes == [["0"], ["1"], ["2"]]


def test_lines_and_names_tell_label_passages_and_score() -> None:
    html = article_to_html(article(("Hà Nội họp.", {"task": WHOLE}), ("Huế.", {"task": WHOLE})))
    # Two lines and one name.
    assert html.count('title="nhiệm vụ (task), 2 đoạn, độ tin cậy 0,900"') == 3


def test_a_passage_labelled_in_part_shows_which_part() -> None:
    text = "Hà Nội họp. Các cấp ủy phải báo cáo. Huế họp."
    before, part, after = paragraphs(article((text, {"task": "Các cấp ủy phải báo cáo."})))
    assert [before.text, part.text, after.text] == [
        "Hà Nội họp. ",
        "Các cấp ủy phải báo cáo. ",
        "Huế họp.",
    ]
    assert [before.names, part.names, after.names] == [[], ["nhiệm vụ"], []]
    assert [before.labels, part.labels, after.labels] == [set(), {"nhiệm vụ (task)"}, set()]


def test_a_mark_is_never_split() -> None:
    text = "Ban Tổ chức Trung ương họp"
    entity = Entity(0, 22, "ORG", text[:22], 0.9)
    part = PassageSection(11, len(text), "task", 0.9)
    html = article_to_html(Article(text, (Passage(0, len(text), text, (entity,), (part,)),)))
    assert html.count("<mark") == 1
    assert ">Ban Tổ chức Trung ương<small" in html


def test_the_legend_counts_sections_and_their_shares_beside_the_entities() -> None:
    text = "Hà Nội"
    passages = (
        Passage(0, 3, "Hà ", (), (PassageSection(0, 3, "task", 0.9),)),
        Passage(3, 6, "Nội", (Entity(3, 6, "LOC", "Nội", 0.9),)),
    )
    html = article_to_html(Article(text, passages))
    sections, entities = re.findall(r'<ul class="phodang-legend">(.*?)</ul>', html)
    assert re.sub("<.*?>", "", sections) == "nhiệm vụ (task) 1 phần, 50% bài"
    assert re.sub("<.*?>", "", entities) == "LOC địa điểm 1"


def test_an_article_with_sections_alone_has_their_legend_and_no_note() -> None:
    html = article_to_html(article(("Hà Nội họp.", {"Mở đầu": WHOLE})))
    assert html.count("<ul") == 1
    assert "Mở đầu</b> 1 phần, 100% bài" in html
    assert '"phodang-note"' not in html


def test_an_article_without_sections_has_no_trace_of_them() -> None:
    html = article_to_html(article(("Hà Nội họp.", {}), ("Huế họp.", {})))
    assert re.findall('class="(.*?)"', html) == [
        "phodang",
        "phodang-note",
        "phodang-passage",
        "phodang-passage",
    ]
    assert '<div data-phodang="text"><p class="phodang-passage">Hà Nội họp.</p>\n<p' in html
    assert "phodang-margin" not in html

"""The layout shows each section beside just the text that it covers, and parts no entity."""

from __future__ import annotations

from article_strategies import articles
from hypothesis import given

from phodang.article import Article, Entity, Passage
from phodang.layout import Layout, lay_out
from phodang.sections import PassageSection


def one_passage(text: str, *sections: PassageSection, entity: str = "") -> Article:
    start = text.index(entity)
    entities = (Entity(start, start + len(entity), "ORG", entity, 0.9),) if entity else ()
    return Article(text, (Passage(0, len(text), text, entities, tuple(sections)),))


def rows_beside(article: Article, label: str) -> list[str]:
    layout = lay_out(article)
    return [
        article.text[row.start : row.end]
        for index, row in enumerate(layout.rows)
        if label in labels_beside(layout, index)
    ]


def labels_beside(layout: Layout, row: int) -> set[str]:
    return {margin.section.label for margin in layout.beside(row)}


@given(articles())
def test_rows_hold_all_text_but_white_space_between_passages(article: Article) -> None:
    position = 0
    for row in lay_out(article).rows:
        assert position <= row.start < row.end
        assert not article.text[position : row.start].strip()
        position = row.end
    assert not article.text[position:].strip()
    assert {edge for passage in article.passages for edge in (passage.start, passage.end)} <= {
        edge for row in lay_out(article).rows for edge in (row.start, row.end)
    }


@given(articles())
def test_no_row_parts_an_entity_or_loses_one(article: Article) -> None:
    rows = lay_out(article).rows
    assert tuple(entity for row in rows for entity in row.entities) == article.entities
    for row in rows:
        assert all(row.start <= entity.start and entity.end <= row.end for entity in row.entities)


@given(articles())
def test_every_section_has_a_margin_beside_all_of_its_text(article: Article) -> None:
    layout = lay_out(article)
    assert tuple(margin.section for margin in layout.margins) == article.sections
    for margin in layout.margins:
        rows = layout.rows[margin.first : margin.end]
        assert rows
        # White space where a passage is divided stays with the row before.
        start, end = margin.section.start, margin.section.end
        assert not article.text[start : rows[0].start].strip()
        assert end <= rows[-1].end
        assert layout.lanes[margin.lane] == margin.section.label


@given(articles())
def test_no_margin_stands_beside_other_text(article: Article) -> None:
    layout = lay_out(article)
    for margin in layout.margins:
        rows = layout.rows[margin.first : margin.end]
        touching = [
            entity
            for row in rows
            for entity in row.entities
            if entity.start < margin.section.end and margin.section.start < entity.end
        ]
        start = min([margin.section.start, *(entity.start for entity in touching)])
        end = max([margin.section.end, *(entity.end for entity in touching)])
        assert start <= rows[0].start
        assert not article.text[end : rows[-1].end].strip()


def test_a_passage_labelled_in_part_is_divided_between_words() -> None:
    text = "Hội nghị họp tại Hà Nội. Các cấp ủy phải báo cáo. Hội nghị bế mạc."
    start, end = text.index(" Các"), text.index(" Hội nghị bế")
    article = one_passage(text, PassageSection(start, end, "task", 0.9))
    assert rows_beside(article, "task") == ["Các cấp ủy phải báo cáo. "]
    assert [row.continued for row in lay_out(article).rows] == [True, True, False]


def test_a_section_that_would_part_an_entity_is_shown_beside_all_of_it() -> None:
    text = "Sáng nay, Ban Tổ chức Trung ương họp"
    begins = PassageSection(text.index("chức"), len(text), "task", 0.9)
    ends = PassageSection(0, text.index("chức"), "warning", 0.9)
    article = one_passage(text, ends, begins, entity="Ban Tổ chức Trung ương")
    assert rows_beside(article, "task") == ["Ban Tổ chức Trung ương ", "họp"]
    assert rows_beside(article, "warning") == ["Sáng nay, ", "Ban Tổ chức Trung ương "]


def test_passages_without_labels_are_one_row_each() -> None:
    text = "Hà Nội\n\nHuế\nngoài đoạn"
    article = Article(text, (Passage(0, 6, "Hà Nội"), Passage(8, 11, "Huế")))
    layout = lay_out(article)
    assert [text[row.start : row.end] for row in layout.rows] == ["Hà Nội", "Huế", "\nngoài đoạn"]
    assert (layout.margins, layout.lanes) == ((), ())


def test_each_label_has_its_lane_in_the_order_of_labels() -> None:
    text = "Hà Nội"
    labels = ["a", "achievement", "task", "warning"]
    sections = [PassageSection(0, len(text), label, 0.9) for label in labels]
    layout = lay_out(one_passage(text, *sections))
    assert layout.lanes == ("achievement", "task", "warning", "a")
    assert [margin.lane for margin in layout.beside(0)] == [0, 1, 2, 3]

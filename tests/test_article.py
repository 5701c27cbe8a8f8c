"""Articles hold only offsets that fit their text, and pass through JSON without loss."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from article_strategies import articles
from hypothesis import given

from phodang.article import Article, Entity, Passage
from phodang.errors import InputError
from phodang.sections import PassageSection

TEXT = "Sáng 12-3, tại Hà Nội.\nBan Tổ chức Trung ương họp."


def example() -> Article:
    date = Entity(0, 9, "DATE", "Sáng 12-3", 0.998)
    place = Entity(15, 21, "LOC", "Hà Nội", 0.5)
    body = Entity(23, 45, "ORG", "Ban Tổ chức Trung ương", 1.0)
    return Article(
        TEXT,
        (
            Passage(0, 22, TEXT[:22], (date, place)),
            Passage(23, 50, TEXT[23:], (body,), (PassageSection(23, 50, "task", 0.75),)),
        ),
    )


@given(articles())
def test_a_record_is_read_back_as_the_same_article(article: Article) -> None:
    assert Article.from_dict(article.to_dict()) == article
    assert Article.from_dict(json.loads(json.dumps(article.to_dict()))) == article


@given(articles())
def test_offsets_are_of_the_article_s_text(article: Article) -> None:
    spans: list[Passage | Entity] = [*article.passages, *article.entities]
    for span in spans:
        assert article.text[span.start : span.end] == span.text


@given(articles())
def test_repr_is_one_printable_line(article: Article) -> None:
    labels = [section for passage in article.passages for section in passage.sections]
    results = (article, *article.passages, *article.entities, *labels)
    for shown in (*results, *article.sections, *article.labels):
        assert repr(shown).isprintable()


def test_entities_are_those_of_all_passages_in_order() -> None:
    assert [entity.label for entity in example().entities] == ["DATE", "LOC", "ORG"]


def test_a_record_has_the_documented_shape() -> None:
    assert example().to_dict()["passages"][1] == {
        "start": 23,
        "end": 50,
        "entities": [
            {
                "start": 23,
                "end": 45,
                "label": "ORG",
                "text": "Ban Tổ chức Trung ương",
                "score": 1.0,
            }
        ],
        "sections": [{"start": 23, "end": 50, "label": "task", "score": 0.75}],
    }


def test_an_empty_text_has_no_passages() -> None:
    assert Article.from_dict({"text": "", "passages": []}) == Article("")
    assert Article("").entities == ()
    with pytest.raises(InputError, match="start < end"):
        Passage(0, 0, "")


def test_repr_of_an_entity() -> None:
    assert repr(example().entities[0]) == (
        'Entity(start=0, end=9, label="DATE", text="Sáng 12-3", score=0.998)'
    )
    assert 'text="\\"\\\\\\n"' in repr(Entity(0, 3, "ORG", '"\\\n', 0.5))


def test_repr_shortens_long_texts() -> None:
    text = "Đảng bộ " * 1000
    many = tuple(Entity(start, start + 4, "ORG", "Đảng", 0.5) for start in range(0, 800, 8))
    passage = Passage(0, len(text), text, many)
    assert len(repr(Article(text, (passage,)))) < 150
    assert "…" in repr(Article(text, (passage,)))
    assert "… 97 more" in repr(passage)


def test_results_are_frozen_slotted_hashable_and_can_be_pickled() -> None:
    article = example()
    with pytest.raises(FrozenInstanceError):
        article.text = "other"  # type: ignore[misc]
    assert not hasattr(article, "__dict__")
    assert pickle.loads(pickle.dumps(article)) == article
    assert hash(example()) == hash(article)


def test_a_notebook_shows_the_html() -> None:
    assert example()._repr_html_() == example().to_html()
    assert "nghi-quyet.txt" in example().to_html(title="nghi-quyet.txt")


@pytest.mark.parametrize(
    ("start", "end", "label", "text", "score", "message"),
    [
        (-1, 5, "ORG", "Đảng b", 0.5, "start < end"),
        (4, 4, "ORG", "", 0.5, "start < end"),
        (0, 3, "ORG", "Đảng", 0.5, "3 code points, found 4"),
        (0, 4, "", "Đảng", 0.5, "label"),
        (0, 4, "ORG", "Đảng", 1.5, "score from 0 to 1, found 1.5"),
        (0, 4, "ORG", "Đảng", float("nan"), "found nan"),
    ],
)
def test_an_impossible_entity_is_refused(
    start: int, end: int, label: str, text: str, score: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Entity(start, end, label, text, score)


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ((Entity(15, 21, "LOC", "Hà Nội", 1), Entity(0, 4, "DATE", "Sáng", 1)), "Sort by start"),
        ((Entity(0, 9, "DATE", "Sáng 12-3", 1), Entity(5, 9, "DATE", "12-3", 1)), "at 9 or later"),
        ((Entity(19, 23, "LOC", "Nội.", 1),), "inside its passage, 0–22"),
        ((Entity(15, 21, "LOC", "Hà nội", 1),), 'expected "Hà nội" there, found "Hà Nội"'),
    ],
)
def test_a_passage_refuses_entities_that_are_not_its_own(
    entities: tuple[Entity, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Passage(0, 22, TEXT[:22], entities)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ([(0, 22, "task"), (0, 9, "task")], "by start, end and label"),
        ([(0, 22, "warning"), (0, 22, "task")], "by start, end and label"),
        ([(0, 9, "task"), (8, 22, "task")], "begin at 9 or later"),
        ([(0, 9, "task"), (3, 7, "warning"), (8, 22, "task")], "begin at 9 or later"),
        ([(0, 22, "task"), (0, 22, "task")], "begin at 22 or later"),
        ([(0, 23, "task")], "a section label inside its passage, 0–22"),
    ],
)
def test_a_passage_refuses_section_labels_that_are_not_its_own(
    sections: list[tuple[int, int, str]], message: str
) -> None:
    labels = tuple(PassageSection(*section, score=1.0) for section in sections)
    with pytest.raises(InputError, match=message):
        Passage(0, 22, TEXT[:22], (), labels)


def test_the_spans_of_different_labels_may_overlap_and_those_of_one_may_touch() -> None:
    sections = (
        PassageSection(0, 9, "warning", 0.5),
        PassageSection(0, 22, "Mở đầu", 0.5),
        PassageSection(0, 22, "task", 0.5),
        PassageSection(9, 22, "warning", 0.5),
    )
    with pytest.raises(InputError, match="by start, end and label"):
        Passage(0, 22, TEXT[:22], (), sections[::-1])
    assert Passage(0, 22, TEXT[:22], (), sections).labels == ("task", "warning", "Mở đầu")


def test_an_article_refuses_passages_that_are_not_its_own() -> None:
    first, second = example().passages
    with pytest.raises(InputError, match="Sort by start"):
        Article(TEXT, (second, first))
    with pytest.raises(InputError, match="at 22 or later"):
        Article(TEXT, (first, Passage(21, 22, ".")))
    with pytest.raises(InputError, match="expected"):
        Article(TEXT.lower(), (first,))
    with pytest.raises(InputError, match="ends at 40"):
        Article(TEXT[:40], (first, second))


def changed(record: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The record with the value at a path replaced, or taken out if it is ``...``."""
    copy: dict[str, Any] = json.loads(json.dumps(record))
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


ENTITY = ("passages", 0, "entities", 1)
SECTION = ("passages", 1, "sections", 0)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("text",), ..., "the article: .* found no text"),
        (("text",), None, "text to be of type str, found NoneType"),
        (("text",), TEXT.replace("Hà Nội", "Hà Tĩnh"), "expected"),
        (("passages",), {}, "passages to be of type list, found dict"),
        (("passages", 1), "x", r"passages\[1\]: expected a mapping .* found str"),
        (("passages", 1, "end"), ..., r"passages\[1\]: .* found no end"),
        (("passages", 1, "end"), 51, "end <= 50, .* found start=23, end=51"),
        (("passages", 1, "start"), 24, "inside its passage"),
        (("passages", 0, "topics"), [], "and no other, found topics"),
        (("passages", 0, "sections"), None, "sections to be of type list, found NoneType"),
        ((*ENTITY, "start"), True, r"passages\[0\].entities\[1\]: .* type int, found bool"),
        ((*ENTITY, "start"), 15.0, "type int, found float"),
        ((*ENTITY, "start"), 14, "7 code points, found 6"),
        ((*ENTITY, "score"), "0.5", "type float, found str"),
        ((*ENTITY, "label"), 3, "type str, found int"),
        ((*ENTITY, "text"), "Hà nội", 'expected "Hà nội" there, found "Hà Nội"'),
        ((*SECTION, "score"), ..., r"passages\[1\].sections\[0\]: .* found no score"),
        ((*SECTION, "text"), "Ban", "and no other, found text"),
        ((*SECTION, "start"), False, "type int, found bool"),
        ((*SECTION, "start"), 22, "inside its passage, 23–50"),
        ((*SECTION, "label"), "", "expected a name"),
        ((*SECTION, "score"), 1.01, "score from 0 to 1, found 1.01"),
    ],
)
def test_a_changed_record_is_refused(
    path: tuple[str | int, ...], value: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Article.from_dict(changed(example().to_dict(), path, value))


@given(articles())
def test_a_record_of_an_older_phodang_has_no_sections(article: Article) -> None:
    record = article.to_dict()
    for passage in record["passages"]:
        del passage["sections"]
    read = Article.from_dict(record)
    assert read.text == article.text
    assert read.entities == article.entities
    assert [passage.text for passage in read.passages] == [p.text for p in article.passages]
    assert read.sections == ()


def test_a_whole_number_is_a_score() -> None:
    record = changed(example().to_dict(), (*ENTITY, "score"), 1)
    score = Article.from_dict(record).entities[1].score
    assert type(score) is float
    assert score == 1

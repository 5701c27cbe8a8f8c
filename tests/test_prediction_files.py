"""Predictions of any system in files: how they are matched with the data, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.batch.shards import encode_shard
from phodang.errors import InputError
from phodang.sections import PassageSection
from phodang_training.corpus import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    read_conll,
    text_of,
    write_articles,
)
from phodang_training.evaluation.prediction_files import is_prediction_file, read_predictions

TITLE = AnnotatedPassage("Quốc hội họp", (AnnotatedSpan(0, 8, "ORG"),))
BODY = AnnotatedPassage("Huế, ngày 3-2.", (AnnotatedSpan(0, 3, "LOC"),), ("task",))
GOLD = [
    AnnotatedArticle("a", (TITLE, BODY), source="b/1"),
    AnnotatedArticle("b", (TITLE,)),
]
FOUND = AnnotatedPassage(BODY.text, (AnnotatedSpan(5, 13, "DATE"),), ("warning",))


def write(folder: Path, *articles: AnnotatedArticle) -> str:
    write_articles(folder / "predicted.jsonl", articles)
    return str(folder / "predicted.jsonl")


def test_articles_are_matched_by_their_ids(tmp_path: Path) -> None:
    other = AnnotatedArticle("c", (TITLE,))
    changed = AnnotatedArticle("a", (TITLE, FOUND))
    read = read_predictions(write(tmp_path, GOLD[1], other, changed), GOLD)
    assert [article.gold for article in read.articles] == GOLD
    assert [article.predicted for article in read.articles] == [changed, GOLD[1]]
    assert read.tasks == ("entities", "sections")
    assert read.section_labels == ("task", "warning")
    assert (read.unused, read.segmenter, read.precision) == (1, None, None)
    first, second = read.articles[0].pairs
    assert [pair.outcome for pair in first] == ["correct"]
    assert [pair.outcome for pair in second] == ["missed", "spurious"]
    assert read.section_errors(read.articles[0], 1) == (("task",), ("warning",))


def test_what_does_not_occur_is_not_measured_unless_it_is_asked_for(tmp_path: Path) -> None:
    bare = [
        dataclasses.replace(
            article, passages=tuple(dataclasses.replace(p, sections=()) for p in article.passages)
        )
        for article in GOLD
    ]
    path = write(tmp_path, *bare)
    assert read_predictions(path, GOLD).tasks == ("entities",)
    assert read_predictions(path, GOLD).section_labels == ()
    asked = read_predictions(path, GOLD, tasks=["sections"])
    assert (asked.tasks, asked.section_labels) == (("sections",), ("task",))
    with pytest.raises(InputError, match='found "topics"'):
        read_predictions(path, GOLD, tasks=["topics"])


def empty(article: AnnotatedArticle) -> AnnotatedArticle:
    passages = tuple(AnnotatedPassage(passage.text) for passage in article.passages)
    return dataclasses.replace(article, passages=passages)


def test_predictions_of_nothing_have_to_say_of_what(tmp_path: Path) -> None:
    path = write(tmp_path, *map(empty, GOLD))
    with pytest.raises(InputError, match="Say with --task"):
        read_predictions(path, GOLD)
    assert read_predictions(path, GOLD, tasks=["entities"]).tasks == ("entities",)


@pytest.mark.parametrize(
    ("articles", "message"),
    [
        ([GOLD[1]], 'a prediction for each of 2 articles, found none for "a". Add them'),
        ([AnnotatedArticle("c", (TITLE,))], 'found none for "a" and 1 more. Add them'),
        (
            [GOLD[1], AnnotatedArticle("a", (TITLE,))],
            'article "a": expected the 2 passages of the data, found 1.',
        ),
        (
            [GOLD[1], AnnotatedArticle("a", (TITLE, AnnotatedPassage("Huế, ngày 4-2.")))],
            'article "a", passages[1]: expected the text of the data, found another from '
            'character 10 on: "4-2." instead of "3-2.". Predict on the text as it stands',
        ),
        (
            [GOLD[1], AnnotatedArticle("a", (TITLE, AnnotatedPassage("Huế, ngày 3-2. ")))],
            'from character 14 on: " " instead of "".',
        ),
    ],
    ids=["missing", "several missing", "passages", "text", "longer"],
)
def test_what_does_not_fit_is_told(
    tmp_path: Path, articles: list[AnnotatedArticle], message: str
) -> None:
    path = write(tmp_path, *articles)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_predictions(path, GOLD)
    assert path in str(caught.value)


def labelled(article: AnnotatedArticle, text: str | None = None) -> LabelledArticle:
    """What ``phodang label`` finds in an article: Huế, and that the second half is a task."""
    text = text_of(article) if text is None else text
    place = text.index("Huế") if "Huế" in text else 0
    entity = Entity(place, place + 3, "LOC", text[place : place + 3], 0.5)
    start = len(text) // 2
    section = PassageSection(start, len(text), "task", 0.7)
    return LabelledArticle(
        article.id, Article(text, (Passage(0, len(text), text, (entity,), (section,)),)), {}
    )


@pytest.mark.parametrize(
    ("name", "shard_format"),
    [("part-00000.jsonl", "jsonl"), ("part-00000.parquet", "parquet")],
)
def test_shards_of_phodang_label_are_read(tmp_path: Path, name: str, shard_format: str) -> None:
    path = tmp_path / name
    shard = encode_shard([labelled(article) for article in GOLD], shard_format)  # type: ignore[arg-type]
    path.write_bytes(shard)
    read = read_predictions(str(path), GOLD)
    first, second = (article.predicted for article in read.articles)
    assert [passage.entities for passage in first.passages] == [(), (AnnotatedSpan(0, 3, "LOC"),)]
    # The text is 27 characters long; the label begins at the 13th, the second passage's first.
    assert [passage.sections for passage in first.passages] == [(), ("task",)]
    assert second.passages[0].entities == (AnnotatedSpan(0, 3, "LOC"),)
    assert all(article.probabilities is None for article in read.articles)


def test_labelled_texts_have_to_be_the_articles(tmp_path: Path) -> None:
    path = tmp_path / "part-00000.jsonl"
    path.write_bytes(encode_shard([labelled(GOLD[0], "Huế họp."), labelled(GOLD[1])], "jsonl"))
    with pytest.raises(InputError, match=r'article "a": expected the text of the data'):
        read_predictions(str(path), GOLD)
    across = Entity(9, 16, "LOC", "họp\nHuế", 0.5)
    text = text_of(GOLD[0])
    article = Article(text, (Passage(0, len(text), text, (across,)),))
    shard = encode_shard([LabelledArticle("a", article, {}), labelled(GOLD[1])], "jsonl")
    path.write_bytes(shard)
    with pytest.raises(InputError, match=r"(?s)each entity in one passage.*each on a line"):
        read_predictions(str(path), GOLD)


def test_an_article_is_predicted_once(tmp_path: Path) -> None:
    path = tmp_path / "part-00000.jsonl"
    path.write_bytes(encode_shard([labelled(GOLD[1]), labelled(GOLD[1])], "jsonl"))
    with pytest.raises(InputError, match='found two for "b"'):
        read_predictions(str(path), GOLD)


def test_conll_is_matched_by_lines(tmp_path: Path) -> None:
    words = "Quốc_hội\tB-ORG\nhọp\tO\n\nHuế\tB-LOC\n"
    (tmp_path / "gold.conll").write_text(words, encoding="utf-8")
    gold = read_conll(tmp_path / "gold.conll")
    path = tmp_path / "found.conll"
    path.write_text(words.replace("B-LOC", "B-ORG"), encoding="utf-8")
    read = read_predictions(str(path), gold)
    outcomes = [pair.outcome for article in read.articles for pair in article.pairs[0]]
    assert outcomes == ["correct", "type"]
    path.write_text("\n" + words, encoding="utf-8")
    with pytest.raises(InputError, match="found none for"):
        read_predictions(str(path), gold)


def test_predictions_and_models_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jsonl", "b.conll", "c.jsonl.gz", "d.jsonl.zst", "e.parquet"):
        assert is_prediction_file(name)
    for name in ("compact", "checkpoints/crf-2", "model.onnx"):
        assert not is_prediction_file(name)
    for folder in ("labelled", "compact"):
        Path(folder).mkdir()
        Path(folder, "manifest.json").write_text("{}", encoding="utf-8")
    assert is_prediction_file("labelled")
    assert not is_prediction_file("compact")


@pytest.mark.parametrize("content", ["", "[]\n", '{"id": 1}\n', "{\n"])
def test_damaged_files_are_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "predicted.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(str(path))):
        read_predictions(str(path), GOLD)
    with pytest.raises(InputError, match="expected a file, found none"):
        read_predictions(str(tmp_path / "none.jsonl"), GOLD)


def test_the_readme_of_the_schema_holds_for_predictions(tmp_path: Path) -> None:
    """Keys in any order, with source and kind, by another program."""
    record = {"passages": [{"sections": [], "entities": [], "text": TITLE.text}], "id": "b"}
    path = tmp_path / "predicted.jsonl"
    path.write_text(json.dumps({**record, "source": "x", "kind": "y"}), encoding="utf-8")
    read = read_predictions(str(path), GOLD[1:], tasks=["entities"])
    assert read.articles[0].predicted.passages == (AnnotatedPassage(TITLE.text),)

"""What holds for every format: whole folders, distinct ids, and that training reads the result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from exchange_corpora import corpora, few, labelled, line_pieces, text_pieces, there_and_back
from hypothesis import given

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange import ExchangeFormat, export_corpus, import_corpus, write_annotated
from phodang.exchange.assembly import read_passages, stored_passages
from phodang.passages import passage_spans
from phodang.sections import PassageSection
from phodang_training.corpus import AnnotatedSpan, read_articles

LIGHT = [format for format in ExchangeFormat if format is not ExchangeFormat.spacy]


@pytest.mark.parametrize("format", LIGHT)
def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path, format: ExchangeFormat) -> None:
    def broken() -> Iterator[LabelledArticle]:
        yield labelled("1")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        export_corpus(broken(), format, tmp_path / "out")
    assert not list(tmp_path.iterdir())
    (tmp_path / "out").mkdir()
    assert export_corpus([labelled("1"), labelled("2")], format, tmp_path / "out") == 2
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    with pytest.raises(InputError, match="expected the name of a new folder"):
        export_corpus([labelled("1")], format, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("format", LIGHT)
def test_articles_that_cannot_be_told_apart_or_written(
    tmp_path: Path, format: ExchangeFormat
) -> None:
    with pytest.raises(InputError, match='found "1" more than once'):
        export_corpus([labelled("1"), labelled("1")], format, tmp_path / "out")
    with pytest.raises(InputError, match='Article "1": found half of a surrogate pair'):
        export_corpus([labelled("1", "a\ud83d", (), ())], format, tmp_path / "out")
    fields = LabelledArticle("1", Article("a", (Passage(0, 1, "a"),)), {"x": float("nan")})
    with pytest.raises(InputError, match='Article "1": expected fields that JSON can hold'):
        export_corpus([fields], format, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_formats_and_paths_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'found "bratt"\. Did you mean "brat"\?'):
        export_corpus([], "bratt", tmp_path / "out")
    with pytest.raises(InputError, match=r'found "bratt"\. Did you mean "brat"\?'):
        import_corpus(tmp_path, "bratt")
    with pytest.raises(InputError, match="expected a file or folder, found none"):
        import_corpus(tmp_path / "none", "brat")
    (tmp_path / "a.zip").touch()
    with pytest.raises(InputError, match=r"found an archive\. Unpack it"):
        import_corpus(tmp_path / "a.zip", "doccano")
    with pytest.raises(InputError, match='predictions can be read, labelstudio, found "brat"'):
        import_corpus(tmp_path, "brat", predictions=True)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("[]", encoding="utf-8")
    for format, name in (
        *(("labelstudio", "tasks.json"), ("doccano", "entities.jsonl")),
        *(("conll", "articles.conll"), ("brat", "0000001-1.txt")),
    ):
        folder = tmp_path / format
        export_corpus([labelled("1")], format, folder)
        (folder / name).unlink()
        (folder / name).symlink_to(tmp_path / "secret")
        with pytest.raises(InputError, match=f"{name}: expected a file in the folder, found a li"):
            list(import_corpus(folder, format))


def test_ids_that_a_project_has_twice_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "text": "a", "label": []}\n' * 2, encoding="utf-8")
    with pytest.raises(InputError, match='found "1" more than once'):
        list(import_corpus(path, "doccano"))


@few
@given(corpora(line_pieces))
def test_the_schema_is_kept(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[LabelledArticle]
) -> None:
    corpus = [
        article
        for article in corpus
        if article.id
        and article.article.passages
        and all(passage.text.strip() for passage in article.article.passages)
    ]
    path = tmp_path_factory.mktemp("annotated") / "new" / "train.jsonl"
    if not corpus:
        return
    assert write_annotated(corpus, path) == len(corpus)
    for line, article in zip(path.read_bytes().split(b"\n"), corpus, strict=False):
        record = json.loads(line)
        assert set(record) <= {"id", "kind", "source", "passages"}
        for passage, original in zip(record["passages"], article.article.passages, strict=True):
            text = passage["text"]
            assert text == original.text
            assert [(text[e["start"] : e["end"]], e["label"]) for e in passage["entities"]] == [
                (entity.text, entity.label) for entity in original.entities
            ]
            assert passage["sections"] == list(original.labels)


def test_a_label_of_a_part_becomes_the_passage_s(tmp_path: Path) -> None:
    article = labelled(sections=[("task", "Ban"), ("warning", "Ban Tổ chức"), ("task", "họp.")])
    assert write_annotated([article], tmp_path / "a.jsonl") == 1
    (read,) = read_articles(tmp_path / "a.jsonl")
    assert (read.id, read.source) == ("au/1", "báo")
    assert [passage.sections for passage in read.passages] == [(), ("task", "warning"), (), ()]
    assert read.passages[1].entities == (AnnotatedSpan(0, 22, "ORG"),)


def test_what_training_would_not_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    blank = Article(" ", (Passage(0, 1, " "),))
    for article, message in (
        (labelled(""), "found one without"),
        (LabelledArticle("1", Article("")), 'Article "1": expected passages with text, found none'),
        (LabelledArticle("1", blank), "found a blank one"),
        (labelled("1", "\ud83d", (), ()), "half of a surrogate pair"),
    ):
        with pytest.raises(InputError, match=message):
            write_annotated([article], path)
    with pytest.raises(InputError, match="expected articles to write, found none"):
        write_annotated([], path)
    with pytest.raises(InputError, match='found "1" more than once'):
        write_annotated([labelled("1"), labelled("1")], path)
    assert not list(tmp_path.iterdir())
    write_annotated([labelled()], path)
    with pytest.raises(InputError, match="expected the name of a new file"):
        write_annotated([labelled()], path)


@few
@given(corpora(text_pieces, max_size=1))
def test_passages_are_stored_where_they_are_not_the_lines(corpus: list[LabelledArticle]) -> None:
    for article in corpus:
        spans = [(passage.start, passage.end) for passage in article.article.passages]
        stored = json.loads(json.dumps(stored_passages(article.article)))
        found = read_passages(stored)
        assert (passage_spans(article.article.text) if found is None else found) == spans


def test_sections_and_entities_of_one_place_are_kept_apart() -> None:
    text = "Hà Nội"
    span = Entity(0, 6, "LOC", text, 1.0)
    section = PassageSection(0, 6, "LOC", 1.0)
    corpus = [LabelledArticle("1", Article(text, (Passage(0, 6, text, (span,), (section,)),)))]
    for format in ("brat", "doccano"):
        assert there_and_back(corpus, format) == corpus
    assert there_and_back(corpus, "labelstudio", predictions=True) == corpus

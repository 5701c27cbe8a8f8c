"""Column files: what of an article they keep, and what is read of other people's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from exchange_corpora import corpora, few, labelled, text_pieces
from hypothesis import given

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange import export_corpus, import_corpus
from phodang.exchange.words import syllables
from phodang_training.corpus import read_conll


def tokens_of(path: Path) -> list[tuple[str, str]]:
    rows = path.read_text(encoding="utf-8").split("\n")
    return [(token, tag) for token, _, tag in (row.partition("\t") for row in rows)]


@few
@given(corpora(text_pieces))
def test_tokens_and_entities_come_back(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[LabelledArticle]
) -> None:
    folder = tmp_path_factory.mktemp("conll")
    export_corpus(corpus, "conll", folder / "out")
    found = list(import_corpus(folder / "out", "conll"))
    assert [(a.id, a.fields) for a in found] == [(a.id, a.fields) for a in corpus]
    for one, other in zip(found, corpus, strict=True):
        assert [(e.label, bare(e.text)) for e in one.article.entities] == [
            (e.label, bare(e.text)) for e in other.article.entities
        ]
    rows = iter(tokens_of(folder / "out" / "articles.conll"))

    def words(text: str) -> list[tuple[int, int]]:
        spans, position = [], 0
        while position < len(text):
            token, _ = next(rows)
            if token:
                spans.append((position, position + len(token)))
                position += len(token) + 1
        return spans

    # With the same tokens, the same file is written again.
    export_corpus(found, "conll", folder / "again", words=words)
    written = [(folder / name / "articles.conll").read_bytes() for name in ("out", "again")]
    assert written[0] == written[1]


def bare(text: str) -> str:
    return re.sub(r"[\s_\x00-\x1f\x7f-\x9f]", "", text)


def test_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_corpus([labelled("1"), labelled("2")], "conll", folder)
    (block, *_) = (folder / "articles.conll").read_text(encoding="utf-8").split("\n\n")
    assert block.split("\n")[:4] == ["😀\tO", "Sáng\tB-DATE", "12-3\tI-DATE", ",\tO"]
    assert len(read_conll(folder / "articles.conll")) == 8
    first, second = import_corpus(folder, "conll")
    assert (first.id, second.id) == ("1", "2")
    assert first.article.text == (
        "😀 Sáng 12-3 , tại Hà Nội .\nBan Tổ chức Trung ương họp .\nViệc cần làm\nKiểm tra cơ sở ."
    )
    assert [(e.label, e.text) for e in second.article.entities] == [
        ("DATE", "Sáng 12-3"),
        ("LOC", "Hà Nội"),
        ("ORG", "Ban Tổ chức Trung ương"),
    ]


def test_the_words_that_are_given_become_tokens(tmp_path: Path) -> None:
    def words(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"Hà Nội|[^\s,.]+|\S", text)]

    export_corpus([labelled()], "conll", tmp_path / "out", words=words)
    assert ("Hà_Nội", "B-LOC") in tokens_of(tmp_path / "out" / "articles.conll")
    (article,) = import_corpus(tmp_path / "out", "conll")
    assert "tại Hà Nội ." in article.article.text


def test_syllables_and_punctuation() -> None:
    text = "(Nghị quyết 35-CT/TW), “họp”… e\u0301! .."
    found = " ".join(text[start:end] for start, end in syllables(text))
    assert found == "( Nghị quyết 35-CT/TW ) , “ họp ” … e\u0301 ! . ."


def test_files_of_other_people(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    sentences = "Ban NN B-NP B-ORG\nTổ_chức NN I-NP I-ORG\nhọp VB O O\n"
    path.write_text(sentences + "\r\n" + "Hà_Nội\tB-LOC", encoding="utf-8")
    first, second = import_corpus(path, "conll")
    assert (first.id, first.article.text) == (f"{path}:1", "Ban Tổ chức họp")
    assert [(e.label, e.text) for e in first.article.entities] == [("ORG", "Ban Tổ chức")]
    assert (second.id, second.article.text) == (f"{path}:5", "Hà Nội")
    document = "-DOCSTART- -X- O O\n\n"
    path.write_text(document + sentences + "\n" + sentences + document + "_ O", encoding="utf-8")
    first, second = import_corpus(path, "conll")
    assert [passage.text for passage in first.article.passages] == ["Ban Tổ chức họp"] * 2
    assert (second.id, second.article.text) == (f"{path}:12", "_")


def test_a_token_that_looks_like_a_document_is_a_token(tmp_path: Path) -> None:
    corpus = [labelled("1", "-DOCSTART-", [("LOC", "-DOCSTART-")], ())]

    def words(text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]

    export_corpus(corpus, "conll", tmp_path / "out", words=words)
    (article,) = import_corpus(tmp_path / "out", "conll")
    assert [e.text for e in article.article.entities] == ["-DOCSTART-"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ban\n", 'line 1: expected a token and a tag O, B-TYPE or I-TYPE, found "Ban"'),
        ("Ban\tB-\n", "line 1: expected a token and a tag"),
        ("họp\tO\nBan\tI-ORG\n", 'line 2: expected IOB2, .* found "I-ORG" after "O"'),
        ("Ban\tB-ORG\n\nTổ\tI-ORG\n", "line 3: expected IOB2"),
        ("Ban\tB-ORG\nTổ\tI-LOC\n", 'found "I-LOC" after "B-ORG"'),
    ],
)
def test_other_files_are_told(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.conll"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        list(import_corpus(path, "conll"))


def test_articles_that_are_not_those_of_the_file_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_corpus([labelled("1"), labelled("2")], "conll", folder)
    names, rows = folder / "articles.jsonl", folder / "articles.conll"
    first, second = names.read_text(encoding="utf-8").splitlines(keepends=True)
    names.write_text(first, encoding="utf-8")
    with pytest.raises(InputError, match=r"articles\.conll, line \d+: expected no more passages"):
        list(import_corpus(folder, "conll"))
    names.write_text(first + second.replace("4", "5"), encoding="utf-8")
    with pytest.raises(InputError, match=r"articles\.jsonl, line 2: expected 5 passages"):
        list(import_corpus(folder, "conll"))
    names.write_text(first + second.replace("passages", "sentences"), encoding="utf-8")
    with pytest.raises(InputError, match=r'line 2: expected "id", "fields" and "passages"'):
        list(import_corpus(folder, "conll"))
    rows.unlink()
    with pytest.raises(InputError, match=r"expected a file articles\.conll in it"):
        list(import_corpus(folder, "conll"))


def test_a_label_with_white_space_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'Article "1": Label .* without white space'):
        export_corpus([labelled("1", entities=[("A B", "Hà Nội")])], "conll", tmp_path / "out")

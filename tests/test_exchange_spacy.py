"""Files of spaCy documents: what they look like to spaCy, and what is read of other people's."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
import spacy
from exchange_corpora import TEXT, labelled
from spacy.tokens import DocBin, Span
from spacy.training import Corpus

from phodang.errors import InputError, MissingDependencyError
from phodang.exchange import docbin, export_corpus, import_corpus, spacy_docs


def test_spacy_trains_on_the_folder(tmp_path: Path) -> None:
    corpus = [labelled("1"), labelled("2", "Hà Nội, Hà Tĩnh", [("LOC", "Tĩnh")], ())]
    export_corpus(corpus, "spacy", tmp_path / "out")
    first, second = Corpus(tmp_path / "out")(spacy.blank("xx"))
    assert first.reference.text == TEXT
    assert [(e.text, e.label_) for e in first.reference.ents] == [
        ("Sáng 12-3", "DATE"),
        ("Hà Nội", "LOC"),
        ("Ban Tổ chức Trung ương", "ORG"),
    ]
    (section,) = first.reference.spans["sections"]
    assert (section.text, section.label_) == ("Kiểm tra cơ sở.", "task")
    assert first.reference.spans["sections"].attrs["scores"] == [0.75]
    assert [token.text for token in second.reference] == ["Hà", "Nội", ",", "Hà", "Tĩnh"]
    about = first.reference.user_data["phodang"]
    assert (about["id"], about["fields"]) == ("1", {"source": "báo"})


def test_what_was_corrected_is_certain_and_the_rest_keeps_its_score(tmp_path: Path) -> None:
    export_corpus([labelled()], "spacy", tmp_path / "out")
    path = tmp_path / "out" / "articles-00000.spacy"
    (doc,) = DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)
    date, place, _ = doc.ents
    doc.set_ents([date, Span(doc, place.start, place.end, label="ORG")])
    DocBin(docs=[doc], store_user_data=True).to_disk(path)
    (article,) = import_corpus(path, "spacy")
    assert [(e.label, e.score) for e in article.article.entities] == [("DATE", 0.75), ("ORG", 1.0)]
    assert (article.id, article.fields) == ("au/1", {"source": "báo"})


def test_few_documents_are_held_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docbin, "_DOCS_PER_FILE", 2)
    corpus = [labelled(str(number)) for number in range(5)]
    assert export_corpus(corpus, "spacy", tmp_path / "out") == 5
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("articles-00000.spacy", "articles-00001.spacy", "articles-00002.spacy"),
    ]
    assert list(import_corpus(tmp_path / "out", "spacy")) == corpus


def test_numbers_that_the_format_cannot_hold_are_told(tmp_path: Path) -> None:
    article = labelled("1")
    article.fields["big"] = 2**64
    with pytest.raises(InputError, match=r'Article "1": .* more than 64 bits as strings'):
        export_corpus([article], "spacy", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_words_of_another_text_are_told(tmp_path: Path) -> None:
    for words, message in (
        ([(0, 400)], "found 0–400 behind 0–0"),
        ([(4, 6), (0, 3)], "found 0–3 behind 4–6"),
    ):
        with pytest.raises(InputError, match=message):
            export_corpus([labelled()], "spacy", tmp_path / "out", words=lambda text, w=words: w)


def test_documents_of_other_people(tmp_path: Path) -> None:
    doc = spacy.blank("xx")("Hà Nội.\nHọp tại Huế.")
    doc.set_ents([Span(doc, 0, 2, label="GPE")])
    doc.spans["sections"] = [Span(doc, 0, len(doc), label="x")]
    doc.spans["other"] = [Span(doc, 0, 1, label="y")]
    DocBin(docs=[doc]).to_disk(tmp_path / "b.spacy")
    (article,) = import_corpus(tmp_path, "spacy")
    assert article.id == f"{tmp_path / 'b.spacy'}, document 1"
    (entity,) = article.article.entities
    assert (entity.label, entity.text, entity.score) == ("GPE", "Hà Nội", 1.0)
    assert [passage.labels for passage in article.article.passages] == [("x",), ("x",)]
    doc.set_ents([Span(doc, 2, 5, label="GPE")])
    DocBin(docs=[doc]).to_disk(tmp_path / "b.spacy")
    with pytest.raises(InputError, match=r"b\.spacy, document 1, entities\[0\]: .* one passage"):
        list(import_corpus(tmp_path, "spacy"))
    for data in ("x", {"passages": 1}, {"id": 1}, {"entities": [[1]]}):
        doc.set_ents([])
        doc.user_data["phodang"] = data
        DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "b.spacy")
        with pytest.raises(InputError, match=r"b\.spacy, document 1: expected"):
            list(import_corpus(tmp_path, "spacy"))


def test_damaged_files_are_told(tmp_path: Path) -> None:
    export_corpus([labelled()], "spacy", tmp_path / "out")
    path = tmp_path / "out" / "articles-00000.spacy"
    content = path.read_bytes()
    for data in (b"", b"x", content[: len(content) // 2]):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"00000\.spacy: expected documents in spaCy's binary"):
            list(import_corpus(tmp_path / "out", "spacy"))
    path.rename(tmp_path / "out" / "articles")
    with pytest.raises(InputError, match=r"expected \.spacy files"):
        list(import_corpus(tmp_path / "out", "spacy"))


def test_documents_that_would_fill_the_memory_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_corpus([labelled()], "spacy", tmp_path / "out")
    monkeypatch.setattr("phodang.exchange.docbin._MOST_BYTES", 1 << 21)
    assert len(list(import_corpus(tmp_path / "out", "spacy"))) == 1
    path = tmp_path / "large.spacy"
    path.write_bytes(zlib.compress(bytes(1 << 24)))
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match=r"large\.spacy: expected at most 2,097,152 bytes when"):
        list(import_corpus(path, "spacy"))


def test_without_spacy_the_way_to_get_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spacy_docs.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"phodang\[spacy\]"):
        export_corpus([labelled()], "spacy", tmp_path / "out")
    with pytest.raises(MissingDependencyError, match=r"phodang\[spacy\]"):
        list(import_corpus(tmp_path, "spacy"))

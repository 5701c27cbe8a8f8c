"""phodang in a spaCy pipeline: no span is lost or moved, whatever the tokenizer does."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import spacy
from exchange_corpora import few
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from phodang.analyzer import BUNDLED_MODEL, Analyzer
from phodang.article import Article, Entity, Passage
from phodang.errors import CheckpointError, InputError
from phodang.exchange import import_corpus
from phodang.exchange.spacy_docs import doc_to_article
from phodang.passages import passage_spans
from phodang.sections import PassageSection
from phodang.spacy_pipe import FACTORY, PhodangComponent

TEXT = "😀 Sáng 12-3, tại TP.HCM(ĐBQH),\r\nBan Tổ chức/UBND họp. Còn yếu.\n"


class PatternAnalyzer:
    """Labels what patterns find, also inside of tokens; tells how far it has read."""

    manifest = SimpleNamespace(tasks=("entities", "sections"))

    def __init__(self) -> None:
        self.read = 0

    def stream(
        self, texts: Iterable[str], *, tasks: Iterable[str] | None = None
    ) -> Iterator[Article]:
        wanted = set(self.manifest.tasks if tasks is None else tasks)
        if unknown := wanted - {"entities", "sections"}:
            raise InputError(f"Expected tasks that the model does, found {unknown}.")
        waiting = []
        for text in texts:
            self.read += 1
            waiting.append(text)
            if len(waiting) == 2:
                yield from (self.label(text, wanted) for text in waiting)
                waiting = []
        yield from (self.label(text, wanted) for text in waiting)

    def label(self, text: str, tasks: set[str]) -> Article:
        passages = []
        for start, end in passage_spans(text):
            found = re.finditer(r"[A-ZĐ]{2,}|\d|[Ss]á|ch", text[start:end])
            entities = [
                Entity(start + m.start(), start + m.end(), m.group()[0].upper(), m.group(), 0.5)
                for m in found
            ]
            # Parts end with the white space between sentences.
            parts = re.finditer(r".+?(?:\. |$)", text[start:end])
            sections = [
                PassageSection(start + m.start(), start + m.end(), "task", 0.25) for m in parts
            ]
            passages.append(
                Passage(
                    start,
                    end,
                    text[start:end],
                    tuple(entities) if "entities" in tasks else (),
                    tuple(sections) if "sections" in tasks else (),
                )
            )
        return Article(text, tuple(passages))


@pytest.fixture
def analyzer(monkeypatch: pytest.MonkeyPatch) -> PatternAnalyzer:
    analyzer = PatternAnalyzer()
    monkeypatch.setattr(Analyzer, "from_pretrained", lambda model, threads=None: analyzer)
    return analyzer


@pytest.fixture
def nlp(analyzer: PatternAnalyzer) -> Language:
    nlp = spacy.blank("xx")
    nlp.add_pipe(FACTORY)
    return nlp


def offsets(spans: Iterable[Span]) -> list[tuple[int, int, str]]:
    return [(span.start_char, span.end_char, span.label_) for span in spans]


def expected(article: Article) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.label) for entity in article.entities]


def test_spans_are_those_of_the_analyzer(nlp: Language, analyzer: PatternAnalyzer) -> None:
    doc = nlp(TEXT)
    article = analyzer.label(TEXT, {"entities", "sections"})
    assert doc.text == TEXT
    assert offsets(doc.ents) == expected(article)
    assert [token.text for token in doc[:7]] == ["😀", "Sá", "ng", "1", "2", "-", "3"]
    sections = [section for passage in article.passages for section in passage.sections]
    found = doc.spans["sections"]
    assert [TEXT[s.start : s.end].strip() for s in sections] == [span.text for span in found]
    assert found.attrs["scores"] == [0.25] * 3
    # Nothing of what the analyzer said is lost.
    assert doc.user_data["phodang"] == {
        "passages": [[passage.start, passage.end] for passage in article.passages],
        "entities": [[e.start, e.end, e.label, 0.5] for e in article.entities],
        "sections": [[s.start, s.end, "task", 0.25] for s in sections],
    }


@few
@given(st.text("aĐảbTH😀e\u0323 \t\n.,-/1(", max_size=30))
def test_any_text_with_any_tokens(text: str) -> None:
    analyzer = PatternAnalyzer()
    component = PhodangComponent.__new__(PhodangComponent)
    component.__dict__.update(tasks=None, _analyzer=analyzer, _process=os.getpid())
    article = analyzer.label(text, {"entities", "sections"})
    nlp = spacy.blank("xx")
    whole = Doc(nlp.vocab, words=[text] if text else [], spaces=[False] if text else [])
    for doc in (nlp.make_doc(text), whole):
        assert component(doc) is doc
        assert doc.text == text
        assert offsets(doc.ents) == expected(article)
        assert len(doc.spans["sections"]) == sum(len(p.sections) for p in article.passages)
        assert doc_to_article(doc).entities == article.entities


def test_what_other_components_said_stays(nlp: Language) -> None:
    @Language.component("marks")
    def marks(doc: Doc) -> Doc:
        doc.spans["mine"] = [doc.char_span(18, 25, label="X"), doc.char_span(5, 17, label="Y")]
        doc.spans["mine"].attrs["n"] = 1
        for token in doc:
            token.tag_ = token.text.upper()
            token.is_sent_start = token.i == 0 or token.text in (")", "Còn")
        return doc

    nlp.add_pipe("marks", before=FACTORY)
    reference = spacy.blank("xx")
    reference.add_pipe("marks")
    doc, before = nlp("Sáng TP.HCM(ĐBQH) ngày 12-3. Còn yếu."), None
    before = reference(doc.text)
    assert len(doc) > len(before)
    assert [sent.text for sent in doc.sents] == [sent.text for sent in before.sents]
    assert offsets(doc.spans["mine"]) == offsets(before.spans["mine"])
    assert doc.spans["mine"].attrs == {"n": 1}
    for token in doc:
        (original,) = (t for t in before if t.idx <= token.idx < t.idx + len(t))
        assert token.tag_ == original.tag_


def test_pipe_reads_ahead_no_further_than_the_analyzer(
    nlp: Language, analyzer: PatternAnalyzer
) -> None:
    texts = [f"UBND {number}" for number in range(7)]
    docs = nlp.pipe(((text, text) for text in texts), as_tuples=True, batch_size=1)
    first, context = next(docs)
    assert (first.text, context) == (texts[0], texts[0])
    assert analyzer.read < 7
    rest = list(docs)
    assert [(doc.text, context) for doc, context in rest] == [(text, text) for text in texts[1:]]
    assert all(doc.ents for doc, _ in rest)


def test_one_task_alone(analyzer: PatternAnalyzer) -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe(FACTORY, config={"tasks": ["sections"], "threads": 1})
    doc = nlp.make_doc(TEXT)
    doc.ents = [Span(doc, 1, 2, label="MINE")]
    doc = nlp.get_pipe(FACTORY)(doc)
    assert [ent.label_ for ent in doc.ents] == ["MINE"]
    assert len(doc.spans["sections"]) == 3
    assert "entities" not in doc.user_data["phodang"]
    nlp.remove_pipe(FACTORY)
    nlp.add_pipe(FACTORY, config={"tasks": ["entities"]})
    assert "sections" not in nlp(TEXT).spans
    with pytest.raises(InputError, match="topics"):
        nlp.replace_pipe(FACTORY, FACTORY, config={"tasks": ["topics"]})


def test_a_pipeline_keeps_the_model_s_name(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "pipeline")
    files = [path.name for path in (tmp_path / "pipeline").rglob("*") if path.is_file()]
    assert not any("onnx" in name for name in files)
    again = spacy.load(tmp_path / "pipeline")
    assert again.get_pipe(FACTORY).model == BUNDLED_MODEL
    assert offsets(again(TEXT).ents) == offsets(nlp(TEXT).ents)
    assert spacy.blank("xx").from_bytes(nlp.to_bytes()) is not None


def test_a_component_is_loaded_again_in_another_process(nlp: Language) -> None:
    component = nlp.get_pipe(FACTORY)
    copy = pickle.loads(pickle.dumps(component))
    assert copy.__dict__["_analyzer"] is None
    assert offsets(copy(nlp.make_doc(TEXT)).ents) == offsets(nlp(TEXT).ents)


def test_documents_of_a_pipeline_can_be_imported(
    nlp: Language, analyzer: PatternAnalyzer, tmp_path: Path
) -> None:
    doc = nlp(TEXT)
    DocBin(store_user_data=True, docs=[doc, spacy.blank("xx")("")]).to_disk(tmp_path / "a.spacy")
    first, second = import_corpus(tmp_path / "a.spacy", "spacy")
    assert first.id == f"{tmp_path / 'a.spacy'}, document 1"
    assert first.article.entities == analyzer.label(TEXT, {"entities"}).entities
    assert second.article == Article("")


def test_the_bundled_model() -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe(FACTORY, config={"threads": 1})
    doc = nlp("Sáng 12-3, tại Hà Nội, Ban Tổ chức Trung ương họp.")
    assert [ent.text for ent in doc.ents] == ["Sáng 12-3", "Hà Nội", "Ban Tổ chức Trung ương"]
    with pytest.raises(CheckpointError):
        nlp.add_pipe(FACTORY, name="other", config={"model": "no-such-folder"})


def test_a_tree_stays_a_tree(analyzer: PatternAnalyzer) -> None:
    nlp = spacy.blank("xx")
    doc = Doc(
        nlp.vocab,
        words=["Họp", "UBND/HĐND", "ở", "TP.HCM.", "Nghỉ"],
        heads=[0, 0, 0, 2, 4],
        deps=["ROOT", "nsubj", "prep", "pobj", "ROOT"],
    )
    nlp.add_pipe(FACTORY)
    doc = nlp.get_pipe(FACTORY)(doc)
    assert [ent.text for ent in doc.ents] == ["UBND", "HĐND", "TP", "HCM"]
    heads = {token.text: (token.head.text, token.dep_) for token in doc}
    assert heads == {
        "Họp": ("Họp", "ROOT"),
        "UBND": ("Họp", "nsubj"),
        "/": ("UBND", "nsubj"),
        "HĐND": ("UBND", "nsubj"),
        "ở": ("Họp", "prep"),
        "TP": ("ở", "pobj"),
        ".": ("TP", "pobj"),
        "HCM": ("TP", "pobj"),
        "Nghỉ": ("Nghỉ", "ROOT"),
    }
    assert [sent.text for sent in doc.sents] == ["Họp UBND/HĐND ở TP.HCM.", "Nghỉ"]

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import unicodedata
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang.errors import InputError
from phodang.sections import SECTION_LABELS
from phodang_training.config import DataConfig
from phodang_training.corpus import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    Split,
    check_disjoint,
    describe,
    load_articles,
    read_articles,
    read_conll,
    read_split,
    select,
    write_articles,
)

LABELS = ("ORG", "LOC", "DATE")
TEXT = "Sáng 18-10, tại Hà Nội, Ban Tổ chức Trung ương họp."
ENTITIES = [
    {"start": 0, "end": 10, "label": "DATE"},
    {"start": 16, "end": 22, "label": "LOC"},
    {"start": 24, "end": 46, "label": "ORG"},
]


def record(**changes: Any) -> dict[str, Any]:
    passage: dict[str, Any] = {"text": TEXT, "entities": ENTITIES, "sections": ["task"]}
    top: dict[str, Any] = {
        key: changes.pop(key) for key in ("id", "source", "kind") if key in changes
    }
    return {"id": "a", **top, "passages": [{**passage, **changes}]}


def written(path: Path, *records: Any) -> Path:
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def article(identifier: str, *texts: str, label: str = "ORG") -> AnnotatedArticle:
    passages = (AnnotatedPassage(text, (AnnotatedSpan(0, 1, label),)) for text in texts)
    return AnnotatedArticle(identifier, tuple(passages))


@st.composite
def passages(draw: st.DrawFn) -> AnnotatedPassage:
    text = draw(st.text(min_size=1).filter(lambda text: text.strip()))
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [
        AnnotatedSpan(start, end, draw(st.sampled_from(LABELS)))
        for start, end in zip(edges[::2], edges[1::2], strict=False)
    ]
    sections = draw(st.lists(st.sampled_from(SECTION_LABELS), unique=True))
    return AnnotatedPassage(text, tuple(spans), tuple(sections))


corpora = st.lists(
    st.builds(
        AnnotatedArticle,
        st.text(min_size=1),
        st.lists(passages(), min_size=1, max_size=3).map(tuple),
        st.none() | st.text(),
        st.none() | st.text(),
    ),
    max_size=3,
    unique_by=lambda article: article.id,
)

# Neither white space nor controls; a byte order mark would be taken off at the file's start.
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=6).map(
    lambda word: word.replace("\ufeff", "_")
)
sentences = st.lists(st.tuples(words, st.sampled_from((None, *LABELS)), st.booleans()), min_size=1)


@given(corpora)
def test_what_is_written_is_read_back_equal(articles: list[AnnotatedArticle]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "corpus.jsonl")
        write_articles(path, articles)
        assert read_articles(path) == articles


def test_offsets_point_at_the_surfaces(tmp_path: Path) -> None:
    (found,) = read_articles(written(tmp_path / "a.jsonl", record(source="Báo", kind="tin")))
    (passage,) = found.passages
    surfaces = [passage.text[span.start : span.end] for span in passage.entities]
    assert surfaces == ["Sáng 18-10", "Hà Nội", "Ban Tổ chức Trung ương"]
    assert passage.sections == ("task",)
    assert (found.source, found.kind) == ("Báo", "tin")


def test_windows_files_are_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = json.dumps(record(), ensure_ascii=False)
    path.write_bytes(b"\xef\xbb\xbf" + f"{line}\r\n\r\n".encode())
    assert read_articles(path)[0].passages[0].text == TEXT


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ('{"id": "b", ', "JSON"),
        ("[]", r"expected an object .* found \[\]"),
        ({"id": "b"}, 'no "passages"'),
        ({"id": "b", "passages": []}, "at least one passage"),
        (record(id=""), "empty string"),
        (record(id=3), '"id" to be a string, found 3'),
        ({**record(id="b"), "sourc": "Báo"}, 'unknown key "sourc".*"source"'),
        (record(id="b", text=" "), r"passages\[0\]: expected a passage with text"),
        (record(id="b", text=TEXT[:30]), r"entities\[2\] \(ORG 24–46\).*inside.*0–30"),
        (record(id="b", entities=[{"start": 0, "end": 5}]), r'entities\[0\].*no "label"'),
        (record(id="b", entities=[{**ENTITIES[0], "end": "9"}]), '"end" to be a whole number'),
        (record(id="b", entities=[{**ENTITIES[0], "start": True}]), '"start".*found true'),
        (record(id="b", entities=[{**ENTITIES[0], "start": 10}]), "empty span"),
        (record(id="b", entities=[{**ENTITIES[0], "start": -1}]), "offsets inside"),
        (record(id="b", entities=[{**ENTITIES[0], "label": ""}]), "expected a label"),
        (record(id="b", entities=ENTITIES[::-1]), "in order.*Sort by start"),
        (record(id="b", entities=[ENTITIES[0], {**ENTITIES[1], "start": 9}]), "not overlap"),
        (record(id="b", sections=["task", "task"]), "each section once"),
        (record(id="b", sections=[""]), "sections with names"),
        (record(id="b", sections=[1]), r'"sections\[0\]" to be a string'),
        (record(id="a"), 'found "a" again, which line 1 has'),
        ('{"id": "\\ud800", "passages": []}', "surrogate"),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, bad: Any, told: str) -> None:
    path = written(tmp_path / "a.jsonl", record(), "", bad)
    with pytest.raises(InputError, match=told) as caught:
        read_articles(path)
    assert str(caught.value).startswith(f"{path}, line 3: ")


def test_an_unknown_label_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", record())
    assert len(read_articles(path, labels=LABELS)) == 1
    with pytest.raises(InputError, match=r'line 1: passages\[0\]: unknown label "LOC".*"LOCATION"'):
        read_articles(path, labels=("ORG", "LOCATION", "DATE"))


def test_an_unknown_section_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", record(sections=["tasks", "praise"]))
    assert read_articles(path)[0].passages[0].sections == ("tasks", "praise")
    with pytest.raises(InputError, match=r'line 1: passages\[0\]: unknown section "tasks".*"task"'):
        read_articles(path, sections=("praise", *SECTION_LABELS))


@pytest.mark.parametrize("read", [read_articles, read_conll, read_split])
def test_files_that_cannot_be_read_are_told(tmp_path: Path, read: Any) -> None:
    with pytest.raises(InputError, match=r"absent: expected a file"):
        read(tmp_path / "absent")
    (tmp_path / "latin").write_bytes(b"\n\xe9")
    with pytest.raises(InputError, match="line 2: expected UTF-8, found byte 0xe9"):
        read(tmp_path / "latin")


@given(st.lists(sentences, min_size=1, max_size=3))
def test_conll_gives_the_words_and_the_spans_of_the_tags(
    corpus: list[list[tuple[str, str | None, bool]]],
) -> None:
    lines: list[str] = []
    expected = []
    for sentence in corpus:
        spans: list[tuple[str, str]] = []
        previous = None
        for word, label, begins in sentence:
            if label is None:
                lines.append(f"{word}\tO")
            elif begins or label != previous:
                lines.append(f"{word} B-{label}")
                spans.append((word, label))
            else:
                lines.append(f"{word}\tI-{label}")
                spans[-1] = (f"{spans[-1][0]} {word}", label)
            previous = label
        lines.append("")
        expected.append((" ".join(word for word, _, _ in sentence), spans))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.conll")
        path.write_text("\n".join(lines), encoding="utf-8")
        articles = read_conll(path, labels=LABELS)
    found = [passage for article in articles for passage in article.passages]
    assert [
        (p.text, [(p.text[s.start : s.end], s.label) for s in p.entities]) for p in found
    ] == expected
    assert len({article.id for article in articles}) == len(articles)


def test_conll_keeps_underscores(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text(
        "\nBan Tổ_chức\n".replace(" ", " B-ORG\n").replace("chức", "chức I-ORG"), "utf-8"
    )
    (sentence,) = read_conll(path)
    assert sentence == AnnotatedArticle(
        f"{path}:2", (AnnotatedPassage("Ban Tổ_chức", (AnnotatedSpan(0, 11, "ORG"),)),)
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Hà_Nội I-LOC", 'expected IOB2.*"I-LOC" after "B-ORG".*B-LOC'),
        ("Hà_Nội", "expected 2 columns.*found 1"),
        ("Hà Nội B-LOC", "expected 2 columns.*found 3"),
        ("Hà_Nội LOC", 'found "LOC"'),
        ("Hà_Nội B-LOK", 'unknown label "LOK".*"LOC"'),
    ],
)
def test_a_fault_in_conll_is_told_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    path = written(tmp_path / "a.conll", "họp\tO", "", "Chính_phủ\tB-ORG", line)
    with pytest.raises(InputError, match=told) as caught:
        read_conll(path, labels=LABELS)
    assert str(caught.value).startswith(f"{path}, line 4: ")


def test_an_entity_of_conll_does_not_go_on_after_a_blank_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.conll", "Chính_phủ\tB-ORG", "", "họp\tI-ORG")
    with pytest.raises(InputError, match="line 3: expected IOB2"):
        read_conll(path)


def test_what_is_in_train_and_in_test_is_found() -> None:
    long = "Ban Tổ chức Trung ương họp tại Hà Nội hôm nay"
    composed = "Hội nghị sơ kết quý hai họp tại Huế"
    decomposed = unicodedata.normalize("NFD", composed)
    train = [article("a", "Tin vắn", long), article("b", composed)]
    assert check_disjoint(train, [article("c", "Tin vắn", "Ban Tổ chức họp")]) == []
    problems = check_disjoint(
        train, [article("a", "Tin mới"), article("d", f" {long}"), article("e", decomposed)]
    )
    assert len(problems) == 3
    assert re.search(r"Article a .*both", problems[0])
    assert re.search(r"d passages\[0\] is a passages\[1\] again", problems[1])
    assert problems[2].startswith("e passages[0] is b passages[0]")


def test_a_split_chooses_articles(tmp_path: Path) -> None:
    path = written(tmp_path / "split.json", {"heldout": ["b"], "train": ["c", "a"]})
    split = read_split(path)
    assert split == Split(train=("c", "a"), heldout=("b",))
    articles = [article(identifier, "Tin") for identifier in "abc"]
    assert [chosen.id for chosen in select(articles, split.train)] == ["a", "c"]
    with pytest.raises(InputError, match='"x" and 1 more'):
        select(articles, ["x", "y", "a"])


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"heldout": [], "train": ["a", "a"]}, '"a" 2 times'),
        ({"heldout": ["a"], "train": ["a"]}, '"a" 2 times'),
        ({"heldout": ["a"]}, 'no "train"'),
        ({"held_out": [], "train": []}, 'unknown key "held_out".*"heldout"'),
        ({"heldout": [1], "train": []}, r'"heldout\[0\]" to be a string'),
    ],
)
def test_a_faulty_split_is_told(tmp_path: Path, bad: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_split(written(tmp_path / "split.json", bad))


def test_counts(tmp_path: Path) -> None:
    articles = read_articles(written(tmp_path / "a.jsonl", record(id="a"), record(id="b")))
    counts = describe(articles)
    assert (counts.articles, counts.passages, counts.words) == (2, 2, 22)
    assert counts.entities == {"DATE": 2, "LOC": 2, "ORG": 2}
    assert counts.sections == {"task": 2}


def test_heldout_articles_are_never_trained_on(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    other = tmp_path / "other.jsonl"
    write_articles(own, [article(identifier, "Tin") for identifier in "abc"])
    write_articles(other, [article("d", "Tin")])
    split = written(tmp_path / "split.json", {"heldout": ["b"], "train": ["a", "c"]})
    train, dev = load_articles(
        DataConfig(train=(str(own), str(other)), dev=(str(own),), split=split)
    )
    assert [a.id for a in train] == ["a", "c", "d"]
    assert [a.id for a in dev] == ["b"]
    with pytest.raises(InputError, match="expected ids of articles"):
        load_articles(DataConfig(train=(str(other),), dev=(str(own),), split=split))


def test_files_that_do_not_fit_together_are_told(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write_articles(one, [article("a", "Tin")])
    write_articles(two, [article("b", "Tin", label="ORGS")])
    with pytest.raises(InputError, match=r'one\.jsonl: expected each file once.*"a"'):
        load_articles(DataConfig(train=(str(one),), dev=(str(one),)))
    with pytest.raises(InputError, match=r'two\.jsonl, line 1.*unknown label "ORGS".*"ORG"'):
        load_articles(DataConfig(train=(str(one),), dev=(str(two),)))
    with pytest.raises(InputError, match=r'one\.jsonl, line 1.*unknown label "ORG"'):
        load_articles(DataConfig(train=(str(one),), dev=(str(two),), labels=("LOC",)))
    write_articles(two, [])
    with pytest.raises(InputError, match=r"two\.jsonl: expected articles"):
        load_articles(DataConfig(train=(str(one),), dev=(str(two),)))


def test_a_passage_in_train_and_dev_is_warned_of(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write_articles(one, [article("a", "Ban Tổ chức Trung ương họp tại Hà Nội hôm nay")])
    write_articles(two, [article("b", "Ban Tổ chức Trung ương họp tại Hà Nội hôm nay")])
    with pytest.warns(
        UserWarning,
        match=r"two\.jsonl, line 1: passages\[0\].*passages\[0\] of .*one\.jsonl, line 1 again",
    ):
        load_articles(DataConfig(train=(str(one),), dev=(str(two),)))


def test_conll_files_are_loaded(tmp_path: Path) -> None:
    one = written(tmp_path / "one.conll", "Chính_phủ\tB-ORG", "họp\tO")
    two = written(tmp_path / "two.conll", "Quốc_hội\tB-ORG", "họp\tO")
    train, dev = load_articles(DataConfig(train=(str(one),), dev=(str(two),), format="conll"))
    assert [a.passages[0].text for a in (*train, *dev)] == ["Chính_phủ họp", "Quốc_hội họp"]


class TestShippedData:
    data = Path(__file__).parents[1] / "data"
    authored = data / "authored" / "authored.jsonl"
    split = data / "authored" / "split.json"

    @staticmethod
    def first_series(ids: list[str]) -> list[str]:
        """Those of series 0 to 7; the later ones are to train on alone."""
        return [identifier for identifier in ids if int(identifier.split("-")[1]) < 8]

    def test_the_split_names_each_article_once_and_a_tenth_as_heldout(self) -> None:
        ids = [a.id for a in read_articles(self.authored, sections=SECTION_LABELS)]
        split = read_split(self.split)
        assert sorted((*split.train, *split.heldout)) == sorted(ids)
        assert len(split.heldout) == round(len(self.first_series(ids)) / 10)

    def test_the_split_is_made_as_its_readme_says(self) -> None:
        def digest(identifier: str) -> str:
            return hashlib.sha256(identifier.encode()).hexdigest()

        written = self.first_series([a.id for a in read_articles(self.authored)])
        ids = sorted(written, key=digest)
        series = {identifier.rpartition("-")[0] for identifier in ids}
        heldout = [i for s in series for i in [i for i in ids if i.startswith(f"{s}-")][:2]]
        heldout += [identifier for identifier in ids if identifier not in heldout][:4]
        assert sorted(heldout) == sorted(read_split(self.split).heldout)

    def test_training_with_the_split_leaks_nothing(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            train, dev = load_articles(
                DataConfig(train=(str(self.authored),), dev=(str(self.authored),), split=self.split)
            )
        assert {a.id for a in dev} == set(read_split(self.split).heldout)
        assert len(train) > len(dev) > 0

    def test_the_demo_article_is_a_heldout_one(self) -> None:
        (path,) = (self.data / "articles").glob("*.txt")
        (source,) = select(read_articles(self.authored), [path.stem])
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines == [passage.text for passage in source.passages]
        assert path.stem in read_split(self.split).heldout

    def test_the_counts_of_the_readme_are_those_of_the_corpus(self) -> None:
        table = (self.data / "authored" / "README.md").read_text(encoding="utf-8")
        articles, split = read_articles(self.authored), read_split(self.split)
        parts = (articles, select(articles, split.train), select(articles, split.heldout))
        counts = [describe(part) for part in parts]
        rows = {"words": [c.words for c in counts], "passages": [c.passages for c in counts]}
        for label in counts[0].entities:
            rows[f"`{label}`"] = [c.entities[label] for c in counts]
        for section in SECTION_LABELS:
            rows[f"`{section}`"] = [c.sections[section] for c in counts]
        for name, numbers in rows.items():
            assert f"| {name} | {' | '.join(f'{n:,}' for n in numbers)} |" in table

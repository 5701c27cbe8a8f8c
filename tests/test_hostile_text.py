"""Texts that a reader may stumble over, and what holds for every one of them."""

from __future__ import annotations

import random
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_models import ToyModels

from phodang import analyzer as module
from phodang.analyzer import Analyzer
from phodang.article import Article, Entity, Passage
from phodang.html import page_to_html
from phodang.layout import lay_out
from phodang.normalization import normalize
from phodang.sections import PassageSection
from phodang.terminal import render_article
from phodang_training.corpus.spellings import plain, tcvn3, telex, vni
from phodang_training.trust.fuzzing import neighbours_change_entities, reading_faults
from phodang_training.trust.hostile_texts import HOSTILE_KINDS, hostile_text
from phodang_training.trust.random_labels import with_random_labels
from phodang_training.trust.scaling import SHAPES, measure_scaling

WRITTEN = "Đảng ủy Ủy ban ở Quảng Ngãi, người ỵ"

hostile = st.builds(hostile_text, st.integers(0), kind=st.sampled_from(HOSTILE_KINDS))
every_kind = pytest.mark.parametrize("kind", HOSTILE_KINDS)

LONGER = 8
"""Times as long as the shorter one is the longer text of a comparison of times."""
MOST_TIMES_SLOWER = 4 * LONGER
"""If time were quadratic, it would be twice this; the rest is the machine's other work."""


@pytest.fixture(scope="module")
def folder(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture(scope="module")
def analyzer(folder: Path) -> Analyzer:
    return Analyzer.from_pretrained(folder, threads=1)


@pytest.fixture(scope="module")
def bundled() -> Analyzer:
    return Analyzer.from_pretrained(threads=1)


@pytest.fixture(scope="module")
def at_random(bundled: Analyzer) -> Analyzer:
    """Reads as the bundled model does, and labels at random."""
    return with_random_labels(bundled)


def check(text: str, article: Article) -> None:
    assert list(reading_faults(text, article)) == []


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        (plain, "Dang uy Uy ban o Quang Ngai, nguoi y"),
        (telex, "DDarng ury URy ban owr Quarng Ngaxi, nguwowfi yj"),
        (tcvn3, "§¶ng ñy ñy ban ë Qu¶ng Ng·i, ng\xad\xeai þ"),
        (vni, "Ñaûng uûy UÛy ban ôû Quaûng Ngaõi, ngöôøi î"),
    ],
)
def test_spellings_by_hand(spelling: Callable[[str], str], expected: str) -> None:
    assert "".join(map(spelling, WRITTEN)) == expected


def test_every_vietnamese_letter_has_spellings_of_its_own() -> None:
    tones = ("", *"\u0300\u0309\u0303\u0301\u0323")
    vowels = [unicodedata.normalize("NFC", v + t) for v in "aăâeêioôơuưy" for t in tones]
    for spelling in (telex, tcvn3, vni):
        assert len({spelling(letter) for letter in [*vowels, "d", "đ"]}) == len(vowels) + 2
    assert {spelling("漢") for spelling in (plain, telex, tcvn3, vni)} == {"漢"}


def test_a_seed_gives_the_same_text() -> None:
    for kind in HOSTILE_KINDS:
        texts = [hostile_text(seed, kind=kind) for seed in range(5)]
        assert texts == [hostile_text(seed, kind=kind) for seed in range(5)]
        assert len(set(texts)) == 5
    assert len({hostile_text(seed) for seed in range(50)}) == 50


@pytest.mark.parametrize("segmenter", ["presegmented", "underthesea"])
def test_every_reading_is_sound(folder: Path, segmenter: str) -> None:
    reader = with_random_labels(Analyzer.from_pretrained(folder, segmenter=segmenter))

    @settings(max_examples=150)
    @given(hostile)
    def read(text: str) -> None:
        check(text, reader.predict(text))

    read()


@every_kind
def test_the_bundled_model_reads_every_kind(bundled: Analyzer, kind: str) -> None:
    text = hostile_text(7, kind=kind, length=40)
    article = bundled.predict(text)
    check(text, article)
    assert Article.from_dict(article.to_dict()) == article
    page_to_html([article], titles=[text]).encode("utf-8")
    render_article(article, width=40)


def test_company_changes_nothing(analyzer: Analyzer, folder: Path) -> None:
    others = [analyzer, Analyzer.from_pretrained(folder, threads=3)]

    @settings(max_examples=20)
    @given(st.lists(hostile, min_size=2, max_size=4), st.sampled_from([1, 50, 10**9]))
    def read(texts: list[str], at_once: int) -> None:
        alone = [analyzer.predict(text) for text in texts]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_SUBWORDS_AT_ONCE", at_once)
            for other in others:
                assert other.predict(texts) == alone
                assert other.predict(texts[::-1]) == alone[::-1]

    read()


def test_a_passage_more_changes_no_other_offset(analyzer: Analyzer, at_random: Analyzer) -> None:
    @settings(max_examples=30)
    @given(st.lists(hostile, min_size=2, max_size=4))
    def read(texts: list[str]) -> None:
        for reader in (analyzer, at_random):
            assert not neighbours_change_entities(reader, texts, reader.predict(texts))

    read()


@pytest.mark.parametrize("shape", SHAPES)
def test_long_texts_are_read_in_linear_time(at_random: Analyzer, shape: str) -> None:
    at_random.predict("a")
    measured = measure_scaling(at_random, shape, [1_000, LONGER * 1_000])
    shorter, longer = measured.seconds
    assert longer < MOST_TIMES_SLOWER * shorter + 0.1


def test_exponents_by_hand() -> None:
    class Reader:
        def predict(self, text: str) -> None:
            until = time.process_time() + 4e-9 * len(text) ** 2
            while time.process_time() < until:
                pass

    measured = measure_scaling(Reader(), "one line", [2_000, 4_000, 8_000], repeat=2)  # type: ignore[arg-type]
    assert measured.exponent == pytest.approx(2, abs=0.2)


def seconds(work: Callable[[], object]) -> float:
    def once() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return min(once() for _ in range(3))


@pytest.mark.parametrize("marks", ["\u0301", "\u0301\u0323", "\u0323\u0301\u0903\u0344\u0f73"])
def test_any_number_of_marks_is_put_in_order_in_linear_time(marks: str) -> None:
    def read(count: int) -> float:
        text = "a" + marks * (count // len(marks))
        return seconds(lambda: normalize(text))

    assert read(LONGER * 10_000) < MOST_TIMES_SLOWER * read(10_000) + 0.1


@pytest.mark.parametrize("count", [29, 30, 31, 40, 200])
def test_many_marks_are_composed_as_few_are(count: int) -> None:
    chance = random.Random(count)
    for _ in range(20):
        marks = chance.choices("\u0301\u0323\u0306\u0903\u0344\u0f71\u0f73\u20dd\u09be", k=count)
        text = chance.choice("aAơ\u09c7") + "".join(marks)
        read = normalize(text)
        assert read.text == unicodedata.normalize("NFC", text)
        assert {*zip(read.starts, read.ends, strict=True)} == {(0, len(text))}


def in_parts(count: int) -> Article:
    """An article of one passage with so many parts that have labels, and entities in them."""
    text = "Hà Nội, Huế. " * count
    entities, sections = [], []
    for start in range(0, len(text), 13):
        entities += [Entity(start, start + 6, "LOC", "Hà Nội", 1.0)]
        entities += [Entity(start + 8, start + 11, "LOC", "Huế", 1.0)]
        if start % 2:
            sections.append(PassageSection(start, start + 13, "task", 1.0))
    return Article(text, (Passage(0, len(text), text, tuple(entities), tuple(sections)),))


def test_a_passage_in_many_parts_is_laid_out_in_linear_time() -> None:
    def laid_out(count: int) -> float:
        article = in_parts(count)
        return seconds(lambda: lay_out(article))

    assert laid_out(LONGER * 500) < MOST_TIMES_SLOWER * laid_out(500) + 0.1

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isolated import run_python

from phodang.errors import MissingDependencyError, SegmenterError
from phodang.normalization import normalize
from phodang.segmentation import SEGMENTER_NAMES, Segmenter, align, load_segmenter

SENTENCE = "Ban Tổ chức Trung ương họp tại Hà Nội ngày 12-3-2020, bàn về công tác cán bộ."

vietnamese = st.text(
    st.sampled_from("aâđêơưáộệ HTN ,.-'\"“”…0123456789/%()_@:;\u0301"), max_size=40
)
texts = st.text(max_size=40) | vietnamese


@pytest.fixture(scope="module")
def underthesea() -> Segmenter:
    return load_segmenter("underthesea")


def surfaces(segmenter: Segmenter, text: str) -> list[str]:
    return [text[start:end] for start, end in segmenter.words(text)]


def assert_contract(segmenter: Segmenter, text: str) -> None:
    """In order, apart, trimmed, and covering all that is no white space."""
    position = 0
    for start, end in segmenter.words(text):
        assert position <= start < end
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


@settings(max_examples=60)
@given(texts)
def test_underthesea_covers_any_text(underthesea: Segmenter, text: str) -> None:
    assert_contract(underthesea, normalize(text).text)


def test_underthesea_joins_syllables(underthesea: Segmenter) -> None:
    words = surfaces(underthesea, SENTENCE)
    assert "Tổ chức" in words
    assert "cán bộ" in words
    assert words[-1] == "."


@pytest.mark.parametrize(
    "text",
    [
        "Ban Tổ  chức  Trung   ương",
        "Ban Tổ chức ",
        "  Hà Nội",
        "_ __ a_b Tổ_chức _x x_",
        "... … “ ” ‘ ’ ' ''",
        "Khủng' bố, can't",
        "dangcongsan.vn/xay-dung-dang?id=1_2, info@example.vn",
        "😀👍🏽 河内 ภาษา \ufffd",
        "",
        "   ",
    ],
)
@pytest.mark.parametrize("name", ["underthesea", "presegmented"])
def test_unusual_texts(name: str, text: str) -> None:
    assert_contract(load_segmenter(name), text)


def test_a_very_long_passage(underthesea: Segmenter) -> None:
    text = " ".join([SENTENCE] * 130)
    assert len(text) > 10_000
    assert_contract(underthesea, text)
    # Cut at the ends of sentences, so that no word differs.
    assert surfaces(underthesea, text) == surfaces(underthesea, SENTENCE) * 130


def test_a_very_long_passage_without_sentence_ends(underthesea: Segmenter) -> None:
    assert_contract(underthesea, "Hà Nội và Đà Nẵng " * 600)
    assert_contract(underthesea, " " * 5000 + "Huế" + " " * 5000)


def test_a_very_long_word(underthesea: Segmenter) -> None:
    assert_contract(underthesea, "Hà Nội " + "a" * 10_000 + " Huế")


@settings(max_examples=30)
@given(texts)
def test_pyvi_covers_any_text(text: str) -> None:
    pytest.importorskip("pyvi")
    assert_contract(load_segmenter("pyvi"), normalize(text).text)


def test_pyvi_joins_syllables() -> None:
    pytest.importorskip("pyvi")
    pyvi = load_segmenter("pyvi")
    assert "Tổ chức" in surfaces(pyvi, SENTENCE)
    assert_contract(pyvi, "Ban Tổ  chức  Trung   ương")
    assert_contract(pyvi, "a" * 10_000)


@given(st.text())
def test_presegmented_words_stand_between_white_space(text: str) -> None:
    assert surfaces(load_segmenter("presegmented"), text) == text.split()


def test_names_and_versions() -> None:
    assert SEGMENTER_NAMES == ("underthesea", "pyvi", "presegmented")
    for name in ("underthesea", "presegmented"):
        segmenter = load_segmenter(name)
        assert segmenter.name == name
        assert segmenter.version


def test_an_unknown_name_is_answered_with_those_known() -> None:
    with pytest.raises(SegmenterError) as raised:
        load_segmenter("vncorenlp")
    for name in ("vncorenlp", *SEGMENTER_NAMES):
        assert name in str(raised.value)


def test_a_missing_library_is_answered_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import importlib.metadata

    def missing(distribution: str) -> str:
        raise importlib.metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'phodang\[pyvi\]'"):
        load_segmenter("pyvi")


def aligned(text: str, words: list[str]) -> list[str]:
    return [text[start:end] for start, end in align(text, words, 0, len(text), "test")]


@given(st.lists(st.text("aĐ_.", min_size=1, max_size=5), max_size=6), st.data())
def test_align_places_words_whatever_the_white_space(words: list[str], data: st.DataObject) -> None:
    spaces = st.sampled_from(["", " ", "   "])
    text = data.draw(spaces) + "".join(word + data.draw(spaces) for word in words)
    assert aligned(text, words) == words


def test_align_on_a_piece_of_the_text() -> None:
    assert list(align("Hà Nội, Đà Nẵng", ["Đà_Nẵng"], 8, 15, "test")) == [(8, 15)]


@pytest.mark.parametrize("joined", ["Tổ chức", "Tổ_chức"])
def test_align_takes_joined_syllables_over_any_white_space(joined: str) -> None:
    assert aligned("Ban Tổ   chức", ["Ban", joined]) == ["Ban", "Tổ   chức"]


def test_align_splits_what_is_joined_over_nothing() -> None:
    assert aligned("khủng'.", ["khủng '", "."]) == ["khủng", "'", "."]


def test_align_leaves_white_space_outside_of_words() -> None:
    assert aligned("Huế , ", ["Huế ", " , "]) == ["Huế", ","]


@pytest.mark.parametrize(
    ("words", "at"),
    [
        (["Hà", "Nam"], "offset 4"),
        (["Hà"], "offset 2"),
        (["Hà", "Nội", "."], "offset 6"),
        (["Nội", "Hà"], "offset 0"),
        ([unicodedata.normalize("NFD", "Hà"), "Nội"], "offset 1"),
    ],
)
def test_align_refuses_words_that_are_not_the_texts(words: list[str], at: str) -> None:
    with pytest.raises(SegmenterError, match=at) as raised:
        aligned("Hà Nội", words)
    assert "Hà Nội" in str(raised.value)
    assert "test" in str(raised.value)
    assert "--segmenter" in str(raised.value)


def test_importing_the_segmentation_imports_no_segmenter() -> None:
    import subprocess

    code = "import sys, phodang.segmentation; sys.exit('underthesea' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_segmenting_with_underthesea_does_not_import_torch() -> None:
    script = (
        "import sys; from phodang.segmentation import load_segmenter\n"
        "assert load_segmenter('underthesea').words('Hà Nội') == [(0, 6)]\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
        "assert 'underthesea.pipeline.translate' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("name", ["underthesea", "pyvi"])
def test_the_first_texts_may_come_from_several_threads(name: str) -> None:
    if name == "pyvi":
        pytest.importorskip(name)
    code = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from phodang.segmentation import load_segmenter

name, text = sys.argv[1:]
shared, start = load_segmenter(name), threading.Barrier(8)

def words(number):
    segmenter = shared if number % 2 else load_segmenter(name)
    start.wait()
    return segmenter.words(text)

sys.setswitchinterval(1e-5)  # threads take turns often, so that a race shows
with ThreadPoolExecutor(8) as pool:
    results = [*pool.map(words, range(8))]
assert results == [shared.words(text)] * 8
print(*(text[start:end] for start, end in results[0]), sep="|")
"""
    assert "|Tổ chức|" in run_python(code, name, SENTENCE)

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import SubwordTokenizer

any_text = st.text(st.characters(exclude_categories=()), max_size=30)


@pytest.fixture(scope="module")
def tokenizer(toy_encoder: Path) -> SubwordTokenizer:
    return SubwordTokenizer.from_folder(toy_encoder)


@given(any_text, st.integers(0, 100))
def test_any_text_is_read_at_any_offset(
    tokenizer: SubwordTokenizer, text: str, offset: int
) -> None:
    reader = PassageReader(load_segmenter("presegmented"), tokenizer)
    passage, moved = reader.read(text), reader.read(text, offset=offset)
    assert moved.words == [(start + offset, end + offset) for start, end in passage.words]
    assert (moved.subwords.starts == passage.subwords.starts + offset).all()
    assert (moved.subwords.ends == passage.subwords.ends + offset).all()
    assert (moved.subwords.ids == passage.subwords.ids).all()
    assert (moved.subwords.continues == passage.subwords.continues).all()
    for start, end in passage.words:
        assert 0 <= start < end <= len(text)


@settings(max_examples=40)
@given(any_text)
def test_any_text_is_read_with_the_default_segmenter(
    tokenizer: SubwordTokenizer, text: str
) -> None:
    passage = PassageReader(load_segmenter("underthesea"), tokenizer).read(text)
    covered = {i for start, end in passage.words for i in range(start, end)}
    for position in set(range(len(text))) - covered:
        left_out = text[position]
        assert left_out.isspace() or unicodedata.category(left_out) in ("Cc", "Cf")


def test_words_and_subwords_of_raw_text(tokenizer: SubwordTokenizer) -> None:
    text = "Thuỷ\u00a0điện Ho\u00e0\u200b Bình"
    reader = PassageReader(load_segmenter("presegmented"), tokenizer)
    passage = reader.read(text)
    assert [text[start:end] for start, end in passage.words] == ["Thuỷ", "điện", "Hoà", "Bình"]
    same = reader.read("Thủy điện Hòa Bình")
    assert passage.subwords.ids.tolist() == same.subwords.ids.tolist()

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import SEGMENTED, toy_vocabulary, write_lines
from transformers import PhobertTokenizer

from phodang.errors import CheckpointError
from phodang.normalization import normalize
from phodang.segmentation import load_segmenter
from phodang.subwords import UNKNOWN, Subwords, SubwordTokenizer

SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

pieces = st.sampled_from(
    [
        *sorted(set(SEGMENTED) - {" ", "\n"}),
        *"XzЖ漢😀@_<>/",
        "@@",
        "</w>",
        "</",
        "ng",
        "Tổ",
        "_ủy",
        "s>",
    ]
)
words = st.lists(pieces, min_size=1, max_size=8).map("".join)
ordinary_words = words.filter(lambda word: not any(token in word for token in SPECIAL_TOKENS))

SAMPLE = Path(__file__).parent / "data" / "segmented_sample.txt"


def slow_tokenizer(folder: Path) -> PhobertTokenizer:
    return PhobertTokenizer(  # type: ignore[no-untyped-call]
        vocab_file=str(folder / "vocab.txt"), merges_file=str(folder / "bpe.codes")
    )


@pytest.fixture(scope="module")
def toy(toy_encoder: Path) -> SubwordTokenizer:
    return SubwordTokenizer.from_folder(toy_encoder)


@pytest.fixture(scope="module")
def reference(toy_encoder: Path) -> PhobertTokenizer:
    return slow_tokenizer(toy_encoder)


def read(tokenizer: SubwordTokenizer, text: str) -> tuple[list[tuple[int, int]], Subwords]:
    """The raw spans of the words between white space, and the subwords."""
    normalized = normalize(text)
    found = load_segmenter("presegmented").words(normalized.text)
    raw = [(normalized.starts[start], normalized.ends[end - 1]) for start, end in found]
    return raw, tokenizer.encode(normalized, found)


def slices(text: str, subwords: Subwords) -> list[str]:
    return [text[start:end] for start, end in zip(subwords.starts, subwords.ends, strict=True)]


@settings(max_examples=300)
@given(st.lists(ordinary_words, max_size=4))
def test_ids_are_those_of_transformers(
    toy: SubwordTokenizer, reference: PhobertTokenizer, sentence: list[str]
) -> None:
    expected = [id_ for w in sentence for id_ in reference.encode(w, add_special_tokens=False)]
    assert toy.encode_words(sentence) == expected


def test_the_toy_vocabulary_has_all_kinds_of_subwords(toy: SubwordTokenizer) -> None:
    ids = [toy.encode_words([word]) for word in SEGMENTED.split()]
    assert any(len(word_ids) == 1 for word_ids in ids)
    assert any(len(word_ids) > 3 for word_ids in ids)
    assert any(UNKNOWN in word_ids for word_ids in ids)


def test_sample_with_the_bundled_vocabulary(bundled_encoder: Path) -> None:
    tokenizer, reference = (
        SubwordTokenizer.from_folder(bundled_encoder),
        slow_tokenizer(bundled_encoder),
    )
    sentences = SAMPLE.read_text(encoding="utf-8").splitlines()
    assert len(sentences) >= 60
    for sentence in sentences:
        expected = reference.encode(sentence, add_special_tokens=False)
        assert tokenizer.encode_words(sentence.split()) == expected


@given(st.lists(st.sampled_from(SPECIAL_TOKENS) | words, min_size=1, max_size=3).map("".join))
def test_what_spells_a_special_token_is_text(toy: SubwordTokenizer, word: str) -> None:
    # transformers makes the token of it; text of an article is never a token.
    ids = toy.encode_words([word])
    assert min(ids) >= UNKNOWN


def test_transformers_takes_what_spells_a_special_token_for_it(
    reference: PhobertTokenizer,
) -> None:
    # The reason that the words above are left out of the comparison.
    assert reference.encode("<s>", add_special_tokens=False) == [0]


@given(st.text(st.characters(exclude_categories=()), max_size=30) | words)
def test_offsets_lie_in_their_words_and_leave_out_nothing(toy: SubwordTokenizer, text: str) -> None:
    raw_words, subwords = read(toy, text)
    spans = list(zip(subwords.starts.tolist(), subwords.ends.tolist(), strict=True))
    covered = {position for start, end in spans for position in range(start, end)}
    for start, end in raw_words:
        for position in set(range(start, end)) - covered:
            assert unicodedata.category(text[position]) == "Cf"
    for start, end in spans:
        assert any(first <= start < end <= last for first, last in raw_words)
    assert spans == sorted(spans)
    previous = (0, 0)
    for (start, end), continues in zip(spans, subwords.continues, strict=True):
        # Only the characters of one letter can share its place in the text.
        assert start >= previous[1] or (continues and start >= previous[0])
        previous = (start, end)


@given(st.lists(words, max_size=4).map(" ".join))
def test_slices_of_plain_text_are_the_words(toy: SubwordTokenizer, text: str) -> None:
    raw_words, subwords = read(toy, text)
    assert "".join(slices(text, subwords)) == text.replace(" ", "")
    assert len(raw_words) == len(text.split())


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_decomposed_text_has_the_same_ids_and_its_own_slices(
    toy: SubwordTokenizer, form: Literal["NFC", "NFD"]
) -> None:
    text = "Thủy_điện Hoà_Bình, Tỉnh_ủy Nghệ_An"
    _, composed = read(toy, "Thủy_điện Hòa_Bình, Tỉnh_ủy Nghệ_An")
    written = unicodedata.normalize(form, text)
    _, subwords = read(toy, written)
    assert subwords.ids.tolist() == composed.ids.tolist()
    assert subwords.continues.tolist() == composed.continues.tolist()
    assert [unicodedata.normalize("NFC", piece) for piece in slices(written, subwords)] == slices(
        text, composed
    )


@pytest.mark.parametrize("space", [" ", "   ", "\u00a0", " \u200b\t"])
def test_inner_spaces_of_a_word_are_one_underscore(toy: SubwordTokenizer, space: str) -> None:
    text = f"Tổ{space}chức"
    normalized = normalize(text)
    subwords = toy.encode(normalized, [(0, len(normalized.text))])
    assert subwords.ids.tolist() == toy.encode_words(["Tổ_chức"])
    assert "".join(slices(text, subwords)) == text
    assert subwords.starts[0] == 0
    assert subwords.ends[-1] == len(text)


def test_where_a_syllable_or_number_goes_on() -> None:
    characters = SubwordTokenizer([f"{character} 1" for character in "aTNg@"], [])

    def begins(text: str, spans: list[tuple[int, int]]) -> str:
        """Each subword, marked with | where an entity can begin or end."""
        subwords = characters.encode(normalize(text), spans)
        marks = ["" if continues else "|" for continues in subwords.continues]
        return "".join(
            mark + piece for mark, piece in zip(marks, slices(text, subwords), strict=True)
        )

    assert begins("Tân An", [(0, 3), (4, 6)]) == "|Tân|An"
    assert begins("Tân An", [(0, 6)]) == "|Tân| |An"
    assert begins("Tân_An", [(0, 6)]) == "|Tân|_|An"
    assert begins("22-10", [(0, 5)]) == "|22|-|10"
    assert begins("(Huế)", [(0, 1), (1, 4), (4, 5)]) == "|(|Huế|)"
    # Words that touch: the segmenter may be wrong about a border inside a syllable.
    assert begins("Huế", [(0, 2), (2, 3)]) == "|Huế"


def test_no_words(toy: SubwordTokenizer) -> None:
    subwords = toy.encode(normalize(""), [])
    assert len(subwords) == 0
    assert subwords.ids.dtype == np.int64
    assert toy.encode_words([]) == []


def test_vocabulary_size_counts_special_tokens() -> None:
    vocabulary, merges = toy_vocabulary()
    assert SubwordTokenizer(vocabulary, merges).vocabulary_size == len(vocabulary) + 4


@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=3))
def test_irregular_vocabularies_are_read_as_transformers_reads_them(
    tmp_path_factory: pytest.TempPathFactory, sentence: list[str]
) -> None:
    # Tokens and merges listed twice, a no-break space inside them (fastBPE splits at ASCII spaces).
    folder = tmp_path_factory.getbasetemp() / "irregular"
    if not folder.exists():
        folder.mkdir()
        write_lines(
            folder / "vocab.txt",
            ["a@@ 9", "ab 8", "a@@ 7", "b 6", "c\u00a0a 5", "bc 4", "c 3", "ab@@ 2", "abc 1"],
        )
        write_lines(
            folder / "bpe.codes",
            ["a b 9", "b c</w> 8", "a\u00a0 b 7", "\u00a0 c 6", "ab c</w> 5", "a b 4", "a b</w> 3"],
        )
    tokenizer, reference = SubwordTokenizer.from_folder(folder), slow_tokenizer(folder)
    expected = [id_ for w in sentence for id_ in reference.encode(w, add_special_tokens=False)]
    assert tokenizer.encode_words(sentence) == expected


def test_a_symbol_spelt_like_the_unknown_token_is_a_symbol() -> None:
    merges = ["< u 4", "<u n 3", "<un k 2", "<unk > 1"]
    tokenizer = SubwordTokenizer(["<unk>@@ 2", "a 1"], merges)
    assert tokenizer.encode_words(["<unk>a", "Жa"]) == [4, 5, UNKNOWN, 5]


def test_windows_line_ends(tmp_path: Path, toy_encoder: Path, toy: SubwordTokenizer) -> None:
    for name in ("vocab.txt", "bpe.codes"):
        unix = (toy_encoder / name).read_bytes()
        (tmp_path / name).write_bytes(unix.replace(b"\n", b"\r\n"))
    sentence = SEGMENTED.split()
    assert SubwordTokenizer.from_folder(tmp_path).encode_words(sentence) == toy.encode_words(
        sentence
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vocab.txt", None, r"vocab\.txt is missing"),
        ("bpe.codes", None, r"bpe\.codes is missing"),
        ("vocab.txt", b"\xff\xfe a 1\n", r"vocab\.txt is not UTF-8 at byte 0"),
        ("vocab.txt", b"a 1\nb\n", r"vocab\.txt, line 2: expected 2 fields .* found 'b'"),
        ("bpe.codes", b"a b 2\na b\n", r"bpe\.codes, line 2: expected 3 fields .* found 'a b'"),
        ("bpe.codes", b"\n", r"bpe\.codes, line 1: expected 3 fields"),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    write_lines(tmp_path / "vocab.txt", ["a 1"])
    write_lines(tmp_path / "bpe.codes", ["a b 1"])
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as raised:
        SubwordTokenizer.from_folder(tmp_path)
    assert "copy the folder" in str(raised.value).lower()

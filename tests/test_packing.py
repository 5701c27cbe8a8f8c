"""Texts become sequences, and no subword is lost, added or moved on the way."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from toy import SEGMENTED

from phodang.errors import ConfigError
from phodang.passages import passage_spans
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import END, UNKNOWN, SubwordTokenizer
from phodang_training.pretraining.packing import PackedSequences, is_packed, open_packed, pack_texts

HALF = 0.5
LINES = SEGMENTED.splitlines()

# Words of the toy vocabulary and of none; some texts have no word at all.
words = st.sampled_from([*SEGMENTED.split(), "bđ9", "lạ_lùng"])
passages = st.lists(words, max_size=8).map(" ".join)
texts = st.lists(st.lists(passages, max_size=4).map("\n".join), max_size=12)


@pytest.fixture(scope="module")
def reader(toy_encoder: Path) -> PassageReader:
    return PassageReader(load_segmenter("presegmented"), SubwordTokenizer.from_folder(toy_encoder))


def distinct_texts(count: int) -> list[str]:
    return [f"{LINES[n % len(LINES)]} {n} {n % 7}" for n in range(count)]


def read(text: str, reader: PassageReader) -> list[int]:
    """The subwords of a text as a model is given them, passage by passage."""
    spans = passage_spans(text)
    return [int(i) for s, e in spans for i in reader.read(text[s:e]).subwords.ids]


def stream(sequences: PackedSequences) -> NDArray[Any]:
    return np.concatenate([sequences[number] for number in range(len(sequences))])


def articles(sequences: PackedSequences) -> list[list[int]]:
    """The articles that sequences hold, found again at the separators."""
    found: list[list[int]] = [[]]
    for identifier in stream(sequences)["id"].tolist():
        if identifier == END:
            found.append([])
        else:
            found[-1].append(identifier)
    return found


@given(texts, st.integers(1, 40))
def test_every_subword_is_in_one_sequence_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    reader: PassageReader,
    drawn: list[str],
    length: int,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "packed"
    # With these, neither part is ever empty.
    given_texts = [*distinct_texts(8), *drawn]
    pack_texts(given_texts, folder, reader=reader, heldout=HALF)
    packed = open_packed(folder, length=length)
    expected = [ids for ids in (read(text, reader) for text in given_texts) if ids]
    train, heldout = articles(packed.train), articles(packed.heldout)
    assert sorted(train + heldout) == sorted(expected)
    for part in (train, heldout):
        # In the order of the texts: each is found behind the one before.
        rest = iter(expected)
        assert all(ids in rest for ids in part)
    for part_name, sequences in (("train", packed.train), ("heldout", packed.heldout)):
        lengths = [len(sequences[number]) for number in range(len(sequences))]
        assert lengths[:-1] == [length] * (len(lengths) - 1)
        assert 1 <= lengths[-1] <= length
        ids, counts = stream(sequences)["id"], packed.counts[part_name]
        assert counts.articles == len(articles(sequences))
        assert counts.subwords == np.count_nonzero(ids != END)
        assert counts.unknown == np.count_nonzero(ids == UNKNOWN)


def test_a_small_case_by_hand(tmp_path: Path, reader: PassageReader) -> None:
    first, second = "Tỉnh_ủy họp\n\ntại Hà_Nội", "Ban Dân_vận"
    others = distinct_texts(40)
    pack_texts([first, second, *others], tmp_path, reader=reader, heldout=0.1)
    packed = open_packed(tmp_path, length=3)
    ids = {word: read(word, reader) for word in [*first.split(), *second.split()]}
    assert [len(own) for own in ids.values()] == [1] * 6
    tinh_uy, hop, tai, ha_noi, ban, dan_van = (own[0] for own in ids.values())
    sequences = [packed.train[number]["id"].tolist() for number in range(2)]
    assert sequences == [[tinh_uy, hop, tai], [ha_noi, END, ban]]
    assert packed.train[2]["id"][:2].tolist() == [dan_van, END]


def test_the_first_subword_of_each_word_is_marked(tmp_path: Path, reader: PassageReader) -> None:
    texts = [*distinct_texts(20), "lạ_lùng bđ9 lạ_lùng"]
    pack_texts(texts, tmp_path, reader=reader, heldout=HALF)
    packed = open_packed(tmp_path, length=11)
    marked = 0
    for sequences in (packed.train, packed.heldout):
        subwords = stream(sequences)
        assert subwords["begins_word"][0]
        assert subwords["begins_word"][subwords["id"] == END].all()
        marked += np.count_nonzero(subwords["begins_word"] & (subwords["id"] != END))
    assert marked == sum(len(text.split()) for text in texts)


def heldout_articles(folder: Path, texts: list[str], reader: PassageReader) -> list[list[int]]:
    shutil.rmtree(folder, ignore_errors=True)
    pack_texts(texts, folder, reader=reader, heldout=0.3)
    return articles(open_packed(folder, length=7).heldout)


def test_what_is_held_out_depends_on_the_article_alone(
    tmp_path: Path, reader: PassageReader
) -> None:
    texts = distinct_texts(300)
    folder = tmp_path / "packed"
    held_out = heldout_articles(folder, texts, reader)
    assert 0.2 < len(held_out) / len(texts) < 0.4
    assert heldout_articles(folder, texts[::-1], reader) == held_out[::-1]
    some = [ids for ids in held_out if ids in [read(text, reader) for text in texts[:100]]]
    assert heldout_articles(folder, texts[:100], reader) == some
    # A copy is where the other is, and so is one that is only written otherwise.
    copies = [text.replace(" ", "  ") for text in texts]
    assert heldout_articles(folder, texts + copies, reader) == held_out + held_out


@pytest.mark.parametrize(("share", "told"), [(1e-9, "to hold out"), (1 - 1e-9, "to train on")])
def test_too_few_texts_are_told(
    tmp_path: Path, reader: PassageReader, share: float, told: str
) -> None:
    with pytest.raises(ConfigError, match=f"found none {told} among 3"):
        pack_texts(distinct_texts(3), tmp_path, reader=reader, heldout=share)
    assert not is_packed(tmp_path)
    with pytest.raises(ConfigError, match="among 0"):
        pack_texts(["", "\n \n"], tmp_path, reader=reader, heldout=share)


def test_what_was_left_half_done_is_done_anew(tmp_path: Path, reader: PassageReader) -> None:
    def stopped(count: int) -> Any:
        yield from distinct_texts(count)
        raise KeyboardInterrupt

    for count in (60, 2):
        with pytest.raises(KeyboardInterrupt):
            pack_texts(stopped(count), tmp_path, reader=reader, heldout=HALF)
        assert not is_packed(tmp_path)
    pack_texts(distinct_texts(20), tmp_path, reader=reader, heldout=HALF)
    assert is_packed(tmp_path)
    packed = open_packed(tmp_path, length=9)
    expected = [read(text, reader) for text in distinct_texts(20)]
    assert sorted(articles(packed.train) + articles(packed.heldout)) == sorted(expected)


def test_sequences_end() -> None:
    sequences = PackedSequences(np.zeros(7, [("id", "<i4"), ("begins_word", "?")]), 3)
    assert [len(sequence) for sequence in sequences] == [3, 3, 1]  # type: ignore[attr-defined]
    for index in (-1, 3):
        with pytest.raises(IndexError):
            sequences[index]

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from toy import LABELS, WINDOW_SIZE, annotated, toy_articles

from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import BEGIN, END, PADDING, SubwordTokenizer
from phodang_training.corpus import AnnotatedPassage
from phodang_training.fine_tuning.features import (
    EncodedPassage,
    collate,
    decode_windows,
    encode_passages,
    to_dataset,
)
from phodang_training.fine_tuning.heads import IGNORED, make_head

LABEL_SET = LabelSet(LABELS)

LONG = annotated(
    "Ngày [DATE 3-2], [ORG Ban Tổ chức Trung ương] và [ORG Thành ủy Hà Nội] họp tại [LOC Hà Nội] "
    "với [ORG Ban Thường vụ và Ủy ban Kiểm tra Tỉnh ủy Quảng Ninh], [ORG Ban Dân vận]; "
    "sau đó về [LOC Cao Bằng], [LOC Huế], [LOC Cần Thơ]."
)
"""Longer than a window; entities lie across the borders of windows."""


@pytest.fixture(scope="module")
def reader(toy_encoder: Path) -> PassageReader:
    return PassageReader(load_segmenter("presegmented"), SubwordTokenizer.from_folder(toy_encoder))


def encode(reader: PassageReader, *passages: AnnotatedPassage) -> list[EncodedPassage]:
    return encode_passages(passages, reader=reader, labels=LABEL_SET, window_size=WINDOW_SIZE)


@pytest.fixture(scope="module")
def passages(reader: PassageReader) -> list[EncodedPassage]:
    short = [passage for article in toy_articles() for passage in article.passages]
    return encode(reader, *short, LONG, AnnotatedPassage("\u200b"))


def test_gold_tags_give_the_gold_spans_back(passages: list[EncodedPassage]) -> None:
    for passage in passages:
        assert passage.oracle(LABEL_SET) == passage.gold
    assert any(passage.gold for passage in passages)


def test_each_subword_is_labelled_in_one_window(passages: list[EncodedPassage]) -> None:
    rows = iter(to_dataset(passages, LABEL_SET))
    for passage in passages:
        labelled = []
        for window in passage.windows:
            row = next(rows)
            ids = passage.subwords.ids[window.start : window.end].tolist()
            assert row["input_ids"] == [BEGIN, *ids, END]
            assert row["length"] == len(row["input_ids"]) <= WINDOW_SIZE + 2
            assert len(row["labels"]) == len(row["continues"]) == row["length"]
            assert (row["labels"][0], row["labels"][-1]) == (IGNORED, IGNORED)
            assert (row["continues"][0], row["continues"][-1]) == (False, False)
            labelled += [tag for tag in row["labels"] if tag != IGNORED]
        assert labelled == passage.tags.tolist()
    assert next(rows, None) is None


def test_the_long_passage_has_an_entity_across_a_border(passages: list[EncodedPassage]) -> None:
    [passage] = [passage for passage in passages if passage.text == LONG.text]
    assert len(passage.windows) > 2
    inside = [LABEL_SET.begin(label) + 1 for label in LABELS]
    assert any(passage.tags[window.own_start] in inside for window in passage.windows)


def test_a_passage_without_subwords_has_no_window(passages: list[EncodedPassage]) -> None:
    assert passages[-1].windows == []
    assert len(to_dataset(passages[-1:], LABEL_SET)) == 0


def test_collate_pads_to_the_longest(passages: list[EncodedPassage]) -> None:
    rows = list(to_dataset(passages, LABEL_SET))
    batch = collate(rows)
    longest = max(row["length"] for row in rows)
    assert {tensor.shape for tensor in batch.values()} == {(len(rows), longest)}
    for number, row in enumerate(rows):
        length = row["length"]
        assert batch["input_ids"][number, :length].tolist() == row["input_ids"]
        assert batch["labels"][number, :length].tolist() == row["labels"]
        assert batch["continues"][number, :length].tolist() == row["continues"]
        assert batch["attention_mask"][number].tolist() == [1] * length + [0] * (longest - length)
        assert (batch["input_ids"][number, length:] == PADDING).all()
        assert (batch["labels"][number, length:] == IGNORED).all()
        assert not batch["continues"][number, length:].any()


@pytest.mark.parametrize("name", ["softmax", "crf"])
def test_sure_scores_have_no_loss_and_give_the_gold_spans(
    passages: list[EncodedPassage], name: str
) -> None:
    rows = list(to_dataset(passages, LABEL_SET))
    batch = collate(rows)
    scores = (
        50 * torch.nn.functional.one_hot(batch["labels"].clamp_min(0), len(LABEL_SET.tags)).float()
    )
    # What other windows label must not matter.
    scores[batch["labels"] == IGNORED] = torch.randn(len(LABEL_SET.tags)) * 50
    head = make_head("crf" if name == "crf" else "softmax", LABEL_SET)
    loss = head.loss(scores, batch["labels"], batch["continues"], batch["attention_mask"])
    assert loss.item() == pytest.approx(0)
    predicted = decode_windows(passages, list(scores.numpy()), head.decoder())
    assert predicted == [passage.gold for passage in passages]


def test_scores_of_no_entity_give_none(passages: list[EncodedPassage]) -> None:
    count = sum(len(passage.windows) for passage in passages)
    scores = np.zeros((count, WINDOW_SIZE + 2, len(LABEL_SET.tags)))
    scores[:, :, 0] = 5
    decoder = make_head("softmax", LABEL_SET).decoder()
    assert decode_windows(passages, list(scores), decoder) == [[] for _ in passages]


def test_a_border_inside_a_syllable_does_not_make_the_loss_explode(reader: PassageReader) -> None:
    # Annotation that breaks a syllable, which decoding would never do.
    text = "Tỉnh ủy"
    passage = AnnotatedPassage(text, annotated("T[LOC ỉnh ủy]").entities)
    rows = list(to_dataset(encode(reader, passage), LABEL_SET))
    batch = collate(rows)
    scores = torch.zeros(*batch["labels"].shape, len(LABEL_SET.tags))
    head = make_head("crf", LABEL_SET)
    loss = head.loss(scores, batch["labels"], batch["continues"], batch["attention_mask"])
    assert loss.item() < 10

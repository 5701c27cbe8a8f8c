"""Annotated passages → windows of subwords with tags, as a `datasets.Dataset`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from datasets import Dataset

from phodang.decoding import Decoder
from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.spans import spans_on_text
from phodang.subwords import BEGIN, END, PADDING, Subwords
from phodang.windows import Window, join_scores, windows
from phodang_training.corpus import AnnotatedPassage
from phodang_training.evaluation.metrics import Span
from phodang_training.fine_tuning.heads import IGNORED, drop_contradicted


@dataclass(frozen=True)
class EncodedPassage:
    """A passage with its subwords and gold tags, cut into windows.

    Attributes:
        text: The raw passage.
        gold: Its annotated spans.
        subwords: Its subwords.
        tags: Gold tag ids by character overlap, shape ``[n]``.
        windows: The windows that cover it.
    """

    text: str
    gold: list[Span]
    subwords: Subwords
    tags: np.ndarray
    windows: list[Window]

    def oracle(self, labels: LabelSet) -> list[Span]:
        """The spans that a perfect tagger of these subwords would give."""
        spans = spans_on_text(self.text, self.subwords, self.tags, labels)
        return [(start, end, label) for start, end, label, _, _ in spans]


def encode_passages(
    passages: Sequence[AnnotatedPassage],
    *,
    reader: PassageReader,
    labels: LabelSet,
    window_size: int,
) -> list[EncodedPassage]:
    """Segment, tokenize and label passages.

    Args:
        passages: Annotated passages.
        reader: The segmenter and tokenizer of the model to be trained.
        labels: The label set.
        window_size: Subwords that the encoder reads at once, special tokens apart.
    """
    encoded = []
    for passage in passages:
        subwords = reader.read(passage.text).subwords
        gold = [(span.start, span.end, span.label) for span in passage.entities]
        tags = labels.tags_of_spans(subwords.starts, subwords.ends, gold)
        encoded.append(
            EncodedPassage(passage.text, gold, subwords, tags, windows(len(subwords), window_size))
        )
    return encoded


def to_dataset(passages: Sequence[EncodedPassage], labels: LabelSet) -> Dataset:
    """One row a window: ``input_ids``, ``labels``, ``continues``, ``length``."""
    rows = []
    for passage in passages:
        continues = drop_contradicted(passage.subwords.continues, passage.tags, labels)
        for window in passage.windows:
            positions = np.arange(window.start, window.end)
            own = (positions >= window.own_start) & (positions < window.own_end)
            tags = np.where(own, passage.tags[window.start : window.end], IGNORED)
            ids = passage.subwords.ids[window.start : window.end]
            rows.append(
                {
                    "input_ids": [BEGIN, *ids.tolist(), END],
                    "labels": [IGNORED, *tags.tolist(), IGNORED],
                    "continues": [
                        False,
                        *continues[window.start : window.end].tolist(),
                        False,
                    ],
                    "length": len(ids) + 2,
                }
            )
    return Dataset.from_list(rows)


def collate(rows: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """Pad rows to a batch of shape ``[rows, longest]``."""
    longest = max(len(row["input_ids"]) for row in rows)

    def pad(name: str, value: int) -> torch.Tensor:
        return torch.tensor([row[name] + [value] * (longest - len(row[name])) for row in rows])

    lengths = torch.tensor([len(row["input_ids"]) for row in rows])
    return {
        "input_ids": pad("input_ids", PADDING),
        "attention_mask": (torch.arange(longest) < lengths[:, None]).long(),
        "labels": pad("labels", IGNORED),
        "continues": pad("continues", 0).bool(),
    }


def decode_windows(
    passages: Sequence[EncodedPassage],
    window_scores: Sequence[np.ndarray],
    decoder: Decoder,
) -> list[list[Span]]:
    """Turn scores of windows into spans of passages.

    Args:
        passages: The passages, in the order of the dataset's rows.
        window_scores: For each window, scores of shape ``[at least length, tags]``, the first row
            being that of ``<s>``.
        decoder: The decoder.

    Returns:
        The predicted spans of each passage.
    """
    predicted = []
    rows = iter(window_scores)
    for passage in passages:
        scores = join_scores(passage.windows, rows, tag_count=len(decoder.labels.tags))
        tags, _ = decoder.decode(scores, passage.subwords.continues)
        spans = spans_on_text(passage.text, passage.subwords, tags, decoder.labels)
        predicted.append([(start, end, label) for start, end, label, _, _ in spans])
    return predicted

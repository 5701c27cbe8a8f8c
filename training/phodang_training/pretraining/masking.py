"""Dynamic masking: what an encoder has to tell of a sequence, another each time it is read.

Of the subwords that are to be told, 80 % are replaced by ``<mask>``, 10 % by another one drawn at
random, 10 % left as they are (Devlin et al. 2019, https://aclanthology.org/N19-1423, section 3.1).
They are drawn anew in each pass (Liu et al. 2019, https://arxiv.org/abs/1907.11692, section 4.1).

Order and masks depend on the seed and on how often and which sequence is read, and on nothing
else: a run that goes on after a stop reads what it would have read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from phodang.subwords import BEGIN, END, PADDING, UNKNOWN
from phodang_training.pretraining.language_model import IGNORED
from phodang_training.pretraining.packing import PackedSequences

_MASKED, _REPLACED = 0.8, 0.1
"""Shares of the subwords to be told."""

_ORDER, _MASKS, _HELDOUT_MASKS = 1, 2, 3
"""What random numbers are for: each use has its own."""


@dataclass(frozen=True, kw_only=True)
class Masking:
    """How sequences are masked.

    Attributes:
        probability: Share of the subwords that are to be told. Special and unknown subwords are
            never among them, and do not count.
        whole_words: Whether words are drawn, and all their subwords told, or single subwords. Words
            are drawn until the share is reached; one that would exceed it is passed over.
        vocabulary_size: Subwords of the vocabulary with the special ones, but for ``<mask>``, which
            has the id after them.
    """

    probability: float
    whole_words: bool
    vocabulary_size: int

    def mask(
        self, subwords: NDArray[Any], random: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Mask a sequence.

        Args:
            subwords: Subwords of type `SUBWORD`, shape ``[n]``.
            random: What is drawn from.

        Returns:
            The ids of the masked sequence between ``<s>`` and ``</s>``, and the labels: the ids
            that are to be told, `IGNORED` elsewhere; both of shape ``[n + 2]``.
        """
        ids = np.concatenate(([BEGIN], subwords["id"], [END])).astype(np.int64)
        labels = np.full(len(ids), IGNORED)
        told = 1 + self._drawn(subwords, random)
        labels[told] = ids[told]
        share = random.random(len(told))
        replaced = random.integers(UNKNOWN + 1, self.vocabulary_size, len(told))
        replaced[share < _MASKED] = self.vocabulary_size
        ids[told] = np.where(share < _MASKED + _REPLACED, replaced, ids[told])
        return ids, labels

    def _drawn(self, subwords: NDArray[Any], random: np.random.Generator) -> NDArray[np.int64]:
        """Places of the subwords to be told, at least one where there is any to tell."""
        places = np.flatnonzero(subwords["id"] > UNKNOWN)
        if not len(places):
            return places
        count = max(1, round(self.probability * len(places)))
        if not self.whole_words:
            return random.choice(places, count, replace=False)
        words = np.cumsum(subwords["begins_word"])[places]
        # The places of a word follow each other.
        of_words = np.split(places, np.flatnonzero(np.diff(words)) + 1)
        drawn: list[NDArray[np.int64]] = []
        missing = count
        for word in random.permutation(len(of_words)):
            if len(of_words[word]) <= missing:
                drawn.append(of_words[word])
                missing -= len(of_words[word])
        # Where the share is smaller than every word, one of them is told.
        return np.concatenate(drawn or [of_words[random.integers(len(of_words))]])


Item = dict[str, NDArray[np.int64]]
"""A masked sequence: its ``input_ids`` and ``labels``."""


class TrainingSequences(Dataset[Item]):
    """Sequences in the order of training, through as many passes as it takes.

    Args:
        sequences: The sequences of one pass.
        masking: How they are masked.
        seed: Seed of order and masks.
        count: How many to read in all.
    """

    def __init__(
        self, sequences: PackedSequences, masking: Masking, *, seed: int, count: int
    ) -> None:
        self._sequences = sequences
        self._masking = masking
        self._seed = seed
        self._count = count
        self._pass: tuple[int, NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Item:
        if not 0 <= index < self._count:
            raise IndexError(index)
        passed, place = divmod(index, len(self._sequences))
        number = int(self._order(passed)[place])
        random = np.random.default_rng([_MASKS, self._seed, passed, number])
        return _item(self._masking, self._sequences[number], random)

    def _order(self, passed: int) -> NDArray[np.int64]:
        if self._pass is None or self._pass[0] != passed:
            random = np.random.default_rng([_ORDER, self._seed, passed])
            self._pass = passed, random.permutation(len(self._sequences))
        return self._pass[1]


class HeldoutSequences(Dataset[Item]):
    """Sequences to measure by, masked alike in every run."""

    def __init__(self, sequences: PackedSequences, masking: Masking) -> None:
        self._sequences = sequences
        self._masking = masking

    def __len__(self) -> int:
        return len(self._sequences)

    def __getitem__(self, index: int) -> Item:
        random = np.random.default_rng([_HELDOUT_MASKS, index])
        return _item(self._masking, self._sequences[index], random)


def collate_masked(items: Sequence[Item]) -> dict[str, torch.Tensor]:
    """Pad masked sequences to the longest: ``input_ids``, ``attention_mask``, ``labels``."""
    shape = len(items), max(len(item["labels"]) for item in items)
    ids, labels = np.full(shape, PADDING), np.full(shape, IGNORED)
    attended = np.zeros(shape, np.int64)
    for row, item in enumerate(items):
        length = len(item["labels"])
        ids[row, :length], labels[row, :length] = item["input_ids"], item["labels"]
        attended[row, :length] = 1
    arrays = {"input_ids": ids, "attention_mask": attended, "labels": labels}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _item(masking: Masking, subwords: NDArray[Any], random: np.random.Generator) -> Item:
    ids, labels = masking.mask(subwords, random)
    return {"input_ids": ids, "labels": labels}

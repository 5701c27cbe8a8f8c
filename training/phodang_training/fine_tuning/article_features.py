"""Annotated articles → what a step of training on whole articles reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from phodang.errors import InputError
from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.sequences import (
    NO_SUBWORD,
    ArticleSubwords,
    Context,
    SubwordSequence,
    Unit,
    sequences_of,
    unit_stretches,
    units_of,
)
from phodang.subwords import PADDING, Subwords
from phodang.torch_model import ArticleClassifier
from phodang_training.corpus import AnnotatedArticle
from phodang_training.fine_tuning.heads import IGNORED, drop_contradicted

_SUBWORDS_AT_ONCE = 512
"""Sequences are read in groups of about so many subwords with padding; few of unlike length."""


@dataclass(frozen=True)
class EncodedArticle:
    """An article with all that training and scoring need of it.

    Attributes:
        article: The annotated article.
        units: What is classified.
        sequences: What the encoder reads.
        inputs: What the layers that are trained get of each sequence: its ids, shape ``[length]``;
            or, if some layers are frozen, what these give, shape ``[length, dimensions]``, in half
            precision.
        sections: Whether a unit has a section, shape ``[units, sections]``.
        weight: How much the article's sections count.
        passages: The subwords of each passage.
        tags: For each sequence, the gold tag ids, `IGNORED` where another one has the subword; none
            without entities.
        continues: For each sequence, where no entity begins or ends; none without entities.
    """

    article: AnnotatedArticle
    units: list[Unit]
    sequences: list[SubwordSequence]
    inputs: list[torch.Tensor]
    sections: NDArray[np.bool_]
    weight: float
    passages: list[Subwords]
    tags: list[torch.Tensor]
    continues: list[torch.Tensor]


def encode_article(
    article: AnnotatedArticle,
    *,
    reader: PassageReader,
    classifier: ArticleClassifier,
    frozen_layers: int,
    sections: Sequence[str],
    entities: LabelSet | None,
    context: Context,
    window_size: int,
    weight: float = 1.0,
) -> EncodedArticle:
    """Segment, tokenize and label an article, and run the frozen layers.

    Args:
        article: The article.
        reader: The segmenter and tokenizer of the model to be trained.
        classifier: That model.
        frozen_layers: How many of its layers are not trained.
        sections: The sections, in the order of its scores.
        entities: The entity types; none if they are not learnt.
        context: What the encoder reads together.
        window_size: Subwords that it reads at once, special tokens apart.
        weight: How much the article's sections count.

    Raises:
        InputError: The article has no word.
    """
    passages = [reader.read(passage.text).subwords for passage in article.passages]
    units = units_of(
        (passage.text, 0, read) for passage, read in zip(article.passages, passages, strict=True)
    )
    if not units:
        raise InputError(
            f'Article "{article.id}": expected text with words, found none that the model reads. '
            "Take it out of the data."
        )
    subwords = ArticleSubwords.of(passages)
    sequences = sequences_of(subwords, units, context=context, window_size=window_size)
    inputs = [torch.from_numpy(sequence.ids) for sequence in sequences]
    if frozen_layers:
        with torch.no_grad():
            inputs = [classifier.lower_states(ids[None], frozen_layers)[0].half() for ids in inputs]
    tags, continues = [], []
    if entities is not None:
        gold, constraints = _gold_tags(article, passages, entities)
        for sequence in sequences:
            own = sequence.subwords != NO_SUBWORD
            # Where a position has no subword the index is that of the last one, and not used.
            tags.append(torch.from_numpy(np.where(own, gold[sequence.subwords], IGNORED)))
            continues.append(torch.from_numpy(own & constraints[sequence.subwords]))
    found = [[name in article.passages[u.passage].sections for name in sections] for u in units]
    return EncodedArticle(
        article=article,
        units=units,
        sequences=sequences,
        inputs=inputs,
        sections=np.array(found, np.bool_).reshape(len(units), len(sections)),
        weight=weight,
        passages=passages,
        tags=tags,
        continues=continues,
    )


def _gold_tags(
    article: AnnotatedArticle, passages: Sequence[Subwords], labels: LabelSet
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Gold tag ids of an article's subwords, and where no entity begins or ends."""
    tags, continues = [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
    for passage, read in zip(article.passages, passages, strict=True):
        gold = [(span.start, span.end, span.label) for span in passage.entities]
        tags.append(labels.tags_of_spans(read.starts, read.ends, gold))
        continues.append(drop_contradicted(read.continues, tags[-1], labels))
    return np.concatenate(tags), np.concatenate(continues)


def collate_articles(articles: Sequence[EncodedArticle]) -> dict[str, Any]:
    """Make a batch of articles.

    Returns:
        ``groups``: sequences of like length, each group with ``inputs`` of shape ``[rows,
        longest]`` or ``[rows, longest, dimensions]``; with ``attention_mask``, and ``units``, the
        batch's unit that a position belongs to or -1, of shape ``[rows, longest]``; with entities
        also ``tags`` and ``continues`` of that shape; and with ``rows``, which of the batch's
        sequences they are. ``unit_counts``: units of each article; ``labels``: shape ``[units,
        sections]``; ``weights``: shape ``[units]``.
    """
    counts = [len(article.units) for article in articles]
    rows: list[_Row] = []
    for article, before in zip(articles, np.cumsum([0, *counts]).tolist(), strict=False):
        stretches = unit_stretches(article.sequences, article.units)
        for index, own in enumerate(stretches):
            units = torch.full((len(article.inputs[index]),), NO_SUBWORD)
            for unit, start, end in own:
                units[start:end] = before + unit
            values = {"inputs": article.inputs[index], "units": units}
            if article.tags:
                values |= {"tags": article.tags[index], "continues": article.continues[index]}
            rows.append((len(rows), values))
    weights = torch.tensor([article.weight for article in articles])
    return {
        "groups": [_padded(group) for group in _groups(rows)],
        "unit_counts": torch.tensor(counts),
        "labels": torch.from_numpy(np.concatenate([a.sections for a in articles])).float(),
        "weights": weights.repeat_interleave(torch.tensor(counts)),
    }


_Row = tuple[int, dict[str, torch.Tensor]]
"""The number of a sequence in its batch, and what is known of its positions."""

_PADDING = {"inputs": PADDING, "units": NO_SUBWORD, "tags": IGNORED, "continues": 0}


def _groups(rows: list[_Row]) -> Iterator[list[_Row]]:
    """Put rows of like length together."""
    group: list[_Row] = []
    for row in sorted(rows, key=lambda row: len(row[1]["units"])):
        if group and len(row[1]["units"]) * (len(group) + 1) > _SUBWORDS_AT_ONCE:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _padded(group: Sequence[_Row]) -> dict[str, torch.Tensor]:
    lengths = torch.tensor([len(values["units"]) for _, values in group])
    padded = {
        name: torch.nn.utils.rnn.pad_sequence(
            [values[name] for _, values in group], batch_first=True, padding_value=padding
        )
        for name, padding in _PADDING.items()
        if name in group[0][1]
    }
    if padded["inputs"].is_floating_point():
        padded["inputs"] = padded["inputs"].float()
    return {
        **padded,
        "attention_mask": (torch.arange(int(lengths.max())) < lengths[:, None]).long(),
        "rows": torch.tensor([number for number, _ in group]),
    }

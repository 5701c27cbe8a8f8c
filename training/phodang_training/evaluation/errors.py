"""Error analysis of the sections: where the model's probabilities are furthest from the annotation.

Arrays are those of `SectionPredictions`, shape ``[passages, labels]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer
from phodang.errors import InputError
from phodang_training.corpus import AnnotatedArticle
from phodang_training.evaluation.assessment import DataPart
from phodang_training.evaluation.section_evaluation import SectionPredictions, predict_sections

PROBABILITY_MARGIN = 1e-6
"""Probabilities nearer than this to 0 or 1 count as this far away, so that no loss is infinite."""


@dataclass(frozen=True)
class SectionError:
    """A passage, its sections as annotated and as predicted, and how far they are apart.

    Attributes:
        article: The article of the passage.
        index: Which of its passages, counted from 0.
        loss: Mean binary cross-entropy over the labels, in nats; 0 is best.
        gold: The labels that it is annotated with, in the order of the predictions.
        predicted: The labels that the model gives it, in the same order.
        probabilities: How probable the model thinks each label, by label.
        thresholds: From which probability on a passage is given a label, by label.
    """

    article: AnnotatedArticle
    index: int
    loss: float
    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    probabilities: Mapping[str, float]
    thresholds: Mapping[str, float]

    @property
    def text(self) -> str:
        """The text of the passage."""
        return self.article.passages[self.index].text

    @property
    def title(self) -> str:
        """The title of the article, which is its first passage."""
        return self.article.passages[0].text

    @property
    def previous(self) -> str | None:
        """The text of the passage in front of it, none for the first."""
        return self.article.passages[self.index - 1].text if self.index else None

    @property
    def following(self) -> str | None:
        """The text of the passage behind it, none for the last."""
        behind = self.article.passages[self.index + 1 : self.index + 2]
        return behind[0].text if behind else None

    @property
    def missed(self) -> tuple[str, ...]:
        """The labels that are annotated and not predicted."""
        return tuple(label for label in self.gold if label not in self.predicted)

    @property
    def spurious(self) -> tuple[str, ...]:
        """The labels that are predicted and not annotated."""
        return tuple(label for label in self.predicted if label not in self.gold)


@dataclass(frozen=True)
class ErrorCount:
    """How many passages have a label wrong.

    Attributes:
        missed: Passages that are annotated with it and not given it.
        spurious: Passages that are given it and not annotated with it.
    """

    missed: int
    spurious: int


def predict_data(model: str, data: DataPart, *, segmenter: str | None = None) -> SectionPredictions:
    """Predict the sections of a file of annotated articles.

    Args:
        model: Folder of a checkpoint, or the name of a bundled model.
        data: The articles.
        segmenter: Another word segmenter than the model's.

    Raises:
        InputError: No passage of the articles is annotated with a section, or the model tells no
            sections.
    """
    articles = data.read()
    if not any(passage.sections for article in articles for passage in article.passages):
        raise InputError(
            f"{data.name}: expected passages annotated with sections, found none in "
            f"{len(articles)} articles. Give a file that has them."
        )
    analyzer = Analyzer.from_pretrained(model, segmenter=segmenter)
    if analyzer.manifest.sections is None:
        raise InputError(
            f"{model}: expected a model that tells sections, found one that does "
            f"{' and '.join(analyzer.manifest.tasks)} only. Give one of phodang-train sections."
        )
    return predict_sections(analyzer, articles)


def worst_passages(predictions: SectionPredictions, *, count: int) -> list[SectionError]:
    """Find the passages with the largest loss.

    The loss tells how far the probabilities are from the annotation, whatever the thresholds: a
    passage with a large loss may still have been given the right labels.

    Args:
        predictions: Annotated and predicted sections of passages, with at least one label.
        count: How many passages to find, 1 or more.

    Returns:
        So many passages, or all if there are fewer, the largest loss first; of equal losses, the
        passage first that stands first in the predictions.

    Raises:
        ValueError: The count is less than 1.
    """
    if count < 1:
        raise ValueError(f"Expected a count of at least 1, found {count}.")
    losses = _losses(predictions)
    worst = np.argsort(-losses, kind="stable")[:count]
    return [_section_error(predictions, row, float(losses[row])) for row in worst.tolist()]


def count_errors(predictions: SectionPredictions) -> dict[str, ErrorCount]:
    """Count missed and spurious labels over all passages, by label, in the predictions' order."""
    gold, predicted = predictions.gold, predictions.predicted
    missed = (gold & ~predicted).sum(axis=0).tolist()
    spurious = (predicted & ~gold).sum(axis=0).tolist()
    counts = map(ErrorCount, missed, spurious)
    return dict(zip(predictions.labels, counts, strict=True))


def _losses(predictions: SectionPredictions) -> NDArray[np.float64]:
    """The mean binary cross-entropy of each passage, shape ``[passages]``."""
    clipped = np.clip(predictions.probabilities, PROBABILITY_MARGIN, 1 - PROBABILITY_MARGIN)
    likelihood = np.where(predictions.gold, clipped, 1 - clipped)
    losses: NDArray[np.float64] = -np.log(likelihood).mean(axis=1)
    return losses


def _section_error(predictions: SectionPredictions, row: int, loss: float) -> SectionError:
    article, index = predictions.passages[row]
    labels = predictions.labels
    return SectionError(
        article=article,
        index=index,
        loss=loss,
        gold=_chosen(labels, predictions.gold[row]),
        predicted=_chosen(labels, predictions.predicted[row]),
        probabilities=dict(zip(labels, predictions.probabilities[row].tolist(), strict=True)),
        thresholds=dict(zip(labels, predictions.thresholds.tolist(), strict=True)),
    )


def _chosen(labels: tuple[str, ...], row: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(label for label, chosen in zip(labels, row, strict=True) if chosen)

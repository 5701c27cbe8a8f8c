"""What a model makes of the sections of annotated articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer, SectionProbabilities
from phodang_training.corpus import AnnotatedArticle, text_of
from phodang_training.evaluation.section_metrics import SectionScores, section_scores


@dataclass(frozen=True)
class SectionPredictions:
    """Sections of passages, annotated and predicted.

    Attributes:
        labels: The sections, in the order of the arrays' columns.
        passages: Each passage: its article and its index in it.
        gold: Which sections it has, shape ``[passages, labels]``.
        probabilities: How probable the model thinks each, same shape.
        thresholds: From which probability on a passage is given a section, shape ``[labels]``.
    """

    labels: tuple[str, ...]
    passages: list[tuple[AnnotatedArticle, int]]
    gold: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    @property
    def predicted(self) -> NDArray[np.bool_]:
        """Which sections the model gives, shape ``[passages, labels]``."""
        return self.probabilities >= self.thresholds

    def scores(self) -> SectionScores:
        """Compare predictions with the annotation."""
        return section_scores(self.gold, self.predicted, self.probabilities, self.labels)


def predict_sections(
    analyzer: Analyzer, articles: Sequence[AnnotatedArticle]
) -> SectionPredictions:
    """Read the raw text of articles, as any user's text is read.

    Args:
        analyzer: A model that tells sections.
        articles: Annotated articles.

    Raises:
        InputError: The model tells no sections.
    """
    task = analyzer.manifest.sections
    labels = task.labels if task else ()
    passages, gold = [], []
    probabilities = [np.zeros((0, len(labels)))]
    for article in articles:
        read = analyzer.section_probabilities(text_of(article))
        passages += [(article, index) for index in range(len(article.passages))]
        gold += [[label in p.sections for label in labels] for p in article.passages]
        probabilities.append(passage_probabilities(article, read, labels))
    return SectionPredictions(
        labels=labels,
        passages=passages,
        gold=np.array(gold, np.bool_).reshape(len(passages), len(labels)),
        probabilities=np.concatenate(probabilities),
        thresholds=np.array(task.thresholds if task else (), np.float64),
    )


def passage_probabilities(
    article: AnnotatedArticle, read: Sequence[SectionProbabilities], labels: Sequence[str]
) -> NDArray[np.float64]:
    """Put what a model says of an article's text on the passages of the article.

    A passage that is classified in parts is as probable to have a section as its most probable
    part; what the model does not read at all has none.

    Args:
        article: The article.
        read: What `Analyzer.section_probabilities` says of `text_of` it.
        labels: The sections.

    Returns:
        The probabilities, shape ``[passages, labels]``.
    """
    probabilities = np.zeros((len(article.passages), len(labels)))
    ends = np.cumsum([len(passage.text) + 1 for passage in article.passages])
    for start, _, row in read:
        own = probabilities[np.searchsorted(ends, start, side="right")]
        np.maximum(own, [row[label] for label in labels], out=own)
    return probabilities

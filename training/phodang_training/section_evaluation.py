"""What a model makes of the sections of annotated articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer
from phodang_training.corpus import AnnotatedArticle, text_of
from phodang_training.section_metrics import SectionScores, section_scores


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

    A passage that is classified in parts is as probable to have a section as its most probable
    part; what the model does not read at all has none.

    Args:
        analyzer: A model that tells sections.
        articles: Annotated articles.

    Raises:
        InputError: The model tells no sections.
    """
    task = analyzer.manifest.sections
    labels = task.labels if task else ()
    passages, gold, probabilities = [], [], []
    for article in articles:
        read = analyzer.section_probabilities(text_of(article))
        offset = 0
        for index, passage in enumerate(article.passages):
            end = offset + len(passage.text)
            own = [row for start, _, row in read if offset <= start < end]
            passages.append((article, index))
            gold.append([label in passage.sections for label in labels])
            probabilities.append(
                [max((row[label] for row in own), default=0.0) for label in labels]
            )
            offset = end + 1
    shape = (len(passages), len(labels))
    return SectionPredictions(
        labels=labels,
        passages=passages,
        gold=np.array(gold, np.bool_).reshape(shape),
        probabilities=np.array(probabilities, np.float64).reshape(shape),
        thresholds=np.array(task.thresholds if task else (), np.float64),
    )

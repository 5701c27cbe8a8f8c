"""Predictions → figures: scores with intervals, kinds of errors, confusion of labels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phodang_training.evaluation.article_counts import (
    MEASURES,
    ArticleCounts,
    Measure,
    entity_counts,
    section_counts,
)
from phodang_training.evaluation.metrics import SpanScores, span_scores
from phodang_training.evaluation.predictions import Predictions, spans_of
from phodang_training.evaluation.resampling import F1Intervals, Resampling, f1_intervals
from phodang_training.evaluation.section_metrics import SectionScores, section_scores
from phodang_training.evaluation.span_errors import (
    Confusion,
    Outcome,
    confusion,
    count_outcomes,
)


@dataclass(frozen=True)
class EntityFigures:
    """Figures of entities.

    Attributes:
        scores: Scores by measure; those of ``strict`` are seqeval's.
        intervals: Intervals of F1 by measure.
        outcomes: What becomes of the entities, by label; see `span_errors.count_outcomes`.
        confusion: How often one label was predicted as another.
    """

    scores: dict[Measure, SpanScores]
    intervals: dict[Measure, F1Intervals]
    outcomes: dict[str, dict[Outcome, int]]
    confusion: Confusion


@dataclass(frozen=True)
class SectionFigures:
    """Figures of sections.

    Attributes:
        scores: Scores over passages.
        intervals: Intervals of F1.
        missed: Passages that are annotated with a label and not given it, by label.
        spurious: Passages that are given a label and not annotated with it, by label.
    """

    scores: SectionScores
    intervals: F1Intervals
    missed: dict[str, int]
    spurious: dict[str, int]


@dataclass(frozen=True)
class Figures:
    """How well articles are labelled.

    Attributes:
        articles: Number of articles.
        passages: Number of passages.
        entities: Figures of the entities; none if they are not measured.
        sections: Figures of the sections; none if they are not measured.
    """

    articles: int
    passages: int
    entities: EntityFigures | None
    sections: SectionFigures | None


def figures_of(predictions: Predictions, resampling: Resampling) -> Figures:
    """Compare predictions with the annotation.

    Args:
        predictions: What is predicted of at least one article.
        resampling: How articles are drawn for intervals.
    """
    tasks = predictions.tasks
    return Figures(
        articles=len(predictions.articles),
        passages=sum(len(article.gold.passages) for article in predictions.articles),
        entities=_entity_figures(predictions, resampling) if "entities" in tasks else None,
        sections=_section_figures(predictions, resampling) if "sections" in tasks else None,
    )


def strict_scores(predictions: Predictions) -> SpanScores:
    """Strict scores of the entities, by seqeval."""
    gold = [passage for article in predictions.articles for passage in article.gold.passages]
    predicted = [passage for a in predictions.articles for passage in a.predicted.passages]
    return span_scores(
        [spans_of(passage) for passage in gold],
        [spans_of(passage) for passage in predicted],
        [len(passage.text) for passage in gold],
    )


def counts_of_entities(predictions: Predictions, measure: Measure) -> ArticleCounts:
    """Count the entities of each article."""
    articles = [list(itertools.chain(*article.pairs)) for article in predictions.articles]
    return entity_counts(articles, measure)


def counts_of_sections(predictions: Predictions) -> ArticleCounts:
    """Count the sections of each article's passages."""
    return section_counts(
        [predictions.section_array([article.gold]) for article in predictions.articles],
        [predictions.section_array([article.predicted]) for article in predictions.articles],
        predictions.section_labels,
    )


def _entity_figures(predictions: Predictions, resampling: Resampling) -> EntityFigures:
    counts = {measure: counts_of_entities(predictions, measure) for measure in MEASURES}
    scores = {measure: own.scores() for measure, own in counts.items()}
    pairs = [pair for a in predictions.articles for passage in a.pairs for pair in passage]
    return EntityFigures(
        scores={**scores, "strict": strict_scores(predictions)},
        intervals={measure: f1_intervals(own, resampling) for measure, own in counts.items()},
        outcomes=count_outcomes(pairs),
        confusion=confusion(pairs),
    )


def _section_figures(predictions: Predictions, resampling: Resampling) -> SectionFigures:
    labels = predictions.section_labels
    gold = predictions.section_array(article.gold for article in predictions.articles)
    predicted = predictions.section_array(article.predicted for article in predictions.articles)
    return SectionFigures(
        scores=section_scores(gold, predicted, _probabilities(predictions), labels),
        intervals=f1_intervals(counts_of_sections(predictions), resampling),
        missed=_counted(labels, gold & ~predicted),
        spurious=_counted(labels, predicted & ~gold),
    )


def _probabilities(predictions: Predictions) -> NDArray[np.float64] | None:
    known = [a.probabilities for a in predictions.articles if a.probabilities is not None]
    return np.concatenate(known) if len(known) == len(predictions.articles) else None


def _counted(labels: tuple[str, ...], decisions: NDArray[np.bool_]) -> dict[str, int]:
    return dict(zip(labels, decisions.sum(axis=0).tolist(), strict=True))

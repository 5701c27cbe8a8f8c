"""Figures → JSON, with all their digits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from phodang_training.evaluation.assessment import Assessment
from phodang_training.evaluation.comparison import Comparison
from phodang_training.evaluation.figures import EntityFigures, Figures, SectionFigures
from phodang_training.evaluation.metrics import Score, Span
from phodang_training.evaluation.predictions import PredictedArticle, Predictions
from phodang_training.evaluation.resampling import (
    CONFIDENCE,
    Difference,
    F1Differences,
    F1Intervals,
    Interval,
)
from phodang_training.evaluation.section_metrics import SectionScores


def evaluation_to_json(assessments: Sequence[Assessment], comparison: Comparison | None) -> str:
    """Write what was found out about systems on the same articles.

    Rates are between 0 and 1. An *interval* is ``[low, high]``, or null where fewer than two
    articles hold what is measured. A *score* is ``{"precision", "recall", "f1", "support",
    "interval"}``: ``support`` counts what is annotated, ``interval`` is that of F1. An *entity* is
    ``{"start", "end", "label"}`` in code points of its passage, end exclusive.

    - ``data``: ``name``, ``sha256`` of the file, numbers of ``articles`` and ``passages``;
    - ``resampling``: ``unit`` (``article``), ``resamples``, ``seed``, ``confidence``;
    - ``systems``: a list with, for each,

      - ``name``, ``command`` (what measures it again), ``segmenter`` and ``precision`` (null if it
        is predictions from a file), ``tasks``, ``unused`` (articles that it predicts and the data
        has not);
      - ``figures``: of all articles; ``by_source``: the same for each source, empty if there is
        only one;
      - ``articles``: for each ``id``, ``source``, ``entity_errors`` (``passage``, counted from 0,
        ``outcome``, ``gold`` and ``predicted``, entities or null; correct ones are left out) and
        ``section_errors`` (``passage``, ``missed``, ``spurious``), null for a task that is not
        measured;

    - ``comparison``: of the first system with the second, null if there is one only:
      ``entities`` by measure and ``sections``, either null if not both have them. Each has
      ``micro``, ``macro`` and ``per_label`` with ``first``, ``second``, ``difference``,
      ``interval`` and ``p_value``.

    Figures are ``articles``, ``passages``, and, null if not measured,

    - ``entities``: ``measures``, see `article_counts`, each with ``micro``, a score, ``macro``
      (``f1``, ``interval``) and ``per_label``, scores; ``outcomes``, see `span_errors`, by label;
      ``confusion`` with ``labels`` and ``counts``, see `span_errors.Confusion`;
    - ``sections``: ``micro``, ``macro`` and ``per_label`` as above, labels with ``missed``,
      ``spurious``, ``ece`` and ``brier`` besides; ``ece`` and ``brier``, their means, null without
      probabilities.

    Args:
        assessments: What was found out, of one system or two.
        comparison: How the two differ.
    """
    first = assessments[0]
    record = {
        "data": {
            "name": first.evaluation.data,
            "sha256": first.evaluation.sha256,
            "articles": first.figures.articles,
            "passages": first.figures.passages,
        },
        "resampling": {
            "unit": "article",
            "resamples": first.resampling.resamples,
            "seed": first.resampling.seed,
            "confidence": CONFIDENCE,
        },
        "systems": [_system(assessment) for assessment in assessments],
        "comparison": None if comparison is None else _comparison(comparison),
    }
    return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _system(assessment: Assessment) -> dict[str, Any]:
    predictions = assessment.predictions
    return {
        "name": predictions.name,
        "command": assessment.evaluation.command,
        "segmenter": predictions.segmenter,
        "precision": predictions.precision,
        "tasks": predictions.tasks,
        "unused": predictions.unused,
        "figures": _figures(assessment.figures),
        "by_source": {name: _figures(own) for name, own in assessment.by_source.items()},
        "articles": [_article(article, predictions) for article in predictions.articles],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "articles": figures.articles,
        "passages": figures.passages,
        "entities": _entities(figures.entities) if figures.entities else None,
        "sections": _sections(figures.sections) if figures.sections else None,
    }


def _entities(figures: EntityFigures) -> dict[str, Any]:
    measures = {
        measure: {
            "micro": _score(scores.micro, figures.intervals[measure].micro),
            "macro": {"f1": scores.macro_f1, "interval": figures.intervals[measure].macro},
            "per_label": _per_label(scores.per_label, figures.intervals[measure]),
        }
        for measure, scores in figures.scores.items()
    }
    confusion = {
        "labels": figures.confusion.labels,
        "counts": figures.confusion.counts.tolist(),
    }
    return {"measures": measures, "outcomes": figures.outcomes, "confusion": confusion}


def _sections(figures: SectionFigures) -> dict[str, Any]:
    scores, intervals = figures.scores, figures.intervals
    per_label = {
        label: {**score, **_of_label(label, figures, scores)}
        for label, score in _per_label(scores.per_label, intervals).items()
    }
    return {
        "micro": _score(scores.micro, intervals.micro),
        "macro": {"f1": scores.macro_f1, "interval": intervals.macro},
        "per_label": per_label,
        "ece": scores.ece,
        "brier": scores.brier,
    }


def _of_label(label: str, figures: SectionFigures, scores: SectionScores) -> dict[str, Any]:
    return {
        "missed": figures.missed[label],
        "spurious": figures.spurious[label],
        "ece": scores.ece_per_label[label] if scores.ece_per_label else None,
        "brier": scores.brier_per_label[label] if scores.brier_per_label else None,
    }


def _per_label(scores: dict[str, Score], intervals: F1Intervals) -> dict[str, dict[str, Any]]:
    return {label: _score(own, intervals.per_label[label]) for label, own in scores.items()}


def _score(score: Score, interval: Interval | None) -> dict[str, Any]:
    return {
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "support": score.support,
        "interval": interval,
    }


def _article(article: PredictedArticle, predictions: Predictions) -> dict[str, Any]:
    entities, sections = (task in predictions.tasks for task in ("entities", "sections"))
    return {
        "id": article.gold.id,
        "source": article.gold.source,
        "entity_errors": _entity_errors(article) if entities else None,
        "section_errors": _section_errors(article, predictions) if sections else None,
    }


def _entity_errors(article: PredictedArticle) -> list[dict[str, Any]]:
    return [
        {
            "passage": index,
            "outcome": pair.outcome,
            "gold": _span(pair.gold),
            "predicted": _span(pair.predicted),
        }
        for index, pairs in enumerate(article.pairs)
        for pair in pairs
        if pair.outcome != "correct"
    ]


def _section_errors(article: PredictedArticle, predictions: Predictions) -> list[dict[str, Any]]:
    errors = []
    for index in range(len(article.gold.passages)):
        missed, spurious = predictions.section_errors(article, index)
        if missed or spurious:
            errors.append({"passage": index, "missed": missed, "spurious": spurious})
    return errors


def _span(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else dict(zip(("start", "end", "label"), span, strict=True))


def _comparison(comparison: Comparison) -> dict[str, Any]:
    entities, sections = comparison.entities, comparison.sections
    return {
        "first": comparison.first,
        "second": comparison.second,
        "entities": entities and {name: _differences(own) for name, own in entities.items()},
        "sections": _differences(sections) if sections else None,
    }


def _differences(differences: F1Differences) -> dict[str, Any]:
    return {
        "micro": _difference(differences.micro),
        "macro": _difference(differences.macro),
        "per_label": {label: _difference(own) for label, own in differences.per_label.items()},
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "first": difference.first,
        "second": difference.second,
        "difference": difference.difference,
        "interval": difference.interval,
        "p_value": difference.p_value,
    }

"""How far a model's F1 falls where texts are written otherwise than those it learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from phodang.analyzer import Analyzer
from phodang.article import Article
from phodang_training.corpus import text_of
from phodang_training.corpus.annotation import AnnotatedArticle
from phodang_training.corpus.perturbations import PERTURBATIONS, Rewriting, perturbed
from phodang_training.evaluation.metrics import Span, span_scores
from phodang_training.evaluation.section_metrics import section_scores


@dataclass(frozen=True)
class Robustness:
    """Scores on one way to write the articles.

    Attributes:
        perturbation: Its name.
        entities_f1: Strict F1 of entities, micro; none if the model labels none.
        sections_f1: F1 of sections, macro; none if the model tells none.
    """

    perturbation: str
    entities_f1: float | None
    sections_f1: float | None


def measure_robustness(
    analyzer: Analyzer,
    articles: Sequence[AnnotatedArticle],
    *,
    perturbations: Mapping[str, Rewriting] = PERTURBATIONS,
    seed: int = 1,
) -> Iterator[Robustness]:
    """Measure a model on articles under one perturbation after the other.

    Args:
        analyzer: The model.
        articles: Annotated articles.
        perturbations: By name.
        seed: Of what they draw at random.
    """
    for name, rewriting in perturbations.items():
        changed = [perturbed(article, rewriting, seed=seed) for article in articles]
        read = analyzer.predict([text_of(article) for article in changed])
        tasks = analyzer.manifest.tasks
        yield Robustness(
            name,
            _entities_f1(changed, read) if "entities" in tasks else None,
            _sections_f1(analyzer, changed, read) if "sections" in tasks else None,
        )


def _entities_f1(gold: Sequence[AnnotatedArticle], read: Sequence[Article]) -> float:
    predicted = [[(e.start, e.end, e.label) for e in article.entities] for article in read]
    spans = [_gold_spans(article) for article in gold]
    return span_scores(spans, predicted, [len(article.text) for article in read]).micro.f1


def _gold_spans(article: AnnotatedArticle) -> list[Span]:
    spans = []
    offset = 0
    for passage in article.passages:
        spans += [(offset + s.start, offset + s.end, s.label) for s in passage.entities]
        offset += len(passage.text) + 1
    return spans


def _sections_f1(
    analyzer: Analyzer, gold: Sequence[AnnotatedArticle], read: Sequence[Article]
) -> float:
    assert analyzer.manifest.sections is not None
    labels = analyzer.manifest.sections.labels
    expected, found = [], []
    for annotated, article in zip(gold, read, strict=True):
        for passage, own in zip(annotated.passages, article.passages, strict=True):
            expected.append([label in passage.sections for label in labels])
            found.append([label in own.labels for label in labels])
    return section_scores(np.array(expected), np.array(found), None, labels).macro_f1

"""What a system predicts of annotated articles: a model of phodang's, or any system by its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer
from phodang.article import Article
from phodang.sections import in_label_order
from phodang_training.corpus import text_of
from phodang_training.corpus.annotation import AnnotatedArticle, AnnotatedPassage, AnnotatedSpan
from phodang_training.evaluation.metrics import Span
from phodang_training.evaluation.section_evaluation import passage_probabilities
from phodang_training.evaluation.span_errors import SpanPair, align


@dataclass(frozen=True)
class PredictedArticle:
    """An article as it is annotated and as it is predicted.

    Attributes:
        gold: The annotation.
        predicted: The same passages with the entities and sections that are predicted.
        probabilities: How probable each section is, shape ``[passages, section labels]``, with the
            labels of the `Predictions`; none if the system does not tell.
    """

    gold: AnnotatedArticle
    predicted: AnnotatedArticle
    probabilities: NDArray[np.float64] | None = None

    @cached_property
    def pairs(self) -> tuple[tuple[SpanPair, ...], ...]:
        """The entities of each passage, gold and predicted, as `span_errors.align` pairs them."""
        both = zip(self.gold.passages, self.predicted.passages, strict=True)
        return tuple(tuple(align(spans_of(gold), spans_of(predicted))) for gold, predicted in both)


@dataclass(frozen=True)
class Predictions:
    """What a system predicts of annotated articles.

    Attributes:
        name: The system, as it was given.
        tasks: What is measured of it, of `phodang.checkpoint.TASKS`.
        section_labels: The sections that it is measured by.
        articles: The articles in the order of the data.
        segmenter: The word segmenter that read them, if it is a model.
        precision: How the weights are stored, if it is a model: ``fp32`` or ``int8``.
        unused: How many articles it predicts beside these.
    """

    name: str
    tasks: tuple[str, ...]
    section_labels: tuple[str, ...]
    articles: tuple[PredictedArticle, ...]
    segmenter: str | None = None
    precision: str | None = None
    unused: int = 0

    def section_array(self, articles: Iterable[AnnotatedArticle]) -> NDArray[np.bool_]:
        """Which sections passages have, shape ``[passages, section labels]``."""
        passages = [passage for article in articles for passage in article.passages]
        rows = [[label in p.sections for label in self.section_labels] for p in passages]
        return np.array(rows, np.bool_).reshape(len(passages), len(self.section_labels))

    def section_errors(
        self, article: PredictedArticle, index: int
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Which sections of a passage are missed, and which are spurious."""
        gold, predicted = (a.passages[index].sections for a in (article.gold, article.predicted))
        missed = (
            label for label in self.section_labels if label in gold and label not in predicted
        )
        spurious = (
            label for label in self.section_labels if label in predicted and label not in gold
        )
        return tuple(missed), tuple(spurious)


def predict_articles(
    analyzer: Analyzer,
    articles: Sequence[AnnotatedArticle],
    *,
    name: str,
    tasks: Sequence[str] | None = None,
) -> Predictions:
    """Read the raw text of articles once, as any user's text is read.

    The passages of an article are joined by line breaks. A passage that is classified in parts is
    as probable to have a section as its most probable part.

    Args:
        analyzer: A model.
        articles: Annotated articles.
        name: What the model is called.
        tasks: What to read them for; by default all that the model does.

    Raises:
        InputError: A task is unknown or not the model's.
    """
    measured = analyzer.check_tasks(tasks)
    task = analyzer.manifest.sections if "sections" in measured else None
    labels = task.labels if task else ()
    thresholds = np.array(task.thresholds if task else (), np.float64)
    read = analyzer.stream_with_probabilities(map(text_of, articles), tasks=measured)
    predicted = []
    for gold, (article, units) in zip(articles, read, strict=True):
        probabilities = passage_probabilities(gold, units, labels)
        names = [
            tuple(label for label, holds in zip(labels, row, strict=True) if holds)
            for row in (probabilities >= thresholds).tolist()
        ]
        predicted.append(
            PredictedArticle(gold, annotated_like(gold, article, names), probabilities)
        )
    return Predictions(
        name=name,
        tasks=measured,
        section_labels=labels,
        articles=tuple(predicted),
        segmenter=analyzer.reader.segmenter.name,
        precision=analyzer.manifest.precision,
    )


def annotated_like(
    gold: AnnotatedArticle, article: Article, sections: Sequence[Sequence[str]]
) -> AnnotatedArticle:
    """Put the entities of a labelled article on the passages of an annotated one.

    Args:
        gold: The annotated article.
        article: The labelled article, of `corpus.text_of` it.
        sections: The sections of each passage.

    Returns:
        The passages with these entities and sections.

    Raises:
        ValueError: An entity is not in one passage.
    """
    passages = []
    entities = list(article.entities)
    start = 0
    for passage, names in zip(gold.passages, sections, strict=True):
        end = start + len(passage.text)
        spans = []
        while entities and start <= entities[0].start and entities[0].end <= end:
            entity = entities.pop(0)
            spans.append(AnnotatedSpan(entity.start - start, entity.end - start, entity.label))
        passages.append(AnnotatedPassage(passage.text, tuple(spans), tuple(names)))
        start = end + 1
    if entities:
        raise ValueError(f"Expected each entity in one passage, found {entities[0]!r} in none.")
    return AnnotatedArticle(gold.id, tuple(passages), gold.source, gold.kind)


def spans_of(passage: AnnotatedPassage) -> list[Span]:
    """The entities of a passage, with offsets on its text."""
    return [(span.start, span.end, span.label) for span in passage.entities]


def sections_of(articles: Iterable[AnnotatedArticle]) -> tuple[str, ...]:
    """The sections that occur: phodang's own in their usual order, then others by name."""
    return in_label_order(name for a in articles for p in a.passages for name in p.sections)

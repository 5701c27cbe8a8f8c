"""How well a model labels annotated articles."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from phodang.analyzer import Analyzer
from phodang.checkpoint import sha256_of_file
from phodang.errors import InputError
from phodang_training.corpus import (
    AnnotatedArticle,
    read_articles,
    read_conll,
    read_split,
    select,
)
from phodang_training.corpus.source_groups import source_groups
from phodang_training.evaluation.figures import Figures, figures_of, strict_scores
from phodang_training.evaluation.metrics import SpanScores
from phodang_training.evaluation.prediction_files import is_prediction_file, read_predictions
from phodang_training.evaluation.predictions import Predictions, predict_articles
from phodang_training.evaluation.resampling import F1Intervals, Resampling
from phodang_training.evaluation.section_metrics import SectionScores


@dataclass(frozen=True)
class DataPart:
    """Annotated articles to measure on.

    Attributes:
        file: A JSON Lines file, or word-level CoNLL with the suffix ``.conll``.
        split: A split file, if only a part of the articles is meant.
        part: The part of the split: ``train`` or ``heldout``.
    """

    file: Path
    split: Path | None = None
    part: Literal["train", "heldout"] = "heldout"

    @property
    def name(self) -> str:
        """The file as it was given, and the part."""
        return f"{self.file.as_posix()} ({self.part})" if self.split else self.file.as_posix()

    def read(self) -> list[AnnotatedArticle]:
        """Read the articles.

        Raises:
            InputError: The file or the split has a fault, or the split names none of the articles.
        """
        read = read_conll if self.file.suffix == ".conll" else read_articles
        articles = read(self.file)
        if self.split is None:
            return articles
        return select(articles, getattr(read_split(self.split), self.part))


@dataclass(frozen=True)
class Intervals:
    """Intervals of an evaluation's F1, over articles.

    Attributes:
        resampling: How articles were drawn.
        entities: Of the strict F1 of entities; none if there are no scores of them.
        sections: Of the F1 of sections; none if there are no scores of them.
    """

    resampling: Resampling
    entities: F1Intervals | None
    sections: F1Intervals | None


@dataclass(frozen=True)
class Evaluation:
    """Scores of one system on some articles: what a card tells.

    Attributes:
        data: Name of the data.
        sha256: Checksum of the data file.
        articles: Number of articles.
        segmenter: The word segmenter that read them; none if the predictions are from a file.
        precision: How the weights are stored: ``fp32`` or ``int8``; none as above.
        command: What measures it again.
        scores: Strict scores of the entities; none if the system predicts none.
        sections: Scores of the sections; none if the system tells none, or the articles have none.
        intervals: Intervals of both; none in evaluations of an older phodang.
    """

    data: str
    sha256: str
    articles: int
    segmenter: str | None
    precision: str | None
    command: str
    scores: SpanScores | None
    sections: SectionScores | None
    intervals: Intervals | None = None


@dataclass(frozen=True)
class Assessment:
    """All that is found out about one system on some articles.

    Attributes:
        predictions: What it predicts, with the annotation.
        resampling: How articles were drawn for intervals.
        figures: Figures of all articles.
        by_source: Figures by `source_groups`, of two groups or more; else empty.
        evaluation: The summary.
    """

    predictions: Predictions
    resampling: Resampling
    figures: Figures
    by_source: dict[str, Figures]
    evaluation: Evaluation


def evaluate(
    system: str,
    data: DataPart,
    *,
    segmenter: str | None = None,
    tasks: Sequence[str] | None = None,
) -> Evaluation:
    """Measure a system on a file of annotated articles, in short; see `assess`."""
    return assess(system, data, segmenter=segmenter, tasks=tasks).evaluation


def assess(
    system: str,
    data: DataPart,
    *,
    segmenter: str | None = None,
    tasks: Sequence[str] | None = None,
    resampling: Resampling | None = None,
) -> Assessment:
    """Measure a system on a file of annotated articles.

    Args:
        system: Folder of a checkpoint, the name of a bundled model, or predictions as
            `prediction_files` reads them.
        data: The articles. If no passage of them has a section, sections are not measured.
        segmenter: Another word segmenter than the model's.
        tasks: What to measure; by default all that the system does.
        resampling: How articles are drawn for intervals; by default as `Resampling` says.

    Raises:
        InputError: There are no articles, or nothing to measure on them, or see
            `read_predictions`.
        CheckpointError: There is no such model, or it is damaged.
    """
    articles = data.read()
    if not articles:
        raise InputError(f"{data.name}: expected articles, found none. Give another file.")
    resampling = resampling or Resampling()
    predictions = _predictions(system, data, articles, segmenter=segmenter, tasks=tasks)
    figures = figures_of(predictions, resampling)
    groups = source_groups(articles)
    by_source = {
        name: figures_of(_part(predictions, numbers), resampling)
        for name, numbers in (groups.items() if len(groups) > 1 else ())
    }
    entities, sections = figures.entities, figures.sections
    evaluation = Evaluation(
        data=data.name,
        sha256=sha256_of_file(data.file),
        articles=len(articles),
        segmenter=predictions.segmenter,
        precision=predictions.precision,
        command=_command(system, data, segmenter, tasks and predictions.tasks, resampling),
        scores=entities.scores["strict"] if entities else None,
        sections=sections.scores if sections else None,
        intervals=Intervals(
            resampling,
            entities.intervals["strict"] if entities else None,
            sections.intervals if sections else None,
        ),
    )
    return Assessment(predictions, resampling, figures, by_source, evaluation)


def evaluate_entities(analyzer: Analyzer, articles: Sequence[AnnotatedArticle]) -> SpanScores:
    """Label the raw text of articles and compare with their annotation.

    The passages of an article are joined by line breaks and read as any user's text is.

    Returns:
        Strict scores over all articles.
    """
    predictions = predict_articles(analyzer, articles, name="", tasks=["entities"])
    return strict_scores(predictions)


def _predictions(
    system: str,
    data: DataPart,
    articles: Sequence[AnnotatedArticle],
    *,
    segmenter: str | None,
    tasks: Sequence[str] | None,
) -> Predictions:
    # CoNLL has no sections, and no passage of a corpus may have one.
    annotated = any(passage.sections for article in articles for passage in article.passages)
    if is_prediction_file(system):
        if segmenter is not None:
            raise InputError(
                f"{system}: expected a model for another segmenter, found predictions. Leave the "
                "segmenter out."
            )
        read = read_predictions(system, articles, tasks=tasks)
        return dataclasses.replace(
            read, tasks=_measurable(system, data, read.tasks, annotated=annotated)
        )
    analyzer = Analyzer.from_pretrained(system, segmenter=segmenter)
    measured = _measurable(system, data, analyzer.check_tasks(tasks), annotated=annotated)
    return predict_articles(analyzer, articles, name=system, tasks=measured)


def _measurable(
    system: str, data: DataPart, tasks: tuple[str, ...], *, annotated: bool
) -> tuple[str, ...]:
    measurable = tuple(task for task in tasks if task != "sections" or annotated)
    if not measurable:
        raise InputError(
            f"{data.name}: expected articles with sections, which {system} tells, found none. "
            "Give other articles or another model."
        )
    return measurable


def _part(predictions: Predictions, numbers: Sequence[int]) -> Predictions:
    articles = tuple(predictions.articles[number] for number in numbers)
    return dataclasses.replace(predictions, articles=articles)


def _command(
    system: str,
    data: DataPart,
    segmenter: str | None,
    tasks: Sequence[str] | None,
    resampling: Resampling,
) -> str:
    command = f"phodang-train evaluate {system} {data.file.as_posix()}"
    if data.split:
        command += f" --split {data.split.as_posix()} --part {data.part}"
    if segmenter:
        command += f" --segmenter {segmenter}"
    if tasks:
        command += "".join(f" --task {task}" for task in tasks)
    usual = Resampling()
    if resampling.resamples != usual.resamples:
        command += f" --resamples {resampling.resamples}"
    if resampling.seed != usual.seed:
        command += f" --seed {resampling.seed}"
    return command

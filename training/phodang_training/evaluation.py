"""How well a model labels annotated articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from phodang.analyzer import Analyzer
from phodang.checkpoint import sha256_of_file
from phodang_training.corpus import (
    AnnotatedArticle,
    read_articles,
    read_conll,
    read_split,
    select,
    text_of,
)
from phodang_training.metrics import Span, SpanScores, span_scores
from phodang_training.section_evaluation import predict_sections
from phodang_training.section_metrics import SectionScores


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
class Evaluation:
    """Scores of one model on some articles.

    Attributes:
        data: Name of the data.
        sha256: Checksum of the data file.
        articles: Number of articles.
        segmenter: The word segmenter that read them.
        precision: How the weights are stored: ``fp32`` or ``int8``.
        command: What measures it again.
        scores: Scores of the entities; none if the model labels none.
        sections: Scores of the sections; none if the model tells none, or the articles have none.
    """

    data: str
    sha256: str
    articles: int
    segmenter: str
    precision: str
    command: str
    scores: SpanScores | None
    sections: SectionScores | None


def evaluate(
    model: str,
    data: DataPart,
    *,
    segmenter: str | None = None,
    tasks: Sequence[str] | None = None,
) -> Evaluation:
    """Measure a model on a file of annotated articles.

    Args:
        model: Folder of a checkpoint, or the name of a bundled model.
        data: The articles.
        segmenter: Another word segmenter than the model's.
        tasks: What to measure; by default all that the model does.
    """
    analyzer = Analyzer.from_pretrained(model, segmenter=segmenter)
    articles = data.read()
    measured = analyzer.check_tasks(tasks)
    # CoNLL has no sections, and no passage of a corpus may have one.
    annotated = "sections" in measured and any(
        passage.sections for article in articles for passage in article.passages
    )
    command = f"phodang-train evaluate {model} {data.file.as_posix()}"
    if data.split:
        command += f" --split {data.split.as_posix()} --part {data.part}"
    if segmenter:
        command += f" --segmenter {segmenter}"
    if tasks:
        command += "".join(f" --task {task}" for task in measured)
    return Evaluation(
        data=data.name,
        sha256=sha256_of_file(data.file),
        articles=len(articles),
        segmenter=analyzer.reader.segmenter.name,
        precision=analyzer.manifest.precision,
        command=command,
        scores=evaluate_entities(analyzer, articles) if "entities" in measured else None,
        sections=predict_sections(analyzer, articles).scores() if annotated else None,
    )


def print_scores(title: str, scores: SpanScores) -> None:
    """Print a table of scores in percent, under its title."""
    table = Table("", "precision", "recall", "F1", "entities")
    for name, score in {**scores.per_label, "micro": scores.micro}.items():
        rates = (score.precision, score.recall, score.f1)
        table.add_row(name, *(f"{100 * rate:.2f}" for rate in rates), str(score.support))
    # No markup: names of labels and files are printed as they are.
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(title)
    console.print(table)


def print_section_scores(title: str, scores: SectionScores) -> None:
    """Print a table of section scores in percent, under its title."""
    table = Table("", "precision", "recall", "F1", "passages", "ECE")
    for name, score in scores.per_label.items():
        rates = (score.precision, score.recall, score.f1)
        error = f"{100 * scores.ece_per_label[name]:.2f}"
        table.add_row(name, *(f"{100 * rate:.2f}" for rate in rates), str(score.support), error)
    table.add_row("macro", "", "", f"{100 * scores.macro_f1:.2f}", "", f"{100 * scores.ece:.2f}")
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(title)
    console.print(table)


def evaluate_entities(analyzer: Analyzer, articles: Sequence[AnnotatedArticle]) -> SpanScores:
    """Label the raw text of articles and compare with their annotation.

    The passages of an article are joined by line breaks and read as any user's text is.

    Returns:
        Strict scores over all articles.
    """
    texts = [text_of(article) for article in articles]
    predicted = [
        [(entity.start, entity.end, entity.label) for entity in read.entities]
        for read in analyzer.stream(texts, tasks=["entities"])
    ]
    return span_scores(
        [gold_spans(article) for article in articles], predicted, [len(text) for text in texts]
    )


def gold_spans(article: AnnotatedArticle) -> list[Span]:
    """The annotated entities of an article, with offsets on `text_of` it."""
    spans = []
    offset = 0
    for passage in article.passages:
        spans += [(offset + s.start, offset + s.end, s.label) for s in passage.entities]
        offset += len(passage.text) + 1
    return spans

"""Predictions in files, of any system: matched with annotated articles, and checked.

A file is one of these:

- ``.jsonl`` in the schema of ``data/README.md``: what is annotated in the data is predicted here;
- what ``phodang label`` wrote of the articles, each text their passages joined by line breaks: the
  folder or one shard;
- ``.conll``, for data in CoNLL: the same words in the same lines.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from phodang.analyzer import BUNDLED_MODEL
from phodang.batch.labelled import LabelledArticle
from phodang.batch.labelled_reading import read_labelled
from phodang.batch.manifest import MANIFEST_FILE
from phodang.batch.shards import JSON_LINES_ENDINGS, PARQUET_ENDING
from phodang.checkpoint import TASKS
from phodang.errors import InputError
from phodang.messages import quoted
from phodang.sections import in_label_order
from phodang_training.corpus import read_articles, read_conll, text_of
from phodang_training.corpus.annotation import AnnotatedArticle
from phodang_training.evaluation.predictions import (
    PredictedArticle,
    Predictions,
    annotated_like,
    sections_of,
)

_CONLL_ENDING = ".conll"


def is_prediction_file(system: str) -> bool:
    """Tell a file of predictions, or a folder of ``phodang label``, from a model."""
    if system == BUNDLED_MODEL:
        return False
    endings = (*JSON_LINES_ENDINGS, PARQUET_ENDING, _CONLL_ENDING)
    return system.endswith(endings) or (Path(system) / MANIFEST_FILE).is_file()


def read_predictions(
    path: str, articles: Sequence[AnnotatedArticle], *, tasks: Sequence[str] | None = None
) -> Predictions:
    """Read what a system predicts of articles.

    Args:
        path: A file, or a folder of ``phodang label``; see `is_prediction_file`.
        articles: The annotated articles. Predictions of further ones are counted and left out.
        tasks: What is predicted; by default what occurs in the file. With ``sections``, those
            that are annotated or predicted are measured.

    Raises:
        InputError: A task is unknown, the file has a fault, an article has no prediction or
            another text, or nothing is predicted at all.
    """
    predicted: dict[str, AnnotatedArticle | LabelledArticle] = {}
    for article in _read(path, articles):
        if article.id in predicted:
            raise InputError(
                f"{path}: expected one prediction for each article, found two for "
                f"{quoted(article.id)}. Delete one of them."
            )
        predicted[article.id] = article
    if missing := [article.id for article in articles if article.id not in predicted]:
        raise InputError(
            f"{path}: expected a prediction for each of {len(articles)} articles, found none for "
            f"{quoted(missing[0])}{f' and {len(missing) - 1} more' if missing[1:] else ''}. Add "
            "them, with empty lists if nothing is found in them, or measure on a part of the data."
        )
    matched = tuple(_matched(path, gold, predicted[gold.id]) for gold in articles)
    found = [article.predicted for article in matched]
    measured = _tasks(path, found, tasks)
    labels = sections_of((*articles, *found)) if "sections" in measured else ()
    unused = len(predicted) - len(articles)
    return Predictions(path, measured, labels, matched, unused=unused)


def _read(
    path: str, articles: Sequence[AnnotatedArticle]
) -> Iterable[AnnotatedArticle | LabelledArticle]:
    if path.endswith(_CONLL_ENDING):
        return _read_conll(path, articles)
    if path.endswith(".jsonl") and not _is_labelled(Path(path)):
        return read_articles(path)
    return read_labelled(path)


def _read_conll(path: str, articles: Sequence[AnnotatedArticle]) -> list[AnnotatedArticle]:
    """Read sentences, which have the ids of those of the data that begin at the same line."""
    ids = {article.id.rpartition(":")[2]: article.id for article in articles}
    read = read_conll(path)
    lines = [sentence.id.rpartition(":")[2] for sentence in read]
    return [
        AnnotatedArticle(ids.get(line, sentence.id), sentence.passages)
        for line, sentence in zip(lines, read, strict=True)
    ]


def _is_labelled(path: Path) -> bool:
    """Whether a file is a shard of ``phodang label``, which has a text besides its passages."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = next(filter(bytes.strip, file), b"")
    try:
        record = json.loads(first)
    except ValueError:
        return False
    return isinstance(record, dict) and {"text", "fields"} <= record.keys()


def _matched(
    path: str, gold: AnnotatedArticle, predicted: AnnotatedArticle | LabelledArticle
) -> PredictedArticle:
    if isinstance(predicted, LabelledArticle):
        return PredictedArticle(gold, _from_labelled(path, gold, predicted))
    where = f"{path}, article {quoted(gold.id)}"
    if len(gold.passages) != len(predicted.passages):
        raise InputError(
            f"{where}: expected the {len(gold.passages)} passages of the data, found "
            f"{len(predicted.passages)}. Predict on the same passages; one in which nothing is "
            "found has empty lists."
        )
    both = zip(gold.passages, predicted.passages, strict=True)
    for index, (passage, other) in enumerate(both):
        _check_text(f"{where}, passages[{index}]", passage.text, other.text)
    return PredictedArticle(gold, predicted)


def _from_labelled(
    path: str, gold: AnnotatedArticle, labelled: LabelledArticle
) -> AnnotatedArticle:
    where = f"{path}, article {quoted(gold.id)}"
    text = text_of(gold)
    _check_text(where, text, labelled.article.text)
    names: list[tuple[str, ...]] = []
    parts = [part for passage in labelled.article.passages for part in passage.sections]
    start = 0
    for passage in gold.passages:
        end = start + len(passage.text)
        names.append(in_label_order(p.label for p in parts if start <= p.start < end))
        start = end + 1
    try:
        return annotated_like(gold, labelled.article, names)
    except ValueError as error:
        raise InputError(
            f"{where}: {error} Give what phodang label wrote of the articles' passages, each on "
            "a line."
        ) from error


def _check_text(where: str, expected: str, found: str) -> None:
    if expected == found:
        return
    equal = (one == other for one, other in zip(expected, found, strict=False))
    place = len(list(itertools.takewhile(bool, equal)))
    raise InputError(
        f"{where}: expected the text of the data, found another from character {place} on: "
        f"{quoted(found[place:])} instead of {quoted(expected[place:])}. Predict on the text as it "
        "stands in the data, and do not normalise it; offsets count its characters."
    )


def _tasks(
    path: str, predicted: Sequence[AnnotatedArticle], tasks: Sequence[str] | None
) -> tuple[str, ...]:
    if unknown := sorted(set(tasks or ()) - set(TASKS)):
        raise InputError(
            f"Expected tasks of {' and '.join(TASKS)}, found {quoted(unknown[0])}. Leave tasks "
            "out for all that is predicted."
        )
    if tasks:
        return tuple(task for task in TASKS if task in tasks)
    passages = [passage for article in predicted for passage in article.passages]
    occur = {
        "entities": any(passage.entities for passage in passages),
        "sections": any(passage.sections for passage in passages),
    }
    if not any(occur.values()):
        raise InputError(
            f"{path}: expected entities or sections, found none in the articles of the data. Say "
            "with --task what is predicted, if nothing is found in any article."
        )
    return tuple(task for task in TASKS if occur[task])

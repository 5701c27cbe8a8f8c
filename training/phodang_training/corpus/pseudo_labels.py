"""Unlabelled texts → annotated articles, labelled by models that agree (self-training).

What several models say in majority is more often right than what one says, and a model that is
trained on it learns from far more text than was ever annotated (Du et al. 2021,
https://aclanthology.org/2021.naacl-main.426).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from phodang.analyzer import Analyzer
from phodang.article import Article
from phodang.batch.records import Record
from phodang.batch.sources import find_sources
from phodang.checkpoint import TASKS
from phodang.errors import InputError
from phodang.normalization import normalize
from phodang_training.corpus.annotation import AnnotatedArticle, AnnotatedPassage, AnnotatedSpan
from phodang_training.corpus.texts import read_texts

RUN_WORDS = 12
"""So many words in a row are seldom written twice, but for long names and set phrases."""

LARGEST_COMMON_SHARE = 0.05
"""A text that has more of its runs of words in common with excluded articles is one of them."""

_ARTICLES_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True)
class TextSelection:
    """Which texts to label.

    Attributes:
        containing: Only texts with one of these strings; empty for all.
        words: Stop when the chosen texts have so many words between white space; 0 for no end.
    """

    containing: tuple[str, ...] = ()
    words: int = 0


def pseudo_label(
    models: Sequence[str],
    texts: Sequence[Path],
    *,
    selection: TextSelection,
    excluded: Iterable[AnnotatedArticle] = (),
) -> Iterator[AnnotatedArticle]:
    """Label texts by majority.

    An entity is kept if more than half of the models that label entities give exactly it; two that
    overlap cannot both be. A passage has a section if more than half of the models that tell
    sections give it.

    Args:
        models: Folders of checkpoints, or the name of a bundled model. Their tasks may differ.
        texts: What ``phodang label`` reads: files, folders, globs.
        selection: Which of the texts.
        excluded: Articles that are annotated already, or to be measured on: texts that have more
            than `LARGEST_COMMON_SHARE` of their runs of `RUN_WORDS` words from them are left out.

    Returns:
        The articles, in the order of the texts.

    Raises:
        InputError: A text cannot be read, two texts have one id, or two models read passages
            differently.
        CheckpointError: A model cannot be loaded.
    """
    analyzers = [Analyzer.from_pretrained(model) for model in models]
    for task in TASKS:
        if not any(task in analyzer.manifest.tasks for analyzer in analyzers):
            warnings.warn(
                f"No model given tells {task}: the articles will have none. Do not train {task} on "
                "them.",
                stacklevel=2,
            )
    sources = find_sources([str(path) for path in texts]).sources
    records = _selected(read_texts(sources), selection, _runs_of(excluded))
    waiting: list[Record] = []
    for record in records:
        waiting.append(record)
        if len(waiting) == _ARTICLES_AT_ONCE:
            yield from _label(analyzers, waiting)
            waiting = []
    yield from _label(analyzers, waiting)


def _selected(
    records: Iterable[Record], selection: TextSelection, excluded: Collection[int]
) -> Iterator[Record]:
    words = 0
    ids: set[str] = set()
    wanted = [_normal(string) for string in selection.containing]
    for record in records:
        if selection.words and words >= selection.words:
            return
        if wanted and not any(string in _normal(record.text) for string in wanted):
            continue
        if not record.text.strip() or _common_share(record.text, excluded) > LARGEST_COMMON_SHARE:
            continue
        if record.id in ids:
            raise InputError(
                f'{record.place}: expected an id of its own, found "{record.id}" again. Rename one '
                "of the texts, or label the files apart."
            )
        ids.add(record.id)
        words += len(record.text.split())
        yield record


def _label(analyzers: Sequence[Analyzer], records: Sequence[Record]) -> Iterator[AnnotatedArticle]:
    read = [analyzer.predict([record.text for record in records]) for analyzer in analyzers]
    for record, articles in zip(records, zip(*read, strict=True), strict=True):
        by_task = {
            task: [
                article
                for article, analyzer in zip(articles, analyzers, strict=True)
                if task in analyzer.manifest.tasks
            ]
            for task in TASKS
        }
        passages = _passages(record.id, by_task["entities"], by_task["sections"])
        # A text without words has no passage, and teaches nothing.
        if passages:
            yield AnnotatedArticle(record.id, tuple(passages), source="pseudo-labelled")


def _passages(
    identifier: str, entities: Sequence[Article], sections: Sequence[Article]
) -> list[AnnotatedPassage]:
    read = [*entities, *sections]
    places = [[(passage.start, passage.end) for passage in article.passages] for article in read]
    if any(own != places[0] for own in places):
        raise InputError(
            f'"{identifier}": the models find different passages in it. Give models that were '
            "trained with one version of phodang."
        )
    passages = []
    for index, passage in enumerate(read[0].passages):
        spans = Counter(
            (entity.start - passage.start, entity.end - passage.start, entity.label)
            for article in entities
            for entity in article.passages[index].entities
        )
        names = Counter(name for article in sections for name in article.passages[index].labels)
        passages.append(
            AnnotatedPassage(
                passage.text,
                tuple(
                    AnnotatedSpan(*span)
                    for span, votes in sorted(spans.items())
                    if 2 * votes > len(entities)
                ),
                tuple(name for name, votes in sorted(names.items()) if 2 * votes > len(sections)),
            )
        )
    return passages


def _runs_of(articles: Iterable[AnnotatedArticle]) -> set[int]:
    return {run for article in articles for p in article.passages for run in _runs(p.text)}


def _common_share(text: str, runs: Collection[int]) -> float:
    """The share of a text's runs of words that are among those given."""
    own = _runs(text) if runs else []
    return sum(run in runs for run in own) / max(len(own), 1)


def _runs(text: str) -> list[int]:
    """Each run of `RUN_WORDS` words by its hash, apart from case, punctuation and spelling.

    A shorter text is one run.
    """
    words = "".join(c if c.isalnum() else " " for c in _normal(text).casefold()).split()
    last = max(len(words) - RUN_WORDS, 0)
    return [hash(tuple(words[i : i + RUN_WORDS])) for i in range(last + 1)]


def _normal(text: str) -> str:
    """The text in the form that models read: composed letters, one place for each tone."""
    return normalize(text).text

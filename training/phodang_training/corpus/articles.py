"""A corpus: annotated articles to train on and to choose by, parts of them, and counts."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from phodang.errors import InputError
from phodang.sections import in_label_order
from phodang_training.config import DataConfig
from phodang_training.corpus.annotation import AnnotatedArticle
from phodang_training.corpus.overlaps import describe_overlaps
from phodang_training.corpus.scanning import ScannedCorpus, scan_corpus


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """Sizes of a corpus.

    Attributes:
        articles: Number of articles.
        passages: Number of passages.
        words: Number of words between white space.
        entities: Number of entities by label, sorted by label.
        sections: Number of passages by section, phodang's own in their usual order, then others by
            name.
    """

    articles: int
    passages: int
    words: int
    entities: Mapping[str, int]
    sections: Mapping[str, int]


def load_articles(
    data: DataConfig, *, entities: bool = True, sections: Collection[str] | None = None
) -> tuple[list[AnnotatedArticle], list[AnnotatedArticle]]:
    """Read the articles that a configuration says to train on and to choose by.

    Args:
        data: The files, their format, the split and the labels. Without labels, those of the
            training articles count as known.
        entities: Whether entities are to be learnt.
        sections: The sections that are to be learnt; none if None, and any may occur.

    Returns:
        The training articles and the dev articles, none of them in both. What `find_overlaps`
        finds beyond that is told in a warning.

    Raises:
        InputError: A file has a fault, an id occurs twice, a label is unknown, an article has no
            words, the split names no article of the files, or nothing is left to train on or to
            choose by, or nothing of what is to be learnt. The message names file and line.
    """
    found = load_corpus(data, entities=entities, sections=sections)
    return [placed.article for placed in found.train], [placed.article for placed in found.dev]


def load_corpus(
    data: DataConfig, *, entities: bool = True, sections: Collection[str] | None = None
) -> ScannedCorpus:
    """Read what `load_articles` reads, each article with its place; see there."""
    found = scan_corpus(data, entities=entities, sections=sections)
    if found.faults:
        first, *others = found.faults
        more = f" ({len(others)} more: `phodang-train check` tells all.)" if others else ""
        raise InputError(f"{first}{more}")
    if overlaps := list(describe_overlaps(found.train, found.dev)):
        warnings.warn(
            f"Train and dev overlap, so that dev scores may be too good: {len(overlaps)} times, "
            f"first here: {overlaps[0]}",
            stacklevel=3,
        )
    return found


def text_of(article: AnnotatedArticle) -> str:
    """The raw text of an article: its passages joined by line breaks."""
    return "\n".join(passage.text for passage in article.passages)


def select(articles: Sequence[AnnotatedArticle], ids: Iterable[str]) -> list[AnnotatedArticle]:
    """Choose articles by their ids.

    Args:
        articles: The articles.
        ids: The ids of those to keep.

    Returns:
        The chosen articles, in the order in which they stand in ``articles``.

    Raises:
        InputError: No article has one of the ids.
    """
    wanted = set(ids)
    if missing := sorted(wanted - {article.id for article in articles}):
        raise InputError(
            f'Expected an article with each of {len(wanted)} ids, found none with "{missing[0]}"'
            f"{f' and {len(missing) - 1} more' if missing[1:] else ''}. Does the split belong to "
            "this file?"
        )
    return [article for article in articles if article.id in wanted]


def describe(articles: Sequence[AnnotatedArticle]) -> CorpusStatistics:
    """Count articles, passages, words, entities and sections."""
    passages = [passage for article in articles for passage in article.passages]
    entities = Counter(span.label for passage in passages for span in passage.entities)
    sections = Counter(section for passage in passages for section in passage.sections)
    return CorpusStatistics(
        articles=len(articles),
        passages=len(passages),
        words=sum(len(passage.text.split()) for passage in passages),
        entities=dict(sorted(entities.items())),
        sections={section: sections[section] for section in in_label_order(sections)},
    )

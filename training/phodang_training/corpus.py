"""A corpus: annotated articles with their split, checks between train and test, and counts.

The names to read and write files with are to be had from here as well.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from phodang.errors import InputError
from phodang_training.annotation import (
    SECTIONS,
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    check_labels,
    shown,
)
from phodang_training.annotation_files import (
    Split,
    read_articles,
    read_conll,
    read_split,
    write_articles,
)
from phodang_training.config import DataConfig

__all__ = [
    "SECTIONS",
    "AnnotatedArticle",
    "AnnotatedPassage",
    "AnnotatedSpan",
    "CorpusStatistics",
    "Split",
    "check_disjoint",
    "describe",
    "load_articles",
    "read_articles",
    "read_conll",
    "read_split",
    "select",
    "text_of",
    "write_articles",
]

STOCK_PHRASE_WORDS = 8
"""A passage of up to so many words may well be written twice, such as a heading or a byline."""


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """Sizes of a corpus.

    Attributes:
        articles: Number of articles.
        passages: Number of passages.
        words: Number of words between white space.
        entities: Number of entities by label, sorted by label.
        sections: Number of passages by section, in the order of `SECTIONS`.
    """

    articles: int
    passages: int
    words: int
    entities: Mapping[str, int]
    sections: Mapping[str, int]


def load_articles(data: DataConfig) -> tuple[list[AnnotatedArticle], list[AnnotatedArticle]]:
    """Read the articles that a configuration says to train on and to choose by.

    Args:
        data: The files, their format, the split and the labels. Without labels, those of the
            training articles count as known.

    Returns:
        The training articles and the dev articles, none of them in both. What `check_disjoint`
        finds beyond that is told in a warning.

    Raises:
        InputError: A file has a fault, an id occurs in two files, a label is unknown, the split
            names no article of the files, or nothing is left to train on or to choose by.
    """
    read = read_conll if data.format == "conll" else read_articles
    labels: Collection[str] | None = data.labels or None
    train = [article for path in data.train for article in read(path, labels=labels)]
    dev = [article for path in data.dev for article in read(path, labels=labels)]
    if data.split is not None:
        split = read_split(data.split)
        if not {article.id for article in train} & {*split.train, *split.heldout}:
            raise InputError(
                f"{data.split}: expected ids of articles in {', '.join(data.train)}, found none. "
                "Give the split of these files, or none."
            )
        train = _without(train, split.heldout)
        dev = _without(dev, split.train)
    _check_files(train, dev, data)
    known = {span.label for article in train for p in article.passages for span in p.entities}
    for article in dev:
        try:
            check_labels(article, labels or known)
        except InputError as error:
            raise InputError(f'Dev article "{article.id}": {error}') from error
    if problems := check_disjoint(train, dev):
        warnings.warn(
            f"Train and dev overlap, so that dev scores may be too good: {len(problems)} findings "
            f"of check_disjoint, the first of them: {problems[0]}",
            stacklevel=2,
        )
    return train, dev


def text_of(article: AnnotatedArticle) -> str:
    """The raw text of an article: its passages joined by line breaks."""
    return "\n".join(passage.text for passage in article.passages)


def _without(articles: Iterable[AnnotatedArticle], ids: Iterable[str]) -> list[AnnotatedArticle]:
    excluded = set(ids)
    return [article for article in articles if article.id not in excluded]


def _check_files(
    train: Sequence[AnnotatedArticle], dev: Sequence[AnnotatedArticle], data: DataConfig
) -> None:
    for articles, files in ((train, data.train), (dev, data.dev)):
        if not articles:
            left = f" that {data.split} leaves" if data.split else ""
            raise InputError(
                f"Expected articles in {', '.join(files)}, found none{left}. Give other files."
            )
    counts = Counter(article.id for article in (*train, *dev))
    if repeated := [identifier for identifier, count in counts.items() if count > 1]:
        more = f" and {len(repeated) - 1} more" if repeated[1:] else ""
        raise InputError(
            f"Expected each id once in {', '.join((*data.train, *data.dev))}, found "
            f'"{repeated[0]}"{more} more than once. Do not give a file twice, unless data.split '
            "says which of its articles are for training."
        )


def check_disjoint(
    train: Iterable[AnnotatedArticle], test: Iterable[AnnotatedArticle]
) -> list[str]:
    """Find what would let a test measure memory.

    Args:
        train: Articles to train on.
        test: Articles to measure on.

    Returns:
        A sentence for each article of test whose id is in train, and for each passage of test
        of more than `STOCK_PHRASE_WORDS` words that is in train, apart from white space and
        Unicode form. Empty if there are none.
    """
    ids: set[str] = set()
    places: dict[str, str] = {}
    for article in train:
        ids.add(article.id)
        for index, passage in enumerate(article.passages):
            places.setdefault(_same(passage.text), f"{article.id} passages[{index}]")
    problems = []
    for article in test:
        if article.id in ids:
            problems.append(f"Article {article.id} is in both.")
        for index, passage in enumerate(article.passages):
            place = places.get(_same(passage.text))
            if place and len(passage.text.split()) > STOCK_PHRASE_WORDS:
                problems.append(
                    f"{article.id} passages[{index}] is {place} again: {shown(passage.text)}."
                )
    return problems


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
        sections={section: sections[section] for section in SECTIONS},
    )


def _same(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())

"""What is in two parts of a corpus, so that measuring on one would measure memory of the other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from phodang_training.corpus.annotation import AnnotatedArticle, shown
from phodang_training.corpus.annotation_places import Fault, PlacedArticle

STOCK_PHRASE_WORDS = 8
"""A passage of up to so many words may well be written twice, such as a heading or a byline."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """A passage of one part that another part has as well.

    Attributes:
        article: Which of the second part's articles it is in, counted from 0.
        passage: Which of that article's passages it is.
        earlier_article: Which of the first part's articles has it.
        earlier_passage: Which of that article's passages it is.
    """

    article: int
    passage: int
    earlier_article: int
    earlier_passage: int


def find_overlaps(
    earlier: Iterable[AnnotatedArticle], later: Iterable[AnnotatedArticle]
) -> Iterator[Overlap]:
    """Find the passages of a part of a corpus that an earlier part has.

    Passages of up to `STOCK_PHRASE_WORDS` words do not count. White space and the Unicode form do
    not make two passages different.

    Yields:
        The passages in the order of the later part, each with its first place in the earlier one.
    """
    places: dict[str, tuple[int, int]] = {}
    for number, article in enumerate(earlier):
        for index, passage in enumerate(article.passages):
            places.setdefault(_same(passage.text), (number, index))
    for number, article in enumerate(later):
        for index, passage in enumerate(article.passages):
            place = places.get(_same(passage.text))
            if place is not None and len(passage.text.split()) > STOCK_PHRASE_WORDS:
                yield Overlap(number, index, *place)


def check_disjoint(
    train: Sequence[AnnotatedArticle], test: Sequence[AnnotatedArticle]
) -> list[str]:
    """Find what would let a test measure memory.

    Args:
        train: Articles to train on.
        test: Articles to measure on.

    Returns:
        A sentence for each article of test whose id is in train, and for each passage of test
        that `find_overlaps` finds in train. Empty if there are none.
    """
    ids = {article.id for article in train}
    problems = [f"Article {article.id} is in both." for article in test if article.id in ids]
    for overlap in find_overlaps(train, test):
        article, earlier = test[overlap.article], train[overlap.earlier_article]
        text = shown(article.passages[overlap.passage].text)
        problems.append(
            f"{article.id} passages[{overlap.passage}] is "
            f"{earlier.id} passages[{overlap.earlier_passage}] again: {text}."
        )
    return problems


def describe_overlaps(
    earlier: Sequence[PlacedArticle], later: Sequence[PlacedArticle]
) -> Iterator[Fault]:
    """Tell of each passage of a later part that an earlier part has: where both are, what to do."""
    overlaps = find_overlaps([p.article for p in earlier], [p.article for p in later])
    for overlap in overlaps:
        placed, first = later[overlap.article], earlier[overlap.earlier_article]
        text = shown(placed.article.passages[overlap.passage].text)
        yield placed.fault(
            f"passages[{overlap.passage}]: expected a passage that is not in the articles before, "
            f"found passages[{overlap.earlier_passage}] of {first.place} again: {text}. Delete it, "
            "or the article, in one of the two."
        )


def _same(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())

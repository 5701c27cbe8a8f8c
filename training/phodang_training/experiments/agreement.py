"""How far two annotations of the same articles agree, and where they do not.

Of entities it is told by strict F1, which is the same whichever annotation is taken for right, and
which chance hardly raises (Hripcsak and Rothschild 2005, https://doi.org/10.1197/jamia.M1733). Of
sections it is told by Krippendorff's alpha over the passages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from phodang.errors import InputError
from phodang.sections import in_label_order
from phodang_training.corpus import read_articles
from phodang_training.corpus.annotation import AnnotatedArticle, AnnotatedPassage, shown
from phodang_training.evaluation.metrics import Span, span_scores
from phodang_training.evaluation.predictions import spans_of
from phodang_training.evaluation.span_errors import align
from phodang_training.experiments.krippendorff import krippendorff_alpha, masi_difference


@dataclass(frozen=True)
class EntityAgreement:
    """How far two annotations agree in entities.

    Attributes:
        f1: Strict F1 between 0 and 1.
        first: How many entities the first has.
        second: How many the second has.
    """

    f1: float
    first: int
    second: int


@dataclass(frozen=True)
class SectionAgreement:
    """How far two annotations agree in a section.

    Attributes:
        alpha: Krippendorff's alpha over the passages, which have the section or not; none if all
            have it in both.
        first: How many passages have it in the first.
        second: How many have it in the second.
    """

    alpha: float | None
    first: int
    second: int


@dataclass(frozen=True)
class EntityDisagreement:
    """An entity that the two annotations have otherwise, or that one of them has alone.

    Attributes:
        article: The article's id.
        passage: The passage's index.
        first: What the first has, offsets on the passage's text; none if nothing.
        second: What the second has in its place.
    """

    article: str
    passage: int
    first: Span | None
    second: Span | None


@dataclass(frozen=True)
class SectionDisagreement:
    """A passage that has other sections in one annotation than in the other.

    Attributes:
        article: The article's id.
        passage: The passage's index.
        first: Its sections in the first.
        second: Its sections in the second.
    """

    article: str
    passage: int
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """How far two annotations of the same articles agree.

    Attributes:
        articles: Number of articles.
        passages: Number of passages.
        entities: Agreement in all entities; none if neither annotation has any.
        entities_by_label: Agreement in the entities of each type that occurs.
        sections: Alpha over the sets of sections, with MASI for their difference; none if all
            passages have the same.
        sections_by_label: Agreement in each section that occurs.
        entity_disagreements: Where they differ in entities, in the order of the first annotation.
        section_disagreements: Where they differ in sections.
    """

    articles: int
    passages: int
    entities: EntityAgreement | None
    entities_by_label: dict[str, EntityAgreement]
    sections: float | None
    sections_by_label: dict[str, SectionAgreement]
    entity_disagreements: tuple[EntityDisagreement, ...]
    section_disagreements: tuple[SectionDisagreement, ...]


@dataclass(frozen=True)
class _Twice:
    """A passage, annotated twice."""

    article: str
    index: int
    first: AnnotatedPassage
    second: AnnotatedPassage


def read_both(first: Path, second: Path) -> tuple[list[AnnotatedArticle], list[AnnotatedArticle]]:
    """Read two annotations of the same articles.

    Args:
        first: A file of annotated articles.
        second: Another, with the same articles in any order.

    Returns:
        The articles of both, in the order of the first.

    Raises:
        InputError: A file has a fault, an article is in one of them only, or its passages differ.
    """
    of_first, of_second = ({a.id: a for a in read_articles(path)} for path in (first, second))
    for articles, path, others, other in (
        (of_first, first, of_second, second),
        (of_second, second, of_first, first),
    ):
        if lacking := [identifier for identifier in articles if identifier not in others]:
            more = f" and {len(lacking) - 1} more" if lacking[1:] else ""
            raise InputError(
                f'{other}: expected the article "{lacking[0]}"{more}, which {path} has, found '
                "none. Annotate it there too, or take it out here."
            )
    if not of_first:
        raise InputError(f"{first}: expected articles, found none. Give other files.")
    for identifier, article in of_first.items():
        if fault := _text_fault(article, of_second[identifier]):
            raise InputError(
                f'{second}: article "{identifier}": {fault}. {first} has it so, and only '
                "annotations of one text can be compared; annotate the same passages."
            )
    return list(of_first.values()), [of_second[identifier] for identifier in of_first]


def agreement(first: Sequence[AnnotatedArticle], second: Sequence[AnnotatedArticle]) -> Agreement:
    """Compare two annotations.

    Args:
        first: Annotated articles.
        second: The same articles with another annotation, in the same order.
    """
    passages = [
        _Twice(one.id, index, *both)
        for one, other in zip(first, second, strict=True)
        for index, both in enumerate(zip(one.passages, other.passages, strict=True))
    ]
    entities, entities_by_label = _entities(passages)
    sets = [(frozenset(p.first.sections), frozenset(p.second.sections)) for p in passages]
    return Agreement(
        articles=len(first),
        passages=len(passages),
        entities=entities if entities_by_label else None,
        entities_by_label=entities_by_label,
        sections=krippendorff_alpha(sets, difference=masi_difference),
        sections_by_label=_sections(passages),
        entity_disagreements=tuple(_entity_disagreements(passages)),
        section_disagreements=tuple(_section_disagreements(passages)),
    )


def _text_fault(article: AnnotatedArticle, other: AnnotatedArticle) -> str | None:
    """What keeps the second annotation from being one of the first's text."""
    for index, (one, two) in enumerate(zip(article.passages, other.passages, strict=False)):
        if one.text != two.text:
            return f"passages[{index}]: expected {shown(one.text)}, found {shown(two.text)}"
    if len(article.passages) != len(other.passages):
        return f"expected {len(article.passages)} passages, found {len(other.passages)}"
    return None


def _entities(passages: Sequence[_Twice]) -> tuple[EntityAgreement, dict[str, EntityAgreement]]:
    """The agreement in all entities, and in those of each type."""
    of_first = [spans_of(passage.first) for passage in passages]
    of_second = [spans_of(passage.second) for passage in passages]
    lengths = [len(passage.first.text) for passage in passages]
    scores = span_scores(of_first, of_second, lengths)
    first, second = (
        Counter(label for spans in each for _, _, label in spans) for each in (of_first, of_second)
    )
    return EntityAgreement(scores.micro.f1, first.total(), second.total()), {
        label: EntityAgreement(score.f1, first[label], second[label])
        for label, score in scores.per_label.items()
    }


def _sections(passages: Sequence[_Twice]) -> dict[str, SectionAgreement]:
    """The agreement in each section that occurs."""
    agreements = {}
    for label in in_label_order(
        name for p in passages for name in (*p.first.sections, *p.second.sections)
    ):
        units = [(label in p.first.sections, label in p.second.sections) for p in passages]
        first, second = map(sum, zip(*units, strict=True))
        agreements[label] = SectionAgreement(krippendorff_alpha(units), first, second)
    return agreements


def _entity_disagreements(passages: Sequence[_Twice]) -> Iterator[EntityDisagreement]:
    for passage in passages:
        for pair in align(spans_of(passage.first), spans_of(passage.second)):
            if pair.gold != pair.predicted:
                yield EntityDisagreement(passage.article, passage.index, pair.gold, pair.predicted)


def _section_disagreements(passages: Sequence[_Twice]) -> Iterator[SectionDisagreement]:
    for passage in passages:
        first, second = (in_label_order(p.sections) for p in (passage.first, passage.second))
        if first != second:
            yield SectionDisagreement(passage.article, passage.index, first, second)

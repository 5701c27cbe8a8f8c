"""Reads hostile texts, and checks what every reading keeps to."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from phodang.analyzer import Analyzer
from phodang.article import Article, Entity
from phodang.passages import passage_spans
from phodang_training.trust.hostile_texts import hostile_text

TEXTS_AT_ONCE = 20
"""So many texts are read together."""
_BLOCKS_PER_COMPARISON = 10
"""The texts of every so manieth block are read in other company too, which takes time."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one reading.

    Attributes:
        seed: Of the run.
        number: Number of the text, from 0; ``hostile_text(f"{seed}:{number}")`` makes it again.
        text: The text.
        reason: What is wrong.
    """

    seed: int
    number: int
    text: str
    reason: str


@dataclass(frozen=True)
class FuzzReport:
    """What a run came to.

    Attributes:
        texts: How many texts were read.
        characters: How many code points they have.
        entities: How many entities were found in them.
        compared: How many of the texts were read in other company too.
        seconds: How long it took.
        fault: The first fault; none if there was none.
    """

    texts: int
    characters: int
    entities: int
    compared: int
    seconds: float
    fault: Fault | None


def fuzz(
    analyzer: Analyzer,
    *,
    texts: int,
    seed: int,
    others: Sequence[Analyzer] = (),
    on_progress: Callable[[int], None] = lambda read: None,
) -> FuzzReport:
    """Read texts until one shows a fault.

    Args:
        analyzer: Reads them, `TEXTS_AT_ONCE` together.
        texts: How many to read.
        seed: Of the texts.
        others: Analyzers that have to give equal results, such as one with other threads.
        on_progress: Told after each block how many texts have been read.
    """
    begun = time.monotonic()
    read = characters = entities = compared = 0
    for block, first in enumerate(range(0, texts, TEXTS_AT_ONCE)):
        numbers = range(first, min(first + TEXTS_AT_ONCE, texts))
        own = [hostile_text(f"{seed}:{number}") for number in numbers]
        compare = block % _BLOCKS_PER_COMPARISON == 0
        articles, found = _read_block(analyzer, own, others if compare else None)
        read += len(own)
        characters += sum(map(len, own))
        entities += sum(len(article.entities) for article in articles)
        compared += len(own) * compare
        if found is not None:
            index, reason = found
            fault = Fault(seed, numbers[index], own[index], reason)
            seconds = time.monotonic() - begun
            return FuzzReport(read, characters, entities, compared, seconds, fault)
        on_progress(read)
    return FuzzReport(read, characters, entities, compared, time.monotonic() - begun, None)


def reading_faults(text: str, article: Article) -> Iterator[str]:
    """Tell what is wrong with a reading: of spans, surfaces, scores or order.

    The classes of `phodang.article` check most of this when they are made; here it is asked again,
    of the text that went in, so that nothing depends on what they do.
    """
    if article.text != text:
        yield "the article's text is another"
    if [(passage.start, passage.end) for passage in article.passages] != passage_spans(text):
        yield "the passages are not the text's lines"
    for passage in article.passages:
        for entity in passage.entities:
            if not 0 <= passage.start <= entity.start < entity.end <= passage.end <= len(text):
                yield f"{entity!r} is not inside of its passage"
            if entity.text != text[entity.start : entity.end] or entity.text != entity.text.strip():
                yield f"{entity!r} is not what stands in the text"
            if not 0 <= entity.score <= 1:
                yield f"{entity!r} has a score that is no probability"
        for section in passage.sections:
            if not passage.start <= section.start < section.end <= passage.end:
                yield f"{section!r} is not inside of its passage"
            if not 0 <= section.score <= 1:
                yield f"{section!r} has a score that is no probability"
    for entity, following in itertools.pairwise(article.entities):
        if entity.end > following.start:
            yield f"{following!r} begins before {entity!r} ends"


def neighbours_change_entities(
    analyzer: Analyzer, texts: Sequence[str], articles: Sequence[Article]
) -> bool:
    """Whether the entities of texts are others if the texts are lines of one article.

    Args:
        analyzer: Reads them together; a model that labels entities.
        texts: The texts.
        articles: What each of them was read as by itself.
    """
    expected: list[Entity] = []
    offset = 0
    for text, article in zip(texts, articles, strict=True):
        expected += _moved(article.entities, offset)
        offset += len(text) + 1
    return list(analyzer.predict("\n".join(texts), tasks=["entities"]).entities) != expected


def _moved(entities: Iterable[Entity], offset: int) -> list[Entity]:
    return [replace(e, start=e.start + offset, end=e.end + offset) for e in entities]


def _read_block(
    analyzer: Analyzer, texts: Sequence[str], others: Sequence[Analyzer] | None
) -> tuple[list[Article], tuple[int, str] | None]:
    """Read texts; the second value is the index of a text with what is wrong with it."""
    try:
        articles = analyzer.predict(texts)
        for index, (text, article) in enumerate(zip(texts, articles, strict=True)):
            for reason in reading_faults(text, article):
                return articles, (index, reason)
        fault = None if others is None else _fault_of_company(analyzer, others, texts, articles)
        return articles, fault
    except Exception as error:
        # Whatever it is, it is a fault: the text that it comes from is looked for.
        return [], _first_error(analyzer, texts) or (0, f"{error!r}, but not of a text alone")


def _fault_of_company(
    analyzer: Analyzer,
    others: Sequence[Analyzer],
    texts: Sequence[str],
    articles: Sequence[Article],
) -> tuple[int, str] | None:
    for index, (text, article) in enumerate(zip(texts, articles, strict=True)):
        if analyzer.predict(text) != article:
            return index, "read alone, the article is another"
    for other in others:
        for index, article in enumerate(other.predict(texts[::-1])[::-1]):
            if article != articles[index]:
                return index, f"with {other.threads} threads and in reverse, the article is another"
    if "entities" in analyzer.manifest.tasks and neighbours_change_entities(
        analyzer, texts, articles
    ):
        return 0, "joined with the texts behind it, their entities are others"
    return None


def _first_error(analyzer: Analyzer, texts: Sequence[str]) -> tuple[int, str] | None:
    for index, text in enumerate(texts):
        try:
            analyzer.predict(text)
        except Exception as error:
            return index, repr(error)
    return None

"""The first reading of a corpus: everything is counted, nothing of the texts is kept."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from phodang.batch.labelled import LabelledArticle
from phodang.batch.records import JsonValue
from phodang.report.dates import Period, read_period, span_periods
from phodang.report.names import name_key

ENTITY_TYPES = ("PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY")
"""phodang's own entity types, in the order in which they are shown."""
_UNLISTED = ("DATE", "QUANTITY")
"""Types of which only the mentions are counted: a list of frequent numbers says nothing."""
_EXAMPLES = 5
"""So many examples are kept of articles without anything, and of dates that cannot be read."""


@dataclass(slots=True)
class PeriodCounts:
    """What was counted in the articles of a month, or of a longer period.

    Attributes:
        articles: How many articles.
        passages: How many passages.
        sections: How many passages carry each section label.
    """

    articles: int = 0
    passages: int = 0
    sections: Counter[str] = field(default_factory=Counter)

    def add(self, other: PeriodCounts) -> None:
        """Add what was counted in another period."""
        self.articles += other.articles
        self.passages += other.passages
        self.sections.update(other.sections)


@dataclass(slots=True)
class Examples:
    """How many there are of something, and the first few of them.

    Attributes:
        count: How many.
        first: The first few different ones, in the order of the corpus.
    """

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < _EXAMPLES and example not in self.first:
            self.first.append(example)


@dataclass(slots=True)
class CorpusCounts:
    """What was counted in a corpus.

    Attributes:
        articles: How many articles.
        passages: How many passages.
        syllables: How many syllables the passages have: what white space separates.
        mentions: How many entities of each type.
        names: For each type that is listed, how often each name occurs, by its key.
        section_passages: How many passages carry each section label.
        section_articles: How many articles have a passage with each section label.
        background: How many passages carry no section label.
        empty: The ids of articles in which nothing was found, neither entity nor section label.
        dates: What was counted in the articles of each month, or of each year where the month is
            unknown.
        undated: How many articles lack the date field, or have nothing in it.
        unreadable: What the date fields hold that are no date.
    """

    articles: int = 0
    passages: int = 0
    syllables: int = 0
    mentions: Counter[str] = field(default_factory=Counter)
    names: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    section_passages: Counter[str] = field(default_factory=Counter)
    section_articles: Counter[str] = field(default_factory=Counter)
    background: int = 0
    empty: Examples = field(default_factory=Examples)
    dates: defaultdict[Period, PeriodCounts] = field(
        default_factory=lambda: defaultdict(PeriodCounts)
    )
    undated: int = 0
    unreadable: Examples = field(default_factory=Examples)

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity types that occur: phodang's own in their usual order, then others by name."""
        own = [label for label in ENTITY_TYPES if label in self.mentions]
        return (*own, *sorted(label for label in self.mentions if label not in ENTITY_TYPES))

    @property
    def listed_labels(self) -> tuple[str, ...]:
        """Those of `labels` whose names are listed: all but dates and quantities."""
        return tuple(label for label in self.labels if label not in _UNLISTED)

    def by_period(self) -> dict[Period, PeriodCounts]:
        """What was counted in the articles that have a date, by the periods that suit the corpus.

        Returns:
            Counts of all periods, in order and without gap; see `phodang.report.dates`.
        """
        periods = {period: PeriodCounts() for period in span_periods(self.dates)}
        for date, counts in self.dates.items():
            period = date if date in periods else date._replace(month=0)
            periods[period].add(counts)
        return periods

    def most_mentioned(self, label: str, count: int) -> list[tuple[str, int]]:
        """The keys of the names of one type that occur most, with how often they do.

        Returns:
            At most ``count``, the most frequent first, equally frequent ones by their keys.
        """
        return heapq.nsmallest(
            count, self.names[label].items(), key=lambda item: (-item[1], item[0])
        )


def count_corpus(articles: Iterable[LabelledArticle], *, date_field: str | None) -> CorpusCounts:
    """Read a corpus and count.

    Args:
        articles: The articles; none of them is kept.
        date_field: The field that holds an article's date, ``None`` to count nothing by time.
    """
    counts = CorpusCounts()
    for labelled in articles:
        own = _count_passages(counts, labelled)
        counts.articles += 1
        counts.passages += own.passages
        counts.section_passages.update(own.sections)
        counts.section_articles.update(own.sections.keys())
        if date_field is not None:
            _count_date(counts, labelled.fields.get(date_field), own)
    return counts


def _count_passages(counts: CorpusCounts, labelled: LabelledArticle) -> PeriodCounts:
    own = PeriodCounts(articles=1)
    found = False
    for passage in labelled.article.passages:
        own.passages += 1
        own.sections.update(passage.labels)
        counts.syllables += len(passage.text.split())
        counts.background += not passage.sections
        found = found or bool(passage.entities or passage.sections)
        for entity in passage.entities:
            counts.mentions[entity.label] += 1
            if entity.label not in _UNLISTED:
                counts.names[entity.label][name_key(entity.text)] += 1
    if not found:
        counts.empty.add(labelled.id)
    return own


def _count_date(counts: CorpusCounts, value: JsonValue, own: PeriodCounts) -> None:
    if value is None or (isinstance(value, str) and not value.strip()):
        counts.undated += 1
    elif (date := read_period(value)) is None:
        counts.unreadable.add(value if isinstance(value, str) else repr(value))
    else:
        counts.dates[date].add(own)

"""The second reading of a corpus: spellings, passages and pairs of the names that are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from phodang.article import Passage
from phodang.batch.labelled import LabelledArticle
from phodang.report.dates import read_period
from phodang.report.names import by_frequency, name_key

PERSON, ORGANISATION = "PER", "ORG"
"""The types of whose names it is told who appears with whom."""

_Item = TypeVar("_Item")


class EvenSample(Generic[_Item]):
    """Keeps some items of a stream of unknown length, evenly spread over it.

    Every n-th item is kept, n being doubled whenever twice as many are kept as are asked for. So
    no more than that are in memory, and the choice depends on nothing but the order of the stream.

    Attributes:
        seen: How many items were offered.
    """

    def __init__(self, size: int) -> None:
        """Make a sample.

        Args:
            size: How many items are asked for.
        """
        self.seen = 0
        self._size = size
        self._step = 1
        self._kept: list[_Item] = []

    def offer(self, item: _Item) -> None:
        """Take the next item of the stream, or leave it."""
        if self._size and self.seen % self._step == 0:
            self._kept.append(item)
            if len(self._kept) > 2 * self._size:
                self._kept = self._kept[::2]
                self._step *= 2
        self.seen += 1

    @property
    def items(self) -> list[_Item]:
        """The sample, in the order of the stream; all items if there are no more of them."""
        kept = len(self._kept)
        chosen = min(self._size, kept)
        return [self._kept[index * kept // chosen] for index in range(chosen)]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A passage in which a name occurs.

    Attributes:
        article_id: The id of its article.
        title: The first passage of the article; ``None`` if it is this one.
        date: What the article's date field holds, if that is a date.
        number: The passage's number in the article, from 1.
        passages: How many passages the article has.
        passage: The passage.
    """

    article_id: str
    title: str | None
    date: str | None
    number: int
    passages: int
    passage: Passage


@dataclass(slots=True)
class ListedName:
    """A name that the report lists.

    Attributes:
        label: Its type.
        key: What its spellings have in common.
        mentions: How often it occurs.
        articles: In how many articles.
        spellings: How often it is written in which way, white space counting as one space.
        sample: Some of the passages in which it occurs; ``sample.seen`` is how many there are.
    """

    label: str
    key: str
    mentions: int
    sample: EvenSample[Occurrence]
    articles: int = 0
    spellings: Counter[str] = field(default_factory=Counter)

    @property
    def shown(self) -> str:
        """Its most frequent spelling."""
        return by_frequency(self.spellings)[0][0]

    def spans(self, passage: Passage) -> list[tuple[int, int]]:
        """Where it occurs in a passage, in code points of the passage's text, end exclusive."""
        return [
            (entity.start - passage.start, entity.end - passage.start)
            for entity in passage.entities
            if entity.label == self.label and name_key(entity.text) == self.key
        ]


Pair = tuple[str, str]
"""The keys of two names."""


@dataclass(slots=True)
class Details:
    """What was gathered of the names that are listed.

    Attributes:
        names: The listed names of each type, in the order of the lists.
        persons: In how many passages two listed persons occur together.
        organisations: In how many passages a listed person, the first of the pair, and a listed
            organisation occur together.
        articles: How many articles were read.
        mentions: How many entities were in them.
    """

    names: dict[str, list[ListedName]]
    persons: Counter[Pair] = field(default_factory=Counter)
    organisations: Counter[Pair] = field(default_factory=Counter)
    articles: int = 0
    mentions: int = 0


def read_again(
    articles: Iterable[LabelledArticle],
    listed: Mapping[str, Sequence[tuple[str, int]]],
    *,
    passages_per_entity: int,
    date_field: str | None,
) -> Details:
    """Read a corpus and gather what is shown of the listed names.

    Args:
        articles: The articles; of them only the passages that are shown are kept.
        listed: The keys of the listed names of each type, with how often they occur.
        passages_per_entity: How many passages are shown for each of them.
        date_field: The field that holds an article's date.
    """
    details = Details(
        {
            label: [
                ListedName(label, key, mentions, EvenSample(passages_per_entity))
                for key, mentions in names
            ]
            for label, names in listed.items()
        }
    )
    by_key = {label: {name.key: name for name in names} for label, names in details.names.items()}
    for labelled in articles:
        details.articles += 1
        _read_article(details, by_key, labelled, date_field)
    return details


def _read_article(
    details: Details,
    by_key: Mapping[str, Mapping[str, ListedName]],
    labelled: LabelledArticle,
    date_field: str | None,
) -> None:
    passages = labelled.article.passages
    value = labelled.fields.get(date_field) if date_field is not None else None
    date = str(value) if read_period(value) is not None else None
    in_article: set[tuple[str, str]] = set()
    for number, passage in enumerate(passages, start=1):
        details.mentions += len(passage.entities)
        # A dictionary as a set that keeps its order, so that every run gives the same page.
        found: dict[tuple[str, str], ListedName] = {}
        for entity in passage.entities:
            if names := by_key.get(entity.label):
                key = name_key(entity.text)
                if name := names.get(key):
                    name.spellings[" ".join(entity.text.split()) or entity.text] += 1
                    found[entity.label, key] = name
        title = passages[0].text if number > 1 else None
        for name in found.values():
            name.sample.offer(Occurrence(labelled.id, title, date, number, len(passages), passage))
        in_article.update(found)
        _count_pairs(details, found)
    for label, key in in_article:
        by_key[label][key].articles += 1


def _count_pairs(details: Details, found: Iterable[tuple[str, str]]) -> None:
    found = list(found)
    persons = sorted(key for label, key in found if label == PERSON)
    organisations = [key for label, key in found if label == ORGANISATION]
    for index, person in enumerate(persons):
        details.persons.update((person, other) for other in persons[index + 1 :])
        details.organisations.update((person, other) for other in organisations)

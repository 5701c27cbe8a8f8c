"""The labels that an annotation tool has to offer."""

from __future__ import annotations

from collections.abc import Sequence

from phodang.article import Article
from phodang.sections import SECTION_LABELS, in_label_order

ENTITY_LABELS = ("PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY")
"""phodang's own entity types, in the order in which they are named everywhere."""


class LabelsSeen:
    """Collects labels article by article.

    People also need those that do not occur: where one of phodang's own labels does, or no label
    at all, phodang's own are all there.
    """

    def __init__(self) -> None:
        self._entities: set[str] = set()
        self._sections: set[str] = set()

    def add(self, article: Article) -> None:
        """Look at the labels of an article."""
        self._entities.update(entity.label for entity in article.entities)
        for passage in article.passages:
            self._sections.update(section.label for section in passage.sections)

    @property
    def entities(self) -> tuple[str, ...]:
        """The entity types: phodang's own in their usual order, then others by name."""
        own = _own(ENTITY_LABELS, self._entities)
        return (*own, *sorted(self._entities.difference(own)))

    @property
    def sections(self) -> tuple[str, ...]:
        """The section labels, ordered alike."""
        return in_label_order((*_own(SECTION_LABELS, self._sections), *self._sections))


def _own(labels: Sequence[str], seen: set[str]) -> Sequence[str]:
    return labels if not seen or seen.intersection(labels) else ()

"""Articles that wait → the model → labels → spans on the raw text."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from phodang.article import Article, Entity, Passage
from phodang.backend import Backend, Reading
from phodang.checkpoint import Manifest
from phodang.sections import PassageSection
from phodang.sequences import by_subword, unit_vectors
from phodang.spans import spans_on_text
from phodang.waiting import WaitingArticle


class ArticleLabeller:
    """Runs a model over articles that wait for it, and puts its labels on their texts.

    Attributes:
        manifest: What the model is.
        backend: Runs its classifier.
    """

    def __init__(self, manifest: Manifest, backend: Backend) -> None:
        self.manifest = manifest
        self.backend = backend
        self._decoder = manifest.entities.decoder if manifest.entities else None

    def read(self, waiting: Sequence[WaitingArticle], tasks: Sequence[str]) -> list[list[Reading]]:
        """Run the encoder over all sequences of articles.

        Returns:
            The readings of each article's sequences.
        """
        stretches = None
        if "sections" in tasks:
            stretches = [
                [(start, end) for _, start, end in own]
                for article in waiting
                for own in article.stretches or ()
            ]
        readings = iter(
            self.backend.read(
                [sequence.ids for article in waiting for sequence in article.sequences],
                stretches=stretches,
                scores="entities" in tasks,
            )
        )
        return [list(itertools.islice(readings, len(article.sequences))) for article in waiting]

    def label(
        self, article: WaitingArticle, readings: Sequence[Reading], tasks: Sequence[str]
    ) -> Article:
        """Make the article of what the model read."""
        entities: Sequence[tuple[Entity, ...]] = [()] * len(article.passages)
        sections: Sequence[tuple[PassageSection, ...]] = [()] * len(article.passages)
        if "entities" in tasks and readings:
            entities = list(self._entities(article, readings))
        if "sections" in tasks and article.units:
            sections = self._sections(article, readings)
        return Article(
            article.text,
            tuple(
                Passage(
                    passage.start,
                    passage.end,
                    article.text[passage.start : passage.end],
                    entities[index],
                    sections[index],
                )
                for index, passage in enumerate(article.passages)
            ),
        )

    def section_probabilities(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> NDArray[np.float64]:
        """Probabilities of each section for each unit, shape ``[units, sections]``."""
        assert self.manifest.sections is not None
        return self.manifest.sections.probabilities(self.section_logits(article, readings))

    def section_logits(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> NDArray[np.float32]:
        """What the model scores each section of each unit with, shape ``[units, sections]``."""
        assert article.stretches is not None
        sums = [reading.sums for reading in readings if reading.sums is not None]
        vectors = unit_vectors(article.stretches, sums, article.units)
        return self.backend.section_logits(vectors)

    def _entities(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> Iterator[tuple[Entity, ...]]:
        assert self._decoder is not None
        scores = by_subword(
            article.sequences,
            (reading.scores for reading in readings if reading.scores is not None),
            count=len(article.subwords.ids),
        )
        for passage, (first, last) in zip(article.passages, article.subwords.ranges(), strict=True):
            tags, probabilities = self._decoder.decode(
                scores[first:last], passage.subwords.continues
            )
            spans = spans_on_text(article.text, passage.subwords, tags, self._decoder.labels)
            yield tuple(
                # The least certain tag decides: one wrong tag makes the whole span wrong.
                Entity(
                    start,
                    end,
                    label,
                    article.text[start:end],
                    float(probabilities[from_:to].min()),
                )
                for start, end, label, from_, to in spans
            )

    def _sections(
        self, article: WaitingArticle, readings: Sequence[Reading]
    ) -> list[tuple[PassageSection, ...]]:
        task = self.manifest.sections
        assert task is not None
        found: list[list[PassageSection]] = [[] for _ in article.passages]
        probabilities = self.section_probabilities(article, readings)
        for unit, row in zip(article.units, probabilities.tolist(), strict=True):
            for label, score, threshold in zip(task.labels, row, task.thresholds, strict=True):
                if score >= threshold:
                    found[unit.passage].append(PassageSection(unit.start, unit.end, label, score))
        order = operator.attrgetter("start", "end", "label")
        return [tuple(sorted(own, key=order)) for own in found]

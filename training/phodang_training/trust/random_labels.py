"""Random labels in place of a model's: quick to make, and wilder than any model's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer
from phodang.backend import Reading, Stretch, sums_over
from phodang.checkpoint import Manifest


class RandomBackend:
    """Reads at random, the same always alike: any tag at any place, any section of any passage.

    Args:
        manifest: Of the model that is stood in for.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._tags = len(manifest.entities.label_set.tags) if manifest.entities else 0
        self._sections = len(manifest.sections.labels) if manifest.sections else 0

    def read(
        self,
        sequences: Sequence[NDArray[np.int64]],
        *,
        stretches: Sequence[Sequence[Stretch]] | None = None,
        scores: bool = True,
    ) -> list[Reading]:
        """See `phodang.backend.Backend.read`."""
        readings = []
        for ids, own in zip(sequences, stretches or [()] * len(sequences), strict=True):
            junk = np.random.default_rng(ids.tolist())
            tags = junk.normal(0, 5, (len(ids), self._tags)).astype(np.float32)
            states = junk.normal(0, 1, (len(ids), 3)).astype(np.float32)
            readings.append(
                Reading(
                    tags if scores else None, None if stretches is None else sums_over(states, own)
                )
            )
        return readings

    def section_logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `phodang.backend.Backend.section_logits`."""
        rows = [np.random.default_rng(list(row.tobytes())) for row in vectors]
        logits = [row.normal(0, 5, self._sections) for row in rows]
        return np.array(logits, np.float32).reshape(len(vectors), self._sections)


def with_random_labels(analyzer: Analyzer) -> Analyzer:
    """An analyzer that reads texts as another does, and labels them at random."""
    return Analyzer(
        analyzer.manifest,
        reader=analyzer.reader,
        backend=RandomBackend(analyzer.manifest),
        threads=analyzer.threads,
    )

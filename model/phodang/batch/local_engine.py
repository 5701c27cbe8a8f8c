"""The run on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phodang.batch.items import LabelledItem, read_items
from phodang.batch.labeller import LocalLabeller
from phodang.batch.manifest import Position
from phodang.batch.reading import ReadingOptions
from phodang.batch.sources import Source


class LocalEngine:
    """Reads sources and labels them on this machine.

    Args:
        sources: All sources of the run.
        reading: How they are read.
        labeller: Labels what was read.
    """

    def __init__(
        self, sources: Sequence[Source], reading: ReadingOptions, labeller: LocalLabeller
    ) -> None:
        self._sources = sources
        self._reading = reading
        self._labeller = labeller

    def label(self, start: Position) -> Iterator[LabelledItem]:
        """See `phodang.batch.run.Engine`."""
        return self._labeller.label(read_items(self._sources, self._reading, start=start))

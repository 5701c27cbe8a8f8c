"""Raw text → an article that waits for the model: everything that needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from phodang.checkpoint import Manifest
from phodang.passages import passage_spans
from phodang.reader import PassageReader
from phodang.sequences import ArticleSubwords, sequences_of, unit_stretches, units_of
from phodang.waiting import PlacedPassage, WaitingArticle


@dataclass(frozen=True)
class ArticleArranger:
    """Reads articles for one model, and arranges them for its encoder.

    Attributes:
        manifest: What the model is.
        reader: Its segmenter and tokenizer.
    """

    manifest: Manifest
    reader: PassageReader

    def passages(self, text: str) -> list[PlacedPassage]:
        """Find the passages of a text, with their words and subwords."""
        return [
            PlacedPassage(start, end, read.words, read.subwords)
            for start, end in passage_spans(text)
            for read in (self.reader.read(text[start:end], offset=start),)
        ]

    def arrange(self, text: str, tasks: Sequence[str]) -> WaitingArticle:
        """Read a text for tasks that the model does."""
        passages = self.passages(text)
        subwords = ArticleSubwords.of([passage.subwords for passage in passages])
        needs_units = "sections" in tasks or self.manifest.context in ("title", "previous")
        units = units_of(
            (text[passage.start : passage.end], passage.start, passage.subwords)
            for passage in (passages if needs_units else ())
        )
        sequences = sequences_of(
            subwords,
            units,
            context=self.manifest.context,
            window_size=self.manifest.window_size,
        )
        stretches = unit_stretches(sequences, units) if "sections" in tasks else None
        return WaitingArticle(text, passages, subwords, units, sequences, stretches)

"""Articles between being read and being labelled."""

from __future__ import annotations

from dataclasses import dataclass

from phodang.sequences import ArticleSubwords, SubwordSequence, Unit
from phodang.subwords import Subwords


@dataclass(frozen=True)
class PlacedPassage:
    """A passage at its place in the text, as the segmenter and the tokenizer see it.

    Attributes:
        start: Where it begins in the text, in code points.
        end: Where it ends, exclusive.
        words: Spans of its words on the text.
        subwords: Its subwords, with offsets on the text.
    """

    start: int
    end: int
    words: list[tuple[int, int]]
    subwords: Subwords


@dataclass(frozen=True)
class WaitingArticle:
    """An article that has been read and waits for the model.

    Attributes:
        text: The raw text.
        passages: Its passages.
        subwords: Their subwords, joined.
        units: What is classified; none if sections are not asked for.
        sequences: What the encoder reads.
        stretches: For each sequence, which units it reads and at which positions; none if no
            sections are asked for.
    """

    text: str
    passages: list[PlacedPassage]
    subwords: ArticleSubwords
    units: list[Unit]
    sequences: list[SubwordSequence]
    stretches: list[list[tuple[int, int, int]]] | None

"""Raw passage → words → subwords: the part of the way that training and inference share."""

from __future__ import annotations

from dataclasses import dataclass

from phodang.normalization import normalize
from phodang.segmentation import Segmenter
from phodang.subwords import Subwords, SubwordTokenizer


@dataclass(frozen=True)
class ReadPassage:
    """A passage as the model reads it.

    Attributes:
        words: Spans of its words on the raw text.
        subwords: Its subwords, with offsets on the raw text.
    """

    words: list[tuple[int, int]]
    subwords: Subwords


@dataclass(frozen=True)
class PassageReader:
    """Reads passages for one model.

    Attributes:
        segmenter: Finds the words.
        tokenizer: Cuts words into subwords.
    """

    segmenter: Segmenter
    tokenizer: SubwordTokenizer

    def read(self, text: str, *, offset: int = 0) -> ReadPassage:
        """Read one passage.

        Args:
            text: The passage as it was written.
            offset: Where it begins in its article; added to all offsets.
        """
        normalized = normalize(text, offset=offset)
        words = self.segmenter.words(normalized.text)
        return ReadPassage(
            [(normalized.starts[start], normalized.ends[end - 1]) for start, end in words],
            self.tokenizer.encode(normalized, words),
        )

"""The words of an article, for formats that hold tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from phodang.article import Article

Words = Callable[[str], list[tuple[int, int]]]
"""Finds the words of a text: spans in code points, end exclusive, in order, such as
`phodang.analyzer.Analyzer.words`."""

_RUN = re.compile(r"\S+")


def words_of(article: Article, words: Words | None) -> list[tuple[int, int]]:
    """Find the words of an article's passages, in code points of its text.

    Without a way to find words, they are syllables: what white space parts, punctuation and
    symbols at its edges each for themselves.
    """
    if words is not None:
        return words(article.text)
    return [
        (passage.start + start, passage.start + end)
        for passage in article.passages
        for start, end in syllables(passage.text)
    ]


def syllables(text: str) -> list[tuple[int, int]]:
    """Find syllables, and the punctuation at their edges; together all that is no white space."""
    spans = []
    for run in _RUN.finditer(text):
        start, end = run.span()
        first, last = start, end
        while first < last and _is_punctuation(text[first]):
            first += 1
        while last > first and _is_punctuation(text[last - 1]):
            last -= 1
        spans += [(offset, offset + 1) for offset in range(start, first)]
        if first < last:
            spans.append((first, last))
        spans += [(offset, offset + 1) for offset in range(last, end)]
    return spans


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"

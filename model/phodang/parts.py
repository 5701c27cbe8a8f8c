"""A passage → the parts of it that are classified as sections: most often one, the passage itself.

A source that lost its paragraph breaks is a single passage with many functions. So a passage far
longer than those that the model learnt from is cut at sentence ends.
"""

from __future__ import annotations

import itertools

from phodang.sentences import sentence_spans

LONGEST_PASSAGE = 150
"""A passage of up to so many syllables stays whole: 99 in 100 of the annotated ones are shorter."""

LONGEST_PART = 100
"""A part has no more syllables, unless it is a single sentence."""


def passage_parts(text: str) -> list[tuple[int, int]]:
    """Cut a passage into parts.

    A passage of up to `LONGEST_PASSAGE` syllables is one part. A longer one is cut at sentence ends
    into the fewest parts that have at most `LONGEST_PART` syllables or are a single sentence; among
    the ways to do that, the one with the smallest sum of the squares of the parts' lengths, so that
    they are balanced. Nothing is cut inside a sentence. Syllables are what white space separates.

    Args:
        text: The text of a passage; any string.

    Returns:
        Spans ``(start, end)`` in Unicode code points of ``text``, end exclusive, in order and
        without gap, from 0 to ``len(text)``: the white space between two sentences belongs to the
        part before. None for the empty text.
    """
    if len(text.split()) <= LONGEST_PASSAGE:
        return [(0, len(text))] if text else []
    sentences = sentence_spans(text)
    cuts = _cuts([len(text[start:end].split()) for start, end in sentences])
    return [
        (sentences[first][0], sentences[following - 1][1])
        for first, following in itertools.pairwise(cuts)
    ]


def _cuts(lengths: list[int]) -> list[int]:
    """The sentences that begin a part, and the number of sentences, by dynamic programming.

    A sentence has at least one syllable, so what is tried for each is bounded.
    """
    # Of the first n sentences: the fewest parts, the sum of their squares, and where the last part
    # begins.
    parts, squares, last_part = [0], [0], [0]
    for following in range(1, len(lengths) + 1):
        first = following - 1
        length = lengths[first]
        best = (parts[first] + 1, squares[first] + length**2, first)
        while first and (length := length + lengths[first - 1]) <= LONGEST_PART:
            first -= 1
            # From here on there can only be fewer or as many parts.
            count, square = parts[first] + 1, squares[first] + length**2
            if count < best[0] or (count == best[0] and square < best[1]):
                best = (count, square, first)
        parts.append(best[0])
        squares.append(best[1])
        last_part.append(best[2])
    cuts = [len(lengths)]
    while cuts[-1]:
        cuts.append(last_part[cuts[-1]])
    return cuts[::-1]

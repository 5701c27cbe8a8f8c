"""Annotated articles as they might have been written, typed or scanned, annotation and all.

A perturbation rewrites a passage letter by letter, so that it is known where each letter went, and
an entity covers what became of its letters.
"""

from __future__ import annotations

import itertools
import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from phodang_training.corpus.annotation import AnnotatedArticle, AnnotatedPassage, AnnotatedSpan
from phodang_training.corpus.spellings import plain, telex

Rewriting = Callable[[str, random.Random], str]
"""What stands for a letter, given with what may be drawn at random."""

_TONES = "\u0300\u0301\u0303\u0309\u0323"

# Groups of letters that recognition of characters takes for each other.
_GROUPS = (
    *map(tuple, ("l1I|", "oO0", "ce", "nu", "hb", "S5", "B8", "gq9", "vy", "Z2", ".,", "'’", "-–")),
    *(("rn", "m"), ("ii", "u"), ("cl", "d")),
)
_LOOK_ALIKES = {
    letter: [other for group in _GROUPS if letter in group for other in group if other != letter]
    for letters in _GROUPS
    for letter in letters
    if len(letter) == 1
}


def ocr_noise(share: float) -> Rewriting:
    """Errors like those of recognising characters in scans.

    A letter that is hit loses its diacritics or gets another tone, if it has any; else it is taken
    for one that looks alike, or is lost if there is none.

    Args:
        share: Of the letters, white space not counted, so many are hit.
    """

    def rewrite(letter: str, chance: random.Random) -> str:
        if letter.isspace() or chance.random() >= share:
            return letter
        if plain(letter) != letter:
            base, *marks = list(unicodedata.normalize("NFD", letter))
            tones = [mark for mark in marks if mark in _TONES]
            if tones and chance.random() < 0.5:
                marks[marks.index(tones[0])] = chance.choice([t for t in _TONES if t != tones[0]])
                return unicodedata.normalize("NFC", base + "".join(marks))
            return plain(letter)
        return chance.choice(_LOOK_ALIKES.get(letter, [""]))

    return rewrite


PERTURBATIONS: dict[str, Rewriting] = {
    "as written": lambda letter, chance: letter,
    "decomposed (NFD)": lambda letter, chance: unicodedata.normalize("NFD", letter),
    "without diacritics": lambda letter, chance: plain(letter),
    "in capitals": lambda letter, chance: letter.upper(),
    "Telex keys": lambda letter, chance: telex(letter),
    "OCR noise, 1 %": ocr_noise(0.01),
    "OCR noise, 3 %": ocr_noise(0.03),
    "OCR noise, 5 %": ocr_noise(0.05),
}
"""Perturbations by name."""


def perturbed(article: AnnotatedArticle, rewriting: Rewriting, *, seed: int) -> AnnotatedArticle:
    """Rewrite the passages of an article.

    Args:
        article: The article; letters in composed form are rewritten as wholes.
        rewriting: What becomes of each letter.
        seed: Of what is drawn at random, together with the article's id.

    Returns:
        The article with its annotation at its new places. An entity of which nothing is left is
        none. A passage of which nothing would be left stays as it is.
    """
    chance = random.Random(f"{seed}:{article.id}")
    passages = tuple(_perturbed_passage(p, rewriting, chance) for p in article.passages)
    return replace(article, passages=passages)


def _perturbed_passage(
    passage: AnnotatedPassage, rewriting: Rewriting, chance: random.Random
) -> AnnotatedPassage:
    pieces = [rewriting(letter, chance) for letter in passage.text]
    text = "".join(pieces)
    if not text.strip():
        return passage
    places = [0, *itertools.accumulate(map(len, pieces))]
    entities = []
    for span in passage.entities:
        start, end = places[span.start], places[span.end]
        surface = text[start:end]
        start += len(surface) - len(surface.lstrip())
        end -= len(surface) - len(surface.rstrip())
        if start < end:
            entities.append(AnnotatedSpan(start, end, span.label))
    return replace(passage, text=text, entities=tuple(entities))

"""Hypothesis strategies for articles, shared by the tests of what is made from articles."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.sections import PassageSection

LABELS = ("PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY", "Cơ-quan", "<b>")
SECTION_LABELS = ("warning", "task", "achievement", "Mở đầu", "<i>")

any_text = st.text(min_size=1, max_size=12)
"""All that a JSON string can hold: controls, half surrogate pairs, white space."""

plain_text = st.text("aĐảng bộ[]<>&\"'\\_1-.", min_size=1, max_size=12)
"""Letters, spaces and what markup languages treat as special."""


@st.composite
def articles(draw: st.DrawFn, pieces: st.SearchStrategy[str] = any_text) -> Article:
    """Articles of any shape, also with text outside passages, and with entities that touch.

    Every other passage has no section labels; a label may hold for parts of its passage only.
    """
    text = draw(st.just("") | pieces)
    passages = []
    for _ in range(draw(st.integers(0, 5))):
        start = len(text)
        entities = []
        for piece in draw(st.lists(pieces, min_size=1, max_size=5)):
            if draw(st.booleans()):
                label = draw(st.sampled_from(LABELS))
                score = draw(st.floats(0, 1))
                span = (len(text), len(text) + len(piece))
                entities.append(Entity(*span, label, piece, score))
            text += piece
        sections = draw(st.just(()) | passage_sections(start, len(text)))
        passages.append(Passage(start, len(text), text[start:], tuple(entities), sections))
        text += draw(st.sampled_from(["", "\n", "\r\n\r\n"]) | pieces)
    return Article(text, tuple(passages))


@st.composite
def passage_sections(draw: st.DrawFn, start: int, end: int) -> tuple[PassageSection, ...]:
    """Section labels of a passage with the given span."""
    sections = []
    for label in draw(st.sets(st.sampled_from(SECTION_LABELS))):
        inner = draw(st.sets(st.integers(start, end), max_size=3))
        edges = sorted({start, end} | inner)
        for first, last in itertools.pairwise(edges):
            if draw(st.booleans()) or not inner:
                sections.append(PassageSection(first, last, label, draw(st.floats(0, 1))))
    return tuple(sorted(sections, key=lambda section: (section.start, section.end, section.label)))

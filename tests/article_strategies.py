"""Hypothesis strategies for articles, shared by the tests of what is made from articles."""

from __future__ import annotations

from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage

LABELS = ("PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY", "Cơ-quan", "<b>")

any_text = st.text(min_size=1, max_size=12)
"""All that a JSON string can hold: controls, half surrogate pairs, white space."""

plain_text = st.text("aĐảng bộ[]<>&\"'\\_1-.", min_size=1, max_size=12)
"""Letters, spaces and what markup languages treat as special."""


@st.composite
def articles(draw: st.DrawFn, pieces: st.SearchStrategy[str] = any_text) -> Article:
    """Articles of any shape, also with text outside passages and entities that touch."""
    text = draw(st.just("") | pieces)
    passages = []
    for _ in range(draw(st.integers(0, 3))):
        start = len(text)
        entities = []
        for piece in draw(st.lists(pieces, min_size=1, max_size=5)):
            if draw(st.booleans()):
                label = draw(st.sampled_from(LABELS))
                score = draw(st.floats(0, 1))
                span = (len(text), len(text) + len(piece))
                entities.append(Entity(*span, label, piece, score))
            text += piece
        passages.append(Passage(start, len(text), text[start:], tuple(entities)))
        text += draw(st.sampled_from(["", "\n", "\r\n\r\n"]) | pieces)
    return Article(text, tuple(passages))

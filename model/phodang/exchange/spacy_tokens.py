"""Splits tokens of a spaCy document, so that spans can begin and end anywhere in its text."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, SpanGroup, Token


_Offsets = tuple[int, int, int, int, int]
"""Start and end in code points, and the label, knowledge base id and id of a span."""


def split_tokens(doc: Doc, borders: Iterable[int]) -> None:
    """Split the tokens that hold a border.

    What was set for a token is set for all its pieces: tag, part of speech, morphology, entity.
    The first piece keeps its place in the tree, and the others hang on it; sentences and groups of
    spans stay as they are. (spaCy's own retokenizer leaves the last two to the caller.)

    Args:
        doc: The document.
        borders: Where tokens shall begin and end, in code points of its text. Those at the edge of
            a token, or in the space behind one, change nothing.
    """
    inside = [*_tokens_with_cuts(doc, borders)]
    if not inside:
        return
    # They count in tokens, whose numbers will change.
    groups = {key: (group.copy(), [*map(_offsets, group)]) for key, group in doc.spans.items()}
    sentence_starts: dict[int, bool | None] = {}
    with doc.retokenize() as retokenizer:
        for token, cuts in inside:
            edges = itertools.pairwise([0, *cuts, len(token)])
            head = (token, 0) if token.head == token else token.head
            retokenizer.split(
                token,
                [token.text[start:end] for start, end in edges],
                heads=[head, *[(token, 0)] * len(cuts)],
                attrs=_inherited(token, len(cuts) + 1),
            )
            # None as long as nobody has looked for sentences.
            unknown = token.is_sent_start is None
            sentence_starts |= {token.idx + cut: None if unknown else False for cut in cuts}
    if not doc.has_annotation("DEP"):  # else they have been found again in the tree
        for token in doc:
            if token.idx in sentence_starts:
                token.is_sent_start = sentence_starts[token.idx]
    _restore_groups(doc, groups)


def _tokens_with_cuts(doc: Doc, borders: Iterable[int]) -> Iterator[tuple[Token, list[int]]]:
    """The tokens that hold borders, and where in the token these are."""
    remaining = iter(sorted(set(borders)))
    border = next(remaining, None)
    for token in doc:
        cuts = []
        while border is not None and border < token.idx + len(token):
            if border > token.idx:
                cuts.append(border - token.idx)
            border = next(remaining, None)
        if cuts:
            yield token, cuts


def _inherited(token: Token, count: int) -> dict[str | int, list[Any]]:
    """What pieces have of their token; without it, they would have what the next token had."""
    return {
        "TAG": [token.tag] * count,
        "POS": [token.pos] * count,
        "MORPH": [str(token.morph)] * count,
        "DEP": [token.dep] * count,
        "ENT_TYPE": [token.ent_type] * count,
    }


def _offsets(span: Span) -> _Offsets:
    return span.start_char, span.end_char, span.label, span.kb_id, span.id


def _restore_groups(doc: Doc, groups: dict[str, tuple[SpanGroup, list[_Offsets]]]) -> None:
    from spacy.tokens import SpanGroup

    for key, (group, offsets) in groups.items():
        spans = [
            doc.char_span(start, end, label=label, kb_id=kb_id, span_id=span_id)
            for start, end, label, kb_id, span_id in offsets
        ]
        # All are there: tokens still begin and end wherever one did.
        doc.spans[key] = SpanGroup(
            doc,
            name=group.name,
            attrs=group.attrs,
            spans=[span for span in spans if span is not None],
        )

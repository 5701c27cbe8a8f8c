"""Articles ↔ documents of spaCy (https://spacy.io/api/doc).

Entities are ``doc.ents``. Section labels are the spans of ``doc.spans["sections"]``, one for each
label of each passage, with their scores in its ``attrs["scores"]``, where spaCy's own span
categoriser has them. What a document has no place for is ``doc.user_data["phodang"]``, without
extension attributes: ``entities`` and ``sections``, lists of ``[start, end, label, score]``, and
``passages``, a list of ``[start, end]``, all in code points of the text, as spaCy's own character
offsets are.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any

from phodang.article import Article, Entity
from phodang.errors import InputError, MissingDependencyError
from phodang.exchange.assembly import Mark, Span, assemble, located, read_passages
from phodang.messages import quoted
from phodang.sections import PassageSection

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

USER_DATA_KEY = "phodang"
SECTIONS_KEY = "sections"

_SPACE = " "


def require_spacy() -> None:
    """Raise a MissingDependencyError if spaCy is not installed."""
    if importlib.util.find_spec("spacy") is None:
        raise MissingDependencyError(
            "spaCy is not installed. Install it with `pip install 'phodang[spacy]'`."
        )


def article_to_doc(article: Article, vocab: Vocab, *, words: Sequence[Span]) -> Doc:
    """Make a document of an article.

    Args:
        article: The article.
        vocab: The vocabulary that the document will share.
        words: Its words, in code points of its text, in order. They become tokens, cut where an
            entity or section begins or ends; so does what lies between them, apart from single
            spaces, which belong to the token before.

    Returns:
        The document. Its text is the article's.

    Raises:
        InputError: The words are out of order, or not inside the text.
    """
    from spacy.tokens import Doc

    tokens = _tokens(article, words)
    doc = Doc(vocab, words=[token for token, _ in tokens], spaces=[space for _, space in tokens])
    assert doc.text == article.text
    mark_doc(doc, article, entities=True, sections=True)
    return doc


def mark_doc(doc: Doc, article: Article, *, entities: bool, sections: bool) -> None:
    """Set entities and sections of a document, whose tokens begin and end where they do.

    One that begins or ends with white space which the tokens do not part is set without it;
    ``doc.user_data["phodang"]`` has it as it is.

    Args:
        doc: The document, of the article's text.
        article: The article.
        entities: Whether to replace ``doc.ents``.
        sections: Whether to replace ``doc.spans["sections"]``.
    """
    from spacy.tokens import SpanGroup

    starts = {token.idx: token.i for token in doc}
    ends = {token.idx + len(token): token.i + 1 for token in doc}
    labels = [section for passage in article.passages for section in passage.sections]
    if entities:
        doc.set_ents(
            [_span(doc, starts, ends, entity) for entity in article.entities], default="outside"
        )
    if sections:
        spans = [_span(doc, starts, ends, section) for section in labels]
        scores = [section.score for section in labels]
        doc.spans[SECTIONS_KEY] = SpanGroup(
            doc, name=SECTIONS_KEY, spans=spans, attrs={"scores": scores}
        )
    about = doc.user_data.setdefault(USER_DATA_KEY, {})
    about["passages"] = [[passage.start, passage.end] for passage in article.passages]
    if entities:
        about["entities"] = [[e.start, e.end, e.label, e.score] for e in article.entities]
    if sections:
        about["sections"] = [[s.start, s.end, s.label, s.score] for s in labels]


def borders_of(doc: Doc, article: Article) -> set[int]:
    """Where tokens of a document have to begin or end for `mark_doc`, in code points."""
    starts = {token.idx for token in doc}
    ends = {token.idx + len(token) for token in doc}
    return {
        border
        for span in _spans_of(article)
        for border in _trimmed(span.start, span.end, doc.text, starts, ends)
    }


def doc_to_article(doc: Doc, *, place: str = "document") -> Article:
    """Read an article off a document.

    Args:
        doc: A document, marked by phodang, corrected or made by another program.
        place: Where it comes from, for messages.

    Returns:
        The article with the document's entities and sections. Scores are those of
        ``doc.user_data["phodang"]`` for spans that it has, and 1 for others.

    Raises:
        InputError: Entities or sections cannot be held, or what phodang wrote was changed.
    """
    with located(place):
        about = _about(doc)
        passages = read_passages(about.get("passages"))
        known = {key: _scores(about.get(key, [])) for key in ("entities", SECTIONS_KEY)}
    groups = {"entities": doc.ents, SECTIONS_KEY: doc.spans.get(SECTIONS_KEY, ())}
    marks: dict[str, list[Mark]] = {}
    for key, spans in groups.items():
        marks[key] = []
        for number, span in enumerate(spans):
            mark = (span.start_char, span.end_char, span.label_)
            score = known[key].get(mark, 1.0)
            marks[key].append(Mark(*mark, f"{place}, {key}[{number}]", score))
    return assemble(
        doc.text,
        entities=marks["entities"],
        sections=marks[SECTIONS_KEY],
        passages=passages,
        place=place,
    )


def as_json(value: Any) -> Any:
    """Undo what serialising a document does to lists: they come back as tuples."""
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value


def _span(
    doc: Doc, starts: dict[int, int], ends: dict[int, int], span: Entity | PassageSection
) -> Any:
    from spacy.tokens import Span as DocSpan

    start, end = _trimmed(span.start, span.end, doc.text, starts, ends)
    return DocSpan(doc, starts[start], ends[end], label=span.label)


def _about(doc: Doc) -> dict[str, Any]:
    about = as_json(doc.user_data.get(USER_DATA_KEY, {}))
    if not isinstance(about, dict):
        raise InputError(
            f'expected doc.user_data["{USER_DATA_KEY}"] to be a dictionary, found '
            f"{quoted(str(about))}. Use another key for data of your own."
        )
    return about


def _scores(spans: Any) -> dict[tuple[int, int, str], float]:
    try:
        return {(start, end, label): float(score) for start, end, label, score in spans}
    except (TypeError, ValueError) as error:
        raise InputError(
            f'expected lists of [start, end, label, score] in doc.user_data["{USER_DATA_KEY}"], '
            "found others. Leave them as phodang wrote them, or delete them."
        ) from error


def _spans_of(article: Article) -> list[Entity | PassageSection]:
    spans: list[Entity | PassageSection] = [*article.entities]
    spans += [section for passage in article.passages for section in passage.sections]
    return spans


def _trimmed(start: int, end: int, text: str, starts: Container[int], ends: Container[int]) -> Span:
    """A span without the white space at its edges, where no token begins or ends there."""
    surface = text[start:end]
    if start not in starts:
        start += len(surface) - len(surface.lstrip())
    if end not in ends:
        end -= len(surface) - len(surface.rstrip())
    return start, end


def _tokens(article: Article, words: Sequence[Span]) -> list[tuple[str, bool]]:
    """Tokens, and whether a space belongs to each."""
    text = article.text
    spans = _spans_of(article)
    starts = {span.start for span in spans}
    ends = {span.end for span in spans}
    cuts = sorted({0, len(text)} | starts | ends | _word_cuts(words, text))
    tokens: list[tuple[str, bool]] = []
    position = 0
    for cut in cuts[1:]:
        while position < cut:
            # A space at either edge is looked at by itself.
            end = cut
            if text[position] == _SPACE:
                end = position + 1
            elif text[end - 1] == _SPACE:
                end -= 1
            if (
                text[position:end] == _SPACE
                and tokens
                and not tokens[-1][1]
                and position not in starts
                and end not in ends
            ):
                tokens[-1] = (tokens[-1][0], True)
            else:
                tokens.append((text[position:end], False))
            position = end
    return tokens


def _word_cuts(words: Sequence[Span], text: str) -> set[int]:
    cuts = set()
    begun = position = 0
    for start, end in words:
        if not begun <= start <= end or not position <= end <= len(text):
            raise InputError(
                f"Expected words in order, inside the text of {len(text)} code points, found "
                f"{start}–{end} behind {begun}–{position}. Give the words that a segmenter found "
                "in this article."
            )
        # Words may share a letter that is written with several code points: it is the first's.
        cuts |= {max(start, position), end}
        begun, position = start, end
    return cuts

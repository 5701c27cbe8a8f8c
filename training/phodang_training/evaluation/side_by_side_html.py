"""Predictions → HTML: gold against predicted, article by article.

What is wrong is told in words beside the entity or section, so that colour is never the only sign.
All text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from phodang.html import label_style
from phodang.html_text import escape
from phodang.section_marks import SectionMark, section_marks
from phodang_training.corpus.annotation import AnnotatedPassage, AnnotatedSpan
from phodang_training.evaluation.html_parts import beginning, section_chip, whole
from phodang_training.evaluation.metrics import Span
from phodang_training.evaluation.predictions import PredictedArticle, Predictions
from phodang_training.evaluation.span_errors import Outcome

OUTCOME_NAMES: Mapping[Outcome, str] = {
    "correct": "đúng",
    "type": "sai loại",
    "boundary": "sai ranh giới",
    "type and boundary": "sai loại và ranh giới",
    "missed": "thiếu",
    "spurious": "thừa",
}
GOLD_NAME, PREDICTED_NAME = "Chú giải", "Dự đoán"

_TITLE_CHARACTERS = 120

SIDE_BY_SIDE_STYLE = """
.evaluation details > summary { cursor: pointer; overflow-wrap: anywhere; line-height: 1.5; }
.evaluation details[open] > summary { margin-bottom: .9rem; }
.evaluation .about { color: var(--soft); font-size: .85rem; }
.evaluation .passage { border-top: 1px solid rgb(128 128 128 / .3); padding: .6rem 0; }
.evaluation .wrong { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem 1.5rem; }
.evaluation .wrong > div { min-width: 0; }
.evaluation .passage p { margin: 0; }
.evaluation .passage .who { color: var(--soft); font-size: .78rem; line-height: 1.5; }
.evaluation .passage .chips { display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: .85rem;
  line-height: 1.6; margin-bottom: .1rem; }
.evaluation .phodang-passage .phodang-label { font-size: .68rem; }
.evaluation .error { outline: 2px dashed var(--ink); outline-offset: -1px; margin: 0 .1em; }
.evaluation .verdict { white-space: nowrap; color: var(--paper); background: var(--ink);
  border-radius: .2rem; padding: .15em .4em; margin-left: .35em; font-size: .68rem;
  line-height: 1.25; font-weight: 600;
  vertical-align: .08em; -webkit-user-select: none; user-select: none;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
@media (max-width: 46rem) { .evaluation .wrong { grid-template-columns: 1fr; } }
@media print { .evaluation .passage { break-inside: avoid; } }
"""
"""The style of what is made here; everything in it begins with the class of the page's body."""


@dataclass(frozen=True)
class _Side:
    """A passage as one side sees it: its sections and entities, each with what is wrong."""

    name: str
    text: str
    sections: Sequence[tuple[str, Outcome]]
    entities: Sequence[tuple[AnnotatedSpan, Outcome]]


def side_by_side(predictions: Predictions) -> str:
    """Show each article's passages as annotated and as predicted.

    A passage in which both agree is shown once.

    Args:
        predictions: What is predicted; only the tasks that are measured are shown.

    Returns:
        An element for each article, closed but for the first; those with most errors first.
    """
    marks = section_marks(predictions.section_labels)
    articles = [
        (_count_errors(article, predictions), number)
        for number, article in enumerate(predictions.articles)
    ]
    ordered = sorted(articles, key=lambda item: (-item[0], item[1]))
    return "\n".join(
        _article(predictions.articles[number], predictions, marks, errors=errors, is_open=not place)
        for place, (errors, number) in enumerate(ordered)
    )


def _count_errors(article: PredictedArticle, predictions: Predictions) -> int:
    count = 0
    if "entities" in predictions.tasks:
        count += sum(pair.outcome != "correct" for pairs in article.pairs for pair in pairs)
    for index in range(len(article.gold.passages)):
        count += sum(map(len, predictions.section_errors(article, index)))
    return count


def _article(
    article: PredictedArticle,
    predictions: Predictions,
    marks: Mapping[str, SectionMark],
    *,
    errors: int,
    is_open: bool,
) -> str:
    title = escape(beginning(article.gold.passages[0].text, _TITLE_CHARACTERS))
    source = f", nguồn <bdi>{escape(article.gold.source)}</bdi>" if article.gold.source else ""
    passages = "\n".join(
        _passage(article, predictions, marks, index) for index in range(len(article.gold.passages))
    )
    return (
        f'<details class="phodang"{" open" if is_open else ""}>\n<summary><b><bdi>{title}</bdi></b>'
        f' <span class="about">{whole(errors)} lỗi; bài <bdi>{escape(article.gold.id)}</bdi>'
        f"{source}</span></summary>\n{passages}\n</details>"
    )


def _passage(
    article: PredictedArticle,
    predictions: Predictions,
    marks: Mapping[str, SectionMark],
    index: int,
) -> str:
    sides = list(_sides(article, predictions, index))
    right = all(
        outcome == "correct" for side in sides for _, outcome in (*side.sections, *side.entities)
    )
    if right:
        return f'<div class="passage">{_content(sides[0], marks)}</div>'
    cells = "".join(
        f'<div><p class="who">{side.name}</p>{_content(side, marks)}</div>' for side in sides
    )
    return f'<div class="passage wrong">{cells}</div>'


def _sides(article: PredictedArticle, predictions: Predictions, index: int) -> Iterator[_Side]:
    missed, spurious = predictions.section_errors(article, index)
    of_gold: dict[Span, Outcome] = {}
    of_predicted: dict[Span, Outcome] = {}
    for pair in article.pairs[index] if "entities" in predictions.tasks else ():
        if pair.gold is not None:
            of_gold[pair.gold] = pair.outcome
        if pair.predicted is not None:
            of_predicted[pair.predicted] = pair.outcome
    gold, predicted = (a.passages[index] for a in (article.gold, article.predicted))
    labels = predictions.section_labels
    yield _side(GOLD_NAME, gold, labels, dict.fromkeys(missed, "missed"), of_gold)
    yield _side(
        PREDICTED_NAME, predicted, labels, dict.fromkeys(spurious, "spurious"), of_predicted
    )


def _side(
    name: str,
    passage: AnnotatedPassage,
    labels: Sequence[str],
    section_errors: Mapping[str, Outcome],
    outcomes: Mapping[Span, Outcome],
) -> _Side:
    return _Side(
        name,
        passage.text,
        [
            (label, section_errors.get(label, "correct"))
            for label in labels
            if label in passage.sections
        ],
        [(AnnotatedSpan(*span), outcome) for span, outcome in sorted(outcomes.items())],
    )


def _content(side: _Side, marks: Mapping[str, SectionMark]) -> str:
    chips = "".join(
        f"<span>{section_chip(label, marks[label])}{_verdict(outcome)}</span>"
        for label, outcome in side.sections
    )
    above = f'<p class="chips">{chips}</p>' if chips else ""
    parts = []
    position = 0
    for span, outcome in side.entities:
        parts += [escape(side.text[position : span.start]), _mark(side.text, span, outcome)]
        position = span.end
    parts.append(escape(side.text[position:]))
    return f'{above}<p class="phodang-passage">{"".join(parts)}</p>'


def _mark(text: str, span: AnnotatedSpan, outcome: Outcome) -> str:
    wrong = "" if outcome == "correct" else ' class="error"'
    return (
        f'<mark{wrong} style="{label_style(span.label)}">{escape(text[span.start : span.end])}'
        f'<small class="phodang-label">{escape(span.label)}</small>{_verdict(outcome)}</mark>'
    )


def _verdict(outcome: Outcome) -> str:
    if outcome == "correct":
        return ""
    return f'<small class="verdict">{OUTCOME_NAMES[outcome]}</small>'

"""Figures → tables for the terminal. Figures are in percent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console, RenderableType
from rich.table import Column, Table

from phodang_training.evaluation.article_counts import Measure
from phodang_training.evaluation.assessment import Assessment
from phodang_training.evaluation.comparison import Comparison
from phodang_training.evaluation.figures import EntityFigures, Figures
from phodang_training.evaluation.metrics import Score, SpanScores
from phodang_training.evaluation.resampling import (
    CONFIDENCE,
    Difference,
    F1Intervals,
    Interval,
    Resampling,
)
from phodang_training.evaluation.section_metrics import SectionScores
from phodang_training.evaluation.span_errors import OUTCOMES

NOTHING = "–"
_SMALLEST_P = 0.001
_COMPARED: tuple[Measure, ...] = ("strict", "partial")


def print_scores(title: str, scores: SpanScores) -> None:
    """Print a table of scores of entities, under its title."""
    table = Table("", "precision", "recall", "F1", "entities")
    for name, score in {**scores.per_label, "micro": scores.micro}.items():
        table.add_row(name, *_rates(score), percent(score.f1), str(score.support))
    print_all([title, table])


def print_section_scores(title: str, scores: SectionScores) -> None:
    """Print a table of scores of sections, under its title."""
    print_all([title, _section_table(scores, None)])


def print_all(parts: Iterable[RenderableType]) -> None:
    """Print tables and lines. No markup: names of labels and files are printed as they are."""
    console = Console(highlight=False, markup=False, emoji=False)
    for part in parts:
        console.print(part)


def assessment_parts(assessment: Assessment) -> Iterator[RenderableType]:
    """Make what is printed of one system: its figures, then those by source."""
    figures, predictions = assessment.figures, assessment.predictions
    precision = f", {predictions.precision}" if predictions.precision else ""
    yield f"{assessment.evaluation.data}, {predictions.name}{precision}"
    if figures.entities:
        yield _entity_table(figures.entities)
        yield _outcomes(figures.entities)
    if figures.sections:
        yield _section_table(figures.sections.scores, figures.sections.intervals)
    if assessment.by_source:
        yield _source_table(assessment.by_source)
    if figures.entities:
        yield (
            "partial: as in SemEval-2013 task 9.1, a span that only overlaps counts half, and its "
            "type does not matter."
        )
    yield f"In brackets: {about_intervals(assessment.resampling, figures.articles)}."
    if predictions.unused:
        yield (
            f"{predictions.name} predicts {predictions.unused} articles more, which are not in "
            "the data and not measured."
        )


def comparison_parts(comparison: Comparison, resampling: Resampling) -> Iterator[RenderableType]:
    """Make what is printed of two systems."""
    table = Table(
        Column("", no_wrap=True),
        *(Column(name, overflow="fold") for name in (comparison.first, comparison.second)),
        Column("difference", no_wrap=True),
        "p",
    )
    for name, difference in _compared(comparison):
        found = (percent(difference.first), percent(difference.second))
        table.add_row(name, *found, _difference(difference), p_value(difference.p_value))
    yield table
    yield (
        f"p: approximate randomisation over articles (Yeh 2000), {resampling.resamples:,} times; "
        "not corrected for there being several."
    )


def about_intervals(resampling: Resampling, articles: int) -> str:
    """Say what the intervals are."""
    return (
        f"{CONFIDENCE:.0%} intervals of F1, bootstrap over {articles:,} articles, "
        f"{resampling.resamples:,} resamples, seed {resampling.seed}"
    )


def percent(rate: float) -> str:
    """A rate in percent, such as ``92.55``."""
    return f"{100 * rate:.2f}"


def with_interval(rate: float, interval: Interval | None) -> str:
    """A rate in percent with its interval, such as ``92.55 [91.3, 93.6]``, if there is one."""
    if interval is None:
        return percent(rate)
    low, high = (f"{100 * bound:.1f}" for bound in interval)
    return f"{percent(rate)} [{low}, {high}]"


def p_value(value: float) -> str:
    """A p-value with three digits; a smaller one is ``<0.001``."""
    return f"<{_SMALLEST_P}" if value < _SMALLEST_P / 2 else f"{value:.3f}"


def _entity_table(figures: EntityFigures) -> Table:
    strict, partial = figures.scores["strict"], figures.scores["partial"]
    intervals = figures.intervals["strict"]
    table = Table(
        "", "precision", "recall", Column("strict F1", no_wrap=True), "partial F1", "entities"
    )
    for label, score in strict.per_label.items():
        f1 = with_interval(score.f1, intervals.per_label[label])
        other = percent(partial.per_label[label].f1)
        table.add_row(label, *_rates(score), f1, other, str(score.support))
    table.add_section()
    f1 = with_interval(strict.micro.f1, intervals.micro)
    support = str(strict.micro.support)
    table.add_row("micro", *_rates(strict.micro), f1, percent(partial.micro.f1), support)
    f1 = with_interval(strict.macro_f1, intervals.macro)
    table.add_row("macro", "", "", f1, percent(partial.macro_f1), "")
    return table


def _outcomes(figures: EntityFigures) -> str:
    counts = [
        (outcome, sum(own[outcome] for own in figures.outcomes.values())) for outcome in OUTCOMES
    ]
    return "Entities: " + ", ".join(f"{outcome} {count:,}" for outcome, count in counts) + "."


def _section_table(scores: SectionScores, intervals: F1Intervals | None) -> Table:
    f1 = Column("F1", no_wrap=True)
    table = Table("", "precision", "recall", f1, "passages", "ECE")
    errors: Mapping[str, float] = scores.ece_per_label or {}
    for label, score in scores.per_label.items():
        interval = intervals.per_label[label] if intervals else None
        error = percent(errors[label]) if label in errors else NOTHING
        rate = with_interval(score.f1, interval)
        table.add_row(label, *_rates(score), rate, str(score.support), error)
    macro = with_interval(scores.macro_f1, intervals.macro if intervals else None)
    error = NOTHING if scores.ece is None else percent(scores.ece)
    table.add_row("macro", "", "", macro, "", error)
    return table


def _source_table(by_source: Mapping[str, Figures]) -> Table:
    heads = ("strict micro-F1", "sections macro-F1")
    table = Table(
        Column("source", overflow="fold"),
        "articles",
        *(Column(head, no_wrap=True) for head in heads),
    )
    for name, figures in by_source.items():
        entities = sections = NOTHING
        if figures.entities:
            strict = figures.entities.scores["strict"].micro.f1
            entities = with_interval(strict, figures.entities.intervals["strict"].micro)
        if figures.sections:
            macro = figures.sections.scores.macro_f1
            sections = with_interval(macro, figures.sections.intervals.macro)
        table.add_row(name, str(figures.articles), entities, sections)
    return table


def _compared(comparison: Comparison) -> Iterator[tuple[str, Difference]]:
    if comparison.entities:
        for measure in _COMPARED:
            yield f"{measure} micro-F1", comparison.entities[measure].micro
            yield f"{measure} macro-F1", comparison.entities[measure].macro
    if comparison.sections:
        yield "sections macro-F1", comparison.sections.macro
        for label, difference in comparison.sections.per_label.items():
            yield f"{label} F1", difference


def _difference(difference: Difference) -> str:
    value = f"{100 * difference.difference:+.2f}"
    if difference.interval is None:
        return value
    low, high = (f"{100 * bound:+.1f}" for bound in difference.interval)
    return f"{value} [{low}, {high}]"


def _rates(score: Score) -> tuple[str, str]:
    return percent(score.precision), percent(score.recall)

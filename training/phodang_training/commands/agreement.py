"""``phodang-train agreement``: how far two annotations of the same articles agree."""

# Options are Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
# ruff: noqa: UP045

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.table import Column, Table

from phodang.errors import InputError
from phodang.messages import quoted
from phodang_training.commands.writing import check_page, print_table
from phodang_training.experiments.plots import plot_agreement, require_matplotlib

if TYPE_CHECKING:
    from phodang_training.corpus.annotation import AnnotatedArticle
    from phodang_training.evaluation.metrics import Span
    from phodang_training.experiments.agreement import Agreement

_NOTHING = "–"
_ALL = "all, micro-F1"
_SETS = "sets of sections (MASI)"


def agreement(
    first: Annotated[Path, typer.Argument(help="Annotated articles, .jsonl.")],
    second: Annotated[Path, typer.Argument(help="The same articles, annotated otherwise.")],
    count: Annotated[
        int, typer.Option("--count", min=0, help="How many disagreements are listed.")
    ] = 20,
    json: Annotated[
        Optional[Path],
        typer.Option("--json", help="Also write figures and all disagreements as JSON."),
    ] = None,
    plot: Annotated[Optional[Path], typer.Option("--plot", help="Also draw a plot, .svg.")] = None,
) -> None:
    """Tell how far two annotations of the same articles agree, and where they do not.

    Of entities by strict F1, of sections by Krippendorff's alpha over the passages.
    """
    from phodang_training.experiments.agreement import agreement as compare
    from phodang_training.experiments.agreement import read_both

    read = [first, second]
    if json is not None:
        check_page(json, inputs=read, what="a JSON file")
    if plot is not None:
        require_matplotlib()
        check_page(plot, inputs=[*read, *([json] if json else [])], what="a plot")
        if plot.suffix != ".svg":
            raise InputError(f"{plot}: expected a name that ends in .svg, found another. Add it.")
    articles, others = read_both(first, second)
    found = compare(articles, others)
    print(f"Compared: {found.articles} articles, {found.passages} passages")
    _print_figures(found)
    _print_disagreements(found, articles, count=count, names=(first.name, second.name))
    if json is not None:
        text = json_format.dumps(asdict(found), ensure_ascii=False, indent=2) + "\n"
        json.write_text(text, encoding="utf-8", newline="\n")
        print(f"Figures: {json}")
    if plot is not None:
        plot.write_text(_plot(found), encoding="utf-8", newline="\n")
        print(f"Plot: {plot}")


def _print_figures(found: Agreement) -> None:
    if found.entities is not None:
        table = Table("entities", "F1, %", "in the first", "in the second")
        for name, own in {**found.entities_by_label, _ALL: found.entities}.items():
            table.add_row(name, f"{100 * own.f1:.2f}", str(own.first), str(own.second))
        print_table(table)
    if found.sections_by_label:
        table = Table("sections", "Krippendorff's alpha", "in the first", "in the second")
        for name, section in found.sections_by_label.items():
            table.add_row(name, _alpha(section.alpha), str(section.first), str(section.second))
        table.add_row(_SETS, _alpha(found.sections), "", "")
        print_table(table)
    if found.entities is None and not found.sections_by_label:
        print("Neither has any entities or sections.")


def _print_disagreements(
    found: Agreement,
    articles: Sequence[AnnotatedArticle],
    *,
    count: int,
    names: tuple[str, str],
) -> None:
    rows = _disagreement_rows(found, articles)
    listed = rows[:count]
    print(f"Disagreements: {len(rows)}" + (f", {len(listed)} listed" if listed != rows else ""))
    if listed:
        table = Table(*(Column(name, overflow="fold") for name in ("place", *names)))
        for row in listed:
            table.add_row(*row)
        print_table(table)


def _disagreement_rows(
    found: Agreement, articles: Sequence[AnnotatedArticle]
) -> list[tuple[str, str, str]]:
    """Place, first and second of every disagreement, in the order of the text."""
    numbers = {article.id: number for number, article in enumerate(articles)}
    placed: list[tuple[tuple[int, int], str, str]] = []
    for entity in found.entity_disagreements:
        place = (numbers[entity.article], entity.passage)
        text = articles[place[0]].passages[place[1]].text
        placed.append((place, _span(text, entity.first), _span(text, entity.second)))
    for section in found.section_disagreements:
        place = (numbers[section.article], section.passage)
        first, second = (", ".join(names) or _NOTHING for names in (section.first, section.second))
        placed.append((place, first, second))
    # Entities of a passage stay in their order, before its sections.
    placed.sort(key=lambda row: row[0])
    return [
        (f"{articles[number].id} passages[{passage}]", first, second)
        for (number, passage), first, second in placed
    ]


def _span(text: str, span: Span | None) -> str:
    if span is None:
        return _NOTHING
    start, end, label = span
    return f"{label} {start}–{end} {quoted(text[start:end])}"


def _alpha(alpha: float | None) -> str:
    return _NOTHING if alpha is None else f"{alpha:.3f}"


def _plot(found: Agreement) -> str:
    entities = {**found.entities_by_label}
    if found.entities is not None:
        entities[_ALL] = found.entities
    sections = {name: own.alpha for name, own in found.sections_by_label.items()}
    if sections:
        sections[_SETS] = found.sections
    return plot_agreement({name: own.f1 for name, own in entities.items()}, sections)

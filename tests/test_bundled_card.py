"""Figures that are written down are those of the committed evaluation, read off independently."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from phodang.analyzer import BUNDLED_MODEL, checkpoint_folder
from phodang.checkpoint import CARD_FILE, EVALUATION_FILE

FOLDER = checkpoint_folder(BUNDLED_MODEL)
README = Path(__file__).parent.parent / "README.md"

EVALUATIONS: list[dict[str, Any]] = json.loads(
    (FOLDER / EVALUATION_FILE).read_text(encoding="utf-8")
)
CARD = (FOLDER / CARD_FILE).read_text(encoding="utf-8")

Figures = dict[tuple[str, ...], str]
"""What is measured (data, articles, segmenter, precision, column of the table) and its per cent."""


def percent(value: float) -> str:
    return f"{100 * value:.2f}"


def macro(sections: Mapping[str, Any]) -> float:
    values = [score["f1"] for score in sections["per_label"].values()]
    return sum(values) / len(values)


def measured(evaluations: Sequence[Mapping[str, Any]]) -> Figures:
    """The figures of the evaluations."""
    figures: Figures = {}
    for e in evaluations:
        kind = (e["data"], str(e["articles"]), e["segmenter"], e["precision"])
        if e.get("scores"):
            figures[(*kind, "micro-F1")] = percent(e["scores"]["micro"]["f1"])
        if e.get("sections"):
            figures[(*kind, "macro-F1")] = percent(macro(e["sections"]))
            errors = e["sections"]["ece_per_label"].values()
            figures[(*kind, "ECE")] = percent(sum(errors) / len(errors))
        for task in ("scores", "sections"):
            if e.get(task):
                for label, score in e[task]["per_label"].items():
                    figures[(*kind, label)] = percent(score["f1"])
    return figures


def tables(text: str) -> Iterator[list[list[str]]]:
    """The cells of each table, row by row, without the line below the head."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[c.strip() for c in line.strip("|").split("|")] for line in table.splitlines()]
        yield [rows[0], *rows[2:]]


def written(card: str) -> Figures:
    """The figures in the tables of a card; an interval may stand behind each."""
    figures: Figures = {}
    for head, *rows in tables(card.partition("\n## Figures\n")[2].partition("\n## ")[0]):
        for row in rows:
            for column, cell in zip(head[4:], row[4:], strict=True):
                if found := re.match(r"\d+\.\d\d", cell):
                    figures[(*row[:4], column)] = found.group()
    return figures


def test_the_card_has_the_figures_of_the_evaluation_and_no_others() -> None:
    assert written(CARD) == measured(EVALUATIONS)
    commands = CARD.partition("```sh\n")[2].partition("```")[0].splitlines()
    assert commands == [evaluation["command"] for evaluation in EVALUATIONS]


def test_any_figure_that_differs_is_noticed() -> None:
    figures = list(re.finditer(r"(?<=\| )\d+\.\d\d", CARD))
    assert len(figures) == len(measured(EVALUATIONS))
    for own in figures:
        changed = f"{float(own.group()) - 0.01:.2f}"
        assert written(CARD[: own.start()] + changed + CARD[own.end() :]) != measured(EVALUATIONS)


def readme_rows() -> list[tuple[str, str, str]]:
    """What, figure and command of each row that an evaluation of the bundled model makes."""
    section = README.read_text(encoding="utf-8").partition("\n## Figures\n")[2]
    rows: list[tuple[str, str, str]] = []
    command = ""
    for what, figure, by in next(tables(section.partition("\n## ")[0])):
        command = command if by.startswith("the same") else by
        if f"phodang-train evaluate {BUNDLED_MODEL} " in command and "points" not in figure:
            rows.append((what, figure, by))
    return rows


def test_the_readme_has_the_figures_of_the_evaluation() -> None:
    known = measured(EVALUATIONS)
    totals = {v for kind, v in known.items() if kind[-1] in ("micro-F1", "macro-F1")}
    told = {value for _, figure, _ in readme_rows() for value in re.findall(r"\d+\.\d\d", figure)}
    assert told
    assert told <= totals
    for kind, value in known.items():
        if kind[3] == "int8" and kind[-1] in ("micro-F1", "macro-F1"):
            rows = [figure for what, figure, _ in readme_rows() if kind[-1] in what]
            assert any(value in figure for figure in rows), kind

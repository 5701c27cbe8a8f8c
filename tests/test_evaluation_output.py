"""What an evaluation is written as: tables, JSON, and a page that escapes all text."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console, RenderableType
from test_evaluation import FOUND, GOLD
from train_command import cells

from phodang_training.corpus import AnnotatedArticle, AnnotatedPassage, AnnotatedSpan
from phodang_training.evaluation.assessment import Assessment, Evaluation
from phodang_training.evaluation.comparison import compare
from phodang_training.evaluation.evaluation_html import evaluation_to_html
from phodang_training.evaluation.evaluation_json import evaluation_to_json
from phodang_training.evaluation.evaluation_tables import (
    assessment_parts,
    comparison_parts,
    p_value,
    with_interval,
)
from phodang_training.evaluation.figures import figures_of
from phodang_training.evaluation.predictions import PredictedArticle, Predictions, sections_of
from phodang_training.evaluation.resampling import Resampling

FEW = Resampling(resamples=100)
HOSTILE = "</p></style><script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;"
TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "section", "p", "br", "div"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "small", "b", "i", "bdi", "span", "mark"}
TAGS |= {"details", "summary"}
ATTRIBUTES = {"lang", "charset", "name", "content", "class", "style", "scope", "tabindex", "open"}


def assessed(
    pairs: Iterable[tuple[AnnotatedArticle, AnnotatedArticle]], *, name: str = "found.jsonl"
) -> Assessment:
    """What is found out about a system; data and its only source have the same name."""
    articles = tuple(PredictedArticle(gold, predicted) for gold, predicted in pairs)
    labels = sections_of(a for article in articles for a in (article.gold, article.predicted))
    tasks = ("entities", "sections") if labels else ("entities",)
    predictions = Predictions(name, tasks, labels, articles, unused=2)
    figures = figures_of(predictions, FEW)
    evaluation = Evaluation(
        data=name,
        sha256="0" * 64,
        articles=len(articles),
        segmenter=None,
        precision=None,
        command=f"phodang-train evaluate {name}",
        scores=None,
        sections=None,
    )
    return Assessment(predictions, FEW, figures, {name: figures}, evaluation)


MADE = assessed(zip(GOLD, FOUND, strict=True))
PERFECT = assessed(zip(GOLD, GOLD, strict=True), name="perfect.jsonl")
COMPARED = compare(PERFECT.predictions, MADE.predictions, FEW)


class Page(HTMLParser):
    """Collects what a browser shows of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.titles: list[str] = []
        self.texts: list[str] = []
        self.marks: list[tuple[str, list[str]]] = []
        self._open: list[tuple[str, str]] = []
        # Fails if the page cannot be written as UTF-8.
        self.feed(html.encode("utf-8").decode("utf-8"))
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag in ("meta", "br"):
            return
        kind = dict(attrs).get("class") or ""
        self._open.append((tag, kind))
        if kind == "phodang-passage":
            self.texts.append("")
        if tag == "summary":
            self.titles.append("")
        if tag == "mark":
            self.marks.append(("", []))
        if tag == "small" and self._inside("mark"):
            self.marks[-1][1].append("")
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self._inside("summary"):
            self.titles[-1] += data
        if self._inside("th") or self._inside("td"):
            self.rows[-1][-1] += data
        if self._inside("small"):
            if self._inside("mark"):
                self.marks[-1][1][-1] += data
        elif any(kind == "phodang-passage" for _, kind in self._open):
            self.texts[-1] += data
            if self._inside("mark"):
                text, words = self.marks[-1]
                self.marks[-1] = (text + data, words)

    def _inside(self, tag: str) -> bool:
        return any(tag == name for name, _ in self._open)


def printed(parts: Iterable[RenderableType]) -> str:
    """What is printed on a terminal of the usual width."""
    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False, emoji=False)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_tables_tell_figures_with_intervals() -> None:
    output = printed(assessment_parts(MADE))
    assert output.startswith("found.jsonl, found.jsonl\n")
    assert cells(output, "ORG") == ["100.00", "100.00", "100.00 [100.0, 100.0]", "100.00", "5"]
    entities = MADE.figures.entities
    assert entities is not None
    loc = with_interval(1 / 3, entities.intervals["strict"].per_label["LOC"])
    assert cells(output, "LOC") == ["33.33", "33.33", loc, "50.00", "3"]
    assert cells(output, "task")[2].startswith("80.00 [")
    assert cells(output, "warning")[2:] == ["0.00", "1", "–"]
    assert cells(output, "found.jsonl")[0] == "3"
    told = " ".join(output.split())
    assert "correct 6, type 0, boundary 1, type and boundary 0, missed 1, spurious 1." in told
    assert "95% intervals of F1, bootstrap over 3 articles, 100 resamples, seed 0." in told
    assert "found.jsonl predicts 2 articles more" in told


def test_a_comparison_is_a_table() -> None:
    output = printed(comparison_parts(COMPARED, FEW))
    first, second, difference, _ = cells(output, "strict micro-F1")
    assert (first, second) == ("100.00", "75.00")
    assert re.fullmatch(r"\+25\.00 \[[+-]\d+\.\d, [+-]\d+\.\d\]", difference)
    assert cells(output, "sections macro-F1")[:2] == ["100.00", "40.00"]
    assert cells(output, "warning F1") == [
        "100.00",
        "0.00",
        "+100.00",
        cells(output, "warning F1")[3],
    ]


def test_small_p_values_are_not_0() -> None:
    assert [p_value(value) for value in (1, 0.0494, 0.001, 0.0004)] == [
        "1.000",
        "0.049",
        "0.001",
        "<0.001",
    ]


def test_json_holds_every_figure() -> None:
    record = json.loads(evaluation_to_json([PERFECT, MADE], COMPARED))
    assert record["data"]["articles"] == 3
    assert record["resampling"] == {
        "unit": "article",
        "resamples": 100,
        "seed": 0,
        "confidence": 0.95,
    }
    perfect, made = record["systems"]
    assert made["by_source"] == {"found.jsonl": made["figures"]}
    assert [article["entity_errors"] for article in perfect["articles"]] == [[], [], []]
    strict = made["figures"]["entities"]["measures"]["strict"]
    entities = MADE.figures.entities
    assert entities is not None
    assert strict["micro"]["f1"] == entities.scores["strict"].micro.f1
    assert tuple(strict["micro"]["interval"]) == entities.intervals["strict"].micro
    assert strict["macro"]["f1"] == entities.scores["strict"].macro_f1
    assert made["figures"]["entities"]["confusion"] == {
        "labels": ["LOC", "ORG"],
        "counts": [[2, 0, 1], [0, 5, 0], [1, 0, 0]],
    }
    warning = made["figures"]["sections"]["per_label"]["warning"]
    assert (warning["missed"], warning["interval"], warning["ece"]) == (1, None, None)
    first, second, third = made["articles"]
    assert first["entity_errors"] == [
        {
            "passage": 1,
            "outcome": "missed",
            "gold": {"start": 17, "end": 20, "label": "LOC"},
            "predicted": None,
        }
    ]
    assert [error["outcome"] for error in second["entity_errors"]] == ["boundary"]
    assert second["section_errors"] == [{"passage": 0, "missed": ["warning"], "spurious": ["task"]}]
    assert [error["outcome"] for error in third["entity_errors"]] == ["spurious"]
    micro = record["comparison"]["entities"]["strict"]["micro"]
    assert (micro["first"], micro["second"], micro["difference"]) == (1.0, 0.75, 0.25)
    alone = json.loads(evaluation_to_json([MADE], None))
    assert alone["comparison"] is None
    assert alone["systems"] == [made]


def test_the_page_tells_figures_and_errors() -> None:
    page = Page(evaluation_to_html(MADE, COMPARED))
    (outcomes,) = (row for row in page.rows if row[0] == "Tất cả")
    assert outcomes[1:] == ["6", "0", "1", "0", "1", "1"]
    assert ["không có", "1", "–", "–"] in page.rows
    assert ["Nhãn đoạn, macro", "100,00%", "40,00%"] in [row[:3] for row in page.rows]
    # The most errors first: one boundary and two sections, then one each.
    ids = [re.search(r"(\d) lỗi; bài (\w)", title) for title in page.titles]
    assert [found and found.groups() for found in ids] == [("3", "b"), ("1", "a"), ("1", "c")]
    wrong = [(text, words) for text, words in page.marks if len(words) > 1]
    assert wrong == [
        ("Huế", ["LOC", "sai ranh giới"]),
        ("tại Huế", ["LOC", "sai ranh giới"]),
        ("Huế", ["LOC", "thiếu"]),
        ("Huế", ["LOC", "thừa"]),
    ]


def test_a_passage_is_shown_twice_only_where_there_are_errors() -> None:
    assert len(Page(evaluation_to_html(PERFECT, None)).texts) == 5
    assert len(Page(evaluation_to_html(MADE, None)).texts) == 5 + 3


def test_sections_are_marked_in_words() -> None:
    html = evaluation_to_html(MADE, None)
    chips = re.findall(r'([\w ()]+)</b><small class="verdict">(\w+)</small>', html)
    assert chips == [("cảnh báo (warning)", "thiếu"), ("nhiệm vụ (task)", "thừa")]


def test_only_what_is_measured_is_shown() -> None:
    bare = [AnnotatedArticle("a", (AnnotatedPassage("Huế", (AnnotatedSpan(0, 3, "LOC"),)),))]
    html = evaluation_to_html(assessed(zip(bare, bare, strict=True)), None)
    assert "Nhãn đoạn" not in html
    assert "So sánh" not in html
    assert Page(html).marks == [("Huế", ["LOC"])]


def test_a_page_is_complete_and_loads_nothing() -> None:
    html = evaluation_to_html(MADE, COMPARED)
    assert html.startswith('<!doctype html>\n<html lang="vi">')
    assert '<meta charset="utf-8">' in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "prefers-color-scheme: dark" in html
    assert html.count("<style>") == 1
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", html)


any_text = st.text(min_size=1, max_size=12).filter(str.strip)


@st.composite
def annotated_passages(draw: st.DrawFn, text: str) -> AnnotatedPassage:
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=5)))
    spans = [
        AnnotatedSpan(start, end, draw(any_text))
        for start, end in itertools.pairwise(cuts)
        if draw(st.booleans())
    ]
    return AnnotatedPassage(text, tuple(spans), tuple(draw(st.sets(any_text, max_size=2))))


@settings(max_examples=40)
@given(st.data(), any_text)
def test_nothing_becomes_markup_and_passages_can_be_read_back(
    data: st.DataObject, name: str
) -> None:
    texts = data.draw(st.lists(any_text, min_size=1, max_size=3))
    gold, predicted = (
        AnnotatedArticle(name, tuple(data.draw(annotated_passages(text)) for text in texts), name)
        for _ in range(2)
    )
    made = assessed([(gold, predicted)], name=name)
    page = Page(evaluation_to_html(made, compare(made.predictions, made.predictions, FEW)))
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    shown = []
    for one, other in zip(gold.passages, predicted.passages, strict=True):
        same = (one.entities, set(one.sections)) == (other.entities, set(other.sections))
        shown += [re.sub("[\ud800-\udfff]", "\ufffd", one.text)] * (1 if same else 2)
    assert page.texts == shown


def test_hostile_text_stays_text() -> None:
    passage = AnnotatedPassage(HOSTILE, (AnnotatedSpan(0, 9, HOSTILE),), (HOSTILE,))
    gold = AnnotatedArticle(HOSTILE, (passage,), HOSTILE, HOSTILE)
    predicted = AnnotatedArticle(HOSTILE, (AnnotatedPassage(HOSTILE),))
    made = assessed([(gold, predicted)], name=HOSTILE)
    html = evaluation_to_html(made, compare(made.predictions, made.predictions, FEW))
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("</style>") == 1
    page = Page(html)
    assert page.texts == [HOSTILE, HOSTILE]
    assert page.marks == [(HOSTILE[:9], [HOSTILE, "thiếu"])]


def test_names_of_files_and_labels_are_no_markup_of_the_terminal() -> None:
    passage = AnnotatedPassage("Huế", (AnnotatedSpan(0, 3, "[red]"),))
    article = AnnotatedArticle("a", (passage,))
    output = printed(assessment_parts(assessed([(article, article)], name="[x].jsonl")))
    assert output.startswith("[x].jsonl")
    assert cells(output, "[red]")[-1] == "1"


@pytest.mark.parametrize(
    ("rate", "interval", "expected"),
    [(0.92553, (0.9134, 0.9361), "92.55 [91.3, 93.6]"), (1.0, None, "100.00")],
)
def test_a_rate_is_told_with_its_interval(
    rate: float, interval: tuple[float, float] | None, expected: str
) -> None:
    assert with_interval(rate, interval) == expected

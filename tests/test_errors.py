"""The error analysis of the sections: which passages it finds, what its page tells and escapes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from contrast import contrast
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from phodang.errors import InputError
from phodang_training.cli import app
from phodang_training.corpus import AnnotatedArticle, AnnotatedPassage, write_articles
from phodang_training.evaluation import errors as errors_module
from phodang_training.evaluation.assessment import DataPart
from phodang_training.evaluation.errors import (
    PROBABILITY_MARGIN,
    count_errors,
    predict_data,
    worst_passages,
)
from phodang_training.evaluation.errors_html import errors_to_html
from phodang_training.evaluation.section_evaluation import SectionPredictions

LABELS = ("achievement", "task", "warning")
HOSTILE = "</p></style><script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;"
CONTROLS = "Hà\x00 Nội\x1b[31m\r\x85\u202eHuế\ud800"
TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "section", "article", "p"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "small", "b", "bdi", "br"}
ATTRIBUTES = {"lang", "charset", "name", "content", "class", "style", "scope", "data-phodang"}

any_text = st.text(min_size=1, max_size=12).filter(str.strip)
"""All that a passage can hold: controls, half surrogate pairs, white space."""


def article(*texts: str, identifier: str = "a") -> AnnotatedArticle:
    return AnnotatedArticle(identifier, tuple(AnnotatedPassage(text) for text in texts))


def predictions(
    articles: Sequence[AnnotatedArticle],
    gold: Sequence[Sequence[int]],
    probabilities: Sequence[Sequence[float]],
    *,
    thresholds: Sequence[float] = (0.5, 0.5, 0.5),
    labels: tuple[str, ...] = LABELS,
) -> SectionPredictions:
    """Predictions on all passages of some articles."""
    passages = [(article, index) for article in articles for index in range(len(article.passages))]
    shape = (len(passages), len(labels))
    return SectionPredictions(
        labels=labels,
        passages=passages,
        gold=np.array(gold, np.bool_).reshape(shape),
        probabilities=np.array(probabilities, np.float64).reshape(shape),
        thresholds=np.array(thresholds, np.float64),
    )


@st.composite
def any_predictions(draw: st.DrawFn) -> SectionPredictions:
    """Predictions on articles of any text, for up to three labels of any name."""
    labels = draw(st.lists(any_text, min_size=1, max_size=3, unique=True))
    articles = [
        article(*texts, identifier=f"{number}{draw(any_text)}")
        for number, texts in enumerate(
            draw(st.lists(st.lists(any_text, min_size=1, max_size=3), min_size=1, max_size=3))
        )
    ]
    count = sum(len(article.passages) for article in articles) * len(labels)
    several = {"min_size": count, "max_size": count}
    return predictions(
        articles,
        draw(st.lists(st.integers(0, 1), **several)),
        draw(st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0]), **several)),
        thresholds=draw(
            st.lists(st.floats(0.05, 0.95), min_size=len(labels), max_size=len(labels))
        ),
        labels=tuple(labels),
    )


class Page(HTMLParser):
    """Collects what a browser shows of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.titles: list[str] = []
        self.verdicts: list[str] = []
        self.contexts: list[str] = []
        self.texts: list[str] = []
        self._by_class = {
            "phodang-title": self.titles,
            "errors-verdict": self.verdicts,
            "errors-context": self.contexts,
            "phodang-passage": self.texts,
        }
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
        if kind in self._by_class:
            self._by_class[kind].append("")
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, kind in self._open:
            if kind in self._by_class:
                self._by_class[kind][-1] += data
            if tag in ("th", "td"):
                self.rows[-1][-1] += data


def page_of(predictions: SectionPredictions, *, count: int = 30) -> str:
    worst = worst_passages(predictions, count=count)
    return errors_to_html(predictions, worst, data="data.jsonl", model="checkpoints/sections")


def encoded(text: str) -> str:
    """The text as a browser reads it from a file: half surrogate pairs are U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


FOUR = predictions(
    [article("Hà Nội họp", "Hai.", "Ba.", identifier="b-1"), article("Huế họp", identifier="b-2")],
    gold=[[0, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]],
    probabilities=[[0.1, 0.1, 0.1], [0.9, 0.2, 0.8], [0.4, 0.1, 0.1], [0.0, 0.0, 0.0]],
    thresholds=(0.5, 0.5, 0.3),
)


def test_the_worst_passages_come_first() -> None:
    worst = worst_passages(FOUR, count=3)
    assert [(error.article.id, error.index) for error in worst] == [
        ("b-2", 0),
        ("b-1", 1),
        ("b-1", 2),
    ]
    unread, second, third = worst
    assert unread.loss == pytest.approx(-math.log(PROBABILITY_MARGIN) / 3, rel=1e-4)
    assert second.loss == pytest.approx(-(math.log(0.9) + math.log(0.2) + math.log(0.2)) / 3)
    assert third.loss == pytest.approx(-(math.log(0.6) + 2 * math.log(0.9)) / 3)
    assert (second.gold, second.predicted) == (("achievement", "task"), ("achievement", "warning"))
    assert (second.missed, second.spurious) == (("task",), ("warning",))
    assert second.probabilities == {"achievement": 0.9, "task": 0.2, "warning": 0.8}
    assert second.thresholds == {"achievement": 0.5, "task": 0.5, "warning": 0.3}
    assert (third.missed, third.spurious) == ((), ())


def test_a_passage_knows_its_surroundings() -> None:
    alone, middle, last = worst_passages(FOUR, count=3)
    assert (alone.title, alone.previous, alone.text, alone.following) == (
        "Huế họp",
        None,
        "Huế họp",
        None,
    )
    assert (middle.title, middle.previous, middle.text, middle.following) == (
        "Hà Nội họp",
        "Hà Nội họp",
        "Hai.",
        "Ba.",
    )
    assert (last.previous, last.following) == ("Hai.", None)


@given(any_predictions(), st.integers(1, 10))
def test_losses_are_finite_and_fall(made: SectionPredictions, count: int) -> None:
    found = worst_passages(made, count=count)
    assert len(found) == min(count, len(made.passages))
    losses = [error.loss for error in worst_passages(made, count=len(made.passages))]
    assert losses == sorted(losses, reverse=True)
    assert losses[:count] == [error.loss for error in found]
    assert all(0 <= loss < math.inf for loss in losses)


def test_of_equal_losses_the_first_passage_is_first() -> None:
    made = predictions([article("a", "b", "c")], [[1, 0, 0]] * 3, [[0.2] * 3] * 3)
    assert [error.index for error in worst_passages(made, count=2)] == [0, 1]


def test_a_count_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, found 0"):
        worst_passages(FOUR, count=0)


@given(any_predictions())
def test_every_wrong_decision_is_counted_once(made: SectionPredictions) -> None:
    counts = count_errors(made)
    found = worst_passages(made, count=len(made.passages))
    assert tuple(counts) == made.labels
    for label, counted in counts.items():
        assert counted.missed == sum(label in error.missed for error in found)
        assert counted.spurious == sum(label in error.spurious for error in found)


def test_the_summary_tells_data_scores_and_counts() -> None:
    html = page_of(FOUR)
    for told in ("data.jsonl", "checkpoints/sections", "4 đoạn trong 2 bài", "4 trong 4 đoạn"):
        assert told in re.sub("<.*?>", "", html)
    scores = FOUR.scores()
    assert scores.per_label["achievement"].f1 == 1
    assert Page(html).rows[:5] == [
        ["Nhãn", "F1", "Đoạn có nhãn", "Thiếu", "Thừa"],
        ["thành tựu (achievement)", "100,00%", "1", "0", "0"],
        ["nhiệm vụ (task)", "0,00%", "1", "1", "0"],
        ["cảnh báo (warning)", "0,00%", "1", "1", "1"],
        ["F1 trung bình; tổng số lỗi", "33,33%", "", "2", "1"],
    ]


def test_a_passage_is_shown_with_all_that_is_known_of_it() -> None:
    html = page_of(FOUR, count=2)
    page = Page(html)
    assert page.titles == ["1. Huế họp", "2. Hà Nội họp"]
    assert "Bài b-1, đoạn 2 trong 3, mất mát 1,11" in re.sub("<.*?>", "", html)
    assert page.texts == ["Huế họp", "Hai."]
    assert page.contexts == ["Đầu bài.", "Cuối bài.", "Đoạn trước: Hà Nội họp", "Đoạn sau: Ba."]
    assert page.verdicts == [
        "thiếu cảnh báo (warning)",
        "thiếu nhiệm vụ (task), thừa cảnh báo (warning)",
    ]
    assert page.rows[-4:] == [
        ["Nhãn", "Chú giải", "Mô hình", "Xác suất", "Ngưỡng", "Kết quả"],
        ["thành tựu (achievement)", "có", "có", "0,900", "0,500", "đúng"],
        ["nhiệm vụ (task)", "có", "không", "0,200", "0,500", "thiếu"],
        ["cảnh báo (warning)", "không", "có", "0,800", "0,300", "thừa"],
    ]


def test_a_passage_with_the_right_labels_says_so() -> None:
    made = predictions([article("Hà Nội")], [[1, 0, 0]], [[0.6, 0.4, 0.4]])
    assert Page(page_of(made)).verdicts == ["Nhãn được gán đúng."]


def test_what_surrounds_a_passage_is_shortened_toward_it_and_the_passage_is_whole() -> None:
    words = " ".join(f"từ{number}" for number in range(200))
    before, passage, after = words + " hết:", words + "\n  " + words, "mở " + words
    made = predictions(
        [article(before, passage, after)], [[0] * 3] * 3, [[0.1] * 3, [0.9] * 3, [0.1] * 3]
    )
    page = Page(page_of(made, count=1))
    assert page.texts == [passage]
    previous, following = page.contexts
    assert re.fullmatch(r"Đoạn trước: …từ\d+ .* từ199 hết:", previous)
    assert re.fullmatch(r"Đoạn sau: mở từ0 .* từ\d+…", following)
    assert all(200 < len(context) < 270 for context in page.contexts)
    assert re.fullmatch(r"1\. từ0 .* từ\d+…", page.titles[0])


def test_a_word_longer_than_the_room_is_cut() -> None:
    made = predictions(
        [article("a" * 999, "b", "c" * 999)], [[0] * 3] * 3, [[0.1] * 3, [0.9] * 3, [0.1] * 3]
    )
    previous, following = Page(page_of(made, count=1)).contexts
    assert re.fullmatch("Đoạn trước: …a{100,}", previous)
    assert re.fullmatch("Đoạn sau: c{100,}…", following)


@settings(max_examples=50)
@given(any_predictions(), any_text)
def test_nothing_becomes_markup_and_passages_can_be_read_back(
    made: SectionPredictions, name: str
) -> None:
    worst = worst_passages(made, count=20)
    page = Page(errors_to_html(made, worst, data=name, model=name))
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert page.texts == [encoded(error.text) for error in worst]


@pytest.mark.parametrize("text", [HOSTILE, CONTROLS, "\"'`=<>&{}"])
def test_hostile_text_stays_text(text: str) -> None:
    made = predictions(
        [article(text, text, text, identifier=text)],
        [[1], [1], [0]],
        [[0.1], [0.9], [0.9]],
        thresholds=[0.5],
        labels=(text,),
    )
    worst = worst_passages(made, count=3)
    html = errors_to_html(made, worst, data=text, model=text)
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("</style>") == 1
    page = Page(html)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert page.texts == [encoded(text)] * 3
    assert page.rows[1][0] == encoded(text)


def test_a_page_is_complete_and_loads_nothing() -> None:
    html = page_of(FOUR)
    assert html.startswith('<!doctype html>\n<html lang="vi">')
    assert '<meta charset="utf-8">' in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "prefers-color-scheme: dark" in html
    assert html.count("<style>") == 1
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", html)


def test_the_colours_of_missed_and_spurious_differ_and_can_be_read_on() -> None:
    html = page_of(FOUR)
    found = dict(re.findall(r"\.errors-(missed|spurious) \{ --label: ([\d ]+);", html))
    colors = {name: "#" + bytes(map(int, value.split())).hex() for name, value in found.items()}
    assert len(set(colors.values())) == 2
    (ink,) = re.findall(r"\.phodang-label \{ color: (#\w{6})", html)
    assert all(contrast(ink, color) >= 4.5 for color in colors.values())


def data_file(folder: Path, *, sections: tuple[str, ...]) -> Path:
    path = folder / "data.jsonl"
    write_articles(path, [AnnotatedArticle("a", (AnnotatedPassage("Hà Nội họp.", (), sections),))])
    return path


def test_data_without_sections_is_told_before_the_model_is_loaded(tmp_path: Path) -> None:
    data = data_file(tmp_path, sections=())
    with pytest.raises(InputError, match=r"annotated with sections, found none in 1 articles"):
        predict_data("no/such/model", DataPart(data))


class Reader:
    """Stands for an analyzer: finds every passage to tell of tasks."""

    def __init__(self, *labels: str) -> None:
        sections = SimpleNamespace(labels=labels, thresholds=(0.5,) * len(labels))
        self.manifest = SimpleNamespace(
            sections=sections if labels else None, tasks=("sections" if labels else "entities",)
        )

    def section_probabilities(self, text: str) -> list[tuple[int, int, dict[str, float]]]:
        return [(0, len(text), {"task": 0.9, "warning": 0.1})]


def use(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> None:
    analyzer = SimpleNamespace(from_pretrained=lambda *_, **__: reader)
    monkeypatch.setattr(errors_module, "Analyzer", analyzer)


def test_a_model_without_sections_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Reader())
    data = data_file(tmp_path, sections=("task",))
    with pytest.raises(InputError, match="some/model: expected a model that tells sections, found"):
        predict_data("some/model", DataPart(data))


def test_the_command_writes_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Reader("task", "warning"))
    data, output = data_file(tmp_path, sections=("warning",)), tmp_path / "errors.html"
    arguments = ["errors", "some/model", str(data), "--output", str(output), "--count", "1"]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.output == f"Error analysis: {output}\n"
    page = Page(output.read_text(encoding="utf-8"))
    assert page.verdicts == ["thiếu cảnh báo (warning), thừa nhiệm vụ (task)"]


def test_an_output_that_cannot_be_or_must_not_be_written_is_told(tmp_path: Path) -> None:
    data = data_file(tmp_path, sections=("task",))
    before = data.read_bytes()
    for output, found in (
        (tmp_path, "found a folder"),
        (tmp_path / "none" / "errors.html", "found no folder"),
        (data, "found a file that is read"),
    ):
        with pytest.raises(InputError, match=found):
            CliRunner().invoke(
                app, ["errors", "m", str(data), "--output", str(output)], catch_exceptions=False
            )
    assert data.read_bytes() == before

"""``phodang-train evaluate`` on predictions in files: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_evaluation import FOUND, GOLD
from train_command import PhodangTrain, cells

from phodang.analyzer import BUNDLED_MODEL, checkpoint_folder
from phodang_training.corpus import AnnotatedArticle, AnnotatedPassage, write_articles


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> PhodangTrain:
    """The command in a folder with ``gold.jsonl``, ``found.jsonl`` and ``perfect.jsonl``."""
    monkeypatch.chdir(tmp_path)
    for name, articles in (("gold", GOLD), ("found", FOUND), ("perfect", GOLD)):
        write_articles(f"{name}.jsonl", articles)
    return PhodangTrain(monkeypatch, capsys)


def test_predictions_are_measured(command: PhodangTrain) -> None:
    output = command.printed("evaluate", "found.jsonl", "gold.jsonl")
    assert output.startswith("gold.jsonl, found.jsonl\n")
    assert cells(output, "micro")[2].startswith("75.00 [")
    assert cells(output, "task")[2].startswith("80.00 [")
    assert cells(output, "x")[0] == "2"
    assert "difference" not in output
    output = command.printed("evaluate", "found.jsonl", "gold.jsonl", "--task", "sections")
    assert "partial" not in output
    assert cells(output, "macro")[2].startswith("40.00 [")


def test_two_systems_are_compared_and_written(command: PhodangTrain) -> None:
    written = ("--json", "figures.json", "--html", "page.html", "--resamples", 200, "--seed", 7)
    arguments = ("evaluate", "perfect.jsonl", "gold.jsonl", "--compare", "found.jsonl", *written)
    output = command.printed(*arguments)
    assert cells(output, "strict micro-F1")[:2] == ["100.00", "75.00"]
    assert output.endswith("Figures: figures.json\nPage: page.html\n")
    record = json.loads(Path("figures.json").read_text(encoding="utf-8"))
    assert (record["resampling"]["resamples"], record["resampling"]["seed"]) == (200, 7)
    assert [system["name"] for system in record["systems"]] == ["perfect.jsonl", "found.jsonl"]
    assert "found.jsonl" in Path("page.html").read_text(encoding="utf-8")
    before = Path("figures.json").read_bytes()
    command.printed(*arguments)
    assert Path("figures.json").read_bytes() == before


def test_conll_is_measured_by_sentences(command: PhodangTrain) -> None:
    Path("gold.conll").write_text("Huế\tB-LOC\n\nHà_Nội\tB-LOC\n", encoding="utf-8")
    Path("found.conll").write_text("Huế\tB-LOC\n\nHà_Nội\tO\n", encoding="utf-8")
    output = command.printed("evaluate", "found.conll", "gold.conll")
    assert cells(output, "LOC")[:2] == ["100.00", "50.00"]
    assert "bootstrap over 2 articles" in " ".join(output.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--json", "."), ".: expected a JSON file to write, found a folder"),
        (("--json", "no/a.json"), "found no folder no"),
        (("--html", "gold.jsonl"), "expected a page to write, found a file that is read"),
        (("--html", "found.jsonl"), "found a file that is read"),
        (("--compare", "perfect.jsonl", "--html", "perfect.jsonl"), "found a file that is read"),
        (
            ("--json", "same", "--html", "same"),
            "expected two files for --json and --html, found one",
        ),
        (("--segmenter", "pyvi"), "expected a model for another segmenter"),
        (("--compare", "perfect.jsonl", "--segmenter", "pyvi"), "expected a model for another"),
        (("--card", "."), "is no phodang checkpoint"),
        (("--compare", "none.jsonl"), "none.jsonl: expected a file"),
        (("--compare", "no-model"), "No checkpoint at no-model"),
        (("--task", "topics"), 'found "topics"'),
    ],
)
def test_what_cannot_be_done_is_told(
    command: PhodangTrain, arguments: tuple[str, ...], message: str
) -> None:
    assert message in command.failed("evaluate", "found.jsonl", "gold.jsonl", *arguments)
    assert [path.name for path in sorted(Path().iterdir())] == [
        "found.jsonl",
        "gold.jsonl",
        "perfect.jsonl",
    ]


def test_a_card_is_of_its_own_model(command: PhodangTrain) -> None:
    card = checkpoint_folder(BUNDLED_MODEL)
    line = command.failed("evaluate", "found.jsonl", "gold.jsonl", "--card", card)
    assert "Expected a model for --card, found predictions" in line


def test_few_resamples_are_wrong_usage(command: PhodangTrain) -> None:
    status, _, errors = command.run("evaluate", "found.jsonl", "gold.jsonl", "--resamples", 5)
    assert status == 2
    assert "Usage: " in errors


def test_a_system_that_does_something_else_is_told(command: PhodangTrain) -> None:
    def only(article: AnnotatedArticle, *, entities: bool) -> AnnotatedArticle:
        passages = (
            AnnotatedPassage(p.text, p.entities if entities else (), () if entities else p.sections)
            for p in article.passages
        )
        return AnnotatedArticle(article.id, tuple(passages))

    for name, entities in (("entities", True), ("sections", False)):
        write_articles(f"{name}.jsonl", [only(a, entities=entities) for a in GOLD])
    arguments = ("evaluate", "entities.jsonl", "gold.jsonl", "--compare", "sections.jsonl")
    assert "Expected something that both predict" in command.failed(*arguments)

"""The command ``phodang-train``, where it trains and measures sections."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from interrupted import InterruptedAtOnce
from toy_models import ToyModels, articles_to_learn
from train_command import ONE_EPOCH, PhodangTrain, cells

from phodang.analyzer import Analyzer
from phodang_training.commands.training import EXIT_INTERRUPTED
from phodang_training.corpus import write_articles
from phodang_training.evaluation.assessment import DataPart, evaluate
from phodang_training.fine_tuning import train_sections as train_sections_module

overlapping = pytest.mark.filterwarnings("ignore:Train and dev overlap")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PhodangTrain:
    return PhodangTrain(monkeypatch, capsys)


@overlapping
@pytest.mark.usefixtures("workshop")
def test_sections_are_trained_and_resumed(
    command: PhodangTrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("sections", "sections.toml", *ONE_EPOCH)
    with monkeypatch.context() as patch:
        patch.setattr(train_sections_module, "StopAtInterrupt", InterruptedAtOnce)
        status, output, _ = command.run(*arguments)
    assert status == EXIT_INTERRUPTED
    assert "Stopped; the state is in model/training-state. Give --resume to go on." in output
    output = command.printed(*arguments, "--resume")
    assert output.endswith("Checkpoint: model\n")
    assert "dev, which the thresholds were chosen on" in output
    recorded = json.loads(Path("model/training.json").read_text(encoding="utf-8"))
    for label, score in recorded["dev_sections"]["per_label"].items():
        assert cells(output, label)[2] == f"{100 * score['f1']:.2f}"
    assert "Token" not in Path("model/README.md").read_text(encoding="utf-8")
    assert Analyzer.from_pretrained("model").predict("Huế").text == "Huế"


@overlapping
@pytest.mark.usefixtures("workshop")
def test_both_tasks_print_their_figures(command: PhodangTrain) -> None:
    output = command.printed(
        *("sections", "sections.toml", "--set", "entities.head=crf", *ONE_EPOCH)
    )
    assert cells(output, "micro")
    assert cells(output, "macro")


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sections.contxt=title", 'unknown key sections.contxt. Did you mean "context"?'),
        ("sections.context=sentence", "expected one of"),
        ("entities.head=svm", "expected one of"),
        ("frozen_layers=3", "expected at most 2, the layers of encoder"),
        ("sections.labels=[]", "expected distinct, non-empty names"),
    ],
)
def test_configurations_of_sections_that_cannot_be_run(
    command: PhodangTrain, override: str, message: str
) -> None:
    assert message in command.failed("sections", "sections.toml", "--set", override)
    assert not Path("model/phodang.json").exists()


def test_evaluate_prints_and_notes_the_figures_of_sections(
    command: PhodangTrain, toy_models: ToyModels, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(toy_models.exported("title", "int8"), tmp_path / "model"))
    data = toy_models.workshop / "dev.jsonl"
    evaluation = evaluate(str(model), DataPart(data))
    scores = evaluation.sections
    assert scores is not None
    assert evaluation.scores is None
    output = command.printed("evaluate", model, data, "--card", model)
    assert scores.ece is not None
    assert scores.ece_per_label is not None
    macro, error = (cell for cell in cells(output, "macro") if cell)
    assert macro.startswith(f"{100 * scores.macro_f1:.2f}")
    assert error == f"{100 * scores.ece:.2f}"
    for label, score in scores.per_label.items():
        rates = (score.precision, score.recall, score.f1)
        *found, support, error = cells(output, label)
        assert [rate.partition(" ")[0] for rate in found] == [f"{100 * rate:.2f}" for rate in rates]
        assert (support, error) == (str(score.support), f"{100 * scores.ece_per_label[label]:.2f}")
    (noted,) = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    assert noted["scores"] is None
    f1 = {label: score["f1"] for label, score in noted["sections"]["per_label"].items()}
    assert f1 == {label: score.f1 for label, score in scores.per_label.items()}
    card = (model / "README.md").read_text(encoding="utf-8")
    assert f"| {macro} |" in card


def test_sections_are_measured_where_they_are_annotated(
    command: PhodangTrain, toy_models: ToyModels, tmp_path: Path
) -> None:
    model = toy_models.exported("both", "int8")
    data = toy_models.workshop / "dev.jsonl"
    output = command.printed("evaluate", model, data)
    assert cells(output, "micro")
    assert cells(output, "task")
    without = tmp_path / "without.jsonl"
    articles = [
        dataclasses.replace(
            article, passages=tuple(dataclasses.replace(p, sections=()) for p in article.passages)
        )
        for article in articles_to_learn()
    ]
    write_articles(without, articles)
    output = command.printed("evaluate", model, without)
    assert cells(output, "micro")
    assert "task" not in output.partition("partial:")[0]

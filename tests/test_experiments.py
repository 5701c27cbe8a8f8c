"""Experiments: every run is made once, whatever stops them, and its figures are a user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from interrupted import InterruptedAtOnce
from toy import annotated
from train_command import ONE_EPOCH, PhodangTrain, cells

from phodang.checkpoint import read_manifest, sha256_of_file
from phodang.errors import InputError
from phodang_training.commands.training import EXIT_INTERRUPTED
from phodang_training.corpus import AnnotatedArticle, read_articles, write_articles
from phodang_training.evaluation.assessment import DataPart, evaluate
from phodang_training.experiments import experiment as experiment_module
from phodang_training.experiments.run_results import (
    F1Scores,
    RunResult,
    append_result,
    read_results,
)
from phodang_training.fine_tuning import train_entities as train_entities_module
from phodang_training.fine_tuning.record import save_record

# Train and dev are the same on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Train and dev overlap")

CURVE = ("learning-curve", "toy.toml", "--output", "curve", *ONE_EPOCH)
HALVES = ("--fractions", 1, "--fractions", 0.5)
FOLDS = ("cross-validate", "sections.toml", "--output", "folds", "--folds", 2, *ONE_EPOCH)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PhodangTrain:
    return PhodangTrain(monkeypatch, capsys)


def lines(folder: str) -> list[dict[str, Any]]:
    text = Path(folder, "results.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def without_seconds(folder: str) -> list[dict[str, Any]]:
    return [{**line, "seconds": None} for line in lines(folder)]


def never(*_: object, **__: object) -> None:
    pytest.fail("trained")


@pytest.mark.usefixtures("workshop")
def test_a_curve_stopped_by_ctrl_c_goes_on(
    command: PhodangTrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(train_entities_module, "StopAtInterrupt", InterruptedAtOnce)
        status, output, _ = command.run(*CURVE, *HALVES)
    assert status == EXIT_INTERRUPTED
    assert output.startswith("Run 1 of 2: fraction-0.5-seed-1\n")
    assert output.endswith("\nStopped. The same command goes on.\n")
    assert "Run 2" not in output
    assert Path("curve/runs/fraction-0.5-seed-1/model/training-state/checkpoint-1").is_dir()

    output = command.printed(*CURVE, *HALVES)
    assert "Run 2 of 2: fraction-1.0-seed-1" in output
    stopped, other = lines("curve")
    assert (stopped["fraction"], stopped["seed"], stopped["articles"]) == (0.5, 1, 4)
    assert (other["fraction"], other["seed"], other["articles"]) == (1.0, 1, 7)
    # How long a run took that was stopped, nobody knows.
    assert stopped["seconds"] is None
    assert other["seconds"] > 0
    assert cells(output, "100 %")[0] == "7"
    assert cells(output, "100 %")[3] == f"{100 * other['dev']['entities']['micro']:.2f}"
    assert not list(Path("curve/runs").iterdir())
    plot = ET.parse("curve/learning-curve.svg").getroot()
    assert "entities, micro-F1" in {element.text for element in plot.iter()}

    # It is as if nothing had stopped it.
    command.printed(*CURVE, *HALVES, "--output", "again")
    assert without_seconds("again") == without_seconds("curve")

    # What ended is not made again; what is asked for besides is made.
    with monkeypatch.context() as patch:
        patch.setattr(experiment_module, "train_entities", never)
        output = command.printed(*CURVE, *HALVES)
    assert "Runs made before: 2 of 2\n" in output
    plot_before = Path("curve/learning-curve.svg").read_bytes()
    output = command.printed(*CURVE, *HALVES, "--fractions", 0.2)
    assert "Run 3 of 3: fraction-0.2-seed-1" in output
    assert [line["fraction"] for line in lines("curve")] == [0.5, 1.0, 0.2]
    assert Path("curve/learning-curve.svg").read_bytes() != plot_before


@pytest.mark.usefixtures("workshop")
def test_a_folder_is_of_one_experiment(
    command: PhodangTrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment_module.Experiment, "make", lambda *_: None)
    status, _, _ = command.run(*CURVE)
    assert status == EXIT_INTERRUPTED
    line = command.failed(*CURVE, "--set", "training.epochs=2")
    assert "curve/experiment.json: the run to resume has training.epochs = 1, found 2" in line
    line = command.failed("cross-validate", "toy.toml", "--output", "curve", *ONE_EPOCH)
    assert "has experiment = learning-curve, found cross-validation now" in line
    # Threads and the seed change no experiment: each run has a seed of its own.
    status, _, errors = command.run(*CURVE, "--set", "training.threads=2", "--set", "seed=2")
    assert status == EXIT_INTERRUPTED, errors
    write_articles("train.jsonl", read_articles("train.jsonl")[:5])
    assert "SHA-256 of train.jsonl" in command.failed(*CURVE)


@pytest.mark.usefixtures("workshop")
def test_a_run_killed_anywhere_begins_anew_or_goes_on(
    command: PhodangTrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (*CURVE, "--fractions", 1)
    with monkeypatch.context() as patch:
        patch.setattr(train_entities_module, "StopAtInterrupt", InterruptedAtOnce)
        command.run(*whole)
    # Killed while the Trainer wrote its state, which writes this file last.
    state = Path("curve/runs/fraction-1.0-seed-1/model/training-state/checkpoint-1")
    (state / "trainer_state.json").unlink()
    command.printed(*whole)
    first = without_seconds("curve")
    assert lines("curve")[0]["seconds"] is not None
    # Killed while the result was written: the run is made again, and its line is whole.
    results = Path("curve/results.jsonl")
    results.write_bytes(results.read_bytes()[:-20])
    command.printed(*whole)
    assert without_seconds("curve") == first


def write_section_articles() -> None:
    """Write articles each of which has all sections, and none a passage of another."""
    places = ("Hà Nội", "Huế", "Cần Thơ", "Cao Bằng")
    articles = [
        AnnotatedArticle(
            f"a-{number}",
            (
                annotated(f"{{achievement}} [ORG Quốc hội] họp tại [LOC {place}]."),
                annotated(f"{{task}} Ngày [DATE 3-2], chi bộ [LOC {place}] tổng kết."),
                annotated(f"{{warning}} Kiểm tra ở [LOC {place}]."),
            ),
        )
        for number, place in enumerate(places)
    ]
    write_articles("train.jsonl", articles)


@pytest.mark.usefixtures("workshop")
def test_folds_of_sections_are_measured_as_a_user_would(
    command: PhodangTrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_section_articles()
    both = (*FOLDS, "--set", "entities.head=softmax", "--keep-models")

    # Stopped while the first fold is measured: it is not trained again.
    def stopped(*_: object, **__: object) -> None:
        raise InputError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(experiment_module, "assess", stopped)
        assert "stopped" in command.run(*both)[2]
    before = Path("folds/runs/fold-1/model/model.safetensors").stat().st_mtime_ns
    output = command.printed(*both)
    assert Path("folds/runs/fold-1/model/model.safetensors").stat().st_mtime_ns == before

    folds = json.loads(Path("folds/folds.json").read_text(encoding="utf-8"))
    assert sorted(identifier for fold in folds for identifier in fold) == [
        *("a-0", "a-1", "a-2", "a-3")
    ]
    for number, (line, fold) in enumerate(zip(lines("folds"), folds, strict=True), 1):
        assert line["fold"] == number
        run = Path("folds", "runs", f"fold-{number}")
        assert [a.id for a in read_articles(run / "test.jsonl")] == sorted(fold)
        trained_on = {a.id for a in read_articles(run / "train-0.jsonl")}
        assert trained_on == {"a-0", "a-1", "a-2", "a-3"} - set(fold)
        # The dev articles choose, not the fold.
        assert read_articles(run / "dev.jsonl") == read_articles("dev.jsonl")
        assert read_manifest(run / "model").tasks == ("entities", "sections")
        assert Path(run, "model", "README.md").is_file()
        measured = evaluate(str(run / "model"), DataPart(run / "test.jsonl"))
        assert measured.scores is not None
        assert measured.sections is not None
        assert line["test"]["entities"]["micro"] == measured.scores.micro.f1
        assert line["test"]["sections"]["macro"] == measured.sections.macro_f1
    f1 = [line["test"]["sections"]["macro"] for line in lines("folds")]
    row = cells(output, "sections, macro-F1")
    assert row[:2] == [f"{100 * value:.2f}" for value in f1]
    assert row[2].startswith(f"{50 * sum(f1):.2f} ± ")
    plot = ET.parse("folds/cross-validation.svg").getroot()
    assert {"sections, task", "entities, LOC"} <= {element.text for element in plot.iter()}


@pytest.mark.usefixtures("workshop")
def test_sentences_with_tags_are_folded_too(command: PhodangTrain) -> None:
    sentences = ["Quốc_hội B-ORG\nhọp O\n", "Huế B-LOC\nmưa O\n", "Đà_Nẵng B-LOC\nnắng O\n"]
    Path("train.conll").write_text("\n".join(sentences), encoding="utf-8")
    Path("dev.conll").write_text("Hà_Nội B-LOC\nmưa O\n", encoding="utf-8")
    data = ('data.train=["train.conll"]', 'data.dev=["dev.conll"]', "data.format=conll")
    options = [option for value in data for option in ("--set", value)]
    arguments = ("toy.toml", "--output", "folds", "--folds", 3, *ONE_EPOCH, *options)
    assert "Results: folds" in command.printed("cross-validate", *arguments)
    assert [line["articles"] for line in lines("folds")] == [2, 2, 2]


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("depth", [0, 1])
def test_a_beginning_that_knows_the_articles_is_refused(command: PhodangTrain, depth: int) -> None:
    record: dict[str, Any] = {"data": {"elsewhere.jsonl": sha256_of_file(Path("train.jsonl"))}}
    for _ in range(depth):
        record = {"data": {}, "begun_from": record}
    Path("start").mkdir()
    save_record(Path("start"), record)
    line = command.failed(*CURVE, "--set", "start=start")
    assert "expected a checkpoint that was not trained on train.jsonl, found one that was" in line
    assert not Path("curve").exists()


def test_results_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    assert read_results(path) == []
    scores = {"sections": F1Scores(0.1, 1 / 3, {"nhãn": 1.0})}
    written = [
        RunResult(run={"fold": n}, articles=n, words=9, seconds=s, dev=scores, test=t)
        for n, s, t in ((1, None, {}), (2, 1.5, scores))
    ]
    for result in written:
        append_result(path, result)
    assert read_results(path) == written
    # A killed process may leave a part of a line, which the next line replaces.
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"fold": 3, "art')
    assert read_results(path) == written
    append_result(path, written[0])
    assert read_results(path) == [*written, written[0]]
    path.write_bytes(whole + b"{}\n")
    with pytest.raises(InputError, match=r"line 3: expected the result of a run"):
        read_results(path)

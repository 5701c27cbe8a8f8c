"""The command ``phodang-train``: what it prints, how it fails."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from interrupted import InterruptedAtOnce
from toy import annotated
from toy_models import ToyModels, articles_to_learn, toy_config
from train_command import ONE_EPOCH, PhodangTrain, cells

from phodang.analyzer import Analyzer
from phodang.checkpoint import sha256_of_file
from phodang.cli import EXIT_ERROR
from phodang.errors import ConfigError
from phodang_training.commands.training import EXIT_INTERRUPTED
from phodang_training.corpus import AnnotatedArticle, describe, write_articles
from phodang_training.evaluation.assessment import DataPart, evaluate
from phodang_training.fine_tuning import record as record_module
from phodang_training.fine_tuning import train_entities as train_entities_module
from phodang_training.fine_tuning.record import git_commit, provenance
from phodang_training.fine_tuning.resumption import STATE_FOLDER, prepare_output

overlapping = pytest.mark.filterwarnings("ignore:Train and dev overlap")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PhodangTrain:
    return PhodangTrain(monkeypatch, capsys)


@overlapping
@pytest.mark.usefixtures("workshop")
def test_a_run_stopped_by_ctrl_c_is_resumed(
    command: PhodangTrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(train_entities_module, "StopAtInterrupt", InterruptedAtOnce)
        status, output, _ = command.run("entities", "toy.toml", *ONE_EPOCH)
    assert status == EXIT_INTERRUPTED
    assert "Stopped; the state is in model/training-state. Give --resume to go on." in output
    assert Path("model/training-state/checkpoint-1").is_dir()

    assert "--resume" in command.failed("entities", "toy.toml", *ONE_EPOCH)
    output = command.printed("entities", "toy.toml", *ONE_EPOCH, "--resume")
    assert output.endswith("Checkpoint: model\n")
    assert "micro" in output
    assert Analyzer.from_pretrained("model").predict("Huế").text == "Huế"
    assert Path("model/README.md").is_file()
    assert "Give another output" in command.failed("entities", "toy.toml", *ONE_EPOCH)


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "training.epoch=3"), 'unknown key training.epoch. Did you mean "epochs"?'),
        (("--set", "hed=crf"), 'unknown key hed. Did you mean "head"?'),
        (("--set", "head=svm"), "expected one of"),
        (("--set", "training.epochs=0"), "expected at least 1"),
        (("--set", 'data.train=["none.jsonl"]'), "none.jsonl"),
        (("--set", "encoder=none"), "No encoder at none"),
        (("--set", "encoder=a/none"), "give that folder as the encoder"),
        (("--set", "training.label_smoothing=0.1"), 'expected 0 unless head = "softmax"'),
        (("--resume",), "expected the state of an interrupted run"),
    ],
)
def test_configurations_that_cannot_be_run(
    command: PhodangTrain, arguments: tuple[str, ...], message: str
) -> None:
    assert message in command.failed("entities", "toy.toml", *arguments)
    assert not Path("model/phodang.json").exists()


@pytest.mark.usefixtures("workshop")
def test_a_configuration_that_is_not_there(command: PhodangTrain) -> None:
    assert "none.toml: expected a TOML file" in command.failed("entities", "none.toml")


@pytest.mark.parametrize(
    "arguments", [("entities",), ("evaluate", "model"), ("export", "model"), ("train", "toy.toml")]
)
def test_wrong_usage(command: PhodangTrain, arguments: tuple[str, ...]) -> None:
    status, _, errors = command.run(*arguments)
    assert status == EXIT_ERROR
    assert "Usage: " in errors


def test_exports_that_cannot_be_made(
    command: PhodangTrain, toy_models: ToyModels, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    assert "No checkpoint at" in command.failed("export", tmp_path / "none", output)
    exported = toy_models.exported("crf", "int8")
    assert "in its inference form already" in command.failed("export", exported, output)
    trained = toy_models.trained("crf")
    assert "Expected another folder" in command.failed("export", trained, trained)
    assert not output.exists()


def test_evaluate_prints_and_notes_the_figures(
    command: PhodangTrain, toy_models: ToyModels, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(toy_models.exported("crf", "int8"), tmp_path / "model"))
    data = toy_models.workshop / "dev.jsonl"
    scores = evaluate(str(model), DataPart(data)).scores
    assert scores is not None
    output = command.printed("evaluate", model, data, "--card", model)
    expected = [scores.micro.precision, scores.micro.recall, scores.micro.f1]
    *rates, partial, support = cells(output, "micro")
    assert [rate.partition(" ")[0] for rate in rates] == [f"{100 * rate:.2f}" for rate in expected]
    assert float(partial) >= 100 * scores.micro.f1 - 0.01
    assert support == str(scores.micro.support)
    assert cells(output, "ORG")[2].startswith(f"{100 * scores.per_label['ORG'].f1:.2f} [")
    noted = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    assert [e["scores"]["micro"]["f1"] for e in noted] == [scores.micro.f1]
    assert noted[0]["articles"] == len(articles_to_learn())
    assert noted[0]["intervals"]["resampling"] == {"resamples": 1000, "seed": 0}
    low, high = noted[0]["intervals"]["entities"]["micro"]
    assert low <= scores.micro.f1 <= high
    assert f"{100 * scores.micro.f1:.2f}" in (model / "README.md").read_text(encoding="utf-8")


def test_evaluate_on_a_part(command: PhodangTrain, toy_models: ToyModels, tmp_path: Path) -> None:
    model, data = toy_models.exported("crf", "int8"), toy_models.workshop / "train.jsonl"
    ids = [article.id for article in articles_to_learn()]
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"train": ids[2:], "heldout": ids[:2]}), encoding="utf-8")
    heldout = sum(len(p.entities) for a in articles_to_learn()[:2] for p in a.passages)
    output = command.printed("evaluate", model, data, "--split", split)
    assert cells(output, "micro")[-1] == str(heldout)
    output = command.printed("evaluate", model, data, "--split", split, "--part", "train")
    total = sum(describe(articles_to_learn()).entities.values())
    assert cells(output, "micro")[-1] == str(total - heldout)
    split.write_text(json.dumps({"train": [], "heldout": ["other"]}), encoding="utf-8")
    assert '"other"' in command.failed("evaluate", model, data, "--split", split)


def test_faults_of_data_are_told(
    command: PhodangTrain, toy_models: ToyModels, tmp_path: Path
) -> None:
    model, data = toy_models.exported("crf", "int8"), tmp_path / "data.jsonl"
    assert "data.jsonl" in command.failed("evaluate", model, data)
    data.write_text('{"id": "a"}\n', encoding="utf-8")
    for arguments in (("evaluate", model, data), ("corpus", data)):
        assert 'line 1: expected an object with the keys id, passages, found no "passages"' in (
            command.failed(*arguments)
        )


def test_data_without_articles_is_told(
    command: PhodangTrain, toy_models: ToyModels, tmp_path: Path
) -> None:
    model, data = toy_models.exported("crf", "int8"), tmp_path / "data.jsonl"
    data.write_bytes(b"")
    assert "found none. Give another file." in command.failed("evaluate", model, data)


def test_a_mistaken_card_is_told_before_measuring(
    command: PhodangTrain, toy_models: ToyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        pytest.fail("measured")

    monkeypatch.setattr("phodang_training.evaluation.assessment.assess", never)
    model, data = toy_models.exported("crf", "int8"), toy_models.workshop / "dev.jsonl"
    assert "No checkpoint at" in command.failed("evaluate", model, data, "--card", tmp_path / "no")
    assert "is no phodang checkpoint" in command.failed("evaluate", model, data, "--card", tmp_path)


@pytest.mark.usefixtures("workshop")
def test_an_output_that_cannot_be_made_is_told(command: PhodangTrain) -> None:
    Path("file").write_bytes(b"")
    data = ("--set", 'data.dev=["other.jsonl"]')
    write_articles("other.jsonl", [AnnotatedArticle("other", (annotated("[LOC Huế] mưa."),))])
    line = command.failed("entities", "toy.toml", *data, "--set", "output=file/model")
    assert line == f"phodang-train: file/model/training-state: {os.strerror(errno.ENOTDIR)}."


@pytest.mark.filterwarnings("default:Train and dev overlap")
@pytest.mark.usefixtures("workshop")
def test_a_warning_is_one_line(command: PhodangTrain) -> None:
    status, _, errors = command.run("entities", "toy.toml", "--resume")
    assert status == EXIT_ERROR
    warning, _ = errors.splitlines()
    assert warning.startswith("phodang-train: Train and dev overlap")


@pytest.mark.usefixtures("workshop")
def test_corpus_needs_no_weights(command: PhodangTrain) -> None:
    Path("encoder/model.safetensors").unlink()
    Path("dev.jsonl").rename("[x].jsonl")
    options = ("--encoder", "encoder", "--segmenter", "presegmented")
    assert cells(command.printed("corpus", "[x].jsonl", *options), "[x].jsonl")


@overlapping
@pytest.mark.usefixtures("workshop")
def test_a_run_is_not_resumed_with_another_encoder() -> None:
    config = toy_config()
    record = provenance(config, encoder=Path("encoder"))
    weights = sha256_of_file(Path("encoder/model.safetensors"))
    assert record["encoder"]["model.safetensors"] == weights
    assert set(record["encoder"]) == {"model.safetensors", "vocab.txt", "bpe.codes"}
    prepare_output(config.output, record, resume=False)
    last = config.output / STATE_FOLDER / "checkpoint-1"
    last.mkdir()
    (last / "trainer_state.json").touch()
    assert prepare_output(config.output, record, resume=True)
    other = {**record, "encoder": {**record["encoder"], "vocab.txt": "0"}}
    with pytest.raises(ConfigError, match=r"SHA-256 of the encoder's vocab\.txt"):
        prepare_output(config.output, other, resume=True)
    # The state of a run from before the encoder was noted.
    run = config.output / STATE_FOLDER / "run.json"
    earlier = {key: value for key, value in record.items() if key != "encoder"}
    run.write_text(json.dumps(earlier), encoding="utf-8")
    assert prepare_output(config.output, other, resume=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_is_that_of_a_checkout_of_phodang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Path(shutil.copy(record_module.__file__, tmp_path))
    monkeypatch.setattr(record_module, "__file__", str(module))
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    who = ("-c", "user.name=phodang", "-c", "user.email=phodang@localhost")

    def git(*arguments: str) -> None:
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "-m", "Another project")
    assert git_commit() is None
    git("add", module.name)
    git("commit", "-m", "phodang")
    commit = git_commit()
    assert commit is not None
    assert re.fullmatch("[0-9a-f]{40}", commit)
    module.write_bytes(b"")
    assert git_commit() == f"{commit}-dirty"


@pytest.mark.usefixtures("workshop")
def test_corpus_counts(command: PhodangTrain) -> None:
    options = ("--encoder", "encoder", "--segmenter", "presegmented")
    output = command.printed("corpus", "train.jsonl", "dev.jsonl", *options)
    counted = describe(articles_to_learn())
    entities = sum(counted.entities.values())
    for name in ("train.jsonl", "dev.jsonl"):
        counts = [counted.articles, counted.passages, counted.words, entities]
        assert cells(output, name) == [*map(str, counts), "100.00"]


def test_the_missing_extra_is_named(
    command: PhodangTrain, toy_models: ToyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("assessment", "metrics"):
        monkeypatch.delitem(sys.modules, f"phodang_training.evaluation.{name}")
    monkeypatch.setitem(sys.modules, "seqeval.metrics.v1", None)
    model, data = toy_models.exported("crf", "int8"), toy_models.workshop / "dev.jsonl"
    assert "pip install 'phodang[train]'" in command.failed("evaluate", model, data)

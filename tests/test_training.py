"""What training leaves, how it is stopped and resumed, and that it can be repeated."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from interrupted import interrupted_at
from toy import LABELS, WINDOW_SIZE
from toy_models import EPOCHS, HEADS, LONG, ToyModels, articles_to_learn, toy_config

from phodang.analyzer import Analyzer
from phodang.checkpoint import TRAINING_FILE, read_manifest, sha256_of_file
from phodang.errors import ConfigError, InputError
from phodang_training.evaluation.assessment import DataPart, evaluate
from phodang_training.fine_tuning import train_entities as module
from phodang_training.fine_tuning.interruption import StopAtInterrupt
from phodang_training.fine_tuning.train_entities import TrainingResult, train_entities
from phodang_training.fine_tuning.trainer import without_denormals

CHECKPOINT_FILES = {
    "phodang.json",
    "config.json",
    "model.safetensors",
    "vocab.txt",
    "bpe.codes",
    "training.json",
    "README.md",
}

STEPS_PER_EPOCH = 6

overlapping = pytest.mark.filterwarnings("ignore:Train and dev overlap")


def read_record(checkpoint: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((checkpoint / TRAINING_FILE).read_text(encoding="utf-8"))
    return record


def evaluations(checkpoint: Path) -> list[tuple[float, float]]:
    """Epochs and dev scores of a run."""
    history = read_record(checkpoint)["history"]
    return [(e["epoch"], e["eval_micro_f1"]) for e in history if "eval_micro_f1" in e]


@pytest.mark.parametrize("head", HEADS)
def test_a_checkpoint_is_whole(toy_models: ToyModels, head: str) -> None:
    checkpoint = toy_models.trained(head)
    assert {path.name for path in checkpoint.iterdir()} >= CHECKPOINT_FILES
    manifest = read_manifest(checkpoint)
    assert manifest.tasks == ("entities",)
    assert (manifest.context, manifest.precision) == ("passage", "fp32")
    assert manifest.entities is not None
    assert manifest.entities.labels == LABELS
    assert (manifest.segmenter, manifest.window_size) == ("presegmented", WINDOW_SIZE)
    assert manifest.encoder == "encoder"


@pytest.mark.parametrize("head", HEADS)
def test_the_record_says_how_to_make_it_again(toy_models: ToyModels, head: str) -> None:
    record = read_record(toy_models.trained(head))
    assert record["config"]["head"] == record["config"]["output"] == head
    assert record["data"] == {
        name: sha256_of_file(toy_models.workshop / name) for name in ("train.jsonl", "dev.jsonl")
    }
    assert {"torch", "transformers", "tokenizers", "phodang"} <= record["packages"].keys()
    epochs = [epoch for epoch, _ in evaluations(toy_models.trained(head))]
    assert epochs == [*range(1, EPOCHS[head] + 1)]


@pytest.mark.parametrize("head", HEADS)
def test_a_trained_model_knows_its_articles(toy_models: ToyModels, head: str) -> None:
    analyzer = Analyzer.from_pretrained(toy_models.trained(head))
    for article in articles_to_learn():
        for passage in article.passages:
            read = analyzer.predict(passage.text).entities
            assert [(e.start, e.end, e.label) for e in read] == [
                (e.start, e.end, e.label) for e in passage.entities
            ]
    assert len(analyzer.reader.read(LONG.text).subwords) > WINDOW_SIZE


@pytest.mark.parametrize("head", HEADS)
def test_the_recorded_figure_is_what_a_user_gets(toy_models: ToyModels, head: str) -> None:
    checkpoint = toy_models.trained(head)
    scores = evaluate(str(checkpoint), DataPart(toy_models.workshop / "dev.jsonl")).scores
    recorded = read_record(checkpoint)["dev"]
    assert scores is not None
    assert recorded["micro"]["f1"] == scores.micro.f1 > 0.9
    assert recorded["micro"]["support"] == scores.micro.support
    assert {name: score["f1"] for name, score in recorded["per_label"].items()} == {
        name: score.f1 for name, score in scores.per_label.items()
    }


@overlapping
def test_a_middling_figure_is_what_a_user_gets(workshop: Path) -> None:
    # Passages of unlike lengths and a model that is not sure: a figure taken in another order than
    # that of the passages would differ.
    result = train_entities(toy_config())
    assert result.dev is not None
    assert 0 < result.dev.micro.f1 < 1
    scores = evaluate(str(result.checkpoint), DataPart(workshop / "dev.jsonl")).scores
    assert scores is not None
    assert scores == result.dev
    assert max(f1 for _, f1 in evaluations(result.checkpoint)) == scores.micro.f1


@overlapping
@pytest.mark.usefixtures("workshop")
def test_the_same_seed_gives_the_same_weights() -> None:
    names = ("first", "again", "other")
    for name, seed in zip(names, (1, 1, 2), strict=True):
        train_entities(toy_config(f"output={name}", f"seed={seed}", "training.epochs=1"))
    first, again, other = (sha256_of_file(Path(name) / "model.safetensors") for name in names)
    assert first == again != other
    manifests = [(Path(name) / "phodang.json").read_bytes() for name in names]
    assert manifests[0] == manifests[1]


def train_interrupted(step: int, *overrides: str) -> TrainingResult:
    with interrupted_at(step, module):
        return train_entities(toy_config(*overrides))


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("head", HEADS)
def test_a_resumed_run_ends_as_if_never_stopped(head: str) -> None:
    handler = signal.getsignal(signal.SIGINT)
    whole = train_entities(toy_config(f"head={head}", "output=whole"))
    assert read_record(whole.checkpoint)["history"][0]["step"] == STEPS_PER_EPOCH
    # In the middle of an epoch, and at its end.
    for step in (STEPS_PER_EPOCH + 2, STEPS_PER_EPOCH):
        overrides = (f"head={head}", f"output=stopped-{step}")
        stopped = train_interrupted(step, *overrides)
        assert not stopped.finished
        assert stopped.dev is None
        assert (stopped.checkpoint / f"checkpoint-{step}").is_dir()
        assert not (stopped.checkpoint.parent / "phodang.json").exists()
        assert signal.getsignal(signal.SIGINT) == handler

        resumed = train_entities(toy_config(*overrides), resume=True)
        assert resumed.finished
        assert resumed.dev == whole.dev
        assert evaluations(resumed.checkpoint) == evaluations(whole.checkpoint)
        assert read_manifest(resumed.checkpoint) == read_manifest(whole.checkpoint)


@overlapping
@pytest.mark.usefixtures("workshop")
def test_patience_is_kept_when_resumed() -> None:
    # So slow that nothing changes: no epoch is better than the first.
    idle = (
        *("training.learning_rate=1e-12", "training.head_learning_rate=1e-12"),
        *("training.epochs=9", "training.early_stopping_patience=2"),
    )
    stopped = train_interrupted(2 * STEPS_PER_EPOCH, *idle)
    assert not stopped.finished
    resumed = train_entities(toy_config(*idle), resume=True)
    assert [epoch for epoch, _ in evaluations(resumed.checkpoint)] == [1, 2, 3]


@overlapping
@pytest.mark.usefixtures("workshop")
def test_ctrl_c_after_the_last_step_comes_too_late() -> None:
    result = train_interrupted(STEPS_PER_EPOCH, "training.epochs=1")
    assert result.finished
    assert read_manifest(result.checkpoint)


def test_a_second_ctrl_c_stops_at_once() -> None:
    with StopAtInterrupt():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


@overlapping
@pytest.mark.usefixtures("workshop")
def test_a_run_is_not_mixed_with_another() -> None:
    with pytest.raises(ConfigError, match=r"found none\. Begin anew without --resume"):
        train_entities(toy_config(), resume=True)

    train_interrupted(2)
    with pytest.raises(ConfigError, match=r"found model/.*/checkpoint-2 .* Go on with it by"):
        train_entities(toy_config())
    with pytest.raises(ConfigError, match=r"training\.dropout = 0\.0, found 0\.2 now"):
        train_entities(toy_config("training.dropout=0.2"), resume=True)
    with pytest.raises(ConfigError, match="has head = crf, found softmax now"):
        train_entities(toy_config("head=softmax"), resume=True)

    data = Path("train.jsonl").read_bytes()
    Path("train.jsonl").write_bytes(data + b"\n")
    with pytest.raises(ConfigError, match=r"SHA-256 of train\.jsonl"):
        train_entities(toy_config(), resume=True)
    Path("train.jsonl").write_bytes(data)

    # The number of threads is no part of what is learnt.
    assert train_entities(toy_config("training.threads=0"), resume=True).finished
    weights = sha256_of_file(Path("model/model.safetensors"))
    with pytest.raises(ConfigError, match=r"found phodang\.json\. Give another output"):
        train_entities(toy_config())
    assert sha256_of_file(Path("model/model.safetensors")) == weights


@pytest.mark.usefixtures("workshop")
def test_missing_data_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        train_entities(toy_config("data.train=['none.jsonl']"))


def test_denormal_numbers_are_back_after_training() -> None:
    with without_denormals():
        if torch.set_flush_denormal(True):  # false where the processor cannot
            assert sys.float_info.min / 2 == 0
    # Not only torch: the processor's mode holds for all that the process computes.
    assert sys.float_info.min / 2 > 0

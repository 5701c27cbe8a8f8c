"""Precisions that the machine computes in are used, others are told before the work begins."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_models import toy_config, toy_sections_config

from phodang.checkpoint import read_manifest
from phodang.errors import ConfigError
from phodang_training.evaluation.assessment import DataPart, evaluate
from phodang_training.fine_tuning.precision import precision_arguments
from phodang_training.fine_tuning.record import provenance
from phodang_training.fine_tuning.resumption import STATE_FOLDER, prepare_output
from phodang_training.fine_tuning.train_entities import train_entities
from phodang_training.fine_tuning.train_sections import train_sections

overlapping = pytest.mark.filterwarnings("ignore:Train and dev overlap")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def pretend(present: bool, *, bf16: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: present)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)

    return pretend


def test_what_a_machine_can(gpu: Callable[..., None]) -> None:
    gpu(False)
    assert precision_arguments("fp32") == {}
    assert precision_arguments("bf16") == {"bf16": True, "use_cpu": True}
    with pytest.raises(ConfigError, match=r'precision = "fp16": expected a GPU.*Give bf16 or'):
        precision_arguments("fp16")
    gpu(True, bf16=True)
    assert precision_arguments("fp32") == {}
    assert precision_arguments("bf16") == {"bf16": True, "use_cpu": False}
    assert precision_arguments("fp16") == {"fp16": True}
    gpu(True)
    with pytest.raises(ConfigError, match=r"Ampere or newer.*Give fp16"):
        precision_arguments("bf16")


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_entities_in_bf16(head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    linear = torch.nn.functional.linear

    def watched(*arguments: Any) -> torch.Tensor:
        result = linear(*arguments)
        seen.append(result.dtype)
        return result

    monkeypatch.setattr(torch.nn.functional, "linear", watched)
    bf16 = (f"head={head}", "training.precision=bf16", "training.epochs=6")
    result = train_entities(toy_config(*bf16))
    assert torch.bfloat16 in seen
    # What is noted in the end is of the weights as they are stored.
    assert seen[-1] == torch.float32
    assert read_manifest(result.checkpoint).precision == "fp32"
    scores = evaluate(str(result.checkpoint), DataPart(Path("dev.jsonl"))).scores
    assert scores == result.dev
    assert scores is not None
    assert scores.micro.f1 > 0.5


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    "overrides",
    [("entities.head=crf",), ("sections.context=title", "frozen_layers=1")],
    ids=["both", "sections"],
)
def test_sections_in_bf16(overrides: tuple[str, ...]) -> None:
    epochs = ("training.precision=bf16", "training.epochs=8")
    result = train_sections(toy_sections_config(*epochs, *overrides))
    assert result.sections is not None
    assert result.sections.macro_f1 > 0.5
    scores = evaluate(str(result.checkpoint), DataPart(Path("dev.jsonl"))).sections
    assert scores is not None
    for label, score in result.sections.per_label.items():
        assert scores.per_label[label].f1 == score.f1


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.skipif(torch.cuda.is_available(), reason="There is a GPU, which computes in fp16.")
def test_a_precision_that_the_machine_lacks() -> None:
    with pytest.raises(ConfigError, match=r'training\.precision = "fp16": expected a GPU'):
        train_entities(toy_config("training.precision=fp16"))


@overlapping
@pytest.mark.usefixtures("workshop")
def test_a_run_from_before_there_were_precisions_is_resumed() -> None:
    config = toy_config()
    record = provenance(config, encoder=Path("encoder"))
    prepare_output(config.output, record, resume=False)
    state = config.output / STATE_FOLDER
    (state / "checkpoint-1").mkdir()
    (state / "checkpoint-1" / "trainer_state.json").touch()
    earlier = json.loads((state / "run.json").read_text(encoding="utf-8"))
    del earlier["config"]["training"]["precision"]
    (state / "run.json").write_text(json.dumps(earlier), encoding="utf-8")
    assert prepare_output(config.output, record, resume=True) == state / "checkpoint-1"
    other = provenance(toy_config("training.precision=bf16"), encoder=Path("encoder"))
    with pytest.raises(ConfigError, match=r"training\.precision = fp32, found bf16"):
        prepare_output(config.output, other, resume=True)

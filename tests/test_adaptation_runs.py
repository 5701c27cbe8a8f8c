"""An adaptation is stopped, killed, resumed and repeated, and comes to the same weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from interrupted import InterruptedAtOnce, interrupted_at
from safetensors.torch import load_file
from toy_adaptation import CONFIGURATION, adaptation_record, config, weights, write_texts
from train_command import PhodangTrain

from phodang.errors import ConfigError
from phodang_training.commands.training import EXIT_INTERRUPTED
from phodang_training.pretraining import adaptation as module
from phodang_training.pretraining.adaptation import AdaptationResult, adapt

pytestmark = pytest.mark.filterwarnings("ignore:The encoder .* has no language-model head")


@pytest.fixture(autouse=True)
def texts(workshop: Path) -> Path:
    """A workshop with texts and a configuration; its folder is the current one."""
    write_texts()
    return workshop


def adapt_interrupted(step: int, *overrides: str) -> AdaptationResult:
    with interrupted_at(step, module):
        return adapt(config(*overrides))


def test_a_resumed_run_ends_as_if_never_stopped() -> None:
    whole = adapt(config("output=whole"))
    # Between two saved states, and at one.
    for step in (4, 3):
        output = f"output=stopped-{step}"
        stopped = adapt_interrupted(step, output)
        assert not stopped.finished
        assert (stopped.before, stopped.after) == (whole.before, None)
        assert (stopped.encoder / f"checkpoint-{step}").is_dir()
        assert not (stopped.encoder.parent / "config.json").exists()
        resumed = adapt(config(output), resume=True)
        assert (resumed.before, resumed.after) == (whole.before, whole.after)
        assert weights(f"stopped-{step}") == weights("whole")


def test_a_killed_run_goes_on_from_its_last_whole_state() -> None:
    adapt(config("output=whole"))
    stopped = adapt_interrupted(4)
    # As a kill leaves it that comes while the Trainer writes: this file is its last.
    (stopped.encoder / "checkpoint-4" / "trainer_state.json").unlink()
    (stopped.encoder / "checkpoint-4" / "optimizer.pt").write_bytes(b"")
    assert adapt(config(), resume=True).finished
    assert weights("adapted") == weights("whole")


def test_texts_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    adapt_interrupted(4)
    with monkeypatch.context() as patch:
        patch.setattr(module, "pack_texts", lambda *_, **__: pytest.fail("read again"))
        adapt(config(), resume=True)


def test_a_run_is_not_mixed_with_another() -> None:
    with pytest.raises(ConfigError, match=r"found none\. Begin anew without --resume"):
        adapt(config(), resume=True)
    adapt_interrupted(2)
    with pytest.raises(ConfigError, match=r"found adapted/.*/checkpoint-2 .* Go on with it by"):
        adapt(config())
    for override, key in (
        ("masking.probability=0.3", "masking.probability"),
        ("sequence_length=19", "sequence_length"),
        ("training.precision=bf16", "training.precision"),
    ):
        with pytest.raises(ConfigError, match=f"the run to resume has {key} = "):
            adapt(config(override), resume=True)
    data = Path("texts.jsonl").read_bytes()
    Path("texts.jsonl").write_bytes(data + b"\n")
    with pytest.raises(ConfigError, match=r"SHA-256 of texts\.jsonl"):
        adapt(config(), resume=True)
    Path("texts.jsonl").write_bytes(data)
    assert adapt(config("training.threads=0"), resume=True).finished
    with pytest.raises(ConfigError, match=r"found config\.json\. Give another output"):
        adapt(config())


def test_the_same_seed_gives_the_same_weights() -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        adapt(config(f"output={name}", f"seed={seed}"))
    assert weights("first") == weights("again") != weights("other")
    # They hold out the same articles, masked alike, and begin with the same encoder; only the
    # head that it lacks is drawn by the seed.
    assert adaptation_record("first")["heldout_loss"]["before"] == pytest.approx(
        adaptation_record("other")["heldout_loss"]["before"], abs=0.2
    )


def test_steps_of_accumulated_batches_are_those_of_large_ones() -> None:
    settings = Path("encoder/config.json")
    text = settings.read_text(encoding="utf-8")
    assert "dropout_prob" in text
    settings.write_text(text.replace('dropout_prob": 0.1', 'dropout_prob": 0.0'), "utf-8")
    for name, batch, batches in (("large", 8, 1), ("small", 2, 4)):
        sizes = (f"training.batch_size={batch}", f"training.gradient_accumulation={batches}")
        adapt(config(f"output={name}", "training.steps=3", *sizes))
    large, small = (load_file(Path(name) / "model.safetensors") for name in ("large", "small"))
    assert large.keys() == small.keys()
    for name in large:
        assert torch.allclose(large[name], small[name], atol=1e-4), name


@pytest.mark.parametrize(("epochs", "steps"), [("0.5", 15), ("0.1", 3)])
def test_passes_are_counted_in_steps(epochs: str, steps: int) -> None:
    text = CONFIGURATION.replace("steps = 6", f"epochs = {epochs}")
    Path("adapt.toml").write_text(text, encoding="utf-8")
    adapt(config("training.save_steps=100"))
    assert adaptation_record()["steps"] == steps
    assert adaptation_record()["passes"] == pytest.approx(float(epochs), abs=0.08)


def test_the_command_stops_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = PhodangTrain(monkeypatch, capsys)
    with monkeypatch.context() as patch:
        patch.setattr(module, "StopAtInterrupt", InterruptedAtOnce)
        status, output, _ = command.run("adapt", "adapt.toml")
    assert status == EXIT_INTERRUPTED
    assert "Stopped; the state is in adapted/training-state. Give --resume to go on." in output
    assert "--resume" in command.failed("adapt", "adapt.toml")
    *_, losses, encoder = command.printed("adapt", "adapt.toml", "--resume").splitlines()
    made = adaptation_record()["heldout_loss"]
    assert losses == f"Held-out loss: {made['before']:.3f} before, {made['after']:.3f} after"
    assert encoder == "Encoder: adapted"

"""What cannot be adapted, or not so, is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy import WINDOW_SIZE
from toy_adaptation import CONFIGURATION, config, write_texts

from phodang.errors import CheckpointError, ConfigError, InputError
from phodang_training.pretraining.adaptation import adapt
from phodang_training.pretraining.language_model import load_language_model

pytestmark = pytest.mark.filterwarnings("ignore:The encoder .* has no language-model head")


@pytest.fixture(autouse=True)
def texts(workshop: Path) -> Path:
    """A workshop with texts and a configuration; its folder is the current one."""
    write_texts()
    return workshop


@pytest.mark.parametrize(
    "override",
    [
        "output=encoder",
        "encoder=''",
        "seed=-1",
        "sequence_length=0",
        "stored_precision=int8",
        "data.texts=[]",
        "data.texts=['-']",
        "data.text_field=id",
        "data.heldout=0",
        "data.heldout=1",
        "masking.probability=0",
        "masking.probability=1",
        "training.steps=0",
        "training.epochs=1",  # Beside steps.
        "training.batch_size=0",
        "training.gradient_accumulation=0",
        "training.learning_rate=0",
        "training.warmup_ratio=1",
        "training.weight_decay=-1",
        "training.max_gradient_norm=0",
        "training.threads=-1",
        "training.precision=fp8",
        "training.save_steps=0",
    ],
)
def test_a_value_out_of_range_is_told(override: str) -> None:
    with pytest.raises(ConfigError, match="expected") as caught:
        config(override)
    assert "override" in str(caught.value) or override == "training.epochs=1"


def test_either_steps_or_epochs() -> None:
    text = CONFIGURATION.replace("steps = 6\n", "")
    Path("adapt.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"training\.steps = .* either steps or epochs"):
        config()
    assert config("training.epochs=0.5").training.epochs == 0.5
    with pytest.raises(ConfigError, match="a number above 0"):
        config("training.epochs=0")


def test_encoders_that_cannot_be_adapted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"expected at most {WINDOW_SIZE}, what encoder reads"):
        adapt(config(f"sequence_length={WINDOW_SIZE + 1}"))
    vocabulary = Path("encoder/vocab.txt")
    with vocabulary.open("a", encoding="utf-8", newline="\n") as file:
        file.write("dư 1\n")
    with pytest.raises(CheckpointError, match="expected at most 232 subwords"):
        load_language_model(Path("encoder"))
    settings = Path("encoder/config.json")
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"roberta"', '"bert"'), encoding="utf-8")
    with pytest.raises(CheckpointError, match="expected a RoBERTa, as PhoBERT is, found bert"):
        load_language_model(Path("encoder"))
    assert not Path("adapted", "config.json").exists()


def test_texts_that_cannot_be_read() -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        adapt(config("data.texts=['none.jsonl']"))
    with pytest.raises(InputError, match=r"texts\.jsonl:1: "):
        adapt(config("data.text_field=body"))
    # Nothing is left that a next try would stumble over.
    assert adapt(config()).finished

"""Encoders are found, checked and loaded, or it is said what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from toy import POSITIONS, WINDOW_SIZE
from transformers import RobertaConfig, RobertaForMaskedLM

from phodang.errors import CheckpointError
from phodang_training.encoders.loading import (
    encoder_folder,
    load_encoder,
    load_encoder_config,
    window_size,
)


@pytest.fixture
def copy(toy_encoder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(toy_encoder, tmp_path / "copy"))


def same_weights(encoder: torch.nn.Module, other: torch.nn.Module) -> bool:
    weights, others = encoder.state_dict(), other.state_dict()
    return weights.keys() == others.keys() and all(
        torch.equal(weight, others[name]) for name, weight in weights.items()
    )


def test_a_folder_is_taken_as_it_is(toy_encoder: Path) -> None:
    assert encoder_folder(str(toy_encoder)) == toy_encoder
    encoder = load_encoder(toy_encoder)
    assert encoder.config.num_hidden_layers == 2
    assert {weight.dtype for weight in encoder.parameters()} == {torch.float32}
    assert not any("pooler" in name for name in encoder.state_dict())


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (["config.json"], "lacks config.json."),
        (["vocab.txt", "bpe.codes"], "lacks vocab.txt, bpe.codes."),
        (["model.safetensors"], "lacks model.safetensors or pytorch_model.bin."),
    ],
)
def test_missing_files_are_named(copy: Path, files: list[str], named: str) -> None:
    for file in files:
        (copy / file).unlink()
    with pytest.raises(CheckpointError) as caught:
        encoder_folder(str(copy))
    assert named in str(caught.value)
    assert "has config.json, vocab.txt, bpe.codes and model.safetensors or" in str(caught.value)


def test_weights_that_are_not_needed_may_be_missing(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert encoder_folder(str(copy), weights=False) == copy
    (copy / "vocab.txt").unlink()
    with pytest.raises(CheckpointError, match=r"lacks vocab\.txt\."):
        encoder_folder(str(copy), weights=False)


def test_a_vocabulary_larger_than_the_encoder_is_told(copy: Path) -> None:
    size = load_encoder_config(copy).vocab_size
    vocabulary = copy / "vocab.txt"
    # The configuration counts <mask> too, which no line is for.
    lines = vocabulary.read_text(encoding="utf-8")
    vocabulary.write_text(lines + "dư 1\n", encoding="utf-8", newline="\n")
    load_encoder(copy)
    vocabulary.write_text(lines + "dư 1\nthừa 1\n", encoding="utf-8", newline="\n")
    with pytest.raises(CheckpointError, match=f"at most {size} subwords.*found {size + 1} with"):
        load_encoder(copy)


@pytest.mark.parametrize("form", ["encoder", "language model"])
def test_weights_in_a_pickle(copy: Path, form: str) -> None:
    """PhoBERT's repositories hold ``pytorch_model.bin``, with the head it was pre-trained with."""
    expected = load_encoder(copy)
    (copy / "model.safetensors").unlink()
    weights = expected.state_dict()
    if form == "language model":
        config = load_encoder_config(copy)
        assert isinstance(config, RobertaConfig)
        model = RobertaForMaskedLM(config)
        assert isinstance(model.roberta, torch.nn.Module)
        model.roberta.load_state_dict(weights)
        weights = model.state_dict()
        assert all(name.startswith(("roberta.", "lm_head.")) for name in weights)
    torch.save(weights, copy / "pytorch_model.bin")
    assert encoder_folder(str(copy)) == copy
    assert same_weights(load_encoder(copy), expected)


def test_damaged_weights_are_told(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"cannot be loaded: .* Copy the folder again"):
        load_encoder(copy)


def test_a_damaged_pickle_is_told(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(b"no pickle")
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_encoder(copy)


def test_missing_weights_are_not_made_up(copy: Path) -> None:
    config = copy / "config.json"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3'), "utf-8")
    with pytest.raises(CheckpointError, match=r"lack 16 of the tensors .* encoder\.layer\.2\."):
        load_encoder(copy)


def test_weights_of_another_shape_are_told(copy: Path) -> None:
    config = copy / "config.json"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('"intermediate_size": 64', '"intermediate_size": 65'), "utf-8")
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_encoder(copy)


PATHS = [
    *("./encoder", "/none", "../model/encoder", "a/b/c", "none", "a\\b", "a b/c", "a/", "a/b/"),
    *("model/encodr", "data/none", "checkpoints/none", "existing/none"),
]


@pytest.mark.parametrize("name", PATHS)
def test_a_path_is_not_looked_for_on_the_hub(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("existing").mkdir()
    with pytest.raises(CheckpointError) as caught:
        encoder_folder(name)
    assert str(caught.value).startswith(f"No encoder at {name}: expected a folder")


def test_window_size_is_that_of_the_positions(toy_encoder: Path) -> None:
    config = load_encoder_config(toy_encoder)
    assert config.max_position_embeddings == POSITIONS
    size = window_size(config)
    assert size == WINDOW_SIZE
    encoder = load_encoder(toy_encoder)
    ids = torch.full((1, size + 2), 7)
    assert encoder(input_ids=ids).last_hidden_state.shape[:2] == ids.shape
    with pytest.raises((IndexError, RuntimeError)):
        encoder(input_ids=torch.full((1, size + 3), 7))


def test_window_size_of_phobert() -> None:
    # 258 positions, of which 256 are tokens, <s> and </s> among them.
    assert window_size(RobertaConfig(max_position_embeddings=258, pad_token_id=1)) == 254


def test_the_encoder_of_the_checkout(bundled_encoder: Path) -> None:
    assert encoder_folder(str(bundled_encoder)) == bundled_encoder
    assert window_size(load_encoder_config(bundled_encoder)) == 254

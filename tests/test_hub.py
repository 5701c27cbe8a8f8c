"""Encoders by name: downloaded where the hub is reachable, or it is said why not and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from fake_hub import FakeHub
from huggingface_hub import constants

from phodang.errors import CheckpointError
from phodang_training.encoders.loading import encoder_folder, load_encoder, weights_file

PLACING = (
    "On a machine with network, run `hf download vinai/phobert-base --local-dir phobert-base`; "
    "copy the folder phobert-base here, of which config.json, vocab.txt, bpe.codes and "
    "model.safetensors or pytorch_model.bin are needed, and give that folder as the encoder. Or "
    "copy that machine's cache of the hub, and name it in the environment variable HF_HUB_CACHE."
)
NAME = "vinai/phobert-base"


@pytest.fixture
def hub(tmp_path: Path, toy_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    hub = FakeHub({NAME: Path(shutil.copytree(toy_encoder, tmp_path / "repository"))})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    huggingface_hub.set_client_factory(hub.client)
    yield hub
    # No test needs the network.
    huggingface_hub.set_client_factory(FakeHub(reachable=False).client)


def failure(name: str = NAME) -> str:
    with pytest.raises(CheckpointError) as caught:
        encoder_folder(name)
    message = str(caught.value)
    # The command line shows an error in one line.
    assert "\n" not in message
    return message


def test_an_encoder_is_had_by_name_and_then_without_network(hub: FakeHub) -> None:
    folder = encoder_folder(NAME)
    names = {"config.json", "vocab.txt", "bpe.codes", "model.safetensors", "tokenizer_config.json"}
    assert {path.name for path in folder.iterdir()} == names
    assert load_encoder(folder).config.num_hidden_layers == 2
    hub.reachable = False
    assert encoder_folder(NAME) == folder


def test_weights_are_downloaded_once_and_only_if_they_are_needed(hub: FakeHub) -> None:
    repository = hub.repositories[NAME]
    for other in ("pytorch_model.bin", "tf_model.h5", "flax_model.msgpack"):
        (repository / other).write_bytes(b"")
    encoder_folder(NAME, weights=False)
    assert not any("model" in file for file in hub.downloaded)
    assert weights_file(encoder_folder(NAME)) == "model.safetensors"
    assert [file for file in hub.downloaded if "model" in file] == ["model.safetensors"]


def test_a_repository_with_a_pickle_only(hub: FakeHub) -> None:
    """So PhoBERT's are."""
    repository = hub.repositories[NAME]
    (repository / "model.safetensors").rename(repository / "pytorch_model.bin")
    folder = encoder_folder(NAME)
    assert weights_file(folder) == "pytorch_model.bin"
    hub.reachable = False
    assert encoder_folder(NAME) == folder


def test_no_network(hub: FakeHub) -> None:
    hub.reachable = False
    told = f"The encoder '{NAME}' is no folder here, and the hub cannot be reached. {PLACING}"
    assert failure() == told


def test_offline_by_wish(hub: FakeHub) -> None:
    hub.offline = True
    assert "the hub cannot be reached" in failure()
    assert PLACING in failure()


def test_a_cache_that_lacks_the_weights(hub: FakeHub) -> None:
    encoder_folder(NAME, weights=False)
    hub.reachable = False
    assert failure().endswith(PLACING)
    assert encoder_folder(NAME, weights=False)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_hub_that_is_down(hub: FakeHub, status: int) -> None:
    hub.refusals[NAME] = (status, "")
    assert failure().endswith(PLACING)


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("name", ["vinai/phobert-bse", "vinai/a--b"])
def test_a_name_that_is_not_on_the_hub(name: str) -> None:
    message = failure(name)
    assert message.startswith(f"The encoder '{name}' is no folder here, and the hub has none of")
    assert "PhoBERT's are vinai/phobert-base, vinai/phobert-large and" in message
    assert "log in with `hf auth login`" in message


def test_a_name_that_is_gone(hub: FakeHub) -> None:
    hub.refusals[NAME] = (404, "RepoNotFound")
    assert "the hub has none of that name" in failure()


@pytest.mark.parametrize("status", [401, 403])
def test_an_encoder_that_must_be_asked_for(hub: FakeHub, status: int) -> None:
    hub.refusals[NAME] = (status, "GatedRepo")
    message = failure()
    assert f"Ask for it on https://huggingface.co/{NAME}, then log in with `hf auth login`" in (
        message
    )


def test_an_access_that_is_refused(hub: FakeHub) -> None:
    hub.refusals[NAME] = (403, "")
    assert failure().endswith(PLACING)


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("vocab.txt", "lacks vocab.txt."),
        ("model.safetensors", "lacks model.safetensors or pytorch_model.bin."),
    ],
)
def test_a_repository_that_is_no_encoder(hub: FakeHub, file: str, named: str) -> None:
    (hub.repositories[NAME] / file).unlink()
    message = failure()
    assert named in message
    assert "it is no encoder of PhoBERT's format" in message

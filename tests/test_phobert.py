"""PhoBERT's own files are read, trained and adapted, whichever form their weights have."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest
import torch
from phobert_files import CONFIGURATION, FORMS, LARGE, write_phobert
from toy_models import ToyModels, toy_config
from transformers import PhobertTokenizer, RobertaConfig, RobertaModel

from phodang.analyzer import Analyzer
from phodang.errors import CheckpointError
from phodang_training.config import EntitiesConfig
from phodang_training.config_files import load_config
from phodang_training.encoders.licences import encoder_licence
from phodang_training.encoders.loading import (
    encoder_folder,
    load_encoder,
    load_encoder_config,
    weights_file,
    window_size,
)
from phodang_training.fine_tuning.record import read_record, save_record
from phodang_training.fine_tuning.train_entities import train_entities
from phodang_training.models.card import write_card
from phodang_training.pretraining.adaptation_config import AdaptationConfig
from phodang_training.pretraining.language_model import load_language_model

CONFIGS = Path(__file__).parent.parent / "training" / "configs"


def equal(module: torch.nn.Module, other: torch.nn.Module) -> bool:
    weights, others = module.state_dict(), other.state_dict()
    return weights.keys() == others.keys() and all(
        torch.equal(weight, others[name]) for name, weight in weights.items()
    )


@pytest.fixture(scope="module")
def phobert(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("phobert")
    return {form: write_phobert(folder / str(n), form) for n, form in enumerate(FORMS)}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_encoder(phobert: dict[str, Path], form: str) -> None:
    folder = encoder_folder(str(phobert[form]))
    assert weights_file(folder) == form.removesuffix(" of 2020")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder, model = load_encoder(folder), load_language_model(folder)
    assert equal(encoder, load_encoder(phobert["model.safetensors"]))
    assert equal(model, load_language_model(phobert["model.safetensors"]))
    assert equal(model.roberta, encoder)
    assert window_size(encoder.config) == 254


def test_safetensors_come_before_a_pickle(phobert: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(phobert["model.safetensors"], tmp_path / "both"))
    expected = load_encoder(folder)
    (folder / "pytorch_model.bin").write_bytes(b"not read")
    assert weights_file(folder) == "model.safetensors"
    assert equal(load_encoder(folder), expected)


class Intruder:
    """What a pickle runs when it is loaded as Python loads pickles."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "of 2020"])
def test_a_pickle_that_runs_code_is_refused(
    phobert: dict[str, Path], tmp_path: Path, zipped: bool
) -> None:
    folder = Path(shutil.copytree(phobert["pytorch_model.bin"], tmp_path / "intruder"))
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    weights["lm_head.bias"] = Intruder(tmp_path / "ran")
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    for load in (load_encoder, load_language_model):
        with pytest.raises(CheckpointError, match="nothing but tensors is read") as caught:
            load(folder)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("workshop")
@pytest.mark.filterwarnings("ignore:Train and dev overlap")
def test_it_is_fine_tuned(phobert: dict[str, Path], form: str) -> None:
    config = toy_config(f"encoder={phobert[form]}", "training.epochs=1")
    assert train_entities(config).finished
    read = Analyzer.from_pretrained("model")
    assert read.manifest.window_size == 254
    assert read.predict("Tỉnh_ủy Cao_Bằng họp .").text == "Tỉnh_ủy Cao_Bằng họp ."


@pytest.mark.usefixtures("workshop")
@pytest.mark.filterwarnings("ignore:Train and dev overlap")
def test_the_large_one_is_fine_tuned(tmp_path: Path) -> None:
    folder = write_phobert(tmp_path / "large", "pytorch_model.bin", large=True)
    assert load_encoder(folder).config.num_hidden_layers == LARGE["num_hidden_layers"]
    config = toy_config(f"encoder={folder}", "training.epochs=1", "training.layer_decay=0.9")
    assert train_entities(config).finished
    assert Analyzer.from_pretrained("model").predict("Huế").text == "Huế"


def test_the_shapes_are_those_published() -> None:
    """135 and 370 million parameters, says PhoBERT's page."""
    for values, millions in ((CONFIGURATION, 135), ({**CONFIGURATION, **LARGE}, 370)):
        with torch.device("meta"):
            encoder = RobertaModel(RobertaConfig(**values))
        count = sum(parameter.numel() for parameter in encoder.parameters())
        assert count / 1e6 == pytest.approx(millions, rel=0.01)


@pytest.mark.parametrize("name", ["phobert_gpu", "phobert_laptop"])
def test_the_recipes_are_configurations(name: str) -> None:
    config = load_config(CONFIGS / f"{name}.toml", EntitiesConfig)
    assert config.encoder == "vinai/phobert-base"
    assert load_config(CONFIGS / "adapt.toml", AdaptationConfig).sequence_length <= 254


def test_the_mask_has_the_last_id(phobert: dict[str, Path]) -> None:
    folder = phobert["model.safetensors"]
    tokenizer = PhobertTokenizer.from_pretrained(folder)
    assert tokenizer.mask_token_id == load_encoder_config(folder).vocab_size - 1


@pytest.mark.parametrize("name", ["vinai/phobert-base-v2", "VinAI/PhoBERT-base-v2"])
def test_agpl_is_warned_of_in_one_line(
    name: str, phobert: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = phobert["pytorch_model.bin"]
    monkeypatch.setattr("phodang_training.encoders.loading.download", lambda name, files: folder)
    with pytest.warns(UserWarning, match=r"is under AGPL-3\.0") as caught:
        assert encoder_folder(name) == folder
    (warning,) = caught
    message = str(warning.message)
    assert "over a network" in message
    assert "vinai/phobert-base is MIT." in message
    assert "\n" not in message
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # What makes no model is bound by nothing.
        encoder_folder(name, weights=False)
        for other in ("vinai/phobert-base", "vinai/phobert-large", str(folder)):
            encoder_folder(other)


def test_licences_that_are_known() -> None:
    names = ("vinai/phobert-base", "vinai/phobert-large", "vinai/phobert-base-v2", "someone/else")
    assert [encoder_licence(name) for name in names] == ["MIT", "MIT", "AGPL-3.0", None]


@pytest.mark.parametrize(
    ("licences", "stated"),
    [
        ((None,), "That of the encoder `encoder` binds"),
        (("AGPL-3.0",), "That of the encoder `encoder`, AGPL-3.0, binds"),
        (("MIT", "AGPL-3.0", "MIT"), "That of the encoder `encoder`, MIT and AGPL-3.0, binds"),
    ],
    ids=["unknown", "one", "parts"],
)
def test_the_card_states_the_licence(
    toy_models: ToyModels, tmp_path: Path, licences: tuple[str | None, ...], stated: str
) -> None:
    model = Path(shutil.copytree(toy_models.trained("crf"), tmp_path / "model"))
    record = read_record(model)
    assert record["encoder_licence"] is None
    records = [{**record, "encoder_licence": licence} for licence in licences]
    parts = {str(number): own for number, own in enumerate(records)}
    save_record(model, {"parts": parts} if len(parts) > 1 else records[0])
    write_card(model)
    assert stated in (model / "README.md").read_text(encoding="utf-8")

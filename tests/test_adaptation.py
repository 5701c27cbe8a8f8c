"""An encoder is adapted to texts, and comes out in PhoBERT's format."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from phobert_files import write_phobert
from safetensors.torch import load_file, save_file
from toy import SEGMENTED
from toy_adaptation import adaptation_record, config, weights, write_texts
from toy_models import toy_config
from transformers import AutoModelForMaskedLM, PhobertTokenizer

from phodang.checkpoint import sha256_of_file
from phodang.errors import CheckpointError
from phodang.subwords import SubwordTokenizer
from phodang_training.encoders.licences import ADAPTATION_FILE, encoder_licence
from phodang_training.encoders.loading import encoder_folder, load_encoder
from phodang_training.fine_tuning.resumption import STATE_FOLDER
from phodang_training.fine_tuning.train_entities import train_entities
from phodang_training.pretraining.adaptation import adapt
from phodang_training.pretraining.language_model import load_language_model
from phodang_training.pretraining.masking import HeldoutSequences, Masking, collate_masked
from phodang_training.pretraining.packing import open_packed

LONGER = ("training.steps=40", "training.batch_size=8", "training.save_steps=100")

pytestmark = pytest.mark.filterwarnings("ignore:The encoder .* has no language-model head")


@pytest.fixture(autouse=True)
def texts(workshop: Path) -> Path:
    """A workshop with texts and a configuration; its folder is the current one."""
    write_texts()
    return workshop


@pytest.mark.parametrize(
    "overrides", [(), ("masking.whole_words=true",), ("training.precision=bf16",)], ids=str
)
def test_the_loss_falls(overrides: tuple[str, ...]) -> None:
    result = adapt(config(*LONGER, *overrides))
    assert result.finished
    assert result.after is not None
    assert result.after < result.before - 0.5
    assert adaptation_record()["heldout_loss"] == {"before": result.before, "after": result.after}
    measured = [entry["step"] for entry in adaptation_record()["history"] if "eval_loss" in entry]
    assert measured == [0, 40]


def heldout_loss(encoder: Path, packed: Path) -> float:
    """The loss as transformers' own model of the folder gives it, over all masked subwords."""
    model = AutoModelForMaskedLM.from_pretrained(encoder, dtype="float32").eval()
    size = SubwordTokenizer.from_folder(encoder).vocabulary_size
    masking = Masking(probability=0.15, whole_words=False, vocabulary_size=size)
    items = HeldoutSequences(open_packed(packed, length=20).heldout, masking)
    with torch.no_grad():
        loss: float = model(**collate_masked([items[n] for n in range(len(items))])).loss.item()
    return loss


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_the_result_is_an_encoder_in_phobert_s_format(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NOTICE", "LICENSE"):
        (Path("encoder") / name).write_text(f"This is a {name}.", encoding="utf-8")
    monkeypatch.setattr(shutil, "rmtree", lambda path: None)
    result = adapt(config(*LONGER, f"stored_precision={precision}"))
    adapted = encoder_folder("adapted")
    assert result.encoder == adapted
    for name in ("vocab.txt", "bpe.codes", "tokenizer_config.json", "NOTICE", "LICENSE"):
        assert (adapted / name).read_bytes() == (Path("encoder") / name).read_bytes()
    values = json.loads((adapted / "config.json").read_text(encoding="utf-8"))
    assert values["architectures"] == ["RobertaForMaskedLM"]
    assert values["dtype"] == {"fp32": "float32", "fp16": "float16"}[precision]
    names = {name.partition(".")[0] for name in load_file(adapted / "model.safetensors")}
    assert names == {"roberta", "lm_head"}
    # It has a head now, and all that transformers wants.
    model = load_language_model(adapted)
    body = load_encoder(adapted).state_dict()
    assert all(torch.equal(body[name], own) for name, own in model.roberta.state_dict().items())
    assert isinstance(PhobertTokenizer.from_pretrained(adapted), PhobertTokenizer)
    again = heldout_loss(adapted, adapted / STATE_FOLDER / "sequences")
    assert again == pytest.approx(result.after, rel=0.01)


def test_the_record_says_how_to_make_it_again() -> None:
    adapt(config())
    made = adaptation_record()
    assert made["config"]["training"]["steps"] == made["steps"] == 6
    assert made["data"] == {"texts.jsonl": sha256_of_file(Path("texts.jsonl"))}
    assert made["encoder"]["model.safetensors"] == weights("encoder")
    assert {"torch", "transformers", "underthesea"} <= made["packages"].keys()
    counts = made["texts"]
    assert counts["train"]["articles"] + counts["heldout"]["articles"] == 40
    sequences = -(-(counts["train"]["subwords"] + counts["train"]["articles"] - 1) // 20)
    assert made["passes"] == pytest.approx(6 * 4 / sequences)
    assert not (Path("adapted") / STATE_FOLDER).exists()


def test_an_adapted_encoder_is_adapted_further_and_fine_tuned() -> None:
    adapt(config())
    adapt(config("encoder=adapted", "output=further"))
    assert adaptation_record("further")["begun_from"] == adaptation_record("adapted")
    first, second = adaptation_record("adapted"), adaptation_record("further")
    # The second begins where the first ended, with the head that that one learnt.
    assert second["heldout_loss"]["before"] == first["heldout_loss"]["after"]
    with pytest.warns(UserWarning, match="Train and dev overlap"):
        assert train_entities(toy_config("encoder=further", "training.epochs=1")).finished


def test_the_licence_goes_on() -> None:
    adapt(config())
    assert encoder_licence("adapted") is None
    made = adaptation_record() | {"encoder_licence": "AGPL-3.0"}
    (Path("adapted") / ADAPTATION_FILE).write_text(json.dumps(made), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"The encoder adapted is under AGPL-3\.0"):
        adapt(config("encoder=adapted", "output=further"))
    assert encoder_licence("further") == "AGPL-3.0"


def test_phobert_s_own_files_are_adapted(tmp_path: Path) -> None:
    folder = write_phobert(tmp_path / "phobert", "pytorch_model.bin of 2020")
    quickly = ("training.steps=3", "training.save_steps=9", "data.texts=['few.jsonl']")
    lines = Path("texts.jsonl").read_text(encoding="utf-8").splitlines()[:12]
    Path("few.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = adapt(config(f"encoder={folder}", "sequence_length=254", *quickly))
    assert result.after is not None
    assert result.after < result.before
    values = json.loads(Path("adapted/config.json").read_text(encoding="utf-8"))
    assert values["tokenizer_class"] == "PhobertTokenizer"
    assert not Path("adapted/pytorch_model.bin").exists()


def test_a_missing_head_is_told_and_a_broken_one_refused() -> None:
    with pytest.warns(UserWarning, match="has no language-model head; a new one is begun"):
        load_language_model(Path("encoder"))
    adapt(config())
    file = Path("adapted/model.safetensors")
    tensors = load_file(file)
    del tensors["lm_head.dense.weight"]
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lack 1 of the tensors .* lm_head\.dense\.weight"):
        load_language_model(Path("adapted"))


def test_a_folder_of_texts_in_several_formats() -> None:
    Path("archive/older").mkdir(parents=True)
    for number, line in enumerate(SEGMENTED.splitlines()):
        Path(f"archive/older/{number}.txt").write_text(line, encoding="utf-8")
    shutil.move("texts.jsonl", "archive")
    adapt(config("data.texts=['archive']"))
    counts = adaptation_record()["texts"]
    assert sum(part["articles"] for part in counts.values()) == 40 + len(SEGMENTED.splitlines())
    assert len(adaptation_record()["data"]) == 1 + len(SEGMENTED.splitlines())

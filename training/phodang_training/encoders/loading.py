"""Pre-trained encoders of PhoBERT's format, by folder or hub name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from phodang.checkpoint import NOTICE_FILE, SAFETENSORS_FILE
from phodang.errors import CheckpointError
from phodang.subwords import (
    MERGES_FILE,
    SPECIALS_PER_SEQUENCE,
    VOCABULARY_FILE,
    SubwordTokenizer,
)
from phodang_training.encoders.hub import download, how_to_place, is_hub_name
from phodang_training.encoders.licences import warn_of_licence

CONFIG_FILE = "config.json"

_PICKLE_FILE = "pytorch_model.bin"
_WEIGHTS = (SAFETENSORS_FILE, _PICKLE_FILE)
"""Files that weights may be in, the one that is read first."""

_NEEDED = (CONFIG_FILE, VOCABULARY_FILE, MERGES_FILE)

OPTIONAL_FILES = ("tokenizer_config.json", NOTICE_FILE, "LICENSE")
"""What may stand beside them: for transformers, and for whom the encoder is passed on to."""


def encoder_folder(name: str, *, weights: bool = True) -> Path:
    """Find an encoder's folder, downloading it from the hub if it is no folder.

    Args:
        name: A folder, or a hub name such as ``vinai/phobert-base`` (MIT;
            ``vinai/phobert-base-v2`` is AGPL-3.0, which binds what is made from it: a warning
            says so).
        weights: Whether the weights are needed too, not only the tokenizer and the configuration.

    Raises:
        CheckpointError: Neither a folder with the files of an encoder nor to be had from the hub.
    """
    folder = Path(name)
    if folder.is_dir():
        if missing := _missing(folder, weights=weights):
            raise _lacking(folder, missing)
    else:
        folder = _download(name, weights=weights)
    if weights:
        warn_of_licence(name)
    return folder


def weights_file(folder: Path) -> str:
    """The name of the file that an encoder's weights are read from.

    Raises:
        CheckpointError: There is none.
    """
    for file in _WEIGHTS:
        if (folder / file).is_file():
            return file
    raise _lacking(folder, " or ".join(_WEIGHTS))


def load_encoder(folder: Path) -> PreTrainedModel:
    """Load an encoder in fp32, without pooling layer.

    Args:
        folder: What `encoder_folder` found.

    Raises:
        CheckpointError: The weights are damaged, or not those that ``config.json`` describes; or
            the vocabulary has more subwords than they.
    """
    encoder: PreTrainedModel
    with loading(folder):
        encoder, loaded = AutoModel.from_pretrained(
            folder, dtype="float32", add_pooling_layer=False, output_loading_info=True
        )
    check_weights(folder, missing=loaded["missing_keys"])
    check_vocabulary(folder, size=encoder.config.vocab_size)
    return encoder


def load_encoder_config(folder: Path) -> PretrainedConfig:
    """Load an encoder's configuration."""
    config: PretrainedConfig = AutoConfig.from_pretrained(folder)
    return config


def window_size(config: PretrainedConfig) -> int:
    """Subwords that an encoder reads at once, special tokens apart.

    RoBERTa's positions begin after the padding id, so PhoBERT's 258 positions hold 256 tokens.
    """
    positions: int = config.max_position_embeddings - config.pad_token_id - 1
    return positions - SPECIALS_PER_SEQUENCE


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Raise a CheckpointError for what reading an encoder's weights raises.

    A pickle is read for its tensors only (``torch.load(weights_only=True)``, as transformers does):
    one that would run code is refused.
    """
    try:
        yield
    except UnpicklingError as error:
        raise CheckpointError(
            f"The encoder {folder} cannot be loaded: {_PICKLE_FILE} is damaged, or holds more than "
            "tensors, and nothing but tensors is read. Copy the folder again, whole; or get the "
            f"weights as {SAFETENSORS_FILE}."
        ) from error
    # What reading safetensors and JSON raises, and what torch raises at unlike shapes.
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"The encoder {folder} cannot be loaded: {error}. Copy the folder again, whole."
        ) from error


def check_weights(folder: Path, *, missing: Collection[str]) -> None:
    """Raise a CheckpointError if tensors are missing.

    transformers only warns of them, and would train them from random numbers.
    """
    if missing:
        raise CheckpointError(
            f"The weights of the encoder {folder} lack {len(missing)} of the tensors that its "
            f"{CONFIG_FILE} describes, the first of them {min(missing)}. Copy the folder again, "
            "whole."
        )


def check_vocabulary(folder: Path, *, size: int) -> None:
    """Raise a CheckpointError if the vocabulary has more subwords than the weights."""
    found = SubwordTokenizer.from_folder(folder).vocabulary_size
    if found > size:
        raise CheckpointError(
            f"The encoder {folder}: expected at most {size} subwords, as {CONFIG_FILE} says, found "
            f"{found} with those of {VOCABULARY_FILE}. The files are not of one encoder; copy the "
            "folder again, whole."
        )


def _missing(folder: Path, *, weights: bool) -> str:
    missing = [file for file in _NEEDED if not (folder / file).is_file()]
    if weights and not any((folder / file).is_file() for file in _WEIGHTS):
        missing.append(" or ".join(_WEIGHTS))
    return ", ".join(missing)


def _lacking(folder: Path, missing: str) -> CheckpointError:
    return CheckpointError(
        f"The encoder {folder} lacks {missing}. A PhoBERT-format encoder has {', '.join(_NEEDED)} "
        f"and {' or '.join(_WEIGHTS)}."
    )


def _download(name: str, *, weights: bool) -> Path:
    if not is_hub_name(name):
        raise CheckpointError(
            f"No encoder at {name}: expected a folder with {', '.join(_NEEDED)} and weights, or a "
            "hub name such as vinai/phobert-base. A path is relative to the folder that the "
            "command is run in."
        )
    files = (*_NEEDED, *OPTIONAL_FILES)
    folder = download(name, (*files, SAFETENSORS_FILE) if weights else files)
    if weights and not (folder / SAFETENSORS_FILE).is_file():
        folder = download(name, (*files, _PICKLE_FILE))
    if missing := _missing(folder, weights=weights):
        raise CheckpointError(
            f"What the hub, or its cache {folder}, has of {name!r} lacks {missing}. If its page on "
            f"the hub does not show them either, it is no encoder of PhoBERT's format. If it does: "
            f"{how_to_place(name)}"
        )
    return folder

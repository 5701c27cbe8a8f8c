"""Pre-trained encoders of PhoBERT's format, by folder or hub name."""

from __future__ import annotations

import re
from pathlib import Path
from pickle import UnpicklingError

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from phodang.errors import CheckpointError
from phodang.subwords import (
    MERGES_FILE,
    SPECIALS_PER_SEQUENCE,
    VOCABULARY_FILE,
    SubwordTokenizer,
)

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Files that weights may be in, the one that is read first."""

_HUB_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)/[A-Za-z0-9][\w.-]*", re.ASCII)
"""``owner/name``."""

_LOCAL_FOLDERS = frozenset({"model", "data", "checkpoints"})
"""What the paths of phodang's configurations begin with: no owners on the hub are meant."""


def encoder_folder(name: str, *, weights: bool = True) -> Path:
    """Find an encoder's folder, downloading it from the hub if it is no folder.

    Args:
        name: A folder, or a hub name such as ``vinai/phobert-base`` (MIT;
            ``vinai/phobert-base-v2`` is AGPL-3.0, which binds what is made from it).
        weights: Whether the weights are needed too, not only the tokenizer and the configuration.

    Raises:
        CheckpointError: Neither a folder with the files of an encoder nor to be had from the hub.
    """
    folder = Path(name)
    if not folder.is_dir():
        folder = _download(name, weights=weights)
    needed = ["config.json", VOCABULARY_FILE, MERGES_FILE]
    if missing := [file for file in needed if not (folder / file).is_file()]:
        raise _lacking(folder, ", ".join(missing))
    if weights:
        weights_file(folder)
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
    try:
        encoder, loading = AutoModel.from_pretrained(
            folder, dtype="float32", add_pooling_layer=False, output_loading_info=True
        )
    # What reading safetensors, pickles and JSON raises, and what torch raises at unlike shapes.
    except (SafetensorError, UnpicklingError, OSError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"The encoder {folder} cannot be loaded: {error}. Copy the folder again, whole."
        ) from error
    # transformers only warns of these, and would train them from random numbers.
    if missing := sorted(loading["missing_keys"]):
        raise CheckpointError(
            f"The weights of the encoder {folder} lack {len(missing)} of the tensors that its "
            f"config.json describes, the first of them {missing[0]}. Copy the folder again, whole."
        )
    size, vocabulary = encoder.config.vocab_size, SubwordTokenizer.from_folder(folder)
    if vocabulary.vocabulary_size > size:
        raise CheckpointError(
            f"The encoder {folder}: expected at most {size} subwords, as config.json says, found "
            f"{vocabulary.vocabulary_size} with those of {VOCABULARY_FILE}. The files are not of "
            "one encoder; copy the folder again, whole."
        )
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


def _lacking(folder: Path, missing: str) -> CheckpointError:
    return CheckpointError(
        f"The encoder {folder} lacks {missing}. A PhoBERT-format encoder has config.json, "
        f"{VOCABULARY_FILE}, {MERGES_FILE} and {' or '.join(_WEIGHTS)}."
    )


def _download(name: str, *, weights: bool) -> Path:
    hub_name = _HUB_NAME.fullmatch(name)
    if not hub_name or hub_name[1] in _LOCAL_FOLDERS or Path(hub_name[1]).is_dir():
        raise CheckpointError(
            f"No encoder at {name}: expected a folder with config.json, {VOCABULARY_FILE}, "
            f"{MERGES_FILE} and weights, or a hub name such as vinai/phobert-base. A path is "
            "relative to the folder that the command is run in."
        )
    patterns = ["config.json", VOCABULARY_FILE, MERGES_FILE, *(_WEIGHTS if weights else ())]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise CheckpointError(
            f"The encoder {name!r} is no folder here and could not be had from the hub "
            f"({type(error).__name__}). Without network, download its files elsewhere: "
            f"config.json, {VOCABULARY_FILE}, {MERGES_FILE} and {' or '.join(_WEIGHTS)}; place "
            "them in a folder, and give that folder as the encoder."
        ) from error

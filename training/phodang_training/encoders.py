"""Pre-trained encoders of PhoBERT's format, by folder or hub name."""

from __future__ import annotations

import os
from pathlib import Path
from pickle import UnpicklingError

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from phodang.errors import CheckpointError
from phodang.subwords import MERGES_FILE, SPECIALS_PER_SEQUENCE, VOCABULARY_FILE

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


def encoder_folder(name: str) -> Path:
    """Find an encoder's folder, downloading it from the hub if it is no folder.

    Args:
        name: A folder, or a hub name such as ``vinai/phobert-base`` (MIT;
            ``vinai/phobert-base-v2`` is AGPL-3.0, which binds what is made from it).

    Raises:
        CheckpointError: Neither a folder with the files of an encoder nor to be had from the hub.
    """
    folder = Path(name)
    if not folder.is_dir():
        folder = _download(name)
    needed = ["config.json", VOCABULARY_FILE, MERGES_FILE]
    missing = [file for file in needed if not (folder / file).is_file()]
    if missing or not any((folder / file).is_file() for file in _WEIGHTS):
        raise CheckpointError(
            f"The encoder {folder} lacks {', '.join(missing) or ' or '.join(_WEIGHTS)}. A "
            f"PhoBERT-format encoder has {', '.join(needed)} and {' or '.join(_WEIGHTS)}."
        )
    return folder


def load_encoder(folder: Path) -> PreTrainedModel:
    """Load an encoder in fp32, without pooling layer.

    Args:
        folder: What `encoder_folder` found.

    Raises:
        CheckpointError: The weights are damaged, or not those that ``config.json`` describes.
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


def _download(name: str) -> Path:
    if (os.sep in name.strip("/") and name.count("/") != 1) or name.startswith((".", "/")):
        raise CheckpointError(
            f"No encoder at {name}: expected a folder with config.json, {VOCABULARY_FILE}, "
            f"{MERGES_FILE} and weights, or a hub name such as vinai/phobert-base."
        )
    try:
        return Path(
            snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.codes", *_WEIGHTS])
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise CheckpointError(
            f"The encoder {name!r} is no folder here and could not be had from the hub "
            f"({type(error).__name__}). Without network, download its files elsewhere: "
            f"config.json, {VOCABULARY_FILE}, {MERGES_FILE} and {' or '.join(_WEIGHTS)}; place "
            "them in a folder, and give that folder as the encoder."
        ) from error

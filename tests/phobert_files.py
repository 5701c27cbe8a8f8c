"""A folder of exactly the files of ``vinai/phobert-base``, made small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from toy import toy_vocabulary, write_lines
from transformers import RobertaConfig, RobertaForMaskedLM

FORMS = ("model.safetensors", "pytorch_model.bin", "pytorch_model.bin of 2020")
"""What weights are stored in. The last is how torch wrote before version 1.6."""

CONFIGURATION: dict[str, Any] = {
    "architectures": ["RobertaForMaskedLM"],
    "attention_probs_dropout_prob": 0.1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": 258,
    "model_type": "roberta",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 1,
    "tokenizer_class": "PhobertTokenizer",
    "type_vocab_size": 1,
    "vocab_size": 64001,
}
"""Of ``vinai/phobert-base``."""

LARGE = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "num_hidden_layers": 24,
}
"""What ``vinai/phobert-large`` has otherwise."""


def write_phobert(folder: Path, form: str, *, large: bool = False) -> Path:
    """Write config.json, vocab.txt, bpe.codes and weights as VinAI did, all of them small.

    Args:
        folder: The folder; it is made.
        form: One of `FORMS`.
        large: Whether the shape is that of the large encoder: 24 layers, 16 heads.
    """
    folder.mkdir(parents=True)
    vocabulary, codes = toy_vocabulary()
    write_lines(folder / "vocab.txt", vocabulary)
    write_lines(folder / "bpe.codes", codes)
    values = {**CONFIGURATION, **(LARGE if large else {}), "vocab_size": len(vocabulary) + 5}
    # Heads are 64 wide; here they are 2 wide.
    values |= {key: values[key] // 32 for key in ("hidden_size", "intermediate_size")}
    (folder / "config.json").write_text(json.dumps(values, indent=2), encoding="utf-8")
    weights = _weights(RobertaConfig(**values))
    if form == "model.safetensors":
        save_file(weights, folder / form, metadata={"format": "pt"})
    else:
        torch.save(
            weights,
            folder / "pytorch_model.bin",
            _use_new_zipfile_serialization=form == "pytorch_model.bin",
        )
    return folder


def _weights(config: RobertaConfig) -> dict[str, torch.Tensor]:
    """What stands in ``pytorch_model.bin``, with all that transformers no longer has."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = RobertaForMaskedLM(config)
        weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        pooler = torch.randn(config.hidden_size, config.hidden_size)
    weights["roberta.embeddings.position_ids"] = torch.arange(258)[None]
    weights["roberta.pooler.dense.weight"] = pooler
    weights["roberta.pooler.dense.bias"] = torch.zeros(config.hidden_size)
    return weights

"""The shape of an encoder, and the multiply-accumulates that follow from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from toy_models import ToyModels
from transformers import RobertaConfig, RobertaForTokenClassification

from phodang.benchmark.ceiling import product_graph
from phodang.benchmark.encoder_shape import PHOBERT_BASE, EncoderShape, read_encoder_shape
from phodang.checkpoint import read_manifest
from phodang.errors import CheckpointError


def test_multiply_accumulates_by_hand() -> None:
    shape = EncoderShape(
        layers=2, dimensions=4, heads=2, intermediate=8, vocabulary=10, positions=12
    )
    projections = 4 * (3 * 4 * 4)  # three subwords, four matrices of 4 × 4
    feed_forward = 3 * 4 * 8 + 3 * 8 * 4
    attention = 2 * (2 * (3 * 3 * 2))  # two products, of two heads, of 3 × 3 × 2
    assert shape.multiply_accumulates(3, tags=0) == 2 * (projections + feed_forward + attention)
    assert shape.multiply_accumulates(3, tags=5) == 2 * (192 + 192 + 72) + 3 * 4 * 5


@settings(max_examples=10)
@given(
    layers=st.integers(1, 3),
    heads=st.integers(1, 3),
    width=st.integers(1, 5),
    intermediate=st.integers(1, 20),
    length=st.integers(2, 8),
    tags=st.integers(1, 5),
)
def test_multiply_accumulates_are_those_that_torch_counts(
    layers: int, heads: int, width: int, intermediate: int, length: int, tags: int
) -> None:
    shape = EncoderShape(
        layers=layers,
        dimensions=heads * width,
        heads=heads,
        intermediate=intermediate,
        vocabulary=9,
        positions=12,
    )
    with torch.device("meta"):
        module = RobertaForTokenClassification(roberta_config(shape, tags))
        ids = torch.zeros(1, length, dtype=torch.long)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        module(ids, position_ids=ids)
    assert counter.get_total_flops() == 2 * shape.multiply_accumulates(length, tags=tags)


def roberta_config(shape: EncoderShape, tags: int) -> RobertaConfig:
    return RobertaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.dimensions,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=shape.positions,
        num_labels=tags,
        attn_implementation="eager",
    )


def test_phobert_base_has_the_parameters_that_it_is_known_for() -> None:
    with torch.device("meta"):
        module = RobertaForTokenClassification(roberta_config(PHOBERT_BASE, 2))
    parameters = sum(parameter.numel() for parameter in module.roberta.parameters())
    assert round(parameters / 1e6) == 135 - 1  # 135 million with the head of its pre-training


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_shape_of_a_checkpoint(
    toy_models: ToyModels, toy_encoder: Path, precision: str
) -> None:
    config = json.loads((toy_encoder / "config.json").read_text(encoding="utf-8"))
    trained, exported = toy_models.trained("crf"), toy_models.exported("crf", precision)
    shape = read_encoder_shape(exported, read_manifest(exported))
    assert shape == read_encoder_shape(trained, read_manifest(trained))
    assert shape == EncoderShape(
        layers=config["num_hidden_layers"],
        dimensions=config["hidden_size"],
        heads=config["num_attention_heads"],
        intermediate=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
    )


def test_another_graph_has_no_shape(toy_models: ToyModels, tmp_path: Path) -> None:
    exported = toy_models.exported("crf", "int8")
    (tmp_path / "model.onnx").write_bytes(product_graph(4, 4))
    with pytest.raises(CheckpointError, match=r"model\.onnx: expected an encoder of RoBERTa's"):
        read_encoder_shape(tmp_path, read_manifest(exported))

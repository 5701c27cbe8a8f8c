"""How large an encoder is, and how many multiplications it takes to read a sequence."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from phodang.checkpoint import ENCODER_CONFIG_FILE, Manifest
from phodang.errors import CheckpointError

_QUANTIZED = "_quantized"
"""ONNX Runtime's quantizer adds it to the name of a weight."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderShape:
    """The shape of an encoder of RoBERTa's architecture.

    Attributes:
        layers: Number of layers.
        dimensions: Width of its states.
        heads: Attention heads of a layer.
        intermediate: Width of a layer's feed-forward part.
        vocabulary: Number of subwords.
        positions: Rows of its position embeddings, of which two belong to no subword.
    """

    layers: int
    dimensions: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int

    def multiply_accumulates(self, length: int, *, tags: int) -> int:
        """Count what the matrix products of one sequence take.

        With L subwords, special ones included, d dimensions, i intermediate ones, n layers and t
        tags: ``n · (4·L·d² + 2·L·d·i + 2·L²·d) + L·d·t``. These are a layer's four projections
        (query, key, value, output), its two feed-forward products, and the products of attention
        (queries with keys, weights with values) over all heads; then the tag classifier. Look-ups
        of embeddings, normalisations, the softmax and what scores sections are left out: they are
        no large matrix products.

        Args:
            length: L.
            tags: t; 0 if no entities are labelled.

        Returns:
            Number of multiply-accumulates; twice as many floating-point operations.
        """
        projections = 4 * length * self.dimensions**2
        feed_forward = 2 * length * self.dimensions * self.intermediate
        attention = 2 * length**2 * self.dimensions
        classifier = length * self.dimensions * tags
        return self.layers * (projections + feed_forward + attention) + classifier


PHOBERT_BASE = EncoderShape(
    layers=12, dimensions=768, heads=12, intermediate=3072, vocabulary=64_001, positions=258
)
"""PhoBERT-base (Nguyen and Nguyen 2020, https://aclanthology.org/2020.findings-emnlp.92)."""


def read_encoder_shape(folder: Path, manifest: Manifest) -> EncoderShape:
    """Read the shape of a checkpoint's encoder.

    Of the training form it stands in ``config.json``; of the inference form it follows from the
    names and sizes of what the graph holds, which takes the library ``onnx``.

    Raises:
        CheckpointError: The shape cannot be told.
    """
    weights = folder / manifest.weights
    try:
        if weights.suffix == ".onnx":
            return _shape_of_graph(weights)
        return _shape_of_config(folder / ENCODER_CONFIG_FILE)
    except (KeyError, StopIteration, ValueError) as error:
        raise CheckpointError(
            f"{weights}: expected an encoder of RoBERTa's architecture as phodang-train saves it, "
            f"whose shape can be told; found another ({error!r}). Export the model again."
        ) from error


def _shape_of_config(path: Path) -> EncoderShape:
    config = json.loads(path.read_text(encoding="utf-8"))
    return EncoderShape(
        layers=config["num_hidden_layers"],
        dimensions=config["hidden_size"],
        heads=config["num_attention_heads"],
        intermediate=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
    )


def _shape_of_graph(path: Path) -> EncoderShape:
    import onnx

    graph = onnx.load(path).graph
    tensors = {tensor.name.removesuffix(_QUANTIZED): tensor for tensor in graph.initializer}

    def sizes(ending: str) -> list[int]:
        return next(list(t.dims) for name, t in tensors.items() if name.endswith(ending))

    vocabulary, dimensions = sizes("embeddings.word_embeddings.weight")
    positions, _ = sizes("embeddings.position_embeddings.weight")
    feed_forward = re.compile(r"encoder\.layer\.\d+\.intermediate\.dense\.bias$")
    widths = [tensor.dims[0] for name, tensor in tensors.items() if feed_forward.search(name)]
    (intermediate,) = set(widths)
    # States are reshaped to [1, length, heads, dimensions of a head].
    targets = (
        onnx.numpy_helper.to_array(tensors[node.input[1]]).tolist()
        for node in graph.node
        if node.op_type == "Reshape" and node.input[1] in tensors
    )
    heads = next(
        target[2] for target in targets if len(target) == 4 and target[2] * target[3] == dimensions
    )
    return EncoderShape(
        layers=len(widths),
        dimensions=dimensions,
        heads=heads,
        intermediate=intermediate,
        vocabulary=vocabulary,
        positions=positions,
    )

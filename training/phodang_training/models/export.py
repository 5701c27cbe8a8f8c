"""Training form → inference form: a graph for ONNX Runtime, with 8-bit integer weights."""

from __future__ import annotations

import dataclasses
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from torch import nn

from phodang.checkpoint import (
    EVALUATION_FILE,
    NOTICE_FILE,
    ONNX_FILE,
    SAFETENSORS_FILE,
    SECTIONS_ONNX_FILE,
    TRAINING_FILE,
    Precision,
    read_manifest,
    sha256_of_file,
    write_manifest,
)
from phodang.errors import CheckpointError
from phodang.onnx_backend import (
    INPUT_NAME,
    LOGITS_NAME,
    SCORES_NAME,
    STATES_NAME,
    VECTORS_NAME,
)
from phodang.subwords import (
    BEGIN,
    END,
    MERGES_FILE,
    SPECIALS_PER_SEQUENCE,
    UNKNOWN,
    VOCABULARY_FILE,
)
from phodang.torch_model import ArticleClassifier, SectionHead, load_classifier

_OPSET = 20
_ATTENTION = "eager"
"""Plain operators; the fused one exports a guard against rows that are masked, which none is."""
_TRACED_LENGTH = 16
"""Length of the sequence the graph is traced with; any within the encoder's reach will do."""

_TRACED_UNITS = 4

_QUANTIZED_OPERATORS = ["MatMul", "Gather"]
"""Matrix products and embeddings: nearly all of the weights."""


class _OneSequence(nn.Module):
    """A classifier that reads one sequence without padding, as the ONNX backend calls it.

    Positions are given, since deriving them from the padding id costs operators at every call.
    """

    def __init__(self, model: ArticleClassifier) -> None:
        super().__init__()
        self.model = model
        self.first_position = model.encoder.config.pad_token_id + 1

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, ...]:
        positions = torch.arange(input_ids.shape[1])[None] + self.first_position
        states = self.model.states(input_ids, position_ids=positions)
        outputs = []
        if self.model.classifier is not None:
            outputs.append(self.model.tag_scores(states))
        if self.model.sections is not None:
            outputs.append(states)
        return tuple(outputs)


def export(checkpoint: Path, output: Path, *, precision: Precision = "int8") -> None:
    """Write the inference form of a checkpoint.

    Matrix products and embeddings become 8-bit integers, weights with one scale a column, inputs
    with a scale taken from each sequence as it comes. Weights keep to 7 bits: on processors
    without VNNI instructions the 8-bit products of ONNX Runtime can overflow, and results would
    differ from machine to machine.

    Args:
        checkpoint: A checkpoint in its training form.
        output: The folder to write; made if it is missing.
        precision: ``int8``, or ``fp32`` to keep the weights as they are.

    Raises:
        CheckpointError: ``checkpoint`` is none, or is in its inference form already, or is
            ``output``.
    """
    manifest = read_manifest(checkpoint)
    if manifest.weights != SAFETENSORS_FILE:
        raise CheckpointError(
            f"{checkpoint} is in its inference form already ({manifest.weights}). Export the "
            "checkpoint that training wrote."
        )
    if output.resolve() == checkpoint.resolve():
        raise CheckpointError(
            f"Expected another folder than {checkpoint} to write the inference form to. Both forms "
            "in one folder would share their manifest; give a folder of its own."
        )
    model = load_classifier(
        checkpoint / SAFETENSORS_FILE, manifest, attention_implementation=_ATTENTION
    )
    output.mkdir(parents=True, exist_ok=True)
    names = [ONNX_FILE, VOCABULARY_FILE, MERGES_FILE]
    with tempfile.TemporaryDirectory() as scratch, _without_notes():
        graph = Path(scratch) / ONNX_FILE
        _write_graph(model, graph, longest=manifest.window_size + SPECIALS_PER_SEQUENCE)
        if precision == "int8":
            _quantize(graph)
        shutil.move(graph, output / ONNX_FILE)
        if model.sections is not None:
            _write_section_graph(model.sections, output / SECTIONS_ONNX_FILE)
            names.append(SECTIONS_ONNX_FILE)
    for name in (VOCABULARY_FILE, MERGES_FILE, TRAINING_FILE, NOTICE_FILE):
        if (checkpoint / name).is_file():
            shutil.copyfile(checkpoint / name, output / name)
    # Figures of an earlier model in this folder are not this one's.
    (output / EVALUATION_FILE).unlink(missing_ok=True)
    if model.sections is None:
        (output / SECTIONS_ONNX_FILE).unlink(missing_ok=True)
    write_manifest(
        output,
        dataclasses.replace(
            manifest,
            weights=ONNX_FILE,
            precision=precision,
            files={name: sha256_of_file(output / name) for name in names},
        ),
    )


@contextmanager
def _without_notes() -> Iterator[None]:
    """Keep the exporter's and the quantizer's notes on their own workings from the user."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


def _write_graph(model: ArticleClassifier, path: Path, *, longest: int) -> None:
    ids = torch.full((1, min(_TRACED_LENGTH, longest)), UNKNOWN)
    ids[0, 0], ids[0, -1] = BEGIN, END
    length = torch.export.Dim("length", min=SPECIALS_PER_SEQUENCE, max=longest)
    outputs = [SCORES_NAME] if model.classifier is not None else []
    outputs += [STATES_NAME] if model.sections is not None else []
    torch.onnx.export(
        _OneSequence(model).eval(),
        (ids,),
        str(path),
        input_names=[INPUT_NAME],
        output_names=outputs,
        dynamic_shapes={"input_ids": {1: length}},
        opset_version=_OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _clean(path)


def _write_section_graph(head: SectionHead, path: Path) -> None:
    vectors = torch.zeros(_TRACED_UNITS, head.dimensions)
    torch.onnx.export(
        head.eval(),
        (vectors,),
        str(path),
        input_names=[VECTORS_NAME],
        output_names=[LOGITS_NAME],
        dynamic_shapes={"vectors": {0: torch.export.Dim("units", min=1)}},
        opset_version=_OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _clean(path)


def _clean(path: Path) -> None:
    graph = onnx.load(path)
    _strip_notes(graph)
    onnx.save(graph, path)


def _strip_notes(model: onnx.ModelProto) -> None:
    """Drop what the exporter notes of its source: stack traces with this machine's paths."""
    for item in (model, model.graph, *model.graph.node, *model.graph.value_info):
        item.ClearField("metadata_props")
        item.ClearField("doc_string")
    for item in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        item.ClearField("metadata_props")
        item.ClearField("doc_string")


def _quantize(path: Path) -> None:
    # Imported here: behind phodang.onnx_runtime, which keeps it quiet.
    from onnxruntime.quantization import QuantType, quantize_dynamic

    exact = path.with_name("exact.onnx")
    shutil.move(path, exact)
    quantize_dynamic(
        exact,
        path,
        op_types_to_quantize=_QUANTIZED_OPERATORS,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
    )
    exact.unlink()

"""Several models of one beginning → one with the mean of their weights.

Models that were fine-tuned from the same checkpoint lie close enough together for their mean to be
a model again, often better than each of them, and as fast as one (Wortsman et al. 2022,
https://arxiv.org/abs/2203.05482).
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from phodang.checkpoint import (
    ENCODER_CONFIG_FILE,
    NOTICE_FILE,
    SAFETENSORS_FILE,
    EntityTask,
    Manifest,
    SectionTask,
    read_manifest,
    sha256_of_file,
    write_manifest,
)
from phodang.errors import CheckpointError, InputError
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE
from phodang_training.fine_tuning.record import read_record, save_record

_Task = TypeVar("_Task", EntityTask, SectionTask)

_FITTED = {"starts", "transitions", "ends", "temperatures", "thresholds", "files"}
"""What models that were trained alike may differ in; its mean is taken, too."""


def average(models: Sequence[Path], output: Path) -> None:
    """Write a checkpoint in its training form with the mean weights.

    Temperatures and thresholds of sections are means as well, to begin with: fit them anew, by
    `phodang_training.models.recalibration`.

    Args:
        models: Checkpoints in their training form, of one encoder and the same tasks.
        output: The folder to write; it must not exist.

    Raises:
        InputError: There are fewer than two.
        CheckpointError: A checkpoint is missing, damaged, in its inference form or unlike the
            first, or the output exists.
    """
    if len(models) < 2:
        raise InputError(f"Expected at least two models to average, found {len(models)}.")
    if output.exists():
        raise CheckpointError(f"Expected a new folder to write, found {output}. Give another one.")
    manifests = [_read(model) for model in models]
    for model, manifest in zip(models, manifests, strict=True):
        _check_alike(models[0], manifests[0], model, manifest)
    output.mkdir(parents=True)
    save_file(_mean_weights(models), output / SAFETENSORS_FILE)
    for name in (ENCODER_CONFIG_FILE, VOCABULARY_FILE, MERGES_FILE, NOTICE_FILE):
        if (models[0] / name).is_file():
            shutil.copyfile(models[0] / name, output / name)
    save_record(output, {"parts": {model.as_posix(): read_record(model) for model in models}})
    entities = [m.entities for m in manifests if m.entities is not None]
    sections = [m.sections for m in manifests if m.sections is not None]
    write_manifest(
        output,
        dataclasses.replace(
            manifests[0],
            entities=_mean(entities) if entities else None,
            sections=_mean(sections) if sections else None,
            files={name: sha256_of_file(output / name) for name in manifests[0].files},
        ),
    )


def _read(model: Path) -> Manifest:
    manifest = read_manifest(model)
    if manifest.weights != SAFETENSORS_FILE:
        raise CheckpointError(
            f"{model} is in its inference form ({manifest.weights}): expected {SAFETENSORS_FILE}. "
            "Give the checkpoint that training wrote."
        )
    return manifest


def _check_alike(first: Path, expected: Manifest, model: Path, found: Manifest) -> None:
    wanted, own = (_unfitted(dataclasses.asdict(manifest)) for manifest in (expected, found))
    different = [name for name in wanted if wanted[name] != own[name]]
    # The weights' own checksums differ, those of the rest may not.
    shared = (ENCODER_CONFIG_FILE, VOCABULARY_FILE, MERGES_FILE)
    different += [name for name in shared if expected.files[name] != found.files[name]]
    if different:
        raise CheckpointError(
            f"{model} differs from {first} in {', '.join(different)}. Only models of one encoder, "
            "trained for the same tasks and labels, have a mean."
        )


def _unfitted(values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    return {name: _unfitted(value) for name, value in values.items() if name not in _FITTED}


def _mean_weights(models: Sequence[Path]) -> dict[str, torch.Tensor]:
    total: dict[str, torch.Tensor] = {}
    for model in models:
        for name, tensor in load_file(model / SAFETENSORS_FILE).items():
            total[name] = total[name] + tensor if name in total else tensor.clone()
    return {name: (tensor / len(models)).contiguous() for name, tensor in total.items()}


def _mean(tasks: Sequence[_Task]) -> _Task:
    fitted = {field.name for field in dataclasses.fields(tasks[0])} & _FITTED
    means = {name: np.mean([getattr(task, name) for task in tasks], axis=0) for name in fitted}
    return dataclasses.replace(
        tasks[0], **{name: _tuples(mean.tolist()) for name, mean in means.items()}
    )


def _tuples(values: Any) -> Any:
    return tuple(map(_tuples, values)) if isinstance(values, list) else values

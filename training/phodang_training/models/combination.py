"""Two models in their inference form → one that does both tasks, each by its own encoder."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from phodang.checkpoint import (
    NOTICE_FILE,
    ONNX_FILE,
    SECTIONS_ENCODER_FILE,
    SECTIONS_ONNX_FILE,
    Manifest,
    read_manifest,
    sha256_of_file,
    write_manifest,
)
from phodang.errors import CheckpointError
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE
from phodang_training.fine_tuning.record import read_record, save_record
from phodang_training.models.card import write_card

_SHARED = ("segmenter", "normalization", "window_size", "context", "encoder", "precision")
"""What both must have alike: texts are segmented and cut into sequences once for both."""


def combine(entities: Path, sections: Path, output: Path) -> None:
    """Put two models into one checkpoint.

    Args:
        entities: A checkpoint that labels entities, in its inference form.
        sections: One that tells sections, in its inference form.
        output: The folder to write; it must not exist.

    Raises:
        CheckpointError: A checkpoint is missing, damaged, in its training form or without the
            task, the two read text in different ways, or the output exists.
    """
    if output.exists():
        raise CheckpointError(f"Expected a new folder to write, found {output}. Give another one.")
    first, second = (_read(entities, "entities"), _read(sections, "sections"))
    _check_alike(first, second)
    output.mkdir(parents=True)
    files = {
        ONNX_FILE: entities / ONNX_FILE,
        VOCABULARY_FILE: entities / VOCABULARY_FILE,
        MERGES_FILE: entities / MERGES_FILE,
        SECTIONS_ENCODER_FILE: sections / ONNX_FILE,
        SECTIONS_ONNX_FILE: sections / SECTIONS_ONNX_FILE,
    }
    for name, path in files.items():
        shutil.copyfile(path, output / name)
    if (entities / NOTICE_FILE).is_file():
        shutil.copyfile(entities / NOTICE_FILE, output / NOTICE_FILE)
    parts = {"entities": read_record(entities), "sections": read_record(sections)}
    save_record(output, {"parts": parts})
    write_manifest(
        output,
        dataclasses.replace(
            first,
            sections=second.sections,
            files={name: sha256_of_file(output / name) for name in files},
        ),
    )
    write_card(output)


def _read(folder: Path, task: str) -> Manifest:
    manifest = read_manifest(folder)
    if manifest.weights != ONNX_FILE:
        raise CheckpointError(
            f"{folder} is in its training form: expected {ONNX_FILE}. Write the inference form "
            "with `phodang-train export` first."
        )
    if task not in manifest.tasks:
        raise CheckpointError(
            f"{folder}: expected a model of {task}, found one of {' and '.join(manifest.tasks)}. "
            "Give the model of entities first, then that of sections."
        )
    return manifest


def _check_alike(entities: Manifest, sections: Manifest) -> None:
    differences = [
        f"{name} is {getattr(entities, name)} and {getattr(sections, name)}"
        for name in _SHARED
        if getattr(entities, name) != getattr(sections, name)
    ]
    differences += [
        f"{name} is another"
        for name in (VOCABULARY_FILE, MERGES_FILE)
        if entities.files[name] != sections.files[name]
    ]
    if differences:
        raise CheckpointError(
            "Expected two models that read text alike, found that " + "; ".join(differences) + ". "
            "Train both from the same encoder, with the same segmenter and context, and export "
            "both with the same precision."
        )

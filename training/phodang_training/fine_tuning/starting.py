"""Weights of an earlier run as the beginning of another: further training in stages."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from phodang.checkpoint import (
    SAFETENSORS_FILE,
    EntityTask,
    Manifest,
    SectionTask,
    read_manifest,
    sha256_of_file,
)
from phodang.errors import ConfigError
from phodang.labels import LabelSet
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE
from phodang.torch_model import ArticleClassifier
from phodang_training.fine_tuning.heads import CrfHead, Head


def begin_from(
    checkpoint: Path,
    classifier: ArticleClassifier,
    head: Head | None,
    *,
    encoder_folder: Path,
    entities: LabelSet | None = None,
    sections: tuple[str, ...] | None = None,
) -> None:
    """Put the weights of a checkpoint into a classifier that is to be trained further.

    A task that only one of the two has is passed over: its part of the classifier begins as new.

    Args:
        checkpoint: A checkpoint in its training form.
        classifier: What is to be trained; changed.
        head: Its entities' loss, if it has one; changed.
        encoder_folder: The encoder that the classifier was made of.
        entities: The entity types that it is to learn.
        sections: The sections that it is to learn.

    Raises:
        CheckpointError: There is no checkpoint, or it is damaged.
        ConfigError: It is in its inference form, or of another encoder, vocabulary or labels.
    """
    manifest = read_manifest(checkpoint)
    if manifest.weights != SAFETENSORS_FILE:
        raise _unlike(checkpoint, "the training form", manifest.weights, "Give its checkpoint.")
    for name in (VOCABULARY_FILE, MERGES_FILE):
        if manifest.files[name] != sha256_of_file(encoder_folder / name):
            raise _unlike(
                checkpoint, f"the {name} of {encoder_folder}", "another", "Give its encoder."
            )
    _check_labels(checkpoint, manifest, entities, sections)
    own = classifier.state_dict()
    try:
        weights = load_file(checkpoint / SAFETENSORS_FILE)
        kept = {name: tensor for name, tensor in weights.items() if name in own}
        missing = [name for name in own if name not in kept and name.startswith("encoder.")]
        if missing:
            raise _unlike(
                checkpoint,
                f"the layers of {encoder_folder}",
                f"no {missing[0]}",
                "Give its encoder.",
            )
        classifier.load_state_dict({**own, **kept})
    except (SafetensorError, RuntimeError) as error:
        raise _unlike(
            checkpoint, f"weights for {encoder_folder}", str(error), "Give its encoder and options."
        ) from error
    if isinstance(head, CrfHead) and manifest.entities is not None:
        _load_transitions(head, manifest.entities)


def _check_labels(
    checkpoint: Path,
    manifest: Manifest,
    entities: LabelSet | None,
    sections: tuple[str, ...] | None,
) -> None:
    found: list[tuple[EntityTask | SectionTask | None, tuple[str, ...] | None]] = [
        (manifest.entities, entities.types if entities else None),
        (manifest.sections, sections),
    ]
    for task, wanted in found:
        if task is not None and wanted is not None and task.labels != wanted:
            raise _unlike(
                checkpoint,
                f"the labels {', '.join(wanted)}",
                ", ".join(task.labels),
                "Train it on these labels, in this order.",
            )


def _load_transitions(head: CrfHead, task: EntityTask) -> None:
    """What the decoder has for allowed steps; forbidden ones have no score to learn."""
    decoder, labels = task.decoder, task.label_set
    with torch.no_grad():
        for parameter, scores, allowed in (
            (head.starts, decoder.starts, labels.allowed_starts()),
            (head.transitions, decoder.transitions, labels.allowed_transitions()),
            (head.ends, decoder.ends, True),
        ):
            given = torch.from_numpy(scores).to(parameter)
            parameter.copy_(torch.where(torch.as_tensor(allowed), given, torch.zeros_like(given)))


def _unlike(checkpoint: Path, expected: str, found: str, way_out: str) -> ConfigError:
    return ConfigError(f"start = {checkpoint}: expected {expected}, found {found}. {way_out}")

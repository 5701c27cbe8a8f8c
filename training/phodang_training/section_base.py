"""What sections are learnt on: a bare encoder, or a token classifier that learns them too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from phodang.checkpoint import (
    MANIFEST_FILE,
    SAFETENSORS_FILE,
    TRAINING_FILE,
    EntityTask,
    Manifest,
    read_manifest,
    sha256_of_file,
)
from phodang.errors import CheckpointError
from phodang.torch_model import ArticleClassifier, SectionHead, load_classifier
from phodang_training.config import SectionsConfig
from phodang_training.encoders import encoder_folder, load_encoder, window_size
from phodang_training.heads import CrfHead


@dataclass(frozen=True)
class SectionBase:
    """A classifier that is ready to learn sections.

    Attributes:
        folder: Where the encoder's files are.
        encoder: Name or folder of the encoder that everything began with.
        classifier: The classifier; its frozen layers are not to be trained.
        frozen_layers: How many they are.
        window_size: Subwords that the encoder reads at once, special tokens apart.
        entities: The entities' loss, with the transitions that were learnt; none for a bare
            encoder.
        record: What the training record says of the token classifier; none for a bare encoder.
    """

    folder: Path
    encoder: str
    classifier: ArticleClassifier
    frozen_layers: int
    window_size: int
    entities: CrfHead | None
    record: dict[str, Any] | None


def load_base(config: SectionsConfig) -> SectionBase:
    """Load what ``config.encoder`` names and put a section head on it.

    Raises:
        CheckpointError: The encoder cannot be had; or it is a checkpoint that is not in its
            training form, has sections already, or reads otherwise than the configuration says.
    """
    checkpoint, frozen = Path(config.encoder), config.sections.frozen_layers
    if not (checkpoint / MANIFEST_FILE).is_file():
        folder = encoder_folder(config.encoder)
        encoder = load_encoder(folder)
        classifier = _prepared(ArticleClassifier(encoder), config)
        size = window_size(encoder.config)
        return SectionBase(folder, config.encoder, classifier, frozen, size, None, None)
    manifest = read_manifest(checkpoint)
    _check(manifest, config)
    assert manifest.entities is not None
    names = (SAFETENSORS_FILE, TRAINING_FILE)
    return SectionBase(
        folder=checkpoint,
        encoder=manifest.encoder,
        classifier=_prepared(load_classifier(checkpoint / SAFETENSORS_FILE, manifest), config),
        frozen_layers=frozen,
        window_size=manifest.window_size,
        entities=_learnt_head(manifest.entities),
        record={
            "checkpoint": checkpoint.as_posix(),
            **{n: sha256_of_file(checkpoint / n) for n in names if (checkpoint / n).is_file()},
        },
    )


def _prepared(base: ArticleClassifier, config: SectionsConfig) -> ArticleClassifier:
    encoder, frozen = base.encoder, config.sections.frozen_layers
    if frozen > encoder.config.num_hidden_layers:
        raise CheckpointError(
            f"{config.encoder} has {encoder.config.num_hidden_layers} layers, fewer than "
            f"sections.frozen_layers = {frozen}. Give a smaller number."
        )
    base.sections = SectionHead(
        encoder.config.hidden_size,
        label_count=len(config.sections.labels),
        reads_document=config.sections.document_layer,
        dropout=config.training.dropout,
    )
    base.dropout.p = config.training.dropout
    for module in (encoder.embeddings, *encoder.encoder.layer[:frozen]):
        module.requires_grad_(False)
    return base


def _learnt_head(task: EntityTask) -> CrfHead:
    """The head of a token classifier. A softmax head is one whose transitions are all zero."""
    head = CrfHead(task.label_set)
    unlearnt = head.decoder()
    with torch.no_grad():
        for parameter, learnt, forbidden in (
            (head.starts, task.decoder.starts, unlearnt.starts),
            (head.transitions, task.decoder.transitions, unlearnt.transitions),
            (head.ends, task.decoder.ends, unlearnt.ends),
        ):
            # What decoding forbids was never learnt: what remains is the constraint itself.
            parameter.copy_(torch.from_numpy(learnt - forbidden))
    return head


def _check(manifest: Manifest, config: SectionsConfig) -> None:
    where, way_out = config.encoder, None
    if manifest.weights != SAFETENSORS_FILE:
        way_out = "is in its inference form. Give the checkpoint that training wrote."
    elif manifest.sections is not None:
        way_out = "tells sections already. Give the token classifier that it was made from."
    elif manifest.segmenter != config.segmenter:
        way_out = (
            f'was trained with words by {manifest.segmenter}. Set segmenter = "'
            f'{manifest.segmenter}".'
        )
    elif manifest.context != config.sections.context:
        way_out = (
            f"reads with the context {manifest.context}, and both tasks have to read the same. "
            f'Set sections.context = "{manifest.context}".'
        )
    if way_out is not None:
        raise CheckpointError(f"The checkpoint {where} {way_out}")

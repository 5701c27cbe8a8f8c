"""The configuration of each command, as a schema for `phodang_training.config_files` to read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from phodang_training.config_checks import (
    require,
    require_encoder,
    require_number,
    require_seed,
)

Precision = Literal["fp32", "bf16", "fp16"]
"""What a training computes in; weights are kept in fp32."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """What to train on.

    Attributes:
        train: Files to train on.
        dev: Files to choose the best epoch by.
        split: A ``split.json``: articles in its ``heldout`` are never trained on, those in its
            ``train`` never used as dev. Articles that it does not name are not affected.
        labels: Entity types in the order of the model's tags; empty for those in the data.
        format: ``jsonl`` (see ``data/README.md``) or ``conll`` (two columns, IOB2).

    Raises:
        ConfigError: A value is out of range.
    """

    train: tuple[str, ...]
    dev: tuple[str, ...]
    split: Path | None = None
    labels: tuple[str, ...] = ()
    format: Literal["jsonl", "conll"] = "jsonl"

    def __post_init__(self) -> None:
        require("train", self.train, len(self.train) > 0, "at least one file")
        require("dev", self.dev, len(self.dev) > 0, "at least one file")
        distinct = len(set(self.labels)) == len(self.labels)
        require("labels", self.labels, distinct and all(self.labels), "distinct, non-empty names")
        # A CoNLL sentence has no id that a split could name.
        splittable = self.split is None or self.format == "jsonl"
        require("split", self.split, splittable, 'no split with format = "conll"')


@dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """Copies of training articles in forms that they might come in.

    Attributes:
        capitals: Of so large a share of the training articles, a copy in capitals is learnt from
            as well, from 0 to 1.
        without_diacritics: The same, of copies without diacritics.
        ocr_noise: The same, of copies with errors like those of recognising characters in scans,
            in 3 % of the characters.

    Raises:
        ConfigError: A value is out of range.
    """

    capitals: float = 0.0
    without_diacritics: float = 0.0
    ocr_noise: float = 0.0

    def __post_init__(self) -> None:
        for name in ("capitals", "without_diacritics", "ocr_noise"):
            require_number(self, name, lambda value: 0 <= value <= 1, "from 0 to 1")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How to train.

    Attributes:
        epochs: Passes over the training data, at least 1.
        batch_size: Windows a step, for sections articles a step, at least 1.
        learning_rate: Peak learning rate of the encoder's top layer, above 0.
        head_learning_rate: Peak learning rate of what stands on the encoder, above 0.
        layer_decay: Factor on the learning rate from each layer to the one below, above 0, up
            to 1 (none).
        warmup_ratio: Share of the steps in which the learning rate rises, from 0 to below 1.
        weight_decay: Weight decay of AdamW, at least 0.
        dropout: Share of the encoder's output dropped before the head, from 0 to below 1.
        label_smoothing: Share of the target spread over all tags, from 0 to below 1; for the
            head ``softmax`` only.
        max_gradient_norm: The gradient's norm is cut to this, above 0.
        threads: CPU threads; 0 for all.
        precision: What is computed in: ``fp32``; ``bf16`` on a GPU or CPU that has it, ``fp16`` on
            a GPU. Weights are kept, and the dev articles scored in the end, in fp32.
        early_stopping_patience: Stop after so many epochs without a better dev score; 0 for
            never.

    Raises:
        ConfigError: A value is out of range.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    head_learning_rate: float
    layer_decay: float = 1.0
    warmup_ratio: float
    weight_decay: float
    dropout: float
    label_smoothing: float = 0.0
    max_gradient_norm: float = 1.0
    threads: int = 0
    precision: Precision = "fp32"
    early_stopping_patience: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            require_number(self, name, lambda value: value >= 1, "at least 1")
        for name in ("learning_rate", "head_learning_rate", "max_gradient_norm"):
            require_number(self, name, lambda value: value > 0, "a number above 0")
        require_number(self, "layer_decay", lambda value: 0 < value <= 1, "above 0, up to 1")
        for name in ("warmup_ratio", "dropout", "label_smoothing"):
            require_number(self, name, lambda value: 0 <= value < 1, "from 0 to below 1")
        for name in ("weight_decay", "threads", "early_stopping_patience"):
            require_number(self, name, lambda value: value >= 0, "at least 0")


@dataclass(frozen=True, kw_only=True)
class EntitiesConfig:
    """Configuration of ``phodang-train entities``.

    Attributes:
        encoder: A folder with an encoder in PhoBERT's format, or its name on the hub.
        output: The folder that the checkpoint is written to.
        start: A checkpoint in its training form, of the same encoder, that training begins from:
            with its encoder's weights and those of the tasks that both have. None to begin from
            the bare encoder.
        segmenter: The word segmenter; ``presegmented`` if words are already joined by ``_``.
        head: What turns subword scores into tags: ``softmax`` or ``crf``.
        seed: Seed of every random number, from 0 to 4294967295.
        data: What to train on.
        augmentation: Copies in other forms to train on as well.
        training: How to train.

    Raises:
        ConfigError: A value is out of range.
    """

    encoder: str
    output: Path
    start: Path | None = None
    segmenter: Literal["underthesea", "pyvi", "presegmented"] = "underthesea"
    head: Literal["softmax", "crf"]
    seed: int
    data: DataConfig
    augmentation: AugmentationConfig = AugmentationConfig()
    training: TrainingConfig

    def __post_init__(self) -> None:
        require_encoder(self.encoder)
        require_seed(self.seed)
        smoothing = self.training.label_smoothing
        allowed = smoothing == 0 or self.head == "softmax"
        require("training.label_smoothing", smoothing, allowed, '0 unless head = "softmax"')


@dataclass(frozen=True, kw_only=True)
class SectionsTaskConfig:
    """What sections to learn, and how the model tells them.

    Attributes:
        labels: Sections, in the order of the model's scores.
        context: What the encoder reads together: ``passage``, ``title``, ``previous`` or
            ``window``; see `phodang.sequences`.
        document_layer: Whether a small recurrent layer reads the vectors of all passages of an
            article, so that each is classified by what surrounds it.
        balance: How far a label's rarity is made up for, from 0 (not) to 1 (wholly): a passage
            that has it counts as (passages without it / passages with it) to this power. What
            this adds to the scores is taken off again after training.
        file_weights: How much the passages of each file of ``data.train`` count, above 0; empty
            for 1 each.
        loss_weight: How much the sections' loss counts beside that of the entities, above 0.

    Raises:
        ConfigError: A value is out of range.
    """

    labels: tuple[str, ...] = ("achievement", "task", "warning")
    context: Literal["passage", "title", "previous", "window"]
    document_layer: bool
    loss_weight: float = 1.0
    balance: float = 0.0
    file_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        distinct = len(set(self.labels)) == len(self.labels)
        named = distinct and len(self.labels) > 0 and all(self.labels)
        require("labels", self.labels, named, "distinct, non-empty names")
        require_number(self, "loss_weight", lambda value: value > 0, "a number above 0")
        require_number(self, "balance", lambda value: 0 <= value <= 1, "from 0 to 1")
        positive = all(math.isfinite(weight) and weight > 0 for weight in self.file_weights)
        require("file_weights", self.file_weights, positive, "numbers above 0")


@dataclass(frozen=True, kw_only=True)
class EntitiesTaskConfig:
    """What the encoder that learns sections learns of entities.

    Attributes:
        head: What turns subword scores into tags: ``softmax`` or ``crf``.
    """

    head: Literal["softmax", "crf"]


@dataclass(frozen=True, kw_only=True)
class SectionsConfig:
    """Configuration of ``phodang-train sections``.

    Attributes:
        encoder: A folder with an encoder in PhoBERT's format, or its name on the hub.
        output: The folder that the checkpoint is written to.
        start: A checkpoint in its training form, of the same encoder, that training begins from:
            with its encoder's weights and those of the tasks that both have. None to begin from
            the bare encoder.
        segmenter: The word segmenter; ``presegmented`` if words are already joined by ``_``.
        seed: Seed of every random number, from 0 to 4294967295.
        frozen_layers: So many of the encoder's lowest layers, and its embeddings, keep the weights
            that they come with; what they give is computed once, before the training. 0 to train
            all.
        data: What to train on; ``labels`` are the types of the table ``entities``.
        sections: What sections to learn.
        entities: If it is there, the same encoder learns entities too.
        augmentation: Copies in other forms to train on as well.
        training: How to train.

    Raises:
        ConfigError: A value is out of range.
    """

    encoder: str
    output: Path
    start: Path | None = None
    segmenter: Literal["underthesea", "pyvi", "presegmented"] = "underthesea"
    seed: int
    frozen_layers: int = 0
    data: DataConfig
    sections: SectionsTaskConfig
    entities: EntitiesTaskConfig | None = None
    augmentation: AugmentationConfig = AugmentationConfig()
    training: TrainingConfig

    def __post_init__(self) -> None:
        require_encoder(self.encoder)
        require_seed(self.seed)
        require_number(self, "frozen_layers", lambda value: value >= 0, "at least 0")
        # Elsewhere a subword is read once as itself and again as context.
        context = self.sections.context
        whole = self.entities is None or context in ("passage", "window")
        require("sections.context", context, whole, '"passage" or "window" with a table entities')
        # A field's transitions would run from one passage of a window into the next.
        fitting = not (self.entities and self.entities.head == "crf" and context == "window")
        head = self.entities.head if self.entities else None
        require("entities.head", head, fitting, '"softmax" with sections.context = "window"')
        weights = self.sections.file_weights
        fitting = not weights or len(weights) == len(self.data.train)
        expected = f"{len(self.data.train)} numbers, one for each file of data.train"
        require("sections.file_weights", weights, fitting, expected)
        jsonl = self.data.format == "jsonl"
        require("data.format", self.data.format, jsonl, '"jsonl"; CoNLL has no sections')
        smoothing = self.training.label_smoothing
        require("training.label_smoothing", smoothing, smoothing == 0, "0 for sections")

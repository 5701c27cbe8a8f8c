"""The configuration of ``phodang-train adapt``, as a schema for `phodang_training.config_files`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from phodang.batch.sources import STANDARD_INPUT
from phodang_training.config import Precision
from phodang_training.config_checks import (
    require,
    require_encoder,
    require_number,
    require_seed,
)


@dataclass(frozen=True, kw_only=True)
class TextsConfig:
    """What to read.

    Attributes:
        texts: Files, folders and globs, as ``phodang label`` reads them.
        text_field: Field or column that holds the text, where there are any.
        heldout: Share of the articles that are not trained on but measured by, above 0 and below 1.
            An article's subwords decide whether it is one of them, so neither the seed nor other
            articles change that, and its copies go with it.

    Raises:
        ConfigError: A value is out of range.
    """

    texts: tuple[str, ...]
    text_field: str = "text"
    heldout: float

    def __post_init__(self) -> None:
        named = len(self.texts) > 0 and STANDARD_INPUT not in self.texts and all(self.texts)
        require("texts", self.texts, named, "at least one file, folder or glob")
        require("text_field", self.text_field, self.text_field not in ("", "id"), "another field")
        require_number(self, "heldout", lambda value: 0 < value < 1, "above 0 and below 1")


@dataclass(frozen=True, kw_only=True)
class MaskingConfig:
    """What is hidden from the encoder; see `phodang_training.pretraining.masking`.

    Attributes:
        probability: Share of the subwords that are to be told, above 0 and below 1.
        whole_words: Whether a word is hidden with all of its subwords or not at all.

    Raises:
        ConfigError: A value is out of range.
    """

    probability: float = 0.15
    whole_words: bool = False

    def __post_init__(self) -> None:
        require_number(self, "probability", lambda value: 0 < value < 1, "above 0 and below 1")


@dataclass(frozen=True, kw_only=True)
class AdaptationTrainingConfig:
    """How to train.

    Attributes:
        epochs: Passes over the texts, above 0; this or ``steps``.
        steps: Steps of the optimizer, at least 1; this or ``epochs``.
        batch_size: Sequences that are computed at once, at least 1.
        gradient_accumulation: So many batches make a step, at least 1: for steps of more sequences
            than memory holds.
        learning_rate: Peak learning rate, above 0.
        warmup_ratio: Share of the steps in which the learning rate rises, from 0 to below 1. It
            falls to 0 in the others.
        weight_decay: Weight decay of AdamW, at least 0.
        max_gradient_norm: The gradient's norm is cut to this, above 0.
        threads: CPU threads; 0 for all.
        precision: What is computed in; see `phodang_training.config.TrainingConfig`.
        save_steps: After so many steps the held-out loss is measured and the state saved, at least
            1.

    Raises:
        ConfigError: A value is out of range.
    """

    epochs: float | None = None
    steps: int | None = None
    batch_size: int
    gradient_accumulation: int = 1
    learning_rate: float
    warmup_ratio: float
    weight_decay: float
    max_gradient_norm: float = 1.0
    threads: int = 0
    precision: Precision = "fp32"
    save_steps: int

    def __post_init__(self) -> None:
        given = (self.epochs is None) != (self.steps is None)
        require("steps", "" if self.steps is None else self.steps, given, "either steps or epochs")
        if self.epochs is not None:
            require_number(self, "epochs", lambda value: value > 0, "a number above 0")
        if self.steps is not None:
            require_number(self, "steps", lambda value: value >= 1, "at least 1")
        for name in ("batch_size", "gradient_accumulation", "save_steps"):
            require_number(self, name, lambda value: value >= 1, "at least 1")
        for name in ("learning_rate", "max_gradient_norm"):
            require_number(self, name, lambda value: value > 0, "a number above 0")
        require_number(self, "warmup_ratio", lambda value: 0 <= value < 1, "from 0 to below 1")
        for name in ("weight_decay", "threads"):
            require_number(self, name, lambda value: value >= 0, "at least 0")


@dataclass(frozen=True, kw_only=True)
class AdaptationConfig:
    """Configuration of ``phodang-train adapt``.

    Attributes:
        encoder: A folder with an encoder in PhoBERT's format, or its name on the hub.
        output: The folder that the adapted encoder is written to.
        segmenter: The word segmenter; ``presegmented`` if words are already joined by ``_``.
        seed: Seed of every random number, from 0 to 4294967295.
        sequence_length: Subwords of a sequence, special tokens apart, at least 1; at most what the
            encoder reads at once, 254 for PhoBERT.
        stored_precision: How the adapted weights are stored: ``fp32``, or ``fp16`` in half the
            space.
        data: What to read.
        masking: What is hidden from the encoder.
        training: How to train.

    Raises:
        ConfigError: A value is out of range.
    """

    encoder: str
    output: Path
    segmenter: Literal["underthesea", "pyvi", "presegmented"] = "underthesea"
    seed: int
    sequence_length: int
    stored_precision: Literal["fp32", "fp16"] = "fp32"
    data: TextsConfig
    masking: MaskingConfig = MaskingConfig()
    training: AdaptationTrainingConfig

    def __post_init__(self) -> None:
        require_encoder(self.encoder)
        require_seed(self.seed)
        require_number(self, "sequence_length", lambda value: value >= 1, "at least 1")
        same = Path(self.encoder).resolve() == self.output.resolve()
        require("output", self.output, not same, "another folder than the encoder's")

"""An encoder with its language-model head, as masked-language modelling trains and saves it."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from transformers import RobertaForMaskedLM

from phodang.errors import CheckpointError
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE
from phodang_training.encoders.loading import (
    CONFIG_FILE,
    OPTIONAL_FILES,
    check_vocabulary,
    check_weights,
    load_encoder_config,
    loading,
)

IGNORED = -100
"""The label of a position that nothing is to be said of, as torch's losses have it."""

StoredPrecision = Literal["fp32", "fp16"]

_HEAD = "lm_head."


class MaskedLanguageModel(RobertaForMaskedLM):  # type: ignore[no-untyped-call]
    """RoBERTa that computes its head where something is masked, and nowhere else.

    A head as wide as the vocabulary takes as much time as several layers, and 85 % of what it says
    is not asked for.
    """

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return the ``loss``: mean cross-entropy in nats over the masked positions.

        Args:
            input_ids: Ids, shape ``[batch, length]``.
            attention_mask: 1 for a subword and 0 for padding, of the same shape.
            labels: What stood at masked positions, `IGNORED` elsewhere, of the same shape.
        """
        states = self.roberta(input_ids, attention_mask=attention_mask).last_hidden_state
        asked = labels != IGNORED
        logits = self.lm_head(states[asked])
        total = nn.functional.cross_entropy(logits, labels[asked], reduction="sum")
        # A batch without any subword that can be masked has a loss of 0.
        return {"loss": total / asked.sum().clamp(min=1)}


def load_language_model(folder: Path) -> MaskedLanguageModel:
    """Load an encoder in fp32 with its language-model head.

    An encoder without head is given a new one, with a warning: its output embeddings are those of
    the input, the rest is drawn from torch's random numbers.

    Args:
        folder: What `encoder_folder` found.

    Raises:
        CheckpointError: The encoder is no RoBERTa; its weights are damaged, or not those that
            ``config.json`` describes; or its vocabulary leaves no place for ``<mask>``.
    """
    kind = load_encoder_config(folder).model_type
    if kind != "roberta":
        raise CheckpointError(
            f"The encoder {folder}: expected a RoBERTa, as PhoBERT is, found {kind}. Give another."
        )
    read: Any
    with loading(folder):
        read = MaskedLanguageModel.from_pretrained(
            folder, dtype="float32", output_loading_info=True
        )
    model: MaskedLanguageModel = read[0]
    missing: set[str] = read[1]["missing_keys"]
    if _lacks_head(model, missing):
        warnings.warn(
            f"The encoder {folder} has no language-model head; a new one is begun. Of the first "
            "steps, most go into it.",
            stacklevel=1,
        )
    else:
        check_weights(folder, missing=missing)
    # The vocabulary has no line for <mask>, which comes after it.
    check_vocabulary(folder, size=model.config.vocab_size - 1)
    return model


def save_language_model(
    output: Path, model: MaskedLanguageModel, *, encoder_folder: Path, precision: StoredPrecision
) -> None:
    """Write an encoder with its head, in PhoBERT's format.

    Args:
        output: The folder to write to; it exists.
        model: The weights; those in memory are rounded to the precision, too.
        encoder_folder: The encoder that it was made from, whose tokenizer and notices it keeps.
        precision: How the weights are stored.
    """
    for name in (VOCABULARY_FILE, MERGES_FILE, *OPTIONAL_FILES):
        if (encoder_folder / name).is_file():
            shutil.copyfile(encoder_folder / name, output / name)
    nn.Module.to(model, torch.float16 if precision == "fp16" else torch.float32)
    model.save_pretrained(output)
    # Others know it by its own name.
    model.config.architectures = [RobertaForMaskedLM.__name__]
    model.config.to_json_file(output / CONFIG_FILE)


def _lacks_head(model: MaskedLanguageModel, missing: set[str]) -> bool:
    """Whether nothing is missing but the head, and all of it."""
    head = {name for name, _ in model.named_parameters() if name.startswith(_HEAD)}
    return head != set() and head <= missing and all(name.startswith(_HEAD) for name in missing)

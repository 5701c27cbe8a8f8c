"""The token classifier as a torch module: any PhoBERT-format encoder and a linear layer.

Importing this module imports torch and transformers; only training and the torch backend do.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from phodang.checkpoint import ENCODER_CONFIG_FILE
from phodang.errors import CheckpointError


class TokenClassifier(nn.Module):
    """Scores of each tag for each subword.

    Args:
        encoder: A RoBERTa-like model.
        tag_count: Number of tags.
        dropout: Probability of dropping an output of the encoder in training.
    """

    def __init__(self, encoder: PreTrainedModel, *, tag_count: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(encoder.config.hidden_size, tag_count)

    @classmethod
    def from_config(cls, config: PretrainedConfig, *, tag_count: int) -> TokenClassifier:
        """Make a classifier with random weights, to load a checkpoint's into."""
        encoder = AutoModel.from_config(config, add_pooling_layer=False)  # type: ignore[no-untyped-call]
        return cls(encoder, tag_count=tag_count)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Score the tags.

        Args:
            input_ids: Shape ``[batch, length]``, ``<s>`` and ``</s>`` included.
            attention_mask: 1 for what is to be read, 0 for padding, same shape.

        Returns:
            Shape ``[batch, length, tags]``.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        scores: torch.Tensor = self.classifier(self.dropout(hidden.last_hidden_state))
        return scores


def load_token_classifier(
    weights: Path, *, tag_count: int, attention_implementation: str = "sdpa"
) -> TokenClassifier:
    """Load a classifier from a checkpoint in its training form.

    Args:
        weights: The ``model.safetensors`` file; the encoder's ``config.json`` lies beside it.
        tag_count: Number of tags.
        attention_implementation: How transformers computes attention.

    Returns:
        The classifier, ready for inference.

    Raises:
        CheckpointError: The weights are damaged or not those of the configuration.
    """
    config = AutoConfig.from_pretrained(
        weights.with_name(ENCODER_CONFIG_FILE), attn_implementation=attention_implementation
    )
    model = TokenClassifier.from_config(config, tag_count=tag_count)
    try:
        model.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(
            f"{weights} does not hold the weights that {ENCODER_CONFIG_FILE} describes: {error}. "
            "Copy the checkpoint again."
        ) from error
    return model.eval()

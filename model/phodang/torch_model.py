"""The classifier as a torch module: any PhoBERT-format encoder, and heads for one or both tasks.

Importing this module imports torch and transformers; only training and the torch backend do.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedModel

from phodang.checkpoint import ENCODER_CONFIG_FILE, Manifest
from phodang.errors import CheckpointError

_RECURRENT_DIMENSIONS = 128
"""Of each direction's state; articles have a dozen passages, and there are few of them."""


class SectionHead(nn.Module):
    """Scores of each section for each unit of one article.

    Args:
        dimensions: Of a unit's vector.
        label_count: Number of sections.
        reads_document: Whether a bidirectional LSTM reads the units' vectors in order, so that
            each is scored by what surrounds it too.
        dropout: Probability of dropping a value in training.
    """

    def __init__(
        self, dimensions: int, *, label_count: int, reads_document: bool, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.dimensions = dimensions
        self.dropout = nn.Dropout(dropout)
        self.document: nn.LSTM | None = None
        if reads_document:
            self.document = nn.LSTM(
                dimensions, _RECURRENT_DIMENSIONS, bidirectional=True, batch_first=True
            )
            dimensions += 2 * _RECURRENT_DIMENSIONS
        self.classifier = nn.Linear(dimensions, label_count)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Score the sections.

        Args:
            vectors: The units of one article, shape ``[units, dimensions]``.

        Returns:
            Logits of independent labels, shape ``[units, sections]``.
        """
        vectors = self.dropout(vectors)
        if self.document is not None:
            around = self.document(vectors[None])[0][0]
            vectors = torch.cat([vectors, self.dropout(around)], dim=-1)
        logits: torch.Tensor = self.classifier(vectors)
        return logits


class ArticleClassifier(nn.Module):
    """An encoder with a classifier of subwords (entities), of units (sections), or both.

    Args:
        encoder: A RoBERTa-like model.
        tag_count: Number of tags; 0 for no entities.
        section_head: What classifies units; none for no sections.
        dropout: Probability of dropping an output of the encoder in training.
    """

    def __init__(
        self,
        encoder: PreTrainedModel,
        *,
        tag_count: int = 0,
        section_head: SectionHead | None = None,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(encoder.config.hidden_size, tag_count) if tag_count else None
        self.sections = section_head

    @property
    def embeddings(self) -> nn.Module:
        """The encoder's embeddings."""
        return cast(nn.Module, self.encoder.embeddings)

    @property
    def layers(self) -> nn.ModuleList:
        """The encoder's layers, the lowest first."""
        return cast(nn.ModuleList, cast(nn.Module, self.encoder.encoder).layer)

    def states(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Read sequences.

        Args:
            input_ids: Shape ``[batch, length]``, ``<s>`` and ``</s>`` included.
            attention_mask: 1 for what is to be read, 0 for padding, same shape; none if nothing
                is padded.
            position_ids: Positions, same shape; by default those that the padding id leaves.

        Returns:
            The encoder's last states, shape ``[batch, length, dimensions]``.
        """
        states: torch.Tensor = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids
        ).last_hidden_state
        return states

    def lower_states(self, input_ids: torch.Tensor, layers: int) -> torch.Tensor:
        """Read sequences without padding with the embeddings and so many of the lowest layers."""
        states = self.embeddings(input_ids=input_ids)
        return run_layers(self.layers[:layers], states, None)

    def upper_states(
        self, states: torch.Tensor, layers: int, attention_mask: torch.Tensor
    ) -> torch.Tensor:
        """Go on from `lower_states` of as many layers to the encoder's last states."""
        return run_layers(self.layers[layers:], states, attention_mask)

    def tag_scores(self, states: torch.Tensor) -> torch.Tensor:
        """Score the tags of subwords from `states`: shape ``[batch, length, tags]``."""
        assert self.classifier is not None
        scores: torch.Tensor = self.classifier(self.dropout(states))
        return scores


def run_layers(
    layers: Iterable[nn.Module], states: torch.Tensor, attention_mask: torch.Tensor | None
) -> torch.Tensor:
    """Run layers of a RoBERTa, one after the other.

    Args:
        layers: The layers.
        states: Shape ``[batch, length, dimensions]``.
        attention_mask: 1 for what is to be read, 0 for padding, shape ``[batch, length]``; none if
            nothing is padded.

    Returns:
        The last layer's states, of the same shape.
    """
    bias = None
    if attention_mask is not None:
        # Added to the attention's scores, as transformers does.
        hidden = (attention_mask == 0)[:, None, None, :]
        bias = torch.zeros_like(hidden, dtype=states.dtype).masked_fill(
            hidden, torch.finfo(states.dtype).min
        )
    for layer in layers:
        output = layer(states, bias)
        states = output[0] if isinstance(output, tuple) else output
    return states


def load_classifier(
    weights: Path, manifest: Manifest, *, attention_implementation: str = "sdpa"
) -> ArticleClassifier:
    """Load a classifier from a checkpoint in its training form.

    Args:
        weights: The ``model.safetensors`` file; the encoder's ``config.json`` lies beside it.
        manifest: The checkpoint's manifest.
        attention_implementation: How transformers computes attention.

    Returns:
        The classifier, ready for inference.

    Raises:
        CheckpointError: The weights are damaged or not those of the configuration.
    """
    config = AutoConfig.from_pretrained(
        weights.with_name(ENCODER_CONFIG_FILE), attn_implementation=attention_implementation
    )
    encoder = AutoModel.from_config(config, add_pooling_layer=False)  # type: ignore[no-untyped-call]
    entities, sections = manifest.entities, manifest.sections
    head = None
    if sections is not None:
        head = SectionHead(
            config.hidden_size,
            label_count=len(sections.labels),
            reads_document=sections.reads_document,
        )
    tag_count = len(entities.label_set.tags) if entities else 0
    model = ArticleClassifier(encoder, tag_count=tag_count, section_head=head)
    try:
        model.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(
            f"{weights} does not hold the weights that {ENCODER_CONFIG_FILE} describes: {error}. "
            "Copy the checkpoint again."
        ) from error
    return model.eval()

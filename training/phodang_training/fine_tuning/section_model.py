"""The classifier of sections, and of entities with it, as it is trained: its losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from phodang.torch_model import ArticleClassifier
from phodang_training.fine_tuning.heads import IGNORED, Head
from phodang_training.fine_tuning.trainer import TrainedModel


class TrainedSectionClassifier(TrainedModel):
    """A classifier of units with its loss, and that of the entities if it labels them.

    Args:
        classifier: The classifier.
        head: The entities' loss; none without entities.
        frozen_layers: How many layers a batch has gone through already.
        positive_weights: How much more a unit that has a label counts, shape ``[sections]``.
        loss_weight: How much the sections' loss counts beside the entities'.
    """

    positive_weights: torch.Tensor

    def __init__(
        self,
        classifier: ArticleClassifier,
        head: Head | None,
        *,
        frozen_layers: int,
        positive_weights: NDArray[np.float64],
        loss_weight: float,
    ) -> None:
        super().__init__(classifier)
        self.head = head
        self.frozen_layers = frozen_layers
        self.loss_weight = loss_weight
        weights = torch.from_numpy(positive_weights).float()
        self.register_buffer("positive_weights", weights, persistent=False)

    def forward(
        self,
        groups: list[dict[str, torch.Tensor]],
        unit_counts: torch.Tensor,
        labels: torch.Tensor,
        weights: torch.Tensor,
    ) -> dict[str, Any]:
        """Score a batch of `collate_articles`.

        Returns:
            ``loss``, and ``logits`` of shape ``[units, sections]``; with entities in a pair with
            the tags' scores, shape ``[sequences, longest, tags]``, padded with 0.
        """
        # Means and losses are computed in fp32, whatever the encoder computes in.
        states = [self._states(group).float() for group in groups]
        logits = self._section_logits(groups, states, unit_counts)
        losses = nn.functional.binary_cross_entropy_with_logits(
            logits, labels, pos_weight=self.positive_weights, reduction="none"
        )
        # Weights are 1 in the mean of the corpus, not of the batch, where they would cancel out.
        loss = (losses.mean(dim=1) * weights).mean()
        if self.head is None:
            return {"loss": loss, "logits": logits}
        scores = [self.classifier.tag_scores(read).float() for read in states]
        loss = self._entities_loss(groups, scores) + self.loss_weight * loss
        return {"loss": loss, "logits": (logits, _in_order(groups, scores))}

    def _states(self, group: dict[str, torch.Tensor]) -> torch.Tensor:
        """The encoder's last states, shape ``[rows, longest, dimensions]``."""
        inputs, mask = group["inputs"], group["attention_mask"]
        if not self.frozen_layers:
            return self.classifier.states(inputs, mask)
        return self.classifier.upper_states(inputs, self.frozen_layers, mask)

    def _section_logits(
        self,
        groups: list[dict[str, torch.Tensor]],
        states: list[torch.Tensor],
        unit_counts: torch.Tensor,
    ) -> torch.Tensor:
        assert self.classifier.sections is not None
        own = [group["units"] >= 0 for group in groups]
        joined = torch.cat([read[mask] for read, mask in zip(states, own, strict=True)])
        unit = torch.cat([g["units"][mask] for g, mask in zip(groups, own, strict=True)])
        count = int(unit_counts.sum())
        sums = joined.new_zeros(count, joined.shape[1]).index_add(0, unit, joined)
        vectors = sums / torch.bincount(unit, minlength=count)[:, None]
        articles = torch.split(vectors, unit_counts.tolist())
        return torch.cat([self.classifier.sections(article) for article in articles])

    def _entities_loss(
        self, groups: list[dict[str, torch.Tensor]], scores: list[torch.Tensor]
    ) -> torch.Tensor:
        """Mean loss of a subword over all groups."""
        assert self.head is not None
        total, count = scores[0].new_zeros(()), 0
        for group, own in zip(groups, scores, strict=True):
            subwords = int((group["tags"] != IGNORED).sum())
            mean = self.head.loss(own, group["tags"], group["continues"], group["attention_mask"])
            total, count = total + mean * subwords, count + subwords
        return total / max(count, 1)


def _in_order(groups: list[dict[str, torch.Tensor]], scores: list[torch.Tensor]) -> torch.Tensor:
    """Scores of groups in the order of the batch's sequences."""
    shape = (sum(map(len, scores)), max(own.shape[1] for own in scores), scores[0].shape[2])
    joined = scores[0].new_zeros(shape)
    for group, own in zip(groups, scores, strict=True):
        joined[group["rows"], : own.shape[1]] = own.detach()
    return joined

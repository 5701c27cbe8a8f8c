"""What a token classifier is trained to do with its scores: the loss, and the decoder it leaves.

Two heads: a softmax over each subword's tags, and a linear-chain conditional random field (Lafferty
et al. 2001, https://dl.acm.org/doi/10.5555/645530.655813) over the passage's.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn

from phodang.decoding import Decoder
from phodang.labels import LabelSet

IGNORED = -100
"""Label of a position that no loss is taken at: special tokens, padding, other windows' own."""

_FIRST_SUBWORD = 1
"""Position of a passage's first subword, after ``<s>``."""

HeadName = Literal["softmax", "crf"]


class SoftmaxHead(nn.Module):
    """Cross-entropy of each subword's tag on its own."""

    def __init__(self, labels: LabelSet, *, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self._labels = labels
        self._label_smoothing = label_smoothing

    def loss(
        self,
        scores: torch.Tensor,
        tags: torch.Tensor,
        continues: torch.Tensor,
        attention_mask: torch.Tensor,
    ) -> torch.Tensor:
        """Mean loss of a subword.

        Args:
            scores: Shape ``[batch, length, tags]``.
            tags: Tag ids or `IGNORED`, shape ``[batch, length]``.
            continues: Subwords at which no entity begins or ends, same shape; unused here.
            attention_mask: 0 at padding, else 1, same shape; unused here.
        """
        return nn.functional.cross_entropy(
            scores.flatten(0, 1),
            tags.flatten(),
            ignore_index=IGNORED,
            label_smoothing=self._label_smoothing,
        )

    def decoder(self) -> Decoder:
        """The decoder that inference uses."""
        return Decoder.constrained(self._labels)


class CrfHead(nn.Module):
    """Negative log-likelihood of the passage's whole sequence of tags.

    Transitions that IOB2 forbids are forbidden in training too, so that no probability is spent
    on sequences which decoding would never produce.
    """

    def __init__(self, labels: LabelSet) -> None:
        super().__init__()
        count = len(labels.tags)
        self.labels = labels
        self.starts = nn.Parameter(torch.zeros(count))
        self.transitions = nn.Parameter(torch.zeros(count, count))
        self.ends = nn.Parameter(torch.zeros(count))

    def loss(
        self,
        scores: torch.Tensor,
        tags: torch.Tensor,
        continues: torch.Tensor,
        attention_mask: torch.Tensor,
    ) -> torch.Tensor:
        """Mean loss of a subword: the sequences' losses over their number of subwords.

        Args and shapes as in `SoftmaxHead.loss`. Each row's own part is one stretch. One that
        begins after position 1, the first after ``<s>``, goes on where another window's ends: it
        may begin inside an entity, and start scores say nothing of it. Nor do end scores of one
        that does not reach to the last position before ``</s>``: another window's goes on there.
        """
        own = tags != IGNORED
        tags = tags.clamp_min(0)
        starts, steps = self._constrained(continues)
        batch = torch.arange(len(tags), device=tags.device)
        # Sequences may begin anywhere (a window's own part); both sums start at the first own one.
        first = own.int().argmax(dim=1)
        begins = (first <= _FIRST_SUBWORD)[:, None]
        # A row is <s>, its subwords, </s> and padding.
        last_subword = attention_mask.sum(dim=1) - 2
        is_end = (first + own.sum(dim=1) - 1 == last_subword)[:, None]
        ends = torch.where(is_end, self.ends, torch.zeros_like(self.ends))
        log_sum = torch.where(begins, starts, torch.zeros_like(starts)) + scores[batch, first]
        path = log_sum[batch, tags[batch, first]]
        last_tag = tags[batch, first]
        for position in range(1, tags.shape[1]):
            active = own[:, position] & (position > first)
            step = steps[:, position]
            extended = torch.logsumexp(log_sum[:, :, None] + step, dim=1) + scores[:, position]
            gained = step[batch, last_tag, tags[:, position]]
            gained = gained + scores[batch, position, tags[:, position]]
            log_sum = torch.where(active[:, None], extended, log_sum)
            path = path + torch.where(active, gained, torch.zeros_like(gained))
            last_tag = torch.where(active, tags[:, position], last_tag)
        log_sum = torch.logsumexp(log_sum + ends, dim=1)
        path = path + ends[batch, last_tag]
        has_any = own.any(dim=1)
        return ((log_sum - path) * has_any).sum() / own.sum().clamp_min(1)

    def decoder(self) -> Decoder:
        """The decoder that inference uses."""
        return Decoder.constrained(
            self.labels,
            starts=self.starts.detach().cpu().double().numpy(),
            transitions=self.transitions.detach().cpu().double().numpy(),
            ends=self.ends.detach().cpu().double().numpy(),
        )

    def _constrained(self, continues: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores of the first tag and of each step, shape ``[batch, length, tags, tags]``."""
        unconstrained = Decoder.constrained(self.labels)
        forbidden_start = torch.from_numpy(unconstrained.starts).to(self.starts)
        forbidden = torch.from_numpy(unconstrained.transitions).to(self.transitions)
        inside = torch.from_numpy(unconstrained.inside_syllable()).to(self.transitions)
        steps = self.transitions + torch.where(continues[:, :, None, None], inside, forbidden)
        return self.starts + forbidden_start, steps


Head = SoftmaxHead | CrfHead


def make_head(name: HeadName, labels: LabelSet, *, label_smoothing: float = 0.0) -> Head:
    """Make the head of a name."""
    if name == "crf":
        return CrfHead(labels)
    return SoftmaxHead(labels, label_smoothing=label_smoothing)


def drop_contradicted(continues: np.ndarray, tags: np.ndarray, labels: LabelSet) -> np.ndarray:
    """Lift the constraint where the annotation itself breaks a syllable.

    A subword that straddles an entity's border can make the gold tags impossible under the
    syllable constraint; training there would push without end.

    Returns:
        ``continues``, false wherever the step to the gold tag would be forbidden.
    """
    inside = Decoder.constrained(labels).inside_syllable()
    possible = np.ones(len(tags), np.bool_)
    possible[1:] = inside[tags[:-1], tags[1:]] == 0
    return continues & possible

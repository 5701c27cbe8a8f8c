from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from phodang.labels import LabelSet
from phodang_training.fine_tuning.heads import (
    IGNORED,
    CrfHead,
    SoftmaxHead,
    drop_contradicted,
    make_head,
)

LABELS = LabelSet(("ORG", "LOC"))
TAGS = LABELS.tags
COUNT = len(TAGS)


def ids(*names: str) -> list[int]:
    return [IGNORED if name == "-" else TAGS.index(name) for name in names]


def crf(seed: int) -> CrfHead:
    head = CrfHead(LABELS)
    generator = torch.Generator().manual_seed(seed)
    for parameter in head.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return head


def may_follow(before: str, after: str, continues: bool) -> bool:
    if after[0] == "I":
        return before[1:] == after[1:]
    return not continues or before == after == "O"


def sequences(length: int, continues: list[bool], *, from_the_start: bool) -> list[tuple[int, ...]]:
    """All sequences of tags that the constraints allow."""
    return [
        tags
        for tags in itertools.product(range(COUNT), repeat=length)
        if not (from_the_start and TAGS[tags[0]][0] == "I")
        and all(
            may_follow(TAGS[before], TAGS[after], continues[position])
            for position, (before, after) in enumerate(itertools.pairwise(tags), 1)
        )
    ]


def brute_force_loss(
    head: CrfHead,
    scores: torch.Tensor,
    gold: tuple[int, ...],
    continues: list[bool],
    *,
    from_the_start: bool,
    to_the_end: bool,
) -> float:
    """Negative log-likelihood of the gold tags among all allowed ones."""

    def total(tags: tuple[int, ...]) -> float:
        value = torch.stack([scores[i, tag] for i, tag in enumerate(tags)]).sum()
        if to_the_end:
            value = value + head.ends[tags[-1]]
        if from_the_start:
            value = value + head.starts[tags[0]]
        value = value + sum(head.transitions[i, j] for i, j in itertools.pairwise(tags))
        return float(value.detach())

    allowed = sequences(len(gold), continues, from_the_start=from_the_start)
    return float(np.logaddexp.reduce([total(tags) for tags in allowed]) - total(gold))


@settings(max_examples=25)
@given(st.data())
def test_crf_loss_is_that_of_all_allowed_sequences(data: st.DataObject) -> None:
    """Rows as `collate` pads them: ignored positions in front of a row's own part and after it."""
    head = crf(data.draw(st.integers(0, 5)))
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 100)))
    longest = 10
    rows, expected, subwords = [], 0.0, 0
    for _ in range(data.draw(st.integers(1, 3))):
        first = data.draw(st.integers(1, 3))
        length = data.draw(st.integers(1, 4))
        # Subwords that the next window labels stand between a row's own part and </s>.
        others = data.draw(st.integers(0, 2))
        attended = first + length + others + 1
        continues = data.draw(st.lists(st.booleans(), min_size=longest, max_size=longest))
        scores = torch.randn(longest, COUNT, generator=generator) * 3
        own_continues = continues[first : first + length]
        allowed = sequences(length, own_continues, from_the_start=first == 1)
        gold = data.draw(st.sampled_from(allowed))
        tags = [IGNORED] * first + list(gold) + [IGNORED] * (longest - first - length)
        mask = torch.arange(longest) < attended
        rows.append((scores, torch.tensor(tags), torch.tensor(continues), mask.long()))
        own = scores[first : first + length]
        expected += brute_force_loss(
            head, own, gold, own_continues, from_the_start=first == 1, to_the_end=others == 0
        )
        subwords += length
    loss = head.loss(*(torch.stack(column) for column in zip(*rows, strict=True)))
    assert loss.item() == pytest.approx(expected / subwords, rel=1e-4, abs=1e-4)


def test_crf_gradients_are_finite_and_touch_own_positions_only() -> None:
    head = crf(1)
    scores = torch.randn(2, 6, COUNT, generator=torch.Generator().manual_seed(1))
    scores.requires_grad_()
    tags = torch.tensor(
        [ids("-", "O", "B-ORG", "I-ORG", "O", "-"), ids("-", "-", "B-LOC", "I-LOC", "-", "-")]
    )
    continues = torch.zeros(2, 6, dtype=torch.bool)
    continues[0, 3] = continues[1, 3] = True
    mask = torch.ones(2, 6, dtype=torch.long)
    loss = head.loss(scores, tags, continues, mask)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() > 0
    assert scores.grad is not None
    for gradient in (scores.grad, head.starts.grad, head.transitions.grad, head.ends.grad):
        assert gradient is not None
        assert torch.isfinite(gradient).all()
    assert (scores.grad[tags == IGNORED] == 0).all()
    assert (scores.grad[tags != IGNORED] != 0).any(dim=1).all()


def test_a_window_that_begins_inside_an_entity_is_nothing_impossible() -> None:
    scores = torch.zeros(1, 6, COUNT)
    scores[0, 2:4, TAGS.index("I-ORG")] = 10
    scores[0, 4, TAGS.index("O")] = 10
    tags = torch.tensor([ids("-", "-", "I-ORG", "I-ORG", "O", "-")])
    continues, mask = torch.zeros(1, 6, dtype=torch.bool), torch.ones(1, 6, dtype=torch.long)
    loss = CrfHead(LABELS).loss(scores, tags, continues, mask)
    assert 0 <= loss.item() < 0.01


def test_rows_without_own_positions_count_nothing() -> None:
    head = crf(2)
    scores = torch.randn(2, 4, COUNT, generator=torch.Generator().manual_seed(3))
    tags = torch.tensor([ids("-", "B-ORG", "O", "-"), [IGNORED] * 4])
    continues = torch.zeros(2, 4, dtype=torch.bool)
    mask = torch.ones(2, 4, dtype=torch.long)
    alone = head.loss(scores[:1], tags[:1], continues[:1], mask[:1])
    assert head.loss(scores, tags, continues, mask).item() == pytest.approx(alone.item())


def test_softmax_loss_is_the_mean_over_own_positions() -> None:
    scores = torch.randn(2, 3, COUNT, generator=torch.Generator().manual_seed(4))
    tags = torch.tensor([ids("-", "B-ORG", "I-ORG"), ids("-", "O", "-")])
    logs = scores.log_softmax(dim=-1)
    expected = -(logs[0, 1, tags[0, 1]] + logs[0, 2, tags[0, 2]] + logs[1, 1, tags[1, 1]]) / 3
    continues, mask = torch.zeros(2, 3, dtype=torch.bool), torch.ones(2, 3, dtype=torch.long)
    loss = SoftmaxHead(LABELS).loss(scores, tags, continues, mask)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_label_smoothing_raises_the_loss_of_the_sure() -> None:
    scores = torch.zeros(1, 1, COUNT)
    scores[0, 0, 0] = 50
    tags, continues = torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 1, dtype=torch.bool)
    mask = torch.ones(1, 1, dtype=torch.long)
    plain = make_head("softmax", LABELS)
    assert plain.loss(scores, tags, continues, mask).item() == pytest.approx(0)
    smoothed = make_head("softmax", LABELS, label_smoothing=0.1)
    assert smoothed.loss(scores, tags, continues, mask).item() == pytest.approx(50 * 0.1 * 4 / 5)


def test_the_decoder_has_the_learnt_scores_where_iob2_allows() -> None:
    head = crf(5)
    decoder = head.decoder()
    starts, transitions = LABELS.allowed_starts(), LABELS.allowed_transitions()
    assert (decoder.starts[starts] == head.starts.detach().numpy()[starts]).all()
    assert (
        decoder.transitions[transitions] == head.transitions.detach().numpy()[transitions]
    ).all()
    assert (decoder.ends == head.ends.detach().numpy()).all()
    assert decoder.starts[~starts].max() < -1000
    assert decoder.transitions[~transitions].max() < -1000


def test_heads_by_name() -> None:
    assert isinstance(make_head("crf", LABELS), CrfHead)
    assert isinstance(make_head("softmax", LABELS), SoftmaxHead)
    untrained = make_head("crf", LABELS).decoder()
    softmax = make_head("softmax", LABELS).decoder()
    assert (untrained.transitions == softmax.transitions).all()


@given(st.data())
def test_drop_contradicted_leaves_the_gold_tags_possible(data: st.DataObject) -> None:
    tags, previous = [], 0
    for _ in range(data.draw(st.integers(0, 8))):
        allowed = np.flatnonzero(LABELS.allowed_transitions()[previous]).tolist()
        previous = data.draw(st.sampled_from(allowed))
        tags.append(previous)
    continues = data.draw(st.lists(st.booleans(), min_size=len(tags), max_size=len(tags)))
    lifted = drop_contradicted(np.array(continues, np.bool_), np.array(tags, np.int64), LABELS)
    for position in range(1, len(tags)):
        possible = may_follow(TAGS[tags[position - 1]], TAGS[tags[position]], True)
        assert lifted[position] == (continues[position] and possible)

"""What an encoder is asked: the shares of Devlin et al. 2019, drawn anew and yet repeatably."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from transformers import PhobertTokenizer, RobertaForMaskedLM

from phodang.subwords import BEGIN, END, PADDING, UNKNOWN, SubwordTokenizer
from phodang_training.encoders.loading import load_encoder_config
from phodang_training.pretraining.language_model import IGNORED, MaskedLanguageModel
from phodang_training.pretraining.masking import (
    HeldoutSequences,
    Masking,
    TrainingSequences,
    collate_masked,
)
from phodang_training.pretraining.packing import SUBWORD, PackedSequences

SIZE = 1000
"""Subwords of the vocabulary; ``<mask>`` has this id."""


def masking(probability: float = 0.15, *, whole_words: bool = False) -> Masking:
    return Masking(probability=probability, whole_words=whole_words, vocabulary_size=SIZE)


def subwords(count: int, seed: int = 0, *, specials: bool = False) -> NDArray[Any]:
    random = np.random.default_rng(seed)
    array = np.zeros(count, SUBWORD)
    array["id"] = random.integers(UNKNOWN + 1, SIZE, count)
    array["begins_word"] = random.random(count) < 0.6
    if specials:
        array["id"][random.random(count) < 0.2] = UNKNOWN
        ends = random.random(count) < 0.1
        array["id"][ends], array["begins_word"][ends] = END, True
    return array


def random() -> np.random.Generator:
    return np.random.default_rng(1)


@given(
    st.integers(1, 60), st.integers(0, 10_000), st.floats(0.01, 0.99), st.booleans(), st.booleans()
)
def test_only_what_is_asked_is_changed(
    count: int, seed: int, probability: float, whole_words: bool, specials: bool
) -> None:
    given_subwords = subwords(count, seed, specials=specials)
    ids, labels = masking(probability, whole_words=whole_words).mask(given_subwords, random())
    written = np.array([BEGIN, *given_subwords["id"], END])
    asked = labels != IGNORED
    assert (labels[asked] == written[asked]).all()
    assert (ids[~asked] == written[~asked]).all()
    assert (written[asked] > UNKNOWN).all()
    assert ((ids[asked] > UNKNOWN) & (ids[asked] <= SIZE)).all()
    candidates = np.count_nonzero(given_subwords["id"] > UNKNOWN)
    assert asked.any() == (candidates > 0)
    expected = max(1, round(probability * candidates)) if candidates else 0
    if whole_words:
        starts = np.flatnonzero(given_subwords["begins_word"])
        for word in np.split(np.arange(count), starts):
            own = word[given_subwords["id"][word] > UNKNOWN]
            assert asked[1 + own].all() or not asked[1 + own].any()
    else:
        assert np.count_nonzero(asked) == expected


def test_the_shares_are_those_of_the_paper() -> None:
    kinds: Counter[str] = Counter()
    places: Counter[int] = Counter()
    replacements: Counter[int] = Counter()
    count, draws = 100, 4000
    generator = random()
    for seed in range(draws):
        ids, labels = masking().mask(subwords(count, seed), generator)
        asked = np.flatnonzero(labels != IGNORED)
        places.update((asked - 1).tolist())
        for identifier, label in zip(ids[asked], labels[asked], strict=True):
            kind = "mask" if identifier == SIZE else "same" if identifier == label else "other"
            kinds[kind] += 1
            if kind == "other":
                replacements[int(identifier)] += 1
    total = kinds.total()
    assert total == draws * 15
    # Four standard deviations of a share of 60,000 draws are 0.0065 at most.
    assert kinds["mask"] / total == pytest.approx(0.8, abs=0.0066)
    assert kinds["other"] / total == pytest.approx(0.1, abs=0.005)
    assert kinds["same"] / total == pytest.approx(0.1, abs=0.005)
    # Every place and every subword alike: 600 ± 23 times each, and 6 ± 2.4 times each.
    assert len(places) == count
    assert max(abs(times - 600) for times in places.values()) < 5 * 23
    assert len(replacements) > 0.98 * (SIZE - UNKNOWN - 1)
    assert max(replacements.values()) < 6 + 6 * 2.5


def test_whole_words_come_to_the_share() -> None:
    generator = random()
    shares = []
    for seed in range(300):
        _, labels = masking(0.2, whole_words=True).mask(subwords(100, seed), generator)
        shares.append(np.count_nonzero(labels != IGNORED) / 100)
    assert max(shares) <= 0.2
    assert np.mean(shares) > 0.195


def test_a_word_larger_than_the_share_is_asked_if_there_is_no_other() -> None:
    word = subwords(10)
    word["begins_word"] = False
    _, labels = masking(0.1, whole_words=True).mask(word, random())
    assert (labels != IGNORED).tolist() == [False, *[True] * 10, False]


def test_the_mask_is_the_one_of_transformers(toy_encoder: Path) -> None:
    tokenizer = PhobertTokenizer.from_pretrained(toy_encoder)
    size = SubwordTokenizer.from_folder(toy_encoder).vocabulary_size
    assert tokenizer.mask_token_id == size


def sequences(count: int = 20, length: int = 10) -> PackedSequences:
    return PackedSequences(subwords(count * length - 3), length)


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return first.keys() == second.keys() and all(
        np.array_equal(first[key], second[key]) for key in first
    )


def unmasked(item: dict[str, NDArray[np.int64]]) -> tuple[int, ...]:
    return tuple(np.where(item["labels"] == IGNORED, item["input_ids"], item["labels"]).tolist())


def test_each_pass_has_every_sequence_once_in_another_order_with_other_masks() -> None:
    packed = sequences()
    passes = 3
    items = list(TrainingSequences(packed, masking(), seed=1, count=passes * len(packed)))
    assert len(items) == passes * len(packed)
    read = [unmasked(item) for item in items]
    expected = {
        (BEGIN, *packed[number]["id"].tolist(), END): number for number in range(len(packed))
    }
    orders = [
        [expected[item] for item in read[n * len(packed) : (n + 1) * len(packed)]]
        for n in range(passes)
    ]
    assert [sorted(order) for order in orders] == [[*range(len(packed))]] * passes
    assert len({tuple(order) for order in orders}) == passes
    by_sequence = [{expected[unmasked(i)]: i for i in items[n * 20 : n * 20 + 20]} for n in (0, 1)]
    differing = sum(not same(by_sequence[0][n], by_sequence[1][n]) for n in range(20))
    assert differing > 15


def test_an_item_depends_on_seed_and_place_alone() -> None:
    packed = sequences()
    items = TrainingSequences(packed, masking(), seed=1, count=60)
    expected = [items[place] for place in range(60)]
    # As a run that is resumed: not from the start, and after other random numbers.
    np.random.default_rng().random()
    torch.manual_seed(3)
    again = TrainingSequences(packed, masking(), seed=1, count=60)
    for place in (45, 59, 0, 21, 20, 19):
        assert same(again[place], expected[place])
    other = TrainingSequences(packed, masking(), seed=2, count=60)
    assert not all(same(other[place], expected[place]) for place in range(20))


def test_what_is_held_out_is_always_asked_alike() -> None:
    first, second = (HeldoutSequences(sequences(), masking()) for _ in range(2))
    assert len(first) == 20
    assert all(same(first[place], second[place]) for place in range(20))


def test_batches_are_padded() -> None:
    items = [
        {"input_ids": np.array([0, 7, 2]), "labels": np.array([-100, 7, -100])},
        {"input_ids": np.array([0, 2]), "labels": np.array([-100, -100])},
    ]
    batch = {name: tensor.tolist() for name, tensor in collate_masked(items).items()}
    assert batch == {
        "input_ids": [[0, 7, 2], [0, 2, PADDING]],
        "attention_mask": [[1, 1, 1], [1, 1, 0]],
        "labels": [[-100, 7, -100], [-100, -100, -100]],
    }


def test_the_loss_is_that_of_transformers(toy_encoder: Path) -> None:
    config = load_encoder_config(toy_encoder)
    torch.manual_seed(1)
    reference = RobertaForMaskedLM(config).eval()
    model = MaskedLanguageModel(config).eval()
    model.load_state_dict(reference.state_dict())
    own = Masking(probability=0.3, whole_words=False, vocabulary_size=config.vocab_size - 1)
    stream = subwords(75)
    stream["id"] = 4 + stream["id"] % (config.vocab_size - 5)
    held_out = HeldoutSequences(PackedSequences(stream, 20), own)
    batch = collate_masked([held_out[place] for place in range(len(held_out))])
    loss = model(**batch)["loss"]
    assert torch.allclose(loss, reference(**batch).loss, atol=1e-6)
    batch["labels"][:] = IGNORED
    assert model(**batch)["loss"] == 0

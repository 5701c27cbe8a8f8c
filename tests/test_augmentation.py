"""Training learns from copies in other forms, and the copies keep the annotation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import toy_articles
from toy_models import CONFIGURATION, SECTIONS_CONFIGURATION

from phodang.errors import ConfigError
from phodang_training.config import AugmentationConfig, EntitiesConfig, SectionsConfig
from phodang_training.config_files import load_config
from phodang_training.corpus import text_of
from phodang_training.corpus.spellings import plain
from phodang_training.fine_tuning.augmentation import augmented

ARTICLES = toy_articles()


def test_without_augmentation_the_articles_stay_as_they_are() -> None:
    assert augmented(ARTICLES, AugmentationConfig(), seed=1) == list(ARTICLES)


def test_each_article_is_followed_by_its_copies() -> None:
    result = augmented(ARTICLES, AugmentationConfig(capitals=1, without_diacritics=1), seed=1)
    assert len(result) == 3 * len(ARTICLES)
    for article, capitals, bare in zip(result[::3], result[1::3], result[2::3], strict=True):
        assert text_of(capitals) == text_of(article).upper()
        assert text_of(bare) == "".join(map(plain, text_of(article)))
        for copy in (capitals, bare):
            assert copy.id == article.id
            for old, new in zip(article.passages, copy.passages, strict=True):
                assert new.sections == old.sections
                assert new.entities == old.entities


@given(st.floats(0, 1), st.integers(0, 999))
def test_the_share_is_one_of_articles_and_choice_is_by_seed(share: float, seed: int) -> None:
    config = AugmentationConfig(ocr_noise=share)
    result = augmented(ARTICLES, config, seed=seed)
    assert result == augmented(ARTICLES, config, seed=seed)
    alone = [copy for article in ARTICLES for copy in augmented([article], config, seed=seed)]
    assert result == alone
    assert set(Counter(article.id for article in result).values()) <= {1, 2}


def test_about_so_many_articles_are_copied_as_are_asked_for() -> None:
    config = AugmentationConfig(capitals=0.25)
    copies = sum(
        len(augmented(ARTICLES, config, seed=seed)) - len(ARTICLES) for seed in range(200)
    ) / (200 * len(ARTICLES))
    assert copies == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    ("config_class", "text"),
    [(EntitiesConfig, CONFIGURATION), (SectionsConfig, SECTIONS_CONFIGURATION)],
)
def test_the_configuration_says_how_many(
    config_class: type[EntitiesConfig] | type[SectionsConfig], text: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    config = load_config(path, config_class, overrides=("augmentation.capitals=0.5",))
    assert config.augmentation == AugmentationConfig(capitals=0.5)
    with pytest.raises(ConfigError, match=r"augmentation\.capitals = 1\.5: expected .*from 0 to 1"):
        load_config(path, config_class, overrides=("augmentation.capitals=1.5",))

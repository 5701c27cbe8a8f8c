"""Training articles → these and copies in other forms, so that a model reads those forms too."""

from __future__ import annotations

import random
from collections.abc import Sequence

from phodang_training.config import AugmentationConfig
from phodang_training.corpus import AnnotatedArticle
from phodang_training.corpus.perturbations import PERTURBATIONS, perturbed

_FORMS = {
    "capitals": "in capitals",
    "without_diacritics": "without diacritics",
    "ocr_noise": "OCR noise, 3 %",
}
"""The perturbation that each key of the configuration stands for."""


def augmented(
    articles: Sequence[AnnotatedArticle], config: AugmentationConfig, *, seed: int
) -> list[AnnotatedArticle]:
    """Add changed copies of some articles.

    Args:
        articles: The training articles.
        config: How many copies in which form.
        seed: Of the choice of articles, and of noise.

    Returns:
        The articles, each followed by its copies, which have its id and its annotation at their
        own places. Which articles of a file have copies does not depend on the others.
    """
    result = []
    for article in articles:
        result.append(article)
        for key, name in _FORMS.items():
            chance = random.Random(f"{seed}:{key}:{article.id}")
            if chance.random() < getattr(config, key):
                result.append(perturbed(article, PERTURBATIONS[name], seed=seed))
    return result

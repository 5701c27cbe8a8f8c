"""How much better a model gets by more data: trainings on growing shares of the articles."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from phodang_training.config_checks import require, require_seed
from phodang_training.corpus.annotation import AnnotatedArticle
from phodang_training.experiments.plots import CurvePoint
from phodang_training.experiments.run_results import HEADLINES, RunResult
from phodang_training.experiments.runs import Run, TrainingData

FRACTIONS = (0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Share:
    """What was found with one share of the articles.

    Attributes:
        fraction: The share, above 0, up to 1.
        results: The results of its runs, a seed each.
    """

    fraction: float
    results: tuple[RunResult, ...]

    @property
    def words(self) -> float:
        """Mean number of words: each seed draws other articles."""
        return mean(result.words for result in self.results)

    def f1(self, task: str) -> list[float]:
        """The F1 on dev that a task is judged by, of each run."""
        return [result.dev[task].headline(task) for result in self.results]


def draw_share(
    articles: Sequence[AnnotatedArticle], fraction: float, *, seed: int
) -> tuple[AnnotatedArticle, ...]:
    """Draw a share of the articles of a file: none where there are none.

    Articles are ranked by the SHA-256 of the seed and their id, and the first are taken: so a
    larger share holds a smaller one of the same seed, whatever the machine and the order in the
    file.

    Args:
        articles: The articles, with distinct ids.
        fraction: How many, above 0, up to 1; rounded, one at least.
        seed: Which of many ways to draw.

    Returns:
        The articles drawn, in their order.
    """
    ranked = sorted(articles, key=lambda article: _rank(article.id, seed))
    drawn = {article.id for article in ranked[: max(1, round(fraction * len(articles)))]}
    return tuple(article for article in articles if article.id in drawn)


def learning_curve_runs(
    data: TrainingData,
    *,
    fractions: Sequence[float],
    seeds: Sequence[int],
) -> list[Run]:
    """Plan the trainings of a learning curve.

    Each file gives the same share of its articles, so that the mixture stays the same. A seed is
    that of the drawing and of the training.

    Args:
        data: The articles.
        fractions: The shares, above 0, up to 1.
        seeds: The seeds.

    Returns:
        The runs: for each seed the shares, smallest first.

    Raises:
        ConfigError: A share or a seed is out of range, or there twice.
    """
    for name, values in (("fractions", fractions), ("seeds", seeds)):
        require(name, values, len(set(values)) == len(values), "each once")
    for fraction in fractions:
        require("fractions", fraction, 0 < fraction <= 1, "numbers above 0, up to 1")
    for seed in seeds:
        require_seed(seed)
    runs = []
    for seed in seeds:
        for fraction in sorted(fractions):
            train = tuple(draw_share(articles, fraction, seed=seed) for articles in data.train)
            runs.append(
                Run(
                    key={"fraction": fraction, "seed": seed},
                    name=f"fraction-{fraction}-seed-{seed}",
                    seed=seed,
                    train=train,
                )
            )
    return runs


def shares(results: Sequence[RunResult]) -> list[Share]:
    """Put the results of a learning curve together by share, smallest first."""
    fractions = sorted({result.run["fraction"] for result in results})
    return [
        Share(fraction, tuple(r for r in results if r.run["fraction"] == fraction))
        for fraction in fractions
    ]


def curves(results: Sequence[RunResult]) -> dict[str, list[CurvePoint]]:
    """Make of results what `plot_learning_curve` draws: a curve for each task."""
    found = shares(results)
    tasks = found[0].results[0].dev if found else ()
    return {
        f"{task}, {HEADLINES[task]}-F1": [
            CurvePoint(
                percent(share.fraction),
                share.words,
                [
                    (result.words, value)
                    for result, value in zip(share.results, share.f1(task), strict=True)
                ],
            )
            for share in found
        ]
        for task in tasks
    }


def percent(fraction: float) -> str:
    """A share in words."""
    return f"{100 * fraction:g} %"


def _rank(identifier: str, seed: int) -> bytes:
    text = f"{seed} {identifier}"
    # An id may hold half a surrogate pair, which UTF-8 cannot.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

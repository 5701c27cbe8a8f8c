"""How well a model does on articles that it was not trained on, whichever they are: k folds.

A fold is measured by a model that was trained on the others. The epoch, and of sections the
temperatures and thresholds, are chosen by the dev articles of the configuration, never by the fold
(Cawley and Talbot 2010, https://jmlr.org/papers/v11/cawley10a.html, on what that would do).
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

from phodang.batch.durable import write_file
from phodang.errors import ConfigError, InputError
from phodang_training.corpus.annotation import AnnotatedArticle
from phodang_training.corpus.overlaps import find_overlaps
from phodang_training.experiments.run_results import HEADLINES, RunResult
from phodang_training.experiments.runs import Run, TrainingData

FOLDS_FILE = "folds.json"


def article_groups(
    articles: Sequence[AnnotatedArticle], *, group_by: str | None = None
) -> list[int]:
    """Find which articles have to be on one side of every fold.

    These are articles with a passage in common (`find_overlaps`), directly or through others, and
    those whose ids agree in what ``group_by`` finds in them.

    Args:
        articles: The articles.
        group_by: A regular expression, such as ``^au-[0-9]+`` for the series of an id; an id that
            it does not match is of no group.

    Returns:
        The number of its group for each article.

    Raises:
        ConfigError: It is no regular expression.
    """
    pairs = [(o.article, o.earlier_article) for o in find_overlaps(articles, articles)]
    if group_by is not None:
        first: dict[str, int] = {}
        for number, article in enumerate(articles):
            if match := _pattern(group_by).search(article.id):
                pairs.append((number, first.setdefault(match.group(), number)))
    count = len(articles)
    ones = np.ones(len(pairs), np.int8)
    rows, columns = np.array(pairs, np.int64).reshape(len(pairs), 2).T
    graph = coo_array((ones, (rows, columns)), shape=(count, count))
    groups: list[int] = connected_components(graph, directed=False)[1].tolist()
    return groups


def make_folds(
    data: TrainingData, *, folds: int, seed: int, group_by: str | None = None
) -> list[list[str]]:
    """Deal articles to folds, by groups, each file as evenly as these allow.

    Args:
        data: The articles.
        folds: How many folds, at least 2.
        seed: Seed of the dealing.
        group_by: See `article_groups`.

    Returns:
        The ids of the articles of each fold.

    Raises:
        ConfigError: See `article_groups`.
        InputError: There are fewer groups than folds.
    """
    articles = [article for own in data.train for article in own]
    files = np.array([number for number, own in enumerate(data.train) for _ in own])
    groups = article_groups(articles, group_by=group_by)
    if (found := len(set(groups))) < folds:
        raise InputError(
            f"Expected {folds} articles or more that have no passage in common, and are not of one "
            f"group, found {found}. Give fewer folds, or more articles."
        )
    # Files with fewer articles than folds cannot be dealt evenly; if all are so, none is.
    if max(np.bincount(files)) < folds:
        files = np.zeros_like(files)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        parts = [part for _, part in splitter.split(articles, files, groups)]
    return [[articles[number].id for number in part] for part in parts]


def read_folds(folder: Path) -> list[list[str]] | None:
    """Read the folds that `write_folds` noted in the folder of an experiment, if it did.

    They stay as they are, also if another version of scikit-learn would deal otherwise.
    """
    path = folder / FOLDS_FILE
    if not path.is_file():
        return None
    folds: list[list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return folds


def write_folds(folder: Path, folds: Sequence[Sequence[str]]) -> None:
    """Note the ids of each fold's articles in the folder of an experiment."""
    text = json.dumps(folds, ensure_ascii=False, indent=1) + "\n"
    write_file(folder / FOLDS_FILE, text.encode("utf-8"))


def cross_validation_runs(
    data: TrainingData, folds: Sequence[Sequence[str]], *, seed: int
) -> list[Run]:
    """Plan the trainings of a cross-validation.

    Args:
        data: The articles.
        folds: The ids of each fold's articles.
        seed: Seed of every training.

    Returns:
        A run for each fold, which trains on the others and is measured on it.
    """
    runs = []
    for number, fold in enumerate(folds, 1):
        ids = set(fold)
        runs.append(
            Run(
                key={"fold": number},
                name=f"fold-{number}",
                seed=seed,
                train=tuple(tuple(a for a in own if a.id not in ids) for own in data.train),
                test=tuple(a for own in data.train for a in own if a.id in ids),
            )
        )
    return runs


def fold_figures(results: Sequence[RunResult]) -> dict[str, list[float | None]]:
    """The F1 of all folds by what it is of: for each task its own first, then each label's.

    It is None for a label that neither annotation nor model has in the fold.
    """
    figures: dict[str, list[float | None]] = {}
    for task in results[0].test if results else ():
        scores = [result.test[task] for result in results]
        figures[f"{task}, {HEADLINES[task]}-F1"] = [own.headline(task) for own in scores]
        for label in dict.fromkeys(label for own in scores for label in own.per_label):
            figures[f"{task}, {label}"] = [own.per_label.get(label) for own in scores]
    return figures


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigError(
            f"group_by = {text}: expected a regular expression, such as ^au-[0-9]+, found a "
            f"mistake at character {error.pos}: {error.msg}."
        ) from error

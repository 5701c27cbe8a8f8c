"""Runs of an experiment, as they are planned: trainings of one configuration on other articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phodang.checkpoint import sha256_of_file
from phodang.errors import ConfigError, InputError
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.config_files import has_table, load_config
from phodang_training.corpus.annotation import AnnotatedArticle, labels_of
from phodang_training.corpus.articles import load_corpus
from phodang_training.fine_tuning.record import read_record


@dataclass(frozen=True)
class TrainingData:
    """The articles that a configuration names, after its split.

    Attributes:
        train: The articles of each file to train on.
        dev: The articles to choose the best epoch by.
    """

    train: tuple[tuple[AnnotatedArticle, ...], ...]
    dev: tuple[AnnotatedArticle, ...]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training of an experiment.

    Attributes:
        key: What tells it from the others; stands in its result.
        name: The same as the name of a folder.
        seed: The training's seed.
        train: The articles of each file to train on.
        test: Articles to measure on afterwards; empty for none.
    """

    key: Mapping[str, float]
    name: str
    seed: int
    train: tuple[tuple[AnnotatedArticle, ...], ...]
    test: tuple[AnnotatedArticle, ...] = ()


def load_training_config(
    path: Path, overrides: Sequence[str] = ()
) -> EntitiesConfig | SectionsConfig:
    """Read a configuration of either training; one with a table ``sections`` is that of sections.

    Raises:
        ConfigError: See `load_config`.
    """
    if has_table(path, "sections"):
        return load_config(path, SectionsConfig, overrides)
    return load_config(path, EntitiesConfig, overrides)


def load_training_data(config: EntitiesConfig | SectionsConfig) -> TrainingData:
    """Read the articles of a configuration, by the file that they are in.

    Raises:
        InputError: See `load_articles`.
    """
    entities = not isinstance(config, SectionsConfig) or config.entities is not None
    read = load_corpus(config.data, entities=entities, sections=sections_of(config))
    return TrainingData(
        tuple(
            tuple(placed.article for placed in read.train if placed.path == file)
            for file in config.data.train
        ),
        tuple(placed.article for placed in read.dev),
    )


def check_learnable(
    runs: Sequence[Run], config: EntitiesConfig | SectionsConfig, *, way_out: str
) -> None:
    """Make sure that each run has of everything something to learn, and to measure on.

    Args:
        runs: The runs.
        config: The configuration.
        way_out: What to do otherwise.

    Raises:
        InputError: A run has no entities, or lacks a section.
    """
    entities = not isinstance(config, SectionsConfig) or config.entities is not None
    for run in runs:
        train = tuple(article for articles in run.train for article in articles)
        for articles, purpose in ((train, "train"), (run.test or train, "measure")):
            found = {name for a in articles for p in a.passages for name in p.sections}
            lacking = [
                f'passages with the section "{name}"'
                for name in sections_of(config) or ()
                if name not in found
            ]
            if entities and not labels_of(articles):
                lacking.append("entities")
            if lacking:
                raise InputError(
                    f"{run.name}: expected {lacking[0]} among the {len(articles)} articles to "
                    f"{purpose} on, found none. {way_out}"
                )


def check_start(config: EntitiesConfig | SectionsConfig) -> None:
    """Make sure that the checkpoint that training begins from was not made of the same files.

    It would know the articles that a run is not to have, or not to have yet.

    Raises:
        ConfigError: It, or what it was begun from, was trained on a file of ``data.train``.
    """
    record = read_record(config.start) if config.start else {}
    while record:
        seen = set(record.get("data", {}).values())
        for file in config.data.train:
            if sha256_of_file(Path(file)) in seen:
                raise ConfigError(
                    f"start = {config.start}: expected a checkpoint that was not trained on "
                    f"{file}, found one that was. Leave start out, or give one made of other "
                    "articles."
                )
        record = record.get("begun_from", {})


def sections_of(config: EntitiesConfig | SectionsConfig) -> tuple[str, ...] | None:
    """The sections that are learnt, if there are any."""
    return config.sections.labels if isinstance(config, SectionsConfig) else None

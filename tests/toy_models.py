"""Toy models, trained and exported on first use by the commands that users have, and junk."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from toy import LABELS, annotated, toy_articles, write_toy_encoder
from typer.testing import CliRunner

from phodang_training.cli import app
from phodang_training.config import EntitiesConfig, load_config
from phodang_training.corpus import AnnotatedArticle, write_articles

HEADS = ("softmax", "crf")
PRECISIONS = ("fp32", "int8")

EPOCHS = {"softmax": 40, "crf": 25}
"""Enough to know the toy articles by heart."""

LONG = annotated(
    "Ngày [DATE 3-2], [ORG Ban Tổ chức Trung ương] làm việc tại [LOC Cao Bằng]; cán bộ, đảng viên "
    "tham dự; sáng [DATE 12-3], [ORG Tỉnh ủy Quảng Ninh] tổng kết công tác kiểm tra ở "
    "[LOC Hạ Long], chiều [DATE 2-9] về [LOC Hà Nội] họp với [ORG Quốc hội]."
)
"""A passage longer than the toy encoder's window."""

CONFIGURATION = f"""\
encoder = "encoder"
output = "model"
segmenter = "presegmented"
head = "crf"
seed = 1

[data]
train = ["train.jsonl"]
dev = ["dev.jsonl"]
labels = {list(LABELS)}

[training]
epochs = 3
batch_size = 4
learning_rate = 5e-3
head_learning_rate = 1e-2
warmup_ratio = 0.1
weight_decay = 0.01
dropout = 0.0
threads = 1
"""
"""Paths are relative, as in the configurations that come with phodang."""


def articles_to_learn() -> list[AnnotatedArticle]:
    """The toy articles and one with a long passage."""
    return [*toy_articles(), AnnotatedArticle("toy-long", (LONG,))]


def write_workshop(folder: Path) -> Path:
    """Write what a training starts from: ``encoder``, ``train.jsonl``, ``dev.jsonl``, ``toy.toml``.

    Dev articles are those to train on by other ids, so that a model can know them by heart.
    """
    write_toy_encoder(folder / "encoder")
    articles = articles_to_learn()
    write_articles(folder / "train.jsonl", articles)
    dev = [dataclasses.replace(article, id=f"dev-{article.id}") for article in articles]
    write_articles(folder / "dev.jsonl", dev)
    (folder / "toy.toml").write_text(CONFIGURATION, encoding="utf-8")
    return folder


def toy_config(*overrides: str) -> EntitiesConfig:
    """The configuration in the current folder, a workshop."""
    return load_config("toy.toml", EntitiesConfig, overrides)


class ToyModels:
    """Models made in a workshop, each once; their folders are not to be written to."""

    def __init__(self, workshop: Path) -> None:
        self.workshop = workshop
        self.trained = functools.cache(self._train)
        self.exported = functools.cache(self._export)

    def _train(self, head: str) -> Path:
        overrides = (f"head={head}", f"output={head}", f"training.epochs={EPOCHS[head]}")
        options = [option for override in overrides for option in ("--set", override)]
        # Train and dev are the same on purpose.
        with pytest.warns(UserWarning, match="Train and dev overlap"):
            self._run("entities", "toy.toml", *options)
        return self.workshop / head

    def _export(self, head: str, precision: str) -> Path:
        source = self.trained(head).name
        logs = (logging.root.level, logging.root.manager.disable)
        self._run("export", source, f"{source}-{precision}", "--precision", precision)
        assert (logging.root.level, logging.root.manager.disable) == logs
        return self.workshop / f"{source}-{precision}"

    def _run(self, *arguments: str) -> None:
        before = Path.cwd()
        os.chdir(self.workshop)
        try:
            result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        finally:
            os.chdir(before)
        assert result.exit_code == 0, result.output


class JunkBackend:
    """Scores tags at random, the same sequence always alike: any tag at any place."""

    def __init__(self, tag_count: int) -> None:
        self._tag_count = tag_count

    def scores(self, sequences: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """Scores of shape ``[length, tags]`` for each sequence."""
        return [
            np.random.default_rng(ids.tolist())
            .normal(0, 5, (len(ids), self._tag_count))
            .astype(np.float32)
            for ids in sequences
        ]

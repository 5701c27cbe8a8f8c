"""Toy models, trained and exported on first use by the commands that users have."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from toy import LABELS, SECTION_LABELS, annotated, toy_articles, write_toy_encoder
from typer.testing import CliRunner

from phodang_training.cli import app
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.config_files import load_config
from phodang_training.corpus import AnnotatedArticle, write_articles

HEADS = ("softmax", "crf")
PRECISIONS = ("fp32", "int8")

EPOCHS = {"softmax": 40, "crf": 25}
"""Enough to know the toy articles by heart."""

SECTION_MODELS: dict[str, tuple[str, ...]] = {
    "both": ("entities.head=crf",),
    "both-window": (
        *("sections.context=window", "sections.document_layer=false", "entities.head=softmax"),
        "training.epochs=50",
    ),
    "passage": ("sections.document_layer=false", "sections.balance=0.5"),
    "title": ("sections.context=title", "frozen_layers=1"),
    "previous": ("sections.context=previous", "sections.document_layer=false"),
}
"""Models of `phodang-train sections`, each with its difference from `SECTIONS_CONFIGURATION`."""

MODELS = (*HEADS, *SECTION_MODELS)

LONG = annotated(
    "{warning} Ngày [DATE 3-2], [ORG Ban Tổ chức Trung ương] làm việc tại [LOC Cao Bằng]; cán bộ, "
    "đảng viên tham dự; sáng [DATE 12-3], [ORG Tỉnh ủy Quảng Ninh] tổng kết công tác kiểm tra ở "
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

SECTIONS_CONFIGURATION = f"""\
encoder = "encoder"
output = "model"
segmenter = "presegmented"
seed = 1

[data]
train = ["train.jsonl"]
dev = ["dev.jsonl"]
labels = {list(LABELS)}

[sections]
labels = {list(SECTION_LABELS)}
context = "passage"
document_layer = true

[training]
epochs = 3
batch_size = 2
learning_rate = 5e-3
head_learning_rate = 1e-2
warmup_ratio = 0.1
weight_decay = 0.01
dropout = 0.0
threads = 1
"""

SECTIONS_EPOCHS = 30
"""Enough to know the toy articles by heart, for most of them."""


def articles_to_learn() -> list[AnnotatedArticle]:
    """The toy articles and one with a long passage."""
    title = annotated("Lớp bồi dưỡng cán bộ cơ sở")
    return [*toy_articles(), AnnotatedArticle("toy-long", (title, LONG))]


def write_workshop(folder: Path) -> Path:
    """Write what a training starts from: encoder, train and dev articles, configurations.

    These are ``encoder``, ``train.jsonl``, ``dev.jsonl``, ``toy.toml`` and ``sections.toml``. Dev
    articles are those to train on by other ids, so that a model can know them by heart.
    """
    write_toy_encoder(folder / "encoder")
    articles = articles_to_learn()
    write_articles(folder / "train.jsonl", articles)
    dev = [dataclasses.replace(article, id=f"dev-{article.id}") for article in articles]
    write_articles(folder / "dev.jsonl", dev)
    (folder / "toy.toml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "sections.toml").write_text(SECTIONS_CONFIGURATION, encoding="utf-8")
    return folder


def toy_config(*overrides: str) -> EntitiesConfig:
    """The configuration in the current folder, a workshop."""
    return load_config("toy.toml", EntitiesConfig, overrides)


def toy_sections_config(*overrides: str) -> SectionsConfig:
    """The configuration of sections in the current folder, a workshop."""
    return load_config("sections.toml", SectionsConfig, overrides)


class ToyModels:
    """Models made in a workshop, each once; their folders are not to be written to.

    Processes that run tests side by side share the workshop.
    """

    def __init__(self, workshop: Path) -> None:
        self.workshop = workshop

    def trained(self, name: str) -> Path:
        """A model in its training form."""
        return self._once(name, lambda: self._train(name))

    def exported(self, name: str, precision: str) -> Path:
        """A model in its inference form."""
        folder = f"{name}-{precision}"
        return self._once(folder, lambda: self._export(name, precision))

    def _once(self, name: str, make: Callable[[], None]) -> Path:
        done = self.workshop / f"{name}.done"
        with FileLock(self.workshop / f"{name}.lock"):
            if not done.exists():
                make()
                done.touch()
        return self.workshop / name

    def _train(self, name: str) -> None:
        command = ("entities", "toy.toml")
        overrides: tuple[str, ...] = (f"head={name}", f"training.epochs={EPOCHS.get(name)}")
        if name in SECTION_MODELS:
            command = ("sections", "sections.toml")
            # The last of two overrides of a key counts.
            overrides = (f"training.epochs={SECTIONS_EPOCHS}", *SECTION_MODELS[name])
        options = [o for override in (*overrides, f"output={name}") for o in ("--set", override)]
        # Train and dev are the same on purpose.
        with pytest.warns(UserWarning, match="Train and dev overlap"):
            self._run(*command, *options)

    def _export(self, name: str, precision: str) -> None:
        source = self.trained(name).name
        logs = (logging.root.level, logging.root.manager.disable)
        self._run("export", source, f"{source}-{precision}", "--precision", precision)
        assert (logging.root.level, logging.root.manager.disable) == logs

    def _run(self, *arguments: str) -> None:
        before = Path.cwd()
        os.chdir(self.workshop)
        try:
            result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        finally:
            os.chdir(before)
        assert result.exit_code == 0, result.output

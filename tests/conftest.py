"""Fixtures and settings of all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

if TYPE_CHECKING:
    from toy_models import ToyModels

# Set before anything imports huggingface_hub, which reads it once: no test needs the network.
os.environ["HF_HUB_OFFLINE"] = "1"

# First examples load models and vocabularies; a deadline would measure that and the machine's load.
settings.register_profile("phodang", deadline=None, max_examples=30)
settings.load_profile("phodang")


@pytest.fixture(scope="session")
def toy_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random encoder with a toy vocabulary; not to be written to."""
    # Imports torch, which most tests do without.
    from toy import write_toy_encoder

    return write_toy_encoder(tmp_path_factory.mktemp("toy-encoder"))


@pytest.fixture(scope="session")
def bundled_encoder() -> Path:
    """The folder of the encoder that the checkout holds."""
    return Path(__file__).parent.parent / "model" / "encoder"


@pytest.fixture(scope="session")
def toy_models(tmp_path_factory: pytest.TempPathFactory) -> ToyModels:
    """Tiny trained and exported models; each is made when it is first asked for."""
    from toy_models import ToyModels, write_workshop

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that all workers share
    workshop = folder / "toy-models"
    with FileLock(folder / "toy-models.lock"):
        if not workshop.exists():
            write_workshop(workshop)
    return ToyModels(workshop)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder during a test, with all that a toy training needs; to be written to."""
    from toy_models import write_workshop

    monkeypatch.chdir(write_workshop(tmp_path))
    return tmp_path

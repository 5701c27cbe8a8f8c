"""Licences of encoders, which bind the models that are made from them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

ADAPTATION_FILE = "adaptation.json"
"""The record beside an encoder that ``phodang-train adapt`` wrote."""

_LICENCES = {
    "vinai/phobert-base": "MIT",
    "vinai/phobert-large": "MIT",
    "vinai/phobert-base-v2": "AGPL-3.0",
}
"""Of PhoBERT's encoders, as their pages on the hub state them."""


def encoder_licence(name: str) -> str | None:
    """The licence of an encoder, as far as phodang can know it.

    Args:
        name: A name on the hub, or a folder.

    Returns:
        That of one of PhoBERT's names; for a folder that ``phodang-train adapt`` wrote, that of the
        encoder which it was made from. None for all others.
    """
    record = Path(name) / ADAPTATION_FILE
    if record.is_file():
        licence: str | None = json.loads(record.read_text(encoding="utf-8")).get("encoder_licence")
        return licence
    # The hub takes names in any case.
    return _LICENCES.get(name.lower())


def warn_of_licence(name: str) -> None:
    """Warn if an encoder's licence asks for more than a notice."""
    licence = encoder_licence(name)
    if licence == "AGPL-3.0":
        warnings.warn(
            f"The encoder {name} is under {licence}. Models made from it are too: whoever is given "
            "one, or uses one over a network, must be offered it and its source under the same "
            "licence. vinai/phobert-base is MIT.",
            stacklevel=1,
        )

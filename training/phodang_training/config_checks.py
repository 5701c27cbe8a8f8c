"""What the schemas of configurations check their values with."""

from __future__ import annotations

import math
from collections.abc import Callable

from phodang.errors import ConfigError
from phodang_training.config_files import as_toml

_LARGEST_SEED = 2**32 - 1
"""The largest seed that numpy's legacy generator takes; transformers' ``set_seed`` sets it too."""


def require(name: str, value: object, allowed: bool, expected: str) -> None:
    """Raise a ConfigError unless a value is allowed.

    Args:
        name: The key, as seen from the schema that checks it.
        value: What it is set to.
        allowed: Whether that is allowed.
        expected: What is, for the message.
    """
    if not allowed:
        raise ConfigError(f"{name} = {as_toml(value)}: expected {expected}.")


def require_number(
    config: object, name: str, allowed: Callable[[float], bool], expected: str
) -> None:
    """Raise a ConfigError unless a schema's number is finite and allowed."""
    value = getattr(config, name)
    require(name, value, math.isfinite(value) and allowed(value), expected)


def require_seed(seed: int) -> None:
    """Raise a ConfigError unless every generator of random numbers takes a seed."""
    require("seed", seed, 0 <= seed <= _LARGEST_SEED, f"from 0 to {_LARGEST_SEED}")


def require_encoder(encoder: str) -> None:
    """Raise a ConfigError unless an encoder is named."""
    require("encoder", encoder, encoder != "", "a folder or a name on the hub")

"""Every error phodang raises on purpose.

Each message says what was expected, what was found, where, and the way out. The command line prints
the message alone and exits with status 2.
"""

from __future__ import annotations


class PhodangError(Exception):
    """Base of all errors that phodang raises on purpose."""


class InputError(PhodangError, ValueError):
    """The text, file or record handed in cannot be read as asked."""


class CheckpointError(PhodangError):
    """A checkpoint folder is missing, damaged, or of a format this version cannot read."""


class SegmenterError(PhodangError):
    """A word segmenter is unknown, not installed, or broke its contract."""


class ConfigError(PhodangError, ValueError):
    """A configuration has an unknown key, or a value of the wrong type or out of range."""


class MissingDependencyError(PhodangError, ImportError):
    """An optional dependency is needed for what was asked and is not installed."""

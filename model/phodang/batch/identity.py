"""What a run must share with another one so that one can go on where the other stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from phodang.batch.manifest import RunDescription, RunInput
from phodang.checkpoint import checkpoint_checksum, read_manifest
from phodang.messages import quoted

_SHOWN_NAMES = 5
"""Of more inputs, the first are named and the others counted."""
_SHOWN_DIGITS = 12
"""Of a checksum, these are enough to tell it from another."""

_PARAMETERS = (
    "phodang",
    "segmenter",
    "tasks",
    "text_field",
    "id_field",
    "shard_format",
    "shard_size",
)


def model_identity(folder: Path) -> str:
    """The checksum of a checkpoint; see `phodang.checkpoint.checkpoint_checksum`.

    Args:
        folder: The checkpoint. Its files are compared with the checksums that it holds.

    Raises:
        CheckpointError: There is no checkpoint, or it is damaged.
    """
    read_manifest(folder)
    return checkpoint_checksum(folder)


def differences(before: RunDescription, now: RunDescription) -> list[str]:
    """Say in words how a run differs from the one that a folder is the output of.

    Returns:
        A phrase for each difference; none if the runs have the same output.
    """
    found = []
    if before.model_checksum != now.model_checksum:
        found.append(f"the model was {_model(before)}, is {_model(now)}")
    for name in _PARAMETERS:
        was, is_now = getattr(before, name), getattr(now, name)
        if was != is_now:
            found.append(f"{name} was {_value(was)}, is {_value(is_now)}")
    return [*found, *_input_differences(before.inputs, now.inputs)]


def _input_differences(before: Sequence[RunInput], now: Sequence[RunInput]) -> Iterator[str]:
    was = {source.name: source for source in before}
    is_now = {source.name: source for source in now}
    kept = [name for name in was if name in is_now]
    changed = [name for name in kept if was[name].fingerprint != is_now[name].fingerprint]
    formats = {name: (was[name].format, is_now[name].format) for name in kept}
    for what, names in (
        ("inputs that are missing", [name for name in was if name not in is_now]),
        ("inputs that are new", [name for name in is_now if name not in was]),
        ("inputs that have changed", changed),
        (
            "inputs read in another format",
            [f"{name} (was {old}, is {new})" for name, (old, new) in formats.items() if old != new],
        ),
    ):
        if names:
            yield f"{what}: {_listed(names)}"
    if kept != [name for name in is_now if name in was]:
        yield "the inputs stand in another order"


def _model(run: RunDescription) -> str:
    digits = run.model_checksum.removeprefix("sha256:")[:_SHOWN_DIGITS]
    return f"{quoted(run.model)} ({digits}…)"


def _value(value: str | int | tuple[str, ...]) -> str:
    return " and ".join(value) if isinstance(value, tuple) else str(value)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN_NAMES])
    more = len(names) - _SHOWN_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown

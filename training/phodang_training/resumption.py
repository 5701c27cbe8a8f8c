"""What lies in the output folder before a run: the state of an earlier one, or its checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transformers.trainer_utils import get_last_checkpoint

from phodang.checkpoint import MANIFEST_FILE
from phodang.errors import ConfigError

STATE_FOLDER = "training-state"
"""Where the Trainer keeps what it needs to resume, inside the output folder."""

_RECORD_FILE = "run.json"
"""What the run started from, inside the state folder."""

_FREE_KEYS = frozenset({"output", "training.threads"})
"""Keys that may differ when a run is resumed: they do not change what is learnt."""


def prepare_output(output: Path, record: Mapping[str, Any], *, resume: bool) -> Path | None:
    """Find the state to go on from, or make sure that nothing is there to be mixed up.

    Args:
        output: The output folder of the run; its state folder is made.
        record: What the run starts from, as `provenance` describes it.
        resume: Whether to go on from an interrupted run.

    Returns:
        The Trainer's checkpoint to resume from; none for a new run.

    Raises:
        ConfigError: There is nothing to resume, or it is the state of another run; or the folder
            holds a checkpoint or a state, and resuming was not asked for.
    """
    state = output / STATE_FOLDER
    last: str | None = None
    if state.is_dir():
        last = get_last_checkpoint(str(state))  # type: ignore[no-untyped-call]
    if resume:
        if last is None:
            raise ConfigError(
                f"output = {output}: expected the state of an interrupted run in {state} to "
                "resume, found none. Begin anew without --resume, or give the output of the run."
            )
        _check_same_run(state / _RECORD_FILE, record)
        return Path(last)
    if (output / MANIFEST_FILE).exists():
        raise ConfigError(
            f"output = {output}: expected a folder without a checkpoint, found {MANIFEST_FILE}. "
            "Give another output, or delete this folder first."
        )
    if last is not None:
        raise ConfigError(
            f"output = {output}: expected a folder without a training state, found {last} of an "
            "unfinished run. Go on with it by --resume, give another output, or delete this "
            "folder first."
        )
    state.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, ensure_ascii=False, indent=2)
    (state / _RECORD_FILE).write_text(text + "\n", encoding="utf-8")
    return None


def _check_same_run(path: Path, record: Mapping[str, Any]) -> None:
    if not path.is_file():
        return
    earlier = json.loads(path.read_text(encoding="utf-8"))
    begun = dict(_values(earlier))
    # States of phodang before it noted the encoder's files say nothing to compare them with.
    now = dict(_values(record if "encoder" in earlier else {**record, "encoder": {}}))
    for key in sorted((begun.keys() | now.keys()) - _FREE_KEYS):
        if begun.get(key) != now.get(key):
            raise ConfigError(
                f"{path}: the run to resume has {key} = {begun.get(key)}, found "
                f"{now.get(key)} now. Resume it with the configuration, data and encoder that it "
                "began with, or give another output."
            )


def _values(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The configuration's values by dotted key; the data files' and the encoder's checksums."""
    for key, value in record["config"].items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())
        else:
            yield key, value
    yield from ((f"SHA-256 of {name}", checksum) for name, checksum in record["data"].items())
    for name, checksum in record.get("encoder", {}).items():
        yield f"SHA-256 of the encoder's {name}", checksum

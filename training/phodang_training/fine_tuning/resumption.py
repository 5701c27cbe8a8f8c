"""What lies in the output folder before a run: the state of an earlier one, or its checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from phodang.checkpoint import MANIFEST_FILE
from phodang.errors import ConfigError

STATE_FOLDER = "training-state"
"""Where the Trainer keeps what it needs to resume, inside the output folder."""

_RECORD_FILE = "run.json"
"""What the run started from, inside the state folder."""

_FREE_KEYS = frozenset({"output", "training.threads"})
"""Keys that may differ when a run is resumed: they do not change what is learnt."""

_ADDED_KEYS = {"training.precision": "fp32"}
"""Keys that earlier versions of phodang did not have, with what they did."""


def prepare_output(
    output: Path, record: Mapping[str, Any], *, resume: bool, result: str = MANIFEST_FILE
) -> Path | None:
    """Find the state to go on from, or make sure that nothing is there to be mixed up.

    Args:
        output: The output folder of the run; its state folder is made.
        record: What the run starts from, as `provenance` describes it.
        resume: Whether to go on from an interrupted run.
        result: A file of what the run is to write, by which an earlier one's result is known.

    Returns:
        The Trainer's checkpoint to resume from; none for a new run.

    Raises:
        ConfigError: There is nothing to resume, or it is the state of another run; or the folder
            holds a checkpoint or a state, and resuming was not asked for.
    """
    state = output / STATE_FOLDER
    last = last_whole_state(state)
    if resume:
        if last is None:
            raise ConfigError(
                f"output = {output}: expected the state of an interrupted run in {state} to "
                "resume, found none. Begin anew without --resume, or give the output of the run."
            )
        check_same_run(state / _RECORD_FILE, record)
        return last
    if (output / result).exists():
        raise ConfigError(
            f"output = {output}: expected a folder without a checkpoint, found {result}. "
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


def last_whole_state(state: Path) -> Path | None:
    """The Trainer's last checkpoint in a state folder, but for what a kill left half written."""
    # The Trainer writes this file last.
    whole = [path.parent for path in state.glob(f"{PREFIX_CHECKPOINT_DIR}-*/{TRAINER_STATE_NAME}")]
    return max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)


def check_same_run(path: Path, record: Mapping[str, Any]) -> None:
    """Raise a ConfigError if a run began with another configuration, data or encoder than now."""
    if not path.is_file():
        return
    earlier = json.loads(path.read_text(encoding="utf-8"))
    begun = {**_ADDED_KEYS, **dict(_values(earlier))}
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

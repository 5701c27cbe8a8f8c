"""The manifest of an output folder: which run it is the output of, and how far that is.

Nothing in it depends on when, where or in how many goes the run was done.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from phodang.batch.durable import write_file
from phodang.batch.json_writing import json_text
from phodang.batch.options import ShardFormat
from phodang.batch.shards import shard_name
from phodang.errors import InputError

MANIFEST_FILE = "manifest.json"
FORMAT = "phodang-labels"
FORMAT_VERSION = 1

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RunInput:
    """A source of a run.

    Attributes:
        name: Its name, as in `phodang.batch.sources.Source`.
        format: The name of its format.
        fingerprint: ``sha256:…`` of its bytes; none for standard input.
    """

    name: str
    format: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class RunDescription:
    """All that the output of a run depends on; not how fast it is made, nor by which engine.

    Attributes:
        phodang: Version of phodang.
        model: Name of the model, for people; runs that differ in it alone are the same.
        model_checksum: What the model is; see `phodang.batch.identity.model_identity`.
        segmenter: Name and version of the word segmenter.
        tasks: What articles are read for.
        text_field: Field that holds the text.
        id_field: Field that names the article.
        shard_format: How shards are written.
        shard_size: Articles of a shard.
        inputs: The sources, in order.
    """

    phodang: str
    model: str
    model_checksum: str
    segmenter: str
    tasks: tuple[str, ...]
    text_field: str
    id_field: str
    shard_format: ShardFormat
    shard_size: int
    inputs: tuple[RunInput, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading goes on.

    Attributes:
        source: Index into the list of sources.
        item: How many records and rejections of that source have been taken.
        digest: SHA-256 of these, in hexadecimal, for standard input, which has no fingerprint; else
            empty.
    """

    source: int
    item: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard that is in the folder.

    Attributes:
        file: Its name.
        articles: How many articles are in it.
        bytes: Its size.
        sha256: Its checksum, in hexadecimal.
    """

    file: str
    articles: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``manifest.json`` says.

    Attributes:
        run: Which run the folder is the output of.
        finished: Whether nothing is left to do.
        rejected: Records in ``rejected.jsonl``.
        rejected_bytes: Size of that file; 0 if there is none.
        position: Where reading goes on.
        shards: The shards, in the order of the articles.
    """

    run: RunDescription
    finished: bool = False
    rejected: int = 0
    rejected_bytes: int = 0
    position: Position = Position(0, 0)
    shards: tuple[Shard, ...] = ()

    @property
    def labelled(self) -> int:
        """How many articles are in the shards."""
        return sum(shard.articles for shard in self.shards)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write or replace a folder's manifest, as a whole or not at all.

    Raises:
        OSError: The system refused.
    """
    run = manifest.run
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **{name: getattr(run, name) for name in _PARAMETERS},
        "inputs": [_as_object(source) for source in run.inputs],
        "state": "finished" if manifest.finished else "unfinished",
        "labelled": manifest.labelled,
        "rejected": manifest.rejected,
        "rejected_bytes": manifest.rejected_bytes,
        "position": _as_object(manifest.position),
        "shards": [_as_object(shard) for shard in manifest.shards],
    }
    # A line for each key, input and shard, so that long manifests can be read and compared.
    lines = [f"{json_text(key)}: {_laid_out(value)}" for key, value in document.items()]
    text = "{\n  " + ",\n  ".join(lines) + "\n}\n"
    write_file(folder / MANIFEST_FILE, text.encode("utf-8"))


def read_manifest(folder: Path) -> Manifest:
    """Read and check a folder's manifest.

    Raises:
        InputError: It is missing, damaged, of an unknown version, or something else.
    """
    path = folder / MANIFEST_FILE
    try:
        document = json.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder} is no output of phodang label: {MANIFEST_FILE} is missing. Check the path."
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(
            f'{path} was not written by phodang label: expected "format": "{FORMAT}". Give '
            "another folder."
        )
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise InputError(
            f"{path} has format version {version!r}; this version of phodang reads "
            f"{FORMAT_VERSION}. Use the version of phodang that wrote it, or label again into "
            "another folder."
        )
    try:
        return _parse(document)
    except ValueError as error:
        raise _damaged(path, str(error)) from None


_PARAMETERS = [field.name for field in fields(RunDescription) if field.name != "inputs"]
_TEXTS = [name for name in _PARAMETERS if name not in ("tasks", "shard_size")]


def _laid_out(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n    " + ",\n    ".join(map(json_text, value)) + "\n  ]"
    return json_text(value)


def _as_object(value: RunInput | Shard | Position) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _parse(document: dict[str, Any]) -> Manifest:
    """Check a document, and raise a ValueError that says what is wrong with it."""
    types: dict[str, type] = {
        "format": str,
        "format_version": int,
        **dict.fromkeys(_TEXTS, str),
        "tasks": list,
        "shard_size": int,
        "inputs": list,
        "state": str,
        **dict.fromkeys(("labelled", "rejected", "rejected_bytes"), int),
        "position": dict,
        "shards": list,
    }
    _check(document, types, "the manifest")
    inputs = document["inputs"]
    for source in inputs:
        texts = {"name": str, "format": str}
        unknown = isinstance(source, dict) and source.get("fingerprint") is None
        _check(source, {**texts, "fingerprint": type(None) if unknown else str}, "an input")
    for shard in document["shards"]:
        _check(shard, {"file": str, "articles": int, "bytes": int, "sha256": str}, "a shard")
    _check(document["position"], {"source": int, "item": int, "digest": str}, "position")
    if document["state"] not in ("finished", "unfinished"):
        raise ValueError(f"expected the state finished or unfinished, found {document['state']!r}")
    parameters = {name: document[name] for name in _PARAMETERS}
    run = RunDescription(
        **{**parameters, "tasks": tuple(parameters["tasks"])},
        inputs=tuple(RunInput(**source) for source in inputs),
    )
    manifest = Manifest(
        run,
        document["state"] == "finished",
        document["rejected"],
        document["rejected_bytes"],
        Position(**document["position"]),
        tuple(Shard(**shard) for shard in document["shards"]),
    )
    _check_consistent(manifest, document["labelled"])
    return manifest


def _check(value: Any, types: dict[str, type], what: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object for {what}, found {value!r}")
    if value.keys() != types.keys():
        missing, unknown = sorted(types.keys() - value.keys()), sorted(value.keys() - types.keys())
        raise ValueError(f"{what} has missing keys {missing}, unknown keys {unknown}")
    for key, expected in types.items():
        # bool is a subclass of int, and True is no number.
        if type(value[key]) is not expected or (expected is int and value[key] < 0):
            raise ValueError(f"{what} has {key} {value[key]!r}, expected {expected.__name__}")


def _check_consistent(manifest: Manifest, labelled: int) -> None:
    run, shards = manifest.run, manifest.shards
    if run.shard_format not in get_args(ShardFormat) or run.shard_size < 1:
        raise ValueError(f"unknown shards: {run.shard_size} articles in {run.shard_format!r}")
    if not all(isinstance(task, str) for task in run.tasks):
        raise ValueError(f"expected names of tasks, found {run.tasks!r}")
    for index, shard in enumerate(shards):
        full = shard.articles == run.shard_size
        last = index == len(shards) - 1 and 0 < shard.articles < run.shard_size
        if shard.file != shard_name(index, run.shard_format) or not (full or last):
            raise ValueError(f"shard {index} is {shard.articles} articles in {shard.file!r}")
        if not _SHA256.fullmatch(shard.sha256):
            raise ValueError(f"{shard.file} has the checksum {shard.sha256!r}")
    if labelled != manifest.labelled:
        raise ValueError(f"{labelled} articles labelled, {manifest.labelled} in the shards")


def _damaged(path: Path, how: str) -> InputError:
    return InputError(
        f"{path} is damaged ({how}). Delete {path.parent} and label again, or give another folder."
    )

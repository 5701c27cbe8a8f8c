"""A checkpoint: one folder that explains itself.

=================== ==============================================================================
``phodang.json``    what the model is: task, labels, segmenter, decoding, checksums of the
                    files that inference reads
``model.onnx``      weights in the inference form, or
``model.safetensors`` with ``config.json``: weights in the training form
``vocab.txt``, ``bpe.codes``  the tokenizer, in PhoBERT's format
``training.json``   the training record: configuration, data, versions, figures
``evaluation.json`` figures of the evaluations of these weights, where there were any
``README.md``       the model card
``NOTICE``          the notice of the encoder's licence, where it has one
=================== ==============================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from phodang.decoding import Decoder
from phodang.errors import CheckpointError
from phodang.labels import LabelSet
from phodang.normalization import NORMALIZATION
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE

MANIFEST_FILE = "phodang.json"
TRAINING_FILE = "training.json"
CARD_FILE = "README.md"
EVALUATION_FILE = "evaluation.json"
NOTICE_FILE = "NOTICE"
ONNX_FILE = "model.onnx"
SAFETENSORS_FILE = "model.safetensors"
ENCODER_CONFIG_FILE = "config.json"

FORMAT = "phodang"
FORMAT_VERSION = 1

TASK = "entities"
"""The one task that there is."""

SMALLEST_WINDOW = 2
"""Subwords; windows overlap, so one alone would not move on."""

Precision = Literal["fp32", "int8"]


@dataclass(frozen=True)
class Manifest:
    """What ``phodang.json`` says.

    Attributes:
        task: What the model does, `TASK`.
        labels: Entity types, in the order of the tags' ids.
        segmenter: Name of the word segmenter that the model was trained with.
        segmenter_version: Its version.
        normalization: Name and version of the normalisation that it was trained with.
        window_size: Subwords that the encoder reads at once, special tokens apart.
        encoder: Name or folder of the encoder that the model was fine-tuned from.
        weights: The file with the weights.
        precision: How the weights are stored.
        starts: Decoding: score of each tag as the first.
        transitions: Decoding: score of tag j after tag i.
        ends: Decoding: score of each tag as the last.
        files: SHA-256 of each file that inference reads.
    """

    task: str
    labels: tuple[str, ...]
    segmenter: str
    segmenter_version: str
    normalization: str
    window_size: int
    encoder: str
    weights: str
    precision: str
    starts: tuple[float, ...]
    transitions: tuple[tuple[float, ...], ...]
    ends: tuple[float, ...]
    files: Mapping[str, str]

    @property
    def label_set(self) -> LabelSet:
        """The label set."""
        return LabelSet(self.labels)

    @property
    def decoder(self) -> Decoder:
        """The decoder that turns the model's scores into tags."""
        return Decoder(
            self.label_set,
            np.array(self.starts, np.float64),
            np.array(self.transitions, np.float64),
            np.array(self.ends, np.float64),
        )


def decoding_of(decoder: Decoder) -> dict[str, Any]:
    """The manifest's three decoding fields for a decoder."""
    return {
        "starts": tuple(decoder.starts.tolist()),
        "transitions": tuple(tuple(row) for row in decoder.transitions.tolist()),
        "ends": tuple(decoder.ends.tolist()),
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``phodang.json``."""
    document = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(manifest)}
    text = json.dumps(document, ensure_ascii=False, indent=2)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path, *, verify: bool = True) -> Manifest:
    """Read and check a checkpoint's manifest.

    Args:
        folder: The checkpoint.
        verify: Whether to compare the files with their checksums.

    Raises:
        CheckpointError: The folder is missing, is no checkpoint, is of an unknown format version,
            was trained with another normalisation, or a file is missing or damaged.
    """
    if not folder.is_dir():
        raise CheckpointError(
            f"No checkpoint at {folder}: expected a folder with {MANIFEST_FILE}, or the name of a "
            "bundled model. Check the path; without a model given, the bundled one is used."
        )
    path = folder / MANIFEST_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} is no phodang checkpoint: {MANIFEST_FILE} is missing. A bare encoder has to "
            "be fine-tuned first, with `phodang-train entities`."
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise _damaged(path, f" ({error})") from None
    manifest = _parse(document, path)
    if manifest.normalization != NORMALIZATION:
        raise CheckpointError(
            f"{path}: the model was trained with the normalisation {manifest.normalization!r}; "
            f"this version of phodang has {NORMALIZATION!r}. Train it again, or install the "
            "version of phodang that made it."
        )
    if verify:
        for name, expected in manifest.files.items():
            _verify(folder / name, expected)
    return manifest


def sha256_of_file(path: Path) -> str:
    """The SHA-256 checksum of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _parse(document: Any, path: Path) -> Manifest:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CheckpointError(f'{path} is no phodang manifest: expected "format": "{FORMAT}".')
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {version!r}; this version of phodang reads "
            f"{FORMAT_VERSION}. Install the version of phodang that made it, or export it again."
        )
    fields = {k: v for k, v in document.items() if k not in ("format", "format_version")}
    expected = set(Manifest.__dataclass_fields__)
    if set(fields) != expected:
        missing, unknown = sorted(expected - set(fields)), sorted(set(fields) - expected)
        raise _damaged(path, f": missing keys {missing}, unknown keys {unknown}")
    _check_types(fields, path)
    _check_values(fields, path)
    try:
        manifest = Manifest(
            **{
                **fields,
                "labels": tuple(fields["labels"]),
                "starts": tuple(fields["starts"]),
                "transitions": tuple(tuple(row) for row in fields["transitions"]),
                "ends": tuple(fields["ends"]),
            }
        )
        tags = len(manifest.label_set.tags)
        decoder = manifest.decoder
        shapes = (decoder.starts.shape, decoder.transitions.shape, decoder.ends.shape)
    except (TypeError, ValueError) as error:
        raise _damaged(path, f" ({error})") from None
    if shapes != ((tags,), (tags, tags), (tags,)):
        raise _damaged(path, f": decoding scores of shapes {shapes} for {tags} tags")
    return manifest


def _check_types(fields: dict[str, Any], path: Path) -> None:
    names = ("task", "segmenter", "segmenter_version", "normalization", "encoder", "weights")
    types = {**dict.fromkeys((*names, "precision"), str), "window_size": int, "files": dict}
    types |= dict.fromkeys(("labels", "starts", "transitions", "ends"), list)
    for key, expected in types.items():
        if type(fields[key]) is not expected:
            raise _damaged(
                path, f": expected {key} of type {expected.__name__}, found {fields[key]!r}"
            )
    for key, values in (("labels", fields["labels"]), ("files", fields["files"].values())):
        if not all(isinstance(value, str) for value in values):
            raise _damaged(path, f": expected strings in {key}, found {fields[key]!r}")


def _check_values(fields: dict[str, Any], path: Path) -> None:
    task, size, labels = fields["task"], fields["window_size"], fields["labels"]
    if task != TASK:
        raise CheckpointError(
            f"{path}: expected the task {TASK!r}, found {task!r}. Install the version of phodang "
            "that made it."
        )
    if size < SMALLEST_WINDOW:
        raise _damaged(path, f": expected window_size of at least {SMALLEST_WINDOW}, found {size}")
    if not labels or not all(labels) or len(set(labels)) < len(labels):
        raise _damaged(path, f": expected labels that are distinct and not empty, found {labels}")
    for name in (fields["weights"], VOCABULARY_FILE, MERGES_FILE):
        if name not in fields["files"]:
            raise _damaged(path, f": files has no checksum of {name!r}")


def _verify(path: Path, expected: str) -> None:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing. Copy the checkpoint folder again, whole.")
    found = sha256_of_file(path)
    if found != expected:
        raise _damaged(path, f": its SHA-256 is {found}, {MANIFEST_FILE} says {expected}")


def _damaged(path: Path, how: str) -> CheckpointError:
    return CheckpointError(f"{path} is damaged{how}. Copy the checkpoint again.")

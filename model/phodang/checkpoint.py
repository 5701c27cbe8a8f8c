"""A checkpoint: one folder that explains itself.

=================== ==============================================================================
``phodang.json``    what the model is: tasks, labels, segmenter, decoding, checksums of the
                    files that inference reads
``model.onnx``      weights in the inference form; with ``sections.onnx``, what scores
                    sections, if the model tells them, and ``sections_encoder.onnx``, if these
                    have an encoder of their own; or
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
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from phodang.decoding import Decoder
from phodang.errors import CheckpointError
from phodang.labels import LabelSet
from phodang.normalization import NORMALIZATION
from phodang.sequences import Context
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE

MANIFEST_FILE = "phodang.json"
TRAINING_FILE = "training.json"
CARD_FILE = "README.md"
EVALUATION_FILE = "evaluation.json"
NOTICE_FILE = "NOTICE"
ONNX_FILE = "model.onnx"
SECTIONS_ONNX_FILE = "sections.onnx"
SECTIONS_ENCODER_FILE = "sections_encoder.onnx"
SAFETENSORS_FILE = "model.safetensors"
ENCODER_CONFIG_FILE = "config.json"

FORMAT = "phodang"
FORMAT_VERSION = 2
"""Version 1 had the fields of `EntityTask` beside the others, and no sections."""

SMALLEST_WINDOW = 2
"""Subwords; windows overlap, so one alone would not move on."""

Precision = Literal["fp32", "int8"]
Task = Literal["entities", "sections"]
TASKS: tuple[Task, ...] = ("entities", "sections")
"""What a model can read a text for."""

_FILE_NAME = re.compile(r"\w[\w.-]*")
"""Nothing that leads out of the folder."""

_Part = TypeVar("_Part", "EntityTask", "SectionTask")


@dataclass(frozen=True)
class EntityTask:
    """How a model labels entities.

    Attributes:
        labels: Entity types, in the order of the tags' ids.
        starts: Decoding: score of each tag as the first.
        transitions: Decoding: score of tag j after tag i.
        ends: Decoding: score of each tag as the last.
    """

    labels: tuple[str, ...]
    starts: tuple[float, ...]
    transitions: tuple[tuple[float, ...], ...]
    ends: tuple[float, ...]

    @classmethod
    def of(cls, decoder: Decoder) -> EntityTask:
        """The task that a decoder does."""
        return cls(
            decoder.labels.types,
            tuple(decoder.starts.tolist()),
            tuple(tuple(row) for row in decoder.transitions.tolist()),
            tuple(decoder.ends.tolist()),
        )

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

    def check(self) -> None:
        """Raise a ValueError that says what does not fit together."""
        _check_labels(self.labels)
        tags = len(self.label_set.tags)
        decoder = self.decoder
        shapes = (decoder.starts.shape, decoder.transitions.shape, decoder.ends.shape)
        if shapes != ((tags,), (tags, tags), (tags,)):
            raise ValueError(f"decoding scores of shapes {shapes} for {tags} tags")


@dataclass(frozen=True)
class SectionTask:
    """How a model labels sections.

    Attributes:
        labels: Sections, in the order of the model's scores.
        reads_document: Whether a layer of the model reads all passages of an article together.
        temperatures: A label's logit is divided by its temperature, which makes its sigmoid a
            probability (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
        thresholds: A passage has the labels whose probability is at least their threshold.
    """

    labels: tuple[str, ...]
    reads_document: bool
    temperatures: tuple[float, ...]
    thresholds: tuple[float, ...]

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities of logits, both of shape ``[units, labels]``."""
        scaled = np.clip(logits / np.array(self.temperatures), -_LARGEST_LOGIT, _LARGEST_LOGIT)
        return np.asarray(1 / (1 + np.exp(-scaled)), np.float64)

    def check(self) -> None:
        """Raise a ValueError that says what does not fit together."""
        _check_labels(self.labels)
        for name in ("temperatures", "thresholds"):
            values = getattr(self, name)
            if len(values) != len(self.labels) or not all(
                type(value) in (int, float) and value > 0 for value in values
            ):
                raise ValueError(f"expected {name} above 0, one for each label, found {values}")


_LARGEST_LOGIT = 500.0
"""Beyond, a sigmoid is 0 or 1 in 64 bits, and the exponential would overflow."""


@dataclass(frozen=True)
class Manifest:
    """What ``phodang.json`` says.

    Attributes:
        segmenter: Name of the word segmenter that the model was trained with.
        segmenter_version: Its version.
        normalization: Name and version of the normalisation that it was trained with.
        window_size: Subwords that the encoder reads at once, special tokens apart.
        context: What it reads together; see `phodang.sequences`.
        encoder: Name or folder of the encoder that the model was fine-tuned from.
        weights: The file with the weights.
        precision: How the weights are stored.
        entities: How it labels entities; none if it does not.
        sections: How it labels sections; none if it does not.
        files: SHA-256 of each file that inference reads.
    """

    segmenter: str
    segmenter_version: str
    normalization: str
    window_size: int
    context: Context
    encoder: str
    weights: str
    precision: str
    entities: EntityTask | None
    sections: SectionTask | None
    files: Mapping[str, str]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the model can do, in the order of `TASKS`."""
        return tuple(task for task in TASKS if getattr(self, task) is not None)

    @property
    def section_encoder(self) -> str:
        """The file with the encoder that sections are told by."""
        own = SECTIONS_ENCODER_FILE
        return own if own in self.files else self.weights


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
    # Beside what is no JSON: numbers too long to be read, and lists in lists without end.
    except (ValueError, RecursionError) as error:
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


def checkpoint_checksum(folder: Path) -> str:
    """The checksum of all that a checkpoint's labels depend on.

    Returns:
        ``sha256:…``, that of its ``phodang.json``, which holds those of the other files.
    """
    return f"sha256:{sha256_of_file(folder / MANIFEST_FILE)}"


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
    if version not in (1, FORMAT_VERSION):
        raise CheckpointError(
            f"{path} has format version {version!r}; this version of phodang reads 1 to "
            f"{FORMAT_VERSION}. Install the version of phodang that made it, or export it again."
        )
    values = {k: v for k, v in document.items() if k not in ("format", "format_version")}
    if version == 1:
        values = _from_version_1(values)
    _check_keys(values, Manifest, path)
    _check_values(values, path)
    return Manifest(
        **{
            **values,
            "entities": _task(values["entities"], EntityTask, path),
            "sections": _task(values["sections"], SectionTask, path),
        }
    )


def _from_version_1(values: dict[str, Any]) -> dict[str, Any]:
    names = [field.name for field in fields(EntityTask)]
    # Keys that lack or are too many are left for the check of keys to tell.
    entities = {name: values.pop(name) for name in names if name in values}
    values.pop("task", None)
    return {**values, "context": "passage", "entities": entities, "sections": None}


def _task(values: Any, kind: type[_Part], path: Path) -> _Part | None:
    if values is None:
        return None
    if not isinstance(values, dict):
        raise _damaged(path, f": expected a table or null for a task, found {values!r}")
    _check_keys(values, kind, path)
    for name, value in values.items():
        expected = bool if name == "reads_document" else list
        if type(value) is not expected:
            raise _damaged(path, f": expected {name} of type {expected.__name__}, found {value!r}")
    try:
        task = kind(**{name: _frozen(value) for name, value in values.items()})
        task.check()
    except (OverflowError, TypeError, ValueError) as error:
        raise _damaged(path, f" ({error})") from None
    return task


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _check_keys(values: dict[str, Any], kind: type[Any], path: Path) -> None:
    expected = {field.name for field in fields(kind)}
    if set(values) != expected:
        missing, unknown = sorted(expected - set(values)), sorted(set(values) - expected)
        raise _damaged(path, f": missing keys {missing}, unknown keys {unknown}")


def _check_labels(labels: tuple[Any, ...]) -> None:
    named = all(isinstance(label, str) and label for label in labels)
    if not labels or not named or len(set(labels)) < len(labels):
        raise ValueError(f"expected labels that are distinct and not empty, found {list(labels)}")


def _check_values(values: dict[str, Any], path: Path) -> None:
    names = ("segmenter", "segmenter_version", "normalization", "encoder", "weights", "precision")
    types = {**dict.fromkeys(names, str), "window_size": int, "files": dict}
    for key, expected in types.items():
        if type(values[key]) is not expected:
            raise _damaged(
                path, f": expected {key} of type {expected.__name__}, found {values[key]!r}"
            )
    files, size = values["files"], values["window_size"]
    if not all(isinstance(checksum, str) for checksum in files.values()):
        raise _damaged(path, f": expected strings in files, found {files!r}")
    if outside := [name for name in files if not _FILE_NAME.fullmatch(name)]:
        raise _damaged(path, f": expected files of the folder, found {outside[0]!r}")
    if size < SMALLEST_WINDOW:
        raise _damaged(path, f": expected window_size of at least {SMALLEST_WINDOW}, found {size}")
    needed = [values["weights"], VOCABULARY_FILE, MERGES_FILE]
    if values["sections"] is not None and values["weights"] == ONNX_FILE:
        needed.append(SECTIONS_ONNX_FILE)
    for name in needed:
        if name not in files:
            raise _damaged(path, f": files has no checksum of {name!r}")
    if values["context"] not in get_args(Context):
        raise _damaged(path, f": unknown context {values['context']!r}")
    if values["entities"] is not None and values["context"] in ("title", "previous"):
        raise _damaged(path, f": no entities are labelled with the context {values['context']!r}")
    if values["entities"] is None and values["sections"] is None:
        raise _damaged(path, ": expected entities or sections, found neither")


def _verify(path: Path, expected: str) -> None:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing. Copy the checkpoint folder again, whole.")
    found = sha256_of_file(path)
    if found != expected:
        raise _damaged(path, f": its SHA-256 is {found}, {MANIFEST_FILE} says {expected}")


def _damaged(path: Path, how: str) -> CheckpointError:
    return CheckpointError(f"{path} is damaged{how}. Copy the checkpoint again.")

"""A checkpoint's manifest: what is written is read, and what is wrong with it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phodang.checkpoint import (
    MANIFEST_FILE,
    EntityTask,
    Manifest,
    SectionTask,
    read_manifest,
    sha256_of_file,
    write_manifest,
)
from phodang.decoding import Decoder
from phodang.errors import CheckpointError
from phodang.labels import LabelSet
from phodang.normalization import NORMALIZATION
from phodang.sequences import Context

LABELS = LabelSet(("ORG", "Cơ-quan"))

SECTIONS = SectionTask(
    labels=("task", "Cảnh báo"),
    reads_document=True,
    temperatures=(1.25, 1 / 3),
    thresholds=(0.5, 0.1),
)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """The manifest of a checkpoint that lies in ``tmp_path``."""
    contents = {
        "model.onnx": b"weights",
        "sections.onnx": b"other weights",
        "vocab.txt": b"a 1\n",
        "bpe.codes": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    rng = np.random.default_rng(1)
    count = len(LABELS.tags)
    decoder = Decoder.constrained(
        LABELS,
        starts=rng.normal(size=count),
        transitions=rng.normal(size=(count, count)),
        ends=rng.normal(size=count),
    )
    manifest = Manifest(
        segmenter="underthesea",
        segmenter_version="9.1",
        normalization=NORMALIZATION,
        window_size=30,
        context="passage",
        encoder="model/encoder",
        weights="model.onnx",
        precision="int8",
        entities=EntityTask.of(decoder),
        sections=SECTIONS,
        files={name: sha256_of_file(tmp_path / name) for name in contents},
    )
    write_manifest(tmp_path, manifest)
    return manifest


def change(folder: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Edit the manifest's JSON."""
    path = folder / MANIFEST_FILE
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def fault(folder: Path) -> str:
    """The message that reading the checkpoint ends with."""
    with pytest.raises(CheckpointError) as raised:
        read_manifest(folder)
    return str(raised.value)


@pytest.mark.parametrize("tasks", [("entities",), ("sections",), ("entities", "sections")])
def test_what_is_written_is_read(
    tmp_path: Path, manifest: Manifest, tasks: tuple[str, ...]
) -> None:
    manifest = replace(
        manifest,
        entities=manifest.entities if "entities" in tasks else None,
        sections=manifest.sections if "sections" in tasks else None,
    )
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert read_manifest(tmp_path).tasks == tasks


@pytest.mark.parametrize("context", ["passage", "title", "previous", "window"])
def test_the_context_comes_back(tmp_path: Path, manifest: Manifest, context: Context) -> None:
    manifest = replace(manifest, context=context, entities=None)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


def test_the_first_format_is_still_read(tmp_path: Path, manifest: Manifest) -> None:
    def as_version_1(document: dict[str, Any]) -> None:
        """Entities beside the rest, no sections, no context."""
        document |= {"format_version": 1, "task": "entities", **document.pop("entities")}
        del document["sections"], document["context"]

    change(tmp_path, as_version_1)
    document = json.loads((tmp_path / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert document["labels"] == [*LABELS.types]
    read = read_manifest(tmp_path)
    assert read == replace(manifest, sections=None)
    assert (read.tasks, read.context) == (("entities",), "passage")
    # A key that is missing or too many is told there, too.
    change(tmp_path, lambda document: document.pop("starts"))
    assert "missing keys ['starts'], unknown keys []" in fault(tmp_path)


def test_the_decoder_comes_back_exactly(tmp_path: Path, manifest: Manifest) -> None:
    read_task = read_manifest(tmp_path).entities
    assert manifest.entities is not None
    assert read_task is not None
    decoder, read = manifest.entities.decoder, read_task.decoder
    assert read.labels == LABELS
    assert (read.starts == decoder.starts).all()
    assert (read.transitions == decoder.transitions).all()
    assert (read.ends == decoder.ends).all()


def test_the_manifest_is_json_that_names_itself(tmp_path: Path, manifest: Manifest) -> None:
    def no_constants(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    text = (tmp_path / MANIFEST_FILE).read_text(encoding="utf-8")
    document = json.loads(text, parse_constant=no_constants)
    assert (document["format"], document["format_version"]) == ("phodang", 2)
    assert "Cơ-quan" in text


def test_a_missing_folder(tmp_path: Path) -> None:
    message = fault(tmp_path / "none")
    assert str(tmp_path / "none") in message
    assert "Check the path" in message


def test_a_file_instead_of_a_folder(tmp_path: Path, manifest: Manifest) -> None:
    assert "expected a folder" in fault(tmp_path / MANIFEST_FILE)


def test_a_folder_without_manifest(tmp_path: Path) -> None:
    message = fault(tmp_path)
    assert f"{MANIFEST_FILE} is missing" in message
    assert "phodang-train entities" in message


@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b'{"format": "phodang",}'])
def test_a_manifest_that_is_no_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST_FILE).write_bytes(content)
    message = fault(tmp_path)
    assert f"{MANIFEST_FILE} is damaged" in message
    assert "Copy the checkpoint again" in message


@pytest.mark.parametrize("content", ["[]", "{}", "null", '{"format": "other"}'])
def test_json_that_is_no_manifest(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(content, encoding="utf-8")
    assert 'expected "format": "phodang"' in fault(tmp_path)


@pytest.mark.parametrize("version", [3, 0, "1", "2", None])
def test_an_unknown_format_version(tmp_path: Path, manifest: Manifest, version: object) -> None:
    change(tmp_path, lambda document: document.update(format_version=version))
    message = fault(tmp_path)
    assert f"format version {version!r}" in message
    assert "reads 1 to 2" in message


@pytest.mark.parametrize(
    ("task", "key"),
    [
        (None, "window_size"),
        (None, "sections"),
        ("entities", "labels"),
        ("sections", "thresholds"),
    ],
)
def test_missing_and_unknown_keys(
    tmp_path: Path, manifest: Manifest, task: str | None, key: str
) -> None:
    def edit(document: dict[str, Any]) -> None:
        table = document if task is None else document[task]
        table["colour"] = table.pop(key)

    change(tmp_path, edit)
    message = fault(tmp_path)
    assert f"missing keys ['{key}']" in message
    assert "unknown keys ['colour']" in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("window_size", "30"),
        ("window_size", True),
        ("window_size", 1),
        ("window_size", -30),
        ("files", []),
        ("files", {"model.onnx": 1}),
        ("segmenter", None),
        ("weights", "model.safetensors"),
        ("context", "sentence"),
        ("context", None),
        ("context", "title"),  # No entities with it.
        ("entities", []),
        ("sections", "task"),
        ("entities.labels", "ORG"),
        ("entities.labels", [1, 2]),
        ("entities.labels", ["ORG"]),
        ("entities.labels", []),
        ("entities.labels", ["ORG", "ORG"]),
        ("entities.labels", ["ORG", ""]),
        ("entities.starts", None),
        ("entities.starts", [0.0]),
        ("entities.transitions", [[0.0] * 5]),
        ("entities.transitions", [[0.0] * 5] * 4 + [[0.0]]),
        ("entities.transitions", [1, 2]),
        ("entities.ends", ["x"] * 5),
        ("sections.labels", "task"),
        ("sections.labels", []),
        ("sections.labels", ["task"]),
        ("sections.labels", ["task", "task"]),
        ("sections.labels", ["task", 1]),
        ("sections.reads_document", 1),
        ("sections.reads_document", None),
        ("sections.temperatures", [1.0]),
        ("sections.temperatures", [1.0, 0.0]),
        ("sections.temperatures", [1.0, True]),
        ("sections.thresholds", [0.5, -0.5]),
        ("sections.thresholds", ["0.5", 0.5]),
        ("sections.thresholds", 0.5),
    ],
)
def test_values_of_wrong_type_shape_or_range(
    tmp_path: Path, manifest: Manifest, key: str, value: object
) -> None:
    table, _, name = key.rpartition(".")

    def edit(document: dict[str, Any]) -> None:
        (document[table] if table else document)[name] = value

    change(tmp_path, edit)
    message = fault(tmp_path)
    assert f"{MANIFEST_FILE} is damaged" in message
    assert "Copy the checkpoint again" in message


@pytest.mark.parametrize("name", ["model.onnx", "sections.onnx", "vocab.txt", "bpe.codes"])
def test_a_file_without_checksum(tmp_path: Path, manifest: Manifest, name: str) -> None:
    change(tmp_path, lambda document: document["files"].pop(name))
    assert f"{MANIFEST_FILE} is damaged: files has no checksum of '{name}'" in fault(tmp_path)


def test_the_smallest_window(tmp_path: Path, manifest: Manifest) -> None:
    change(tmp_path, lambda document: document.update(window_size=2))
    assert read_manifest(tmp_path).window_size == 2


def test_no_task_at_all(tmp_path: Path, manifest: Manifest) -> None:
    change(tmp_path, lambda document: document.update(entities=None, sections=None))
    assert "expected entities or sections, found neither" in fault(tmp_path)


def test_probabilities_are_calibrated() -> None:
    logits = np.array([[0.0, 0.0], [2.5, 1.0], [-1e9, 1e9]], np.float32)
    probabilities = SECTIONS.probabilities(logits)
    assert probabilities[0].tolist() == [0.5, 0.5]
    # The sigmoid of 2.5 / 1.25 and of 1 / (1 / 3).
    assert probabilities[1] == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-3))])
    assert probabilities[2] == pytest.approx([0, 1])
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert SECTIONS.probabilities(np.zeros((0, 2), np.float32)).shape == (0, 2)


def test_another_normalization(tmp_path: Path, manifest: Manifest) -> None:
    write_manifest(tmp_path, replace(manifest, normalization="nfc/0"))
    message = fault(tmp_path)
    assert "'nfc/0'" in message
    assert repr(NORMALIZATION) in message


def test_a_missing_file(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "vocab.txt").unlink()
    assert f"{tmp_path / 'vocab.txt'} is missing" in fault(tmp_path)


def test_a_damaged_file(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weight")
    message = fault(tmp_path)
    assert f"{tmp_path / 'model.onnx'} is damaged" in message
    assert manifest.files["model.onnx"] in message


def test_files_are_not_read_when_not_asked_to(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weight")
    assert read_manifest(tmp_path, verify=False) == manifest

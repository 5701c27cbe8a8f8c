"""Output folders: what is in them, and which are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_runs import RUN, article, contents, corpus, rejection

from phodang import checkpoint as checkpoints
from phodang.batch.identity import differences, model_identity
from phodang.batch.labelled import LabelledArticle
from phodang.batch.manifest import Manifest, RunDescription, RunInput, read_manifest
from phodang.batch.output import OutputFolder, Position, read_labelled
from phodang.batch.records import Place, Rejection
from phodang.errors import CheckpointError, InputError, PhodangError
from phodang.normalization import NORMALIZATION


def test_an_output_has_the_documented_files(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "output"
    written = corpus("aarar")
    written.write(folder)
    files = contents(folder)
    assert set(files) == {"manifest.json", "part-00000.jsonl", "part-00001.jsonl", "rejected.jsonl"}
    lines = [json.loads(line) for line in files["part-00000.jsonl"].decode().splitlines()]
    assert [LabelledArticle.from_dict(line) for line in lines] == written.articles[:2]
    assert json.loads(files["rejected.jsonl"].decode().splitlines()[1]) == {
        "source": "một.jsonl",
        "number": 4,
        "id": "bài-4",
        "reason": "Không có văn bản (4).",
    }
    manifest = json.loads(files["manifest.json"])
    assert (manifest["state"], manifest["labelled"], manifest["rejected"]) == ("finished", 3, 2)
    assert manifest["position"] == {"source": 0, "item": 5, "digest": ""}
    assert [shard["articles"] for shard in manifest["shards"]] == [2, 1]
    assert manifest["inputs"][1] == {"name": "-", "format": "json_lines", "fingerprint": None}
    assert b"v\xc4\x83n b\xe1\xba\xa3n" in files["manifest.json"]


def test_there_is_no_file_of_rejections_without_any(tmp_path: Path) -> None:
    corpus("aaa").write(tmp_path)
    assert "rejected.jsonl" not in contents(tmp_path)


@pytest.mark.parametrize(("kinds", "shards"), [("", 0), ("rrr", 0), ("aa", 1), ("aarr", 1)])
def test_an_output_may_have_few_articles(tmp_path: Path, kinds: str, shards: int) -> None:
    written = corpus(kinds)
    written.write(tmp_path)
    assert list(read_labelled(tmp_path)) == written.articles
    assert sum(name.startswith("part") for name in contents(tmp_path)) == shards


def test_what_is_finished_stays_as_it_is(tmp_path: Path) -> None:
    written = corpus("aara")
    written.write(tmp_path)
    before = contents(tmp_path)
    with OutputFolder.open(tmp_path, run=written.run) as output:
        assert output.finished
        assert (output.folder, output.labelled, output.rejected) == (tmp_path, 3, 1)
        with pytest.raises(ValueError, match="not finished"):
            output.commit([], [rejection(9)], position=Position(0, 9))
    assert contents(tmp_path) == before


def test_rejections_may_be_committed_on_their_own(tmp_path: Path) -> None:
    written = corpus("rraar")
    written.write(tmp_path / "whole")
    with OutputFolder.open(tmp_path / "parts", run=written.run) as output:
        for number in (0, 1):
            output.commit([], [rejection(number)], position=Position(0, number + 1))
        assert output.rejected == 2
        written.write_rest(output)
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_shards_have_their_size(tmp_path: Path) -> None:
    with OutputFolder.open(tmp_path, run=RUN) as output:
        with pytest.raises(ValueError, match="at most 2 articles"):
            output.commit([article(0)] * 3, [], position=Position(0, 3))
        output.commit([article(0)], [], position=Position(0, 1))
        with pytest.raises(InputError, match="The input has grown since the run was stopped"):
            output.commit([article(1)], [], position=Position(0, 2))
        output.commit([], [rejection(1)], position=Position(0, 2))


def test_an_article_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with OutputFolder.open(tmp_path, run=RUN) as output:
        for value in (float("nan"), Path("x"), "\ud83d\ude00"):
            bad = replace(article(3), fields={"x": value})
            with pytest.raises(InputError, match=r'^Article "bài-3": Expected'):
                output.commit([bad], [], position=Position(0, 1))
        assert output.labelled == 0


def test_names_that_are_no_unicode_are_kept(tmp_path: Path) -> None:
    name = "t\udcebn.txt"
    run = replace(RUN, inputs=(RunInput(name, "text", None),))
    with OutputFolder.open(tmp_path, run=run) as output:
        output.commit([], [Rejection(Place(name, 1), "No UTF-8.")], position=Position(0, 1))
    assert read_manifest(tmp_path).run == run
    assert json.loads((tmp_path / "rejected.jsonl").read_bytes())["source"] == name


def test_hidden_files_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"x")
    written = corpus("a")
    written.write(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"x")
    written.write(tmp_path)
    assert {".DS_Store", "notes.txt"} <= {path.name for path in tmp_path.iterdir()}


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"x")
    with pytest.raises(InputError, match=r"found 1 other files, such as thesis\.docx\. Give anot"):
        corpus("a").write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "output.jsonl"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match="is a file, expected a folder"):
        corpus("a").write(path)
    with pytest.raises(PhodangError, match=r"below cannot be written: Not a directory"):
        corpus("a").write(path / "below")


def other(name: str, value: object) -> RunDescription:
    return replace(RUN, **{name: value})  # type: ignore[arg-type]


FIRST, STDIN = RUN.inputs


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (
            replace(RUN, model="mine", model_checksum="sha256:" + "ff" * 32),
            'the model was "entities" (0a0a0a0a0a0a…), is "mine" (ffffffffffff…)',
        ),
        (other("phodang", "2.0"), "phodang was 1.2.3, is 2.0"),
        (other("segmenter", "pyvi"), "segmenter was underthesea, is pyvi"),
        (other("tasks", ("entities",)), "tasks was entities and sections, is entities"),
        (other("text_field", "body"), "text_field was text, is body"),
        (other("id_field", "url"), "id_field was id, is url"),
        (other("shard_format", "parquet"), "shard_format was jsonl, is parquet"),
        (other("shard_size", 3), "shard_size was 2, is 3"),
        (other("inputs", (FIRST,)), "inputs that are missing: -"),
        (
            other("inputs", (*RUN.inputs, *(RunInput(f"{n}.txt", "text", "") for n in range(9)))),
            "inputs that are new: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 4 more",
        ),
        (
            other("inputs", (replace(FIRST, fingerprint="sha256:"), STDIN)),
            "inputs that have changed: văn bản/một.jsonl",
        ),
        (
            other("inputs", (FIRST, replace(STDIN, format="csv"))),
            "inputs read in another format: - (was json_lines, is csv)",
        ),
        (other("inputs", (STDIN, FIRST)), "the inputs stand in another order"),
    ],
)
def test_another_run_is_refused_and_the_difference_told(
    tmp_path: Path, now: RunDescription, told: str
) -> None:
    assert differences(RUN, now) == [told]
    corpus("aa").write(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(InputError) as caught:
        OutputFolder.open(tmp_path, run=now)
    assert str(caught.value) == (
        f"{tmp_path} is the output of another run: {told}. Give another folder, or delete this one."
    )
    assert contents(tmp_path) == before


def test_all_differences_are_told() -> None:
    now = replace(RUN, shard_size=3, text_field="body", inputs=(FIRST,))
    assert len(differences(RUN, now)) == 3


def test_a_model_of_another_name_is_the_same(tmp_path: Path) -> None:
    written = corpus("aaa")
    written.write(tmp_path)
    before = contents(tmp_path)
    replace(written, run=replace(written.run, model="copy/of/it")).write(tmp_path)
    assert contents(tmp_path) == before


def test_a_manifest_that_was_cut_is_damaged(tmp_path: Path) -> None:
    written = corpus("aara")
    written.write(tmp_path)
    path = tmp_path / "manifest.json"
    whole = path.read_bytes()
    for size in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"manifest\.json is damaged .* label again, or give"):
            read_labelled(tmp_path)
    with pytest.raises(InputError, match="damaged"):
        written.write(tmp_path)


Edit = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda m: m.clear(), 'expected "format": "phodang-labels"'),
        (lambda m: m.update(format_version=2), "has format version 2; this version .* reads 1"),
        (lambda m: m.update(color="red"), r"unknown keys \['color'\]"),
        (lambda m: m.pop("model"), r"missing keys \['model'\]"),
        (lambda m: m.update(state="half"), "found 'half'"),
        (lambda m: m.update(shard_size=True), "shard_size True"),
        (lambda m: m.update(shard_size=0), "0 articles"),
        (lambda m: m.update(shard_format="csv"), "'csv'"),
        (lambda m: m.update(labelled=4), "4 articles labelled, 3 in the shards"),
        (lambda m: m.update(rejected=-1), "rejected -1"),
        (lambda m: m.update(tasks=[1]), "names of tasks"),
        (lambda m: m.update(position=[0, 4]), "expected dict"),
        (lambda m: m["position"].update(item="4"), "item '4'"),
        (lambda m: m["inputs"].append("x"), "an object for an input, found 'x'"),
        (lambda m: m["inputs"][0].update(fingerprint=1), "fingerprint 1"),
        (lambda m: m["inputs"][0].pop("fingerprint"), "missing keys"),
        (lambda m: m["shards"].reverse(), "shard 0 is 1 articles in 'part-00001.jsonl'"),
        (lambda m: m["shards"][0].update(file="../part-00000.jsonl"), "shard 0 is 2 articles"),
        (lambda m: m["shards"][0].update(articles=1), "shard 0 is 1 articles"),
        (lambda m: m["shards"][0].update(sha256="x"), "checksum 'x'"),
    ],
)
def test_a_manifest_that_was_changed_is_refused(tmp_path: Path, edit: Edit, told: str) -> None:
    corpus("aara").write(tmp_path)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_bytes())
    edit(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    for refuse in (lambda: corpus("aara").write(tmp_path), lambda: read_labelled(tmp_path)):
        with pytest.raises(InputError, match=told) as caught:
            refuse()
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["part-00000.jsonl", "part-00001.jsonl", "rejected.jsonl"])
def test_files_that_are_missing_or_changed_are_told(tmp_path: Path, name: str) -> None:
    written = corpus("aara")
    written.write(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(InputError, match=rf"{name} has [\d,]+ bytes, expected [\d,]+ as manifest"):
        written.write(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match=rf"{name} is missing, and manifest\.json lists it"):
        written.write(tmp_path)
    path.write_bytes(content)
    written.write(tmp_path)


def test_a_manifest_is_read_back(tmp_path: Path) -> None:
    with OutputFolder.open(tmp_path, run=RUN) as output:
        assert read_manifest(tmp_path) == Manifest(RUN)
        position = Position(1, 7, "0a")
        output.commit([article(0), article(1)], [rejection(2)], position=position)
    manifest = read_manifest(tmp_path)
    assert (manifest.position, manifest.labelled, manifest.rejected) == (position, 2, 1)
    assert not manifest.finished


def test_the_identity_of_a_model_is_that_of_its_files(tmp_path: Path) -> None:
    for name in ("model.onnx", "sections.onnx", "vocab.txt", "bpe.codes"):
        (tmp_path / name).write_bytes(name.encode())
    identity = identity_of(tmp_path)
    assert re.fullmatch("sha256:[0-9a-f]{64}", identity)
    (tmp_path / "README.md").write_bytes(b"the card")
    assert model_identity(tmp_path) == identity
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    with pytest.raises(CheckpointError, match=r"model\.onnx is damaged"):
        model_identity(tmp_path)
    assert identity_of(tmp_path) != identity


def identity_of(folder: Path) -> str:
    """The identity of a checkpoint made of a folder's files."""
    checkpoint = checkpoints.Manifest(
        segmenter="underthesea",
        segmenter_version="9.1",
        normalization=NORMALIZATION,
        window_size=256,
        context="passage",
        encoder="toy",
        weights="model.onnx",
        precision="fp32",
        entities=None,
        sections=checkpoints.SectionTask(("task",), True, (1.0,), (0.5,)),
        files={
            path.name: checkpoints.sha256_of_file(path)
            for path in folder.iterdir()
            if path.suffix in (".onnx", ".txt", ".codes")
        },
    )
    checkpoints.write_manifest(folder, checkpoint)
    return model_identity(folder)

"""An output folder and what can befall it: kills at any step, full disks, a second process."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from batch_runs import Corpus, contents, corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from isolated import TIMEOUT, run_python

from phodang.batch.options import ShardFormat
from phodang.batch.output import OutputFolder, Position, read_labelled
from phodang.errors import PhodangError

State = frozenset[tuple[str, bytes]]
"""The files of a folder."""

CHANGES = ((os, "replace"), (os, "truncate"), (Path, "unlink"), (Path, "mkdir"))
"""Together with `os.fsync`, what changes a folder or makes a change last."""


@contextmanager
def watched(step: Callable[[], None], flush: Callable[[int], None]) -> Iterator[None]:
    """Call ``step`` before each change, and ``flush`` in place of `os.fsync`."""

    def watch(change: Callable[..., Any]) -> Callable[..., Any]:
        def watched_change(*arguments: Any, **options: Any) -> Any:
            step()
            return change(*arguments, **options)

        return watched_change

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in CHANGES:
            patch.setattr(owner, name, watch(getattr(owner, name)))
        patch.setattr(os, "fsync", flush)
        yield


class Kills:
    """Collects what a kill at any moment would leave in a folder."""

    def __init__(self, folder: Path) -> None:
        self.states: set[State] = set()
        self._folder = folder

    @contextmanager
    def collected(self) -> Iterator[None]:
        with watched(self._step, self._flush):
            yield

    def _step(self) -> None:
        if self._folder.exists():
            self.states.add(frozenset(contents(self._folder).items()))

    def _flush(self, descriptor: int) -> None:
        self._step()
        # Before a file is flushed, any part of what was last written may be on the disk.
        for path in self._folder.glob("*"):
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                files = contents(self._folder)
                whole = files[path.name]
                cuts = [len(whole) - 1, *([0, len(whole) // 2] if path.suffix == ".tmp" else [])]
                for cut in cuts:
                    self.states.add(frozenset({**files, path.name: whole[:cut]}.items()))


def states_after_kills(written: Corpus) -> dict[State, State]:
    """What any number of kills, each followed by a new start, can leave, and how that ends."""
    ends: dict[State, State] = {}
    waiting: set[State] = {frozenset()}
    with tempfile.TemporaryDirectory() as parent:
        while waiting:
            state = waiting.pop()
            folder = Path(parent, str(len(ends)))
            folder.mkdir()
            for name, content in state:
                (folder / name).write_bytes(content)
            check_readable(folder, written)
            kills = Kills(folder)
            with kills.collected(), OutputFolder.open(folder, run=written.run) as output:
                check_tidy(folder)
                written.write_rest(output)
            ends[state] = frozenset(contents(folder).items())
            waiting |= kills.states - ends.keys()
    return ends


def check_readable(folder: Path, written: Corpus) -> None:
    if (folder / "manifest.json").exists():
        found = list(read_labelled(folder, allow_unfinished=True))
        assert found == written.articles[: len(found)]


def check_tidy(folder: Path) -> None:
    files = contents(folder)
    manifest = json.loads(files.pop("manifest.json"))
    sizes = {shard["file"]: shard["bytes"] for shard in manifest["shards"]}
    if manifest["rejected"]:
        sizes["rejected.jsonl"] = manifest["rejected_bytes"]
    assert {name: len(content) for name, content in files.items()} == sizes


@pytest.mark.parametrize(("shard_format", "kinds"), [("jsonl", "raara"), ("parquet", "raa")])
def test_an_output_is_the_same_however_often_it_is_killed(
    shard_format: ShardFormat, kinds: str
) -> None:
    ends = states_after_kills(corpus(kinds, shard_format=shard_format))
    assert len(ends) > 15
    assert len(set(ends.values())) == 1


@settings(max_examples=4)
@given(st.text("ar", max_size=4), st.integers(1, 3))
def test_any_corpus_may_be_killed(kinds: str, shard_size: int) -> None:
    ends = states_after_kills(corpus(kinds, shard_size=shard_size))
    assert len(set(ends.values())) == 1


class Failing:
    """Lets one of the steps fail, counted from 0, and then no other."""

    def __init__(self, failing: int, code: int) -> None:
        self.steps = 0
        self._failing = failing
        self._code = code

    def step(self, *_: object) -> None:
        self.steps += 1
        if self.steps - 1 == self._failing:
            raise OSError(self._code, os.strerror(self._code))


def test_a_write_that_fails_is_told_and_may_be_tried_again(tmp_path: Path) -> None:
    code = errno.ENOSPC
    written = corpus("rara")
    written.write(tmp_path / "whole")
    expected = contents(tmp_path / "whole")
    failing, failed = 0, True
    while failed:
        again, anew = tmp_path / f"again-{failing}", tmp_path / f"anew-{failing}"
        for folder in (again, anew):
            failed = False
            steps = Failing(failing, code)
            with watched(steps.step, steps.step):
                try:
                    output = OutputFolder.open(folder, run=written.run)
                except PhodangError as error:
                    check_message(error, folder, code)
                    failed = True
                    output = OutputFolder.open(folder, run=written.run)
                try:
                    written.write_rest(output)
                except PhodangError as error:
                    check_message(error, folder, code)
                    check_readable(folder, written)
                    failed = True
                    if folder is anew:
                        output.close()
                        output = OutputFolder.open(folder, run=written.run)
                    written.write_rest(output)
                output.close()
            assert contents(folder) == expected
        failing += 1
    assert failing > 15


def check_message(error: PhodangError, folder: Path, code: int) -> None:
    message = str(error)
    assert message.startswith(f"{folder}")
    assert f"cannot be written: {os.strerror(code)}." in message
    assert "run the command again to go on" in message


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    code = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from batch_runs import corpus
from phodang.errors import PhodangError
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
try:
    corpus("a" * 4 + "a" * 100, shard_size=50).write(Path(sys.argv[1]))
except PhodangError as error:
    print(error)
"""
    folder = tmp_path / "output"
    told = run_python(code, str(folder), str(Path(__file__).parent))
    assert told.startswith(f"{folder / 'part-00000.jsonl'} cannot be written: File too large.")
    assert set(contents(folder)) == {"manifest.json"}
    written = corpus("a" * 104, shard_size=50)
    written.write(folder)
    assert list(read_labelled(folder)) == written.articles


def test_a_second_process_is_kept_out_until_the_first_is_killed(tmp_path: Path) -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from batch_runs import corpus
from phodang.batch.output import OutputFolder
output = OutputFolder.open(Path(sys.argv[1]), run=corpus("aa").run)
print("open", flush=True)
sys.stdin.read()
"""
    written = corpus("aa")
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(Path(__file__).parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == b"open"
        with pytest.raises(PhodangError, match=r"is in use: another process writes to it\. Wait"):
            written.write(tmp_path)
    finally:
        first.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        first.communicate(timeout=TIMEOUT)
    written.write(tmp_path)
    assert list(read_labelled(tmp_path)) == written.articles


def stop_early(folder: Path) -> None:
    with OutputFolder.open(folder, run=corpus("aa").run):
        with pytest.raises(PhodangError, match="in use"):
            OutputFolder.open(folder, run=corpus("aa").run)
        raise KeyboardInterrupt


def test_a_folder_is_free_after_an_interruption(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        stop_early(tmp_path)
    with OutputFolder.open(tmp_path, run=corpus("aa").run) as output:
        assert (output.position, output.labelled, output.rejected) == (Position(0, 0), 0, 0)

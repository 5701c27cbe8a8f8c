"""Machines as they are: no home, no terminal, one core, little memory, forks, threads, damage."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import onnxruntime
import pytest
from isolated import TIMEOUT, run_python
from toy import toy_articles
from toy_models import LONG, ToyModels

from phodang.analyzer import Analyzer
from phodang.article import Article
from phodang.batch.output import read_labelled
from phodang.checkpoint import MANIFEST_FILE, read_manifest
from phodang.errors import CheckpointError
from phodang_training.corpus import text_of

TEXT = "\n".join([*map(text_of, toy_articles()), LONG.text])
DEMO = Path(__file__).parent.parent / "data" / "articles" / "au-0-14.txt"
COMMAND = (sys.executable, "-m", "phodang.cli")
EXIT_ERROR, EXIT_INTERRUPTED = 2, 130

THREADS, CALLS = 32, 10_000
LARGEST_MEMORY = 512 * 1024
"""Kilobytes."""

posix = pytest.mark.skipif(os.name == "nt", reason="asks for what Windows does not have")


@pytest.fixture(scope="module")
def folder(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture(scope="module")
def analyzer(folder: Path) -> Analyzer:
    return Analyzer.from_pretrained(folder, threads=2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_bytes(TEXT.encode())
    return path


def run(
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    shell: str | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own; ``shell`` is said behind it to a shell."""
    command: list[str] = [*COMMAND, *map(str, arguments)]
    if shell is not None:
        command = ["sh", "-c", f'"$@" {shell}', "sh", *command]
    return subprocess.run(
        command, capture_output=True, check=False, env=environment, timeout=TIMEOUT, cwd=cwd
    )


# Where the command runs


@posix
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TERM": "dumb"},
    ],
    ids=["nothing", "home-is-no-folder", "ascii"],
)
def test_the_environment_changes_nothing(
    folder: Path, file: Path, environment: dict[str, str]
) -> None:
    """Nor does the segmenter need a place for files of its own."""
    options = ("--model", folder, "--segmenter", "underthesea", "--format", "json")
    done = run("predict", file, *options, environment=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    expected = Analyzer.from_pretrained(folder, segmenter="underthesea").predict(TEXT)
    assert Article.from_dict(json.loads(done.stdout)) == expected


@posix
def test_a_folder_that_is_gone(folder: Path, file: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f'cd "{gone}" && rmdir "{gone}" && exec "$@"'
    command = [*COMMAND, "predict", str(file), "-m", str(folder), "-f", "json"]
    done = subprocess.run(["sh", "-c", line, "sh", *command], capture_output=True, timeout=TIMEOUT)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
@pytest.mark.parametrize("output_format", ["json", "terminal"])
def test_a_closed_output_is_told(folder: Path, file: Path, output_format: str) -> None:
    done = run("predict", file, "-m", folder, "-f", output_format, shell=">&-")
    assert done.returncode == EXIT_ERROR
    assert b"the output cannot be written: standard output is closed. Send it" in done.stderr
    assert done.stderr.count(b"\n") == 1


@posix
def test_nothing_but_the_output_needs_to_be_open(folder: Path, file: Path) -> None:
    done = run("predict", file, "-m", folder, "-f", "json", shell="<&- 2>&-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == TEXT


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a choice of cores")
def test_one_core(folder: Path, analyzer: Analyzer) -> None:
    code = """
import json, os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from phodang import Analyzer
print(json.dumps(Analyzer.from_pretrained(sys.argv[1]).predict(sys.argv[2]).to_dict()))
"""
    assert Article.from_dict(json.loads(run_python(code, str(folder), TEXT))) == (
        analyzer.predict(TEXT)
    )


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux")
def test_the_bundled_model_reads_an_article_in_little_memory() -> None:
    code = """
import re, sys
from pathlib import Path
from phodang import predict
text = Path(sys.argv[1]).read_text(encoding="utf-8")
assert predict("\\n".join([text] * 5)).entities
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
    assert int(run_python(code, str(DEMO))) < LARGEST_MEMORY


def test_too_little_memory_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError(
            "[ONNXRuntimeError] : 6 : Exception during initialization: std::bad_alloc"
        )

    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    with pytest.raises(CheckpointError, match=r"model\.onnx cannot be loaded for want of memory\."):
        Analyzer.from_pretrained(folder)


# Processes and threads


TEXTS = [TEXT, LONG.text, "Huế"]


class Forked:
    """Stands where a forked process finds what it inherits."""

    analyzer: Analyzer


def read_inherited(_: int) -> list[Article]:
    return Forked.analyzer.predict(TEXTS)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_reads_with_what_it_inherits(analyzer: Analyzer) -> None:
    expected = analyzer.predict(TEXTS)  # its threads have begun to work here
    Forked.analyzer = analyzer
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(read_inherited, range(3)).get(TIMEOUT) == [expected] * 3
    assert analyzer.predict(TEXTS) == expected


def test_a_spawned_process_loads_the_model_again(analyzer: Analyzer) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        read = pool.apply_async(analyzer.predict, (TEXTS,)).get(TIMEOUT)
    assert read == analyzer.predict(TEXTS)


def test_many_threads_share_an_analyzer(analyzer: Analyzer) -> None:
    texts = ["Hà Nội họp", "Ban Tổ chức Trung ương", "Huế ngày 12-3", "Huế\nHạ Long", "", "🇻🇳"]
    expected = [analyzer.predict(text) for text in texts]

    def read(call: int) -> bool:
        return analyzer.predict(texts[call % len(texts)]) == expected[call % len(texts)]

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(read, range(CALLS))) == CALLS


@posix
def test_ctrl_c_leaves_whole_shards(folder: Path, tmp_path: Path) -> None:
    corpus, output, records = tmp_path / "corpus.jsonl", tmp_path / "out", 5_000
    lines = (json.dumps({"id": str(n), "text": "Hà Nội\nHuế"}) + "\n" for n in range(records))
    corpus.write_text("".join(lines), encoding="utf-8")
    options = ("-m", str(folder), "--shard-size", "10", "--processes", "1")
    process = subprocess.Popen(
        [*COMMAND, "label", str(corpus), "-o", str(output), *options],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + TIMEOUT
        while not (output / "part-00001.jsonl").exists() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.01)
        # As a terminal does, to all that it started too.
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    assert process.returncode == EXIT_INTERRUPTED
    assert b"Stopped. Run the same command again to go on." in said
    assert b"Traceback" not in said
    read = [each.id for each in read_labelled(output, allow_unfinished=True)]
    assert 10 <= len(read) < records
    assert read == [str(number) for number in range(len(read))]


# Files


def broken_files(content: bytes) -> Iterator[bytes | None]:
    """A file with a byte changed, cut, emptied, longer, and gone."""
    middle = len(content) // 2
    yield content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    yield from (content[:middle], content[:-1], b"", content + b"\n", None)


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_every_damage_names_the_file_and_the_way_out(
    toy_models: ToyModels, tmp_path: Path, form: str
) -> None:
    whole = toy_models.exported("both", "int8") if form == "onnx" else toy_models.trained("both")
    copy = Path(shutil.copytree(whole, tmp_path / "copy"))
    for name in (*read_manifest(whole).files, MANIFEST_FILE):
        content = (whole / name).read_bytes()
        for broken in broken_files(content):
            if name == MANIFEST_FILE and broken in (content[:-1], content + b"\n"):
                continue  # the line break at its end
            (copy / name).unlink()
            if broken is not None:
                (copy / name).write_bytes(broken)
            # A changed byte of the manifest may be one of its figures.
            harmless = name == MANIFEST_FILE and broken and len(broken) == len(content)
            with nullcontext() if harmless else pytest.raises(CheckpointError) as caught:
                Analyzer.from_pretrained(copy)
            if caught is not None:
                assert name in str(caught.value)
                assert re.search("Copy the checkpoint|is no phodang", str(caught.value))
            (copy / name).write_bytes(content)


@contextmanager
def unwritable(parent: Path) -> Iterator[Path]:
    """A folder in which nothing can be made: even the superuser cannot below a file."""
    parent.mkdir()
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        parent.chmod(0o500)
        yield parent
        parent.chmod(0o700)
    else:
        (parent / "file").touch()
        yield parent / "file"


def test_an_output_that_must_not_be_written_is_told(
    folder: Path, tmp_path: Path, file: Path
) -> None:
    labelled, exported = tmp_path / "labelled", tmp_path / "exported"
    options = ("--model", folder, "--quiet", "--processes", 0)
    assert run("label", file, "-o", labelled, *options).returncode == 0
    assert run("export", labelled, "-f", "doccano", "-o", exported).returncode == 0
    with unwritable(tmp_path / "parent") as parent:
        for arguments in (
            ("label", file, *options),
            ("report", labelled),
            ("export", labelled, "-f", "doccano"),
            ("import", exported, "-f", "doccano"),
        ):
            done = run(*arguments, "-o", parent / "out")
            said = done.stderr.decode()
            assert done.returncode == EXIT_ERROR, said
            assert f"{parent / 'out'} cannot be written: " in said
            assert said.count("\n") == 1
    assert not list((tmp_path / "parent").glob("**/out"))


def test_a_full_disk_leaves_no_half_export(folder: Path, tmp_path: Path, file: Path) -> None:
    pytest.importorskip("resource")
    labelled = tmp_path / "labelled"
    options = ("--model", folder, "--quiet", "--processes", 0)
    assert run("label", file, "-o", labelled, *options).returncode == 0
    code = """
import resource, sys
from pathlib import Path
from phodang.batch.output import read_labelled
from phodang.errors import PhodangError
from phodang.exchange.annotated import write_annotated
from phodang.exchange.corpus import export_corpus
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
for write in (
    lambda path: export_corpus(read_labelled(sys.argv[1]), "doccano", path),
    lambda path: write_annotated(read_labelled(sys.argv[1]), path),
):
    try:
        write(Path(sys.argv[2]))
    except PhodangError as error:
        print(error)
"""
    told = run_python(code, str(labelled), str(tmp_path / "out")).splitlines()
    assert len(told) == 2
    for line in told:
        assert line.startswith(f"{tmp_path / 'out'} cannot be written: File too large. Nothing of")
    assert {path.name for path in tmp_path.iterdir()} == {"article.txt", "labelled"}

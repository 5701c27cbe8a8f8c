"""Nothing runs but phodang, nothing is fetched or sent, and nothing of a text becomes markup."""

from __future__ import annotations

import ast
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from isolated import TIMEOUT
from toy import toy_articles
from toy_models import LONG, ToyModels

from phodang.batch.output import read_labelled
from phodang.checkpoint import MANIFEST_FILE, read_manifest
from phodang.errors import CheckpointError
from phodang_training.corpus import text_of
from phodang_training.encoders.loading import load_encoder

ROOT = Path(__file__).parent.parent
MODULES = sorted([*ROOT.glob("model/phodang/**/*.py"), *ROOT.glob("training/**/*.py")])

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&#x3c;script>"

NO_NETWORK = """
import runpy, sys

used = {f"socket.{n}" for n in ("connect", "getaddrinfo", "gethostbyname", "sendto", "sendmsg")}

def refuse(event, arguments):
    if event in used:
        sys.stderr.write(f"network: {event} {arguments}\\n")
        raise OSError("no network")

sys.addaudithook(refuse)
module, *sys.argv[1:] = sys.argv[1:]
sys.argv[0] = module
runpy.run_module(module, run_name="__main__")
"""
"""Runs a module's command; Python tells the hook of all that is to be reached or sent. To make a
socket is no offence: libraries find out in this way what the machine can."""


def without_network(
    home: Path, module: str, *arguments: object, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command that must succeed, with a home of its own and nothing set that keeps it quiet."""
    quiet = ("CI", "HF_HUB_OFFLINE", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "HF_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, module, *map(str, arguments)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**environment, "HOME": str(home), "PYTHONUTF8": "1"},
        cwd=cwd,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stderr
    assert "network: socket." not in done.stderr
    return done


@pytest.fixture(scope="module")
def folder(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    return path


# Network


def test_predict_asks_for_no_network_and_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    """Neither does ONNX Runtime, which keeps a number for the machine if it is let."""
    (tmp_path / "article.txt").write_text(LONG.text, encoding="utf-8")
    done = without_network(home, "phodang.cli", "predict", tmp_path / "article.txt", "-f", "json")
    assert json.loads(done.stdout)["text"] == LONG.text
    assert [*home.rglob("*")] == []


def test_labelling_asks_for_no_network(folder: Path, home: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    records = [{"id": article.id, "text": text_of(article)} for article in toy_articles()]
    corpus.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    options = ("-o", tmp_path / "out", "-m", folder, "--processes", 0)
    without_network(home, "phodang.cli", "label", corpus, *options)
    assert len(list(read_labelled(tmp_path / "out"))) == len(records)
    assert [*home.rglob("*")] == []


def test_training_asks_for_no_network(workshop: Path, home: Path) -> None:
    options = ("--set", "training.epochs=1", "--set", "entities.head=crf")
    for arguments in (("sections", "sections.toml", *options), ("evaluate", "model", "dev.jsonl")):
        without_network(home, "phodang_training.cli", *arguments, cwd=workshop)
    assert read_manifest(workshop / "model").tasks == ("entities", "sections")


# Code


def imports_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{node.module}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls_of(tree: ast.AST) -> Iterator[tuple[str, dict[str, str]]]:
    """What is called, as it is written, with its named arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = {w.arg: ast.unparse(w.value) for w in node.keywords if w.arg in OPTIONS}
            yield ast.unparse(node.func), named


SERIALIZERS = re.compile(r"(pickle|cloudpickle|dill|marshal|shelve|joblib|yaml)\b(?!.*Error$)")
"""Modules that run code that a file holds; their errors may be caught."""
OWN_PROCESSES = {ROOT / "model/phodang/batch/ray_engine.py"}
"""What pickles passes between processes of one run, and no file is read."""
OPTIONS = ("allow_pickle", "shell", "trust_remote_code", "weights_only")
"""Arguments that decide whether something is run."""
RUNS_CODE = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "runpy.run_path"}


def test_no_file_is_read_by_what_can_run_it() -> None:
    assert len(MODULES) > 100
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [name for name in imports_of(tree) if SERIALIZERS.match(name)]
        # `from pickle import UnpicklingError` names the module, too.
        errors = [name for name in imports_of(tree) if name.endswith("Error")]
        found = [name for name in found if not any(e.startswith(f"{name}.") for e in errors)]
        assert not found or path in OWN_PROCESSES, (path, found)
        for name, named in calls_of(tree):
            assert name not in RUNS_CODE, (path, name)
            assert "trust_remote_code" not in named, (path, name)
            assert named.get("shell") != "True", (path, name)
            if name == "torch.load":
                assert named.get("weights_only") == "True", path
            if name in ("np.load", "numpy.load"):
                assert named.get("allow_pickle", "False") == "False", path


def test_weights_of_an_encoder_cannot_run_code(toy_encoder: Path, tmp_path: Path) -> None:
    """PhoBERT's own repositories hold a pickle, of which only tensors are read."""

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "evil"),)

    copy = Path(shutil.copytree(toy_encoder, tmp_path / "copy"))
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps({"embeddings": Evil()}, protocol=2))
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_encoder(copy)
    assert not (tmp_path / "evil").exists()


def test_code_beside_an_encoder_is_not_run(toy_encoder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(toy_encoder, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    classes = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}
    config |= {"model_type": "evil", "auto_map": classes}
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (copy / "evil.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'evil')!r})\n", "utf-8")
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_encoder(copy)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "name", ["../weights", "/etc/hostname", "a/b", "a\\b", "..", ".", "", "a\0"]
)
def test_a_checkpoint_names_no_file_outside_of_itself(
    folder: Path, tmp_path: Path, name: str
) -> None:
    document = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    document["files"][name] = "0" * 64
    (tmp_path / MANIFEST_FILE).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(CheckpointError, match="expected files of the folder, found"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"format": ' + "9" * 5_000 + "}", '{"a":' * 100_000]
)
def test_a_manifest_made_to_break_the_parser_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"phodang\.json is damaged"):
        read_manifest(tmp_path)


# Markup


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be given there")
def test_names_and_texts_stay_text_in_every_page(folder: Path, home: Path, tmp_path: Path) -> None:
    name = HOSTILE.replace("/", "∕")
    file = tmp_path / f"{name}.txt"
    file.write_text(f"{HOSTILE}\nHà Nội {HOSTILE}", encoding="utf-8")
    page = without_network(home, "phodang.cli", "predict", file, "-m", folder, "-f", "html").stdout
    record = {"id": HOSTILE, "text": f"Hà Nội\n{HOSTILE}", "date": HOSTILE, HOSTILE: HOSTILE}
    (tmp_path / "corpus.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    arguments = ("-m", folder, "--processes", 0, "-o", tmp_path / "labelled")
    without_network(home, "phodang.cli", "label", tmp_path / "corpus.jsonl", *arguments)
    options = ("-o", "-", "--title", HOSTILE, "--date-field", HOSTILE)
    report = without_network(home, "phodang.cli", "report", tmp_path / "labelled", *options).stdout
    for html in (page, report):
        assert "&lt;script&gt;alert(1)" in html
        assert not re.search(r"<script>alert|<img|onerror=alert\(2\)>", html)
    assert page.count("<script") == 0
    assert report.count("<script") == 1

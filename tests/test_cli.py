"""The command ``phodang``: what it prints, how it fails."""

from __future__ import annotations

import html
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from isolated import TIMEOUT
from toy import toy_articles
from toy_models import LONG, ToyModels

import phodang
from phodang.analyzer import Analyzer
from phodang.article import Article
from phodang.cli import EXIT_ERROR, main
from phodang_training.corpus import read_conll, text_of

TEXT = "\n".join([*map(text_of, toy_articles()), LONG.text, "<b>Huế</b> & [Đà Nẵng]", ""])
COMMAND = (sys.executable, "-c", "from phodang.cli import main; main()")
EXIT_INTERRUPTED = 130
FORMATS = ("terminal", "json", "jsonl", "html", "outline", "conll")


@pytest.fixture(scope="module")
def model(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_bytes(TEXT.encode())
    return path


class Phodang:
    """Runs the command in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, *arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
        """Exit status, and what was written to standard output and error."""
        self._monkeypatch.setattr(sys, "argv", ["phodang", *map(str, arguments)])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as caught:
            main()
        written = self._capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, written.out, written.err

    def printed(self, *arguments: object, stdin: bytes = b"") -> str:
        """What a run that must succeed prints."""
        status, output, errors = self.run(*arguments, stdin=stdin)
        assert (status, errors) == (0, "")
        return output

    def failed(self, *arguments: object, stdin: bytes = b"") -> str:
        """The one line that a run that must fail tells the user."""
        status, output, errors = self.run(*arguments, stdin=stdin)
        assert (status, output) == (EXIT_ERROR, "")
        assert errors.startswith("phodang: ")
        assert errors.count("\n") == 1 == len(errors.splitlines())
        return errors


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Phodang:
    return Phodang(monkeypatch, capsys)


@pytest.fixture(scope="module")
def article(model: Path) -> Article:
    return Analyzer.from_pretrained(model).predict(TEXT)


def test_version(command: Phodang) -> None:
    assert command.printed("--version") == f"phodang {phodang.__version__}\n"


def test_terminal(command: Phodang, file: Path, model: Path, article: Article) -> None:
    output = command.printed("predict", file, "--model", model)
    for entity in article.entities:
        assert f"{entity.text} [{entity.label}]" in output
    assert "\x1b" not in output  # no colours where there is no terminal
    for label in ("DATE", "LOC", "ORG"):
        count = sum(entity.label == label for entity in article.entities)
        assert f"{count}   {label}" in output or f"{count}  {label}" in output


def test_json(command: Phodang, file: Path, model: Path, article: Article) -> None:
    output = command.printed("predict", file, "--model", model, "--format", "json")
    assert Article.from_dict(json.loads(output)) == article
    assert "Hà Nội" in output


def test_json_lines(command: Phodang, file: Path, model: Path, article: Article) -> None:
    output = command.printed("predict", file, "-m", model, "-f", "jsonl")
    assert output.count("\n") == 1
    assert Article.from_dict(json.loads(output)) == article


def test_html(command: Phodang, file: Path, model: Path, article: Article) -> None:
    output = command.printed("predict", file, "-m", model, "-f", "html")
    assert output.startswith("<!doctype html>")
    assert "&lt;b&gt;" in output
    assert "article.txt" in output
    assert all(html.escape(entity.text) in output for entity in article.entities)


def test_outline(command: Phodang, file: Path, model: Path, article: Article) -> None:
    output = command.printed("predict", file, "-m", model, "-f", "outline")
    assert article.sections
    assert output == article.outline() + "\n"


def test_one_task_alone(command: Phodang, file: Path, model: Path, article: Article) -> None:
    def read(*tasks: str) -> Article:
        options = [option for task in tasks for option in ("--task", task)]
        output = command.printed("predict", file, "-m", model, "-f", "json", *options)
        return Article.from_dict(json.loads(output))

    sections, entities = read("sections"), read("entities")
    assert (sections.entities, entities.sections) == ((), ())
    assert entities.entities == article.entities
    assert [p.sections for p in sections.passages] == [p.sections for p in article.passages]
    assert read("entities", "sections") == read("sections", "entities") == article


def test_other_tasks_are_told(
    command: Phodang, file: Path, model: Path, toy_models: ToyModels
) -> None:
    message = command.failed("predict", file, "-m", model, "--task", "topics")
    assert 'Expected tasks that the model does, entities and sections, found "topics".' in message
    entities = toy_models.exported("crf", "int8")
    message = command.failed("predict", file, "-m", entities, "--task", "sections")
    assert 'does, entities, found "sections". Leave tasks out' in message


def test_conll_can_be_read_back(
    command: Phodang, file: Path, model: Path, article: Article, tmp_path: Path
) -> None:
    path = tmp_path / "article.conll"
    path.write_text(command.printed("predict", file, "-m", model, "-f", "conll"), encoding="utf-8")
    read = read_conll(path)
    assert len(read) == len(article.passages)
    entities = [
        (entity.label, passage.text[entity.start : entity.end].replace("_", " "))
        for sentence in read
        for passage in sentence.passages
        for entity in passage.entities
    ]
    assert entities == [(entity.label, entity.text) for entity in article.entities]


@pytest.mark.parametrize("output_format", FORMATS)
def test_standard_input_is_read_like_a_file(
    command: Phodang, file: Path, model: Path, output_format: str
) -> None:
    options = ("--model", model, "--format", output_format, "--threads", 2)
    expected = command.printed("predict", file, *options)
    output = command.printed("predict", "-", *options, stdin=TEXT.encode())
    # In HTML a file has its name as title.
    title = re.compile(f"<h2 [^>]*>{re.escape(str(file))}</h2>\n")
    assert output == title.sub("", expected)


def test_line_breaks_are_untouched(command: Phodang, model: Path) -> None:
    text = "Hà Nội\r\n\r\nHuế\r\n"
    output = command.printed("predict", "-", "-m", model, "-f", "json", stdin=text.encode())
    assert json.loads(output)["text"] == text


def test_another_segmenter(command: Phodang, file: Path, model: Path) -> None:
    options = ("predict", file, "-m", model, "-f", "conll", "--segmenter")
    assert "Hà_Nội" in command.printed(*options, "underthesea")
    assert "Choose one of" in command.failed(*options, "nltk")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.txt", None, "none.txt: no such file. Give the path of a text file, or - for stand"),
        (".", None, "is a folder. Give one text file in it."),
        ("empty.txt", b"", "empty.txt is empty. Expected the text of an article in UTF-8."),
        ("latin.txt", "Huế, đã".encode("latin-1", "replace"), "is not UTF-8: byte 0xe3"),
        ("utf16.txt", "Huế".encode("utf-16"), "is not UTF-8: byte 0xff at position 0. Convert it"),
    ],
)
def test_files_that_cannot_be_read(
    command: Phodang, model: Path, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert message in command.failed("predict", tmp_path / name, "--model", model)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "Standard input is empty."), (b"\xff", "Standard input is not")]
)
def test_standard_input_that_cannot_be_read(
    command: Phodang, model: Path, content: bytes, message: str
) -> None:
    assert message in command.failed("predict", "-", "--model", model, stdin=content)


def test_models_that_cannot_be_read(
    command: Phodang, file: Path, model: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(model, tmp_path / "copy"))
    manifest, weights = copy / "phodang.json", copy / "model.onnx"
    intact = manifest.read_text(encoding="utf-8")

    manifest.write_text(intact.replace('"format_version": 2', '"format_version": 99'), "utf-8")
    assert "has format version 99" in command.failed("predict", file, "--model", copy)
    manifest.write_text(intact[:-9], "utf-8")
    assert "phodang.json is damaged" in command.failed("predict", file, "--model", copy)
    manifest.write_text(intact, "utf-8")
    weights.write_bytes(weights.read_bytes()[1:])
    assert "model.onnx is damaged" in command.failed("predict", file, "--model", copy)
    manifest.unlink()
    assert "is no phodang checkpoint" in command.failed("predict", file, "--model", copy)
    message = command.failed("predict", file, "--model", tmp_path / "none")
    assert "No checkpoint at" in message


@pytest.mark.parametrize(
    "arguments", [("--threads", "0"), ("--format", "xml"), ("--thread", "2"), ("another.txt",)]
)
def test_wrong_usage(command: Phodang, file: Path, model: Path, arguments: tuple[str, ...]) -> None:
    status, output, errors = command.run("predict", file, "--model", model, *arguments)
    assert (status, output) == (EXIT_ERROR, "")
    assert "Usage: " in errors
    assert "Traceback" not in errors


def test_ctrl_c_ends_without_traceback(
    command: Phodang, file: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Analyzer, "predict", interrupt)
    assert command.run("predict", file, "--model", model) == (EXIT_INTERRUPTED, "", "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_signal_ends_without_traceback(model: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*COMMAND, "predict", str(pipe), "--model", str(model)], stderr=subprocess.PIPE
    )
    try:
        # A pipe can be opened to write once the command has opened it to read, and waits.
        writer = None
        deadline = time.monotonic() + TIMEOUT
        while writer is None and time.monotonic() < deadline:
            try:
                writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                assert process.poll() is None
                time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT)
        assert writer is not None
        os.close(writer)
    finally:
        process.kill()
    assert (process.returncode, errors) == (EXIT_INTERRUPTED, b"")


def test_utf8_is_printed_whatever_the_locale(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "Đảng.txt"
    file.write_text(TEXT, encoding="utf-8")
    plain = {
        **os.environ,
        **{"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii"},
        **{"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    }

    def run(*arguments: object) -> subprocess.CompletedProcess[bytes]:
        line = [*COMMAND, "predict", *map(str, arguments)]
        return subprocess.run(line, capture_output=True, check=False, env=plain, timeout=TIMEOUT)

    for output_format in ("terminal", "html"):
        completed = run(file, "--model", model, "--format", output_format)
        assert (completed.returncode, completed.stderr) == (0, b"")
        assert "Tỉnh ủy Nghệ An" in completed.stdout.decode()
    assert "Đảng.txt" in completed.stdout.decode()
    completed = run(file, "--model", "thiếu")
    assert completed.returncode == EXIT_ERROR
    assert "No checkpoint at thiếu" in completed.stderr.decode()


@pytest.mark.parametrize("output_format", ["terminal", "json"])
def test_a_reader_that_has_closed(file: Path, model: Path, output_format: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        completed = subprocess.run(
            [*COMMAND, "predict", str(file), "--model", str(model), "--format", output_format],
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=TIMEOUT,
        )
    finally:
        os.close(writer)
    assert completed.stderr == b""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError("config.json is no configuration"), "config.json is no configuration"),
        (PermissionError(13, "Permission denied", "vocab.txt"), "vocab.txt: Permission denied"),
        (OSError(12, "Cannot allocate memory"), "Cannot allocate memory"),
    ],
)
def test_system_errors_are_told_as_what_they_are(
    command: Phodang,
    file: Path,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: OSError,
    message: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Analyzer, "predict", fail)
    assert command.failed("predict", file, "--model", model) == f"phodang: {message}\n"
    # Standard output is as it was.
    assert command.printed("--version")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("output_format", ["terminal", "json"])
def test_a_full_disk_is_told(file: Path, model: Path, output_format: str) -> None:
    with Path("/dev/full").open("wb") as full:
        completed = subprocess.run(
            [*COMMAND, "predict", str(file), "--model", str(model), "--format", output_format],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=TIMEOUT,
        )
    assert completed.returncode == EXIT_ERROR
    assert completed.stderr.startswith(b"phodang: the output cannot be written: ")
    assert completed.stderr.count(b"\n") == 1

"""What the pages of documentation promise, done as they say it."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from phodang import Analyzer
from phodang.cli import main as phodang

ROOT = Path(__file__).parent.parent
OWN_DATA_PAGE = ROOT / "training" / "docs" / "your-own-data.md"
PAGE = ROOT / "model" / "docs" / "batch-labelling.md"
ARTICLE = ROOT / "data" / "articles" / "au-0-14.txt"


def test_the_python_of_the_batch_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    record = {"id": "a1", "text": ARTICLE.read_text(encoding="utf-8"), "date": "2020-07-01"}
    Path("articles.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    Analyzer.from_pretrained().label_corpus(["articles.jsonl"], "labelled")
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("a1 {'date': '2020-07-01'}")
    assert printed[1] == "1 0"
    assert "('Ban Tổ chức Trung ương', 'ORG')" in printed[2]
    (passage,) = names["labelled"][0]["passages"]  # type: ignore[index]
    assert [entity["label"] for entity in passage["entities"]] == ["DATE", "LOC", "ORG"]


def test_the_page_on_your_own_data_is_done_as_it_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    toy_encoder: Path,
) -> None:
    import torch

    from phodang_training import project
    from phodang_training.cli import main as phodang_train

    # Other tests run beside this one, and threads that wait for each other take minutes.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    # A stand-in for the compact encoder, which takes minutes to train.
    monkeypatch.setattr(project, "checkout_encoder", lambda: toy_encoder)
    monkeypatch.chdir(tmp_path)
    commands = {"phodang": phodang, "phodang-train": phodang_train}
    names: dict[str, object] = {}
    page = OWN_DATA_PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert [language for language, _ in blocks] == ["sh", "sh", "python", "sh"]
    for language, block in blocks:
        if language == "python":
            exec(compile(block, str(OWN_DATA_PAGE), "exec"), names)
            continue
        for line in block.splitlines():
            name, *arguments = shlex.split(line)
            if name == "cd":
                monkeypatch.chdir(arguments[0])
            else:
                run(commands[name], [name, *arguments], monkeypatch)
    torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert printed.count("Found: 0 errors, 0 warnings, 0 notes.") == 3
    assert "train: 11 articles" in printed
    assert "Cá mú ở Cát Bà" in printed
    for task in ("entities", "sections"):
        assert Analyzer.from_pretrained(f"checkpoints/{task}").manifest.tasks == (task,)


def run(command: Callable[[], None], line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a command in this process; it must succeed."""
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit) as caught:
        command()
    assert caught.value.code == 0, line

"""What the pages of documentation promise, done as they say it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from phodang import Analyzer

ROOT = Path(__file__).parent.parent
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

"""Reading needs no network."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from isolated import run_python
from toy_models import LONG, ToyModels

from phodang.analyzer import Analyzer


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("The network was used.")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.usefixtures("no_sockets")
def test_reading_needs_no_network(toy_models: ToyModels) -> None:
    read = Analyzer.from_pretrained(toy_models.exported("crf", "int8")).predict(LONG.text)
    assert [entity.label for entity in read.entities] == [span.label for span in LONG.entities]


def test_the_command_needs_no_network(toy_models: ToyModels, tmp_path: Path) -> None:
    """Also not to load the segmenter, which it does at the first text; nor settings of a hub."""
    code = """
import socket, sys

def refuse(*arguments, **options):
    print("network", arguments, file=sys.stderr)
    raise OSError("no network")

class Refused(socket.socket):
    __init__ = refuse

socket.socket, socket.create_connection, socket.getaddrinfo = Refused, refuse, refuse
from phodang.cli import main

main()
"""
    (tmp_path / "article.txt").write_text(LONG.text, encoding="utf-8")
    model = toy_models.exported("crf", "int8")
    options = ("--model", str(model), "--segmenter", "underthesea", "--format", "json")
    output = run_python(
        code,
        *("predict", str(tmp_path / "article.txt"), *options),
        environment={"HF_HUB_OFFLINE": "0", "HOME": str(tmp_path)},
    )
    assert json.loads(output)["text"] == LONG.text

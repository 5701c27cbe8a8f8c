from __future__ import annotations

import gzip
import json
import runpy
from pathlib import Path

import pytest
import typer
from toy import SEGMENTED, toy_articles, write_lines
from typer.testing import CliRunner

from phodang.errors import CheckpointError, InputError
from phodang.segmentation import load_segmenter
from phodang_training.trust.parity import Difference, compare_tokenizers, read_texts

SCRIPT = Path(__file__).parent.parent / "scripts" / "check_tokenizer_parity"
PRESEGMENTED = load_segmenter("presegmented")


@pytest.fixture
def unlike_encoder(tmp_path: Path) -> Path:
    """An encoder on which the two differ: transformers drops a last merge without line feed."""
    write_lines(tmp_path / "vocab.txt", ["n@@ 3", "g 2", "ng 1"])
    (tmp_path / "bpe.codes").write_bytes(b"n g</w> 1")
    return tmp_path


def test_the_tokenizers_agree(toy_encoder: Path) -> None:
    report = compare_tokenizers(toy_encoder, [SEGMENTED], segmenter=PRESEGMENTED, words=10_000)
    assert report.words == len(SEGMENTED.split())
    assert report.distinct_words == len(set(SEGMENTED.split()))
    assert report.special_words == 0
    assert report.differences == []


def test_differences_are_told(unlike_encoder: Path) -> None:
    report = compare_tokenizers(unlike_encoder, ["g ng ng"], segmenter=PRESEGMENTED, words=10_000)
    assert (report.words, report.distinct_words) == (3, 2)
    assert report.differences == [Difference("ng", [6], [4, 5])]


def test_no_more_words_than_asked_for(toy_encoder: Path) -> None:
    report = compare_tokenizers(toy_encoder, [SEGMENTED] * 3, segmenter=PRESEGMENTED, words=7)
    assert report.words == 7


def test_words_that_spell_special_tokens_are_counted_apart(toy_encoder: Path) -> None:
    texts = ["<s> Huế </s>", "a<mask>b Huế"]
    report = compare_tokenizers(toy_encoder, texts, segmenter=PRESEGMENTED, words=100)
    assert (report.words, report.distinct_words, report.special_words) == (2, 1, 3)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"vocab\.txt is missing"):
        compare_tokenizers(tmp_path, ["a"], segmenter=PRESEGMENTED, words=1)


def test_texts_of_files(tmp_path: Path) -> None:
    plain, lines, packed = (tmp_path / name for name in ("a.txt", "a.jsonl", "a.jsonl.gz"))
    plain.write_text("Hà Nội\nHuế\n", encoding="utf-8")
    records = "".join(json.dumps({"text": text, "id": 1}) + "\n" for text in ("Hà Nội", "Huế"))
    lines.write_text(records, encoding="utf-8")
    packed.write_bytes(gzip.compress(records.encode()))
    assert list(read_texts(plain)) == ["Hà Nội\nHuế\n"]
    assert list(read_texts(lines)) == list(read_texts(packed)) == ["Hà Nội", "Huế"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"text": "a"}\n{"body": "b"}\n', r'line 2: expected .* string "text"'),
        ("a.jsonl", b'{"text": 1}\n', r'line 1: expected .* string "text"'),
        ("a.jsonl", b"[]\n", r'line 1: expected .* string "text"'),
        ("a.jsonl", b"{\n", r"line 1: expected a JSON object"),
        ("a.txt", b"\xff\xff", r"expected a readable UTF-8 file"),
        ("a.jsonl.gz", b"no gzip", r"expected a readable UTF-8 file"),
        (
            "a.jsonl.gz",
            gzip.compress(b'{"text": "a"}\n' * 99, mtime=0)[:-9],
            r"expected a readable UTF-8",
        ),
        ("none", None, r"none: expected a readable UTF-8 file"),
    ],
)
def test_faults_of_files(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_texts(tmp_path / name))


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and output of the script."""
    app = typer.Typer()
    app.command()(runpy.run_path(str(SCRIPT))["main"])
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_the_script_tells_what_it_compared(toy_encoder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "toy.jsonl"
    passages = [passage.text for article in toy_articles() for passage in article.passages]
    write_lines(texts, [json.dumps({"text": text}) for text in passages])
    status, output = run("--texts", str(texts), "--encoder", str(toy_encoder), "--words", "50")
    assert status == 0
    assert "Words compared: 50 (" in output
    assert "Distinct words that differ: 0." in output


def test_the_script_fails_on_a_difference(unlike_encoder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "a.txt"
    texts.write_text("ng", encoding="utf-8")
    status, output = run("--texts", str(texts), "--encoder", str(unlike_encoder))
    assert status == 1
    assert "Distinct words that differ: 1." in output
    assert "ng: [6], not [4, 5]" in output


def test_the_script_fails_when_there_was_nothing_to_compare(
    toy_encoder: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "a.txt"
    texts.write_text(" \n", encoding="utf-8")
    status, output = run("--texts", str(texts), "--encoder", str(toy_encoder))
    assert status == 1
    assert "Words compared: 0 " in output


def test_the_script_tells_faults_and_the_way_out(toy_encoder: Path, tmp_path: Path) -> None:
    status, output = run("--texts", str(tmp_path / "none"), "--encoder", str(toy_encoder))
    assert status == 2
    assert "Check the path" in output

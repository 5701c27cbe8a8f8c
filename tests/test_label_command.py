"""``phodang label`` and what people do next, as commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from isolated import TIMEOUT, run_python
from toy import toy_articles
from toy_models import ToyModels

from phodang.analyzer import Analyzer
from phodang.batch.output import read_labelled
from phodang_training.corpus import read_articles, text_of
from phodang_training.trust.kill_check import check_kills

COMMAND = (sys.executable, "-m", "phodang.cli")
EXIT_ERROR, EXIT_REJECTED = 2, 3
ARTICLES = 40


@pytest.fixture(scope="module")
def model(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    texts = [text_of(article) for article in toy_articles()]
    records = [
        {"id": str(n), "text": texts[n % len(texts)], "date": "2020-01-31"} for n in range(ARTICLES)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def mixed_corpus(corpus: Path) -> Path:
    """The corpus with records between that cannot be labelled."""
    lines = corpus.read_text(encoding="utf-8").splitlines()
    for number in (1, 9, 20):
        lines.insert(number, "{")
    path = corpus.with_name("mixed.jsonl")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def labelled(model: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("labelled") / "out"
    status, printed, said = run("label", corpus, "-o", output, "-m", model, "--shard-size", 15)
    assert (status, printed) == (0, "")
    assert f"{ARTICLES} articles labelled" in said
    return output


def run(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, timeout=TIMEOUT
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_an_article_is_labelled_as_by_predict(model: Path, labelled: Path) -> None:
    analyzer = Analyzer.from_pretrained(model)
    read = list(read_labelled(labelled))
    assert [each.id for each in read] == [str(n) for n in range(ARTICLES)]
    assert all(each.article == analyzer.predict(each.article.text) for each in read)
    assert {each.fields["date"] for each in read} == {"2020-01-31"}
    assert len(list(labelled.glob("part-*.jsonl"))) == 3


def test_standard_input_is_labelled_and_rejections_are_the_exit_status(
    model: Path, tmp_path: Path
) -> None:
    lines = b'{"text": "Hu\xe1\xba\xbf"}\n{"no": "text"}\n'
    arguments = ("label", "-", "-o", tmp_path / "out", "-m", model, "--processes", 0)
    status, printed, said = run(*arguments, stdin=lines)
    assert (status, printed) == (EXIT_REJECTED, "")
    assert "1 records could not be labelled" in said
    (only,) = read_labelled(tmp_path / "out")
    assert (only.id, only.article.text) == ("-:1", "Huế")


def test_quiet_says_nothing_and_strict_stops(model: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": "Hà Nội"}\n[]\n', encoding="utf-8")
    arguments = ("label", tmp_path / "bad.jsonl", "-m", model, "--quiet", "--processes", 0)
    assert run(*arguments, "-o", tmp_path / "a") == (EXIT_REJECTED, "", "")
    status, printed, said = run(*arguments, "-o", tmp_path / "b", "--strict")
    assert (status, printed) == (EXIT_ERROR, "")
    assert "bad.jsonl:2" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl"),
        ((".", "--address", "auto"), "--engine ray"),
        ((".", "--input-format", "xml"), "input format"),
        ((".", "--task", "stance"), "stance"),
    ],
)
def test_mistakes_are_told_with_the_way_out(
    model: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    status, printed, said = run("label", *arguments, "-o", tmp_path / "out", "-m", model)
    assert (status, printed) == (EXIT_ERROR, "")
    assert message in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="there are no process groups on Windows")
def test_kills_at_random_moments_leave_no_trace(
    model: Path, mixed_corpus: Path, tmp_path: Path
) -> None:
    def command(output: Path) -> list[str]:
        options = ("-m", str(model), "--shard-size", "4", "--processes", "1", "--quiet")
        return [*COMMAND, "label", str(mixed_corpus), "-o", str(output), *options]

    report = check_kills(command, tmp_path, kills=5, seed=1)
    assert report.kills == 5
    assert report.outputs >= 1
    assert report.different == ()
    assert report.left_behind == 0


def test_a_report_is_one_page(labelled: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert run("report", labelled, "-o", page) == (0, "", "")
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "Ban Tổ chức Trung ương" in html


@pytest.mark.parametrize("exchange_format", ["conll", "brat", "labelstudio", "doccano", "spacy"])
def test_what_is_exported_can_be_imported_and_trained_on(
    labelled: Path, model: Path, tmp_path: Path, exchange_format: str
) -> None:
    folder, annotated = tmp_path / "to-correct", tmp_path / "annotated.jsonl"
    arguments = ("--format", exchange_format, "--output")
    status, printed, said = run("export", labelled, *arguments, folder, "--model", model)
    assert (status, said) == (0, "")
    assert f"{ARTICLES} articles" in printed
    unchecked = ("--predictions",) if exchange_format == "labelstudio" else ()
    status, printed, said = run("import", folder, *arguments, annotated, *unchecked)
    assert (status, said) == (0, "")
    articles = read_articles(annotated)
    expected = [len(each.article.entities) for each in read_labelled(labelled)]
    found = [sum(len(passage.entities) for passage in each.passages) for each in articles]
    assert found == expected


def test_a_dataset_is_labelled_by_several_processes(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
import sys
import datasets
from phodang import Analyzer
from phodang.batch.columns import labelled_features

datasets.disable_progress_bars()
analyzer = Analyzer.from_pretrained(sys.argv[1], threads=1)
texts = ["Không có gì.", "Không có gì.", *sys.argv[2:]]
corpus = datasets.Dataset.from_dict({"text": texts, "year": list(range(len(texts)))})
labelled = corpus.map(
    analyzer.batch,
    batched=True,
    batch_size=1,
    writer_batch_size=1,
    num_proc=2,
    features=labelled_features(corpus.features),
)
assert labelled["year"][:] == corpus["year"][:]
for row in labelled:
    assert row["passages"] == analyzer.predict(row["text"]).to_dict()["passages"], row
print(sum(len(passage["entities"]) for row in labelled for passage in row["passages"]))
"""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    texts = [text_of(article) for article in toy_articles()]
    assert int(run_python(code, str(model), *texts)) > 0

"""The benchmark: its figures hang together, and it measures what it says."""

from __future__ import annotations

import functools
import json
import multiprocessing
import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import typer
from hypothesis import given
from hypothesis import strategies as st
from toy import toy_articles
from toy_models import ToyModels
from typer.testing import CliRunner, Result

from phodang.analyzer import Analyzer
from phodang.benchmark import run as run_module
from phodang.benchmark.baseline import first_texts, measure_baseline, token_classifier
from phodang.benchmark.batch import measure_batch
from phodang.benchmark.ceiling import measure_ceiling, product_graph
from phodang.benchmark.encoder_shape import EncoderShape, read_encoder_shape
from phodang.benchmark.machine import peak_memory, this_machine
from phodang.benchmark.measurement import Measurement, Run, count_words
from phodang.benchmark.options import BenchmarkOptions
from phodang.benchmark.own_process import in_own_process, torch_threads
from phodang.benchmark.report import ENCODERS
from phodang.benchmark.stages import STAGES, measure_stages
from phodang.benchmark.texts import read_texts
from phodang.checkpoint import read_manifest
from phodang.commands.benchmark import benchmark
from phodang.errors import ConfigError, InputError, PhodangError
from phodang.subwords import SubwordTokenizer
from phodang_training.corpus import text_of

TEXTS = [text_of(article) for article in toy_articles()]
TOY_TAGS = ("O", "B-LOC", "I-LOC")


@pytest.fixture(scope="module")
def model(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture
def shape(model: Path) -> EncoderShape:
    return read_encoder_shape(model, read_manifest(model))


@pytest.fixture
def file(toy_models: ToyModels) -> Path:
    return toy_models.workshop / "train.jsonl"


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch, shape: EncoderShape) -> None:
    """Measure in the process of the tests, and nothing that takes long."""
    monkeypatch.setattr(run_module, "in_own_process", lambda work: work())
    monkeypatch.setattr(run_module, "PHOBERT_BASE", shape)
    quick = functools.partial(measure_ceiling, sizes=[(8, 16, 8)], seconds=0.01)
    monkeypatch.setattr(run_module, "measure_ceiling", quick)


def run_command(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(benchmark)
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "80"})


def printed(*arguments: object) -> str:
    result = run_command(*arguments)
    assert result.exit_code == 0, result
    return result.stdout


# The whole


@pytest.mark.usefixtures("in_this_process")
def test_figures_hang_together(model: Path, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    options = ("--model", model, "--threads", 1, "--processes", 0, "--repeats", 2)
    table = printed(file, *options, "--baseline-words", 10, "--batch-size", 4, "--json", path)
    figures = json.loads(path.read_text(encoding="utf-8"))

    words = count_words(read_texts(str(file)))
    assert figures["texts"] == {"file": "train.jsonl", "articles": 7, "words": words}
    phodang = [figures["stream"], figures["batch"]]
    assert [each["words"] for each in phodang] == [words, words]
    usual = figures["baselines"]
    assert [(each["encoder"], each["batch_size"]) for each in usual] == [
        *(("same", 1), ("same", 4)),
        *(("phobert-base", 1), ("phobert-base", 4)),
    ]
    for each in usual:
        assert each["words"] == count_words(TEXTS[:1]) >= 10
        assert set(each["stages"]) == {"segmenter", "pipeline"}
    for each in (*phodang, *usual):
        assert len(each["runs"]) == 2
        assert each["seconds"] == min(each["runs"]) > 0
        assert each["words_per_second"] == each["words"] / each["seconds"]
        assert each["slowest_words_per_second"] <= each["words_per_second"]
        if each["stages"]:
            assert all(seconds >= 0 for seconds in each["stages"].values())
            assert sum(each["stages"].values()) == pytest.approx(each["seconds"])
    for each in phodang:
        assert each["times_as_fast_as"] == {
            encoder: each["words_per_second"]
            / max(b["words_per_second"] for b in usual if b["encoder"] == encoder)
            for encoder in ENCODERS
        }

    rate = figures["model_rate"]
    assert rate["seconds"] == figures["stream"]["stages"]["model"]
    per_second = rate["multiply_accumulates"] / rate["seconds"]
    assert rate["multiply_accumulates_per_second"] == per_second
    assert rate["share"] == per_second / rate["ceiling"]["multiply_accumulates_per_second"]
    assert figures["machine"]["versions"]["torch"] == torch.__version__

    rows = [line.split() for line in table.splitlines()]
    shown = next(row for row in rows if row[:1] == ["phodang"] and row[1][0].isdigit())
    assert shown[1] == f"{words:,}"
    assert shown[3] == f"{figures['stream']['words_per_second']:,.0f}"
    assert shown[5:7] == [
        f"{figures['stream']['times_as_fast_as'][encoder]:.1f}" for encoder in ENCODERS
    ]
    assert {row[0] for row in rows if row} >= {*STAGES, "pipeline"}
    assert "PhoBERT-base, batch 4" in table


@pytest.mark.usefixtures("in_this_process")
def test_missing_libraries_are_told(
    model: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    options = ("--model", model, "--threads", 1, "--processes", 0, "--repeats", 1)
    table = printed(file, *options)
    told = " ".join(table.split())
    assert "onnx not installed" in told
    assert "pip install 'phodang[benchmark]'" in told
    assert "PhoBERT" not in told
    figures = json.loads(printed(file, *options, "--json", "-"))
    assert figures["missing"] == ["onnx"]
    assert (figures["baselines"], figures["model_rate"]) == ([], None)
    assert figures["stream"]["words_per_second"] > 0 < figures["batch"]["words_per_second"]
    assert figures["stream"]["times_as_fast_as"] == dict.fromkeys(ENCODERS)


@pytest.mark.usefixtures("in_this_process")
def test_nothing_is_compared_if_not_wanted(model: Path, file: Path) -> None:
    options = ("--model", model, "--threads", 1, "--processes", 0, "--repeats", 1)
    table = printed(file, *options, "--baseline-words", 0)
    assert "times" not in table
    assert "not installed" not in table
    assert "8-bit matrices" in " ".join(table.split())


def test_a_file_that_cannot_be_written_is_told_before(file: Path, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "figures.json"):
        error = run_command(file, "--json", path).exception
        assert isinstance(error, InputError)
        assert "expected a file to write" in str(error)


@pytest.mark.parametrize(
    "value", [{"threads": 0}, {"processes": -1}, {"repeats": 0}, {"batch_size": 1}]
)
def test_options_out_of_range(value: dict[str, int]) -> None:
    (name,) = value
    with pytest.raises(ConfigError, match=f"Expected {name} of at least"):
        BenchmarkOptions(**value)  # type: ignore[arg-type]


# Texts


def test_texts_of_annotated_articles_and_records(file: Path, tmp_path: Path) -> None:
    assert read_texts(str(file))[:-1] == TEXTS
    records = tmp_path / "records.jsonl"
    records.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    assert read_texts(str(records)) == TEXTS
    one = tmp_path / "one.txt"
    one.write_bytes(TEXTS[0].encode())
    assert read_texts(str(one)) == TEXTS[:1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"title": "Hà Nội"}\n', "records.jsonl:1: "),
        ('{"passages": []}\n{"passages": [{}]}\n', "line 2: expected an object with"),
        ('{"passages": []}\n{\n', "line 2: expected an object with"),
        ('{"passages": []}\n', "expected texts with words, found none"),
        ("", "records.jsonl"),
    ],
)
def test_texts_that_cannot_be_read(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        read_texts(str(path))


@given(st.lists(st.integers(0, 5), min_size=1), st.integers(1, 20))
def test_the_first_texts_have_words_enough_and_no_more(counts: list[int], words: int) -> None:
    texts = ["chữ " * count for count in counts]
    chosen = first_texts(texts, words=words)
    assert chosen
    assert chosen == texts[: len(chosen)]
    assert len(chosen) == len(texts) or count_words(chosen) >= words
    assert len(chosen) == 1 or count_words(chosen[:-1]) < words


# Measurements


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=7), st.integers(1, 10**6))
def test_the_median_is_a_run_between_the_slowest_and_the_fastest(
    seconds: list[float], words: int
) -> None:
    runs = tuple(Run(seconds=each, stages={"all": each}) for each in seconds)
    measurement = Measurement(words=words, runs=runs, peak_memory=None)
    assert measurement.median in runs
    assert sum(each <= measurement.median.seconds for each in seconds) * 2 >= len(seconds)
    assert sum(each >= measurement.median.seconds for each in seconds) * 2 >= len(seconds)
    assert measurement.slowest <= measurement.words_per_second <= measurement.fastest
    assert measurement.spread >= 0


@pytest.mark.parametrize("name", ["crf", "both"])
def test_stages_add_up(toy_models: ToyModels, name: str) -> None:
    analyzer = Analyzer.from_pretrained(toy_models.exported(name, "int8"), threads=1)
    measured = measure_stages(analyzer, ["\n", *TEXTS], repeats=3)
    assert measured.speed.words == count_words(TEXTS)
    for run in measured.speed.runs:
        assert tuple(run.stages) == STAGES
        assert min(run.stages.values()) > 0
        assert sum(run.stages.values()) == pytest.approx(run.seconds)
    arranged = [analyzer.arranger.arrange(text, analyzer.manifest.tasks) for text in TEXTS]
    assert list(measured.sequence_lengths) == [
        len(sequence.ids) for article in arranged for sequence in article.sequences
    ]


@pytest.mark.parametrize("processes", [0, 1])
def test_the_batch_pipeline_is_measured(model: Path, processes: int) -> None:
    measured = measure_batch(model, TEXTS, threads=1, processes=processes, repeats=1)
    assert measured.words == count_words(TEXTS)
    assert measured.words_per_second > 0
    if sys.platform == "linux":
        own = peak_memory()
        assert own is not None
        assert measured.peak_memory is not None
        # A process that finds words takes more; what the system counts is not quite exact.
        assert (measured.peak_memory > own + 20) is bool(processes)
    assert not multiprocessing.active_children()


def test_work_in_a_process_of_its_own() -> None:
    import os

    assert in_own_process(os.getpid) != os.getpid()
    with pytest.raises(PhodangError, match="process that was measured ended"):
        in_own_process(functools.partial(os._exit, 1))


def test_torch_has_its_threads_back() -> None:
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_the_machine_is_described() -> None:
    machine = this_machine()
    assert machine.processor
    assert machine.cores >= 1
    assert machine.versions["onnxruntime"] == onnxruntime.__version__
    memory = peak_memory()
    assert sys.platform == "win32" or (memory is not None and memory > 1)


# The usual way


def test_the_usual_way_is_measured(model: Path, shape: EncoderShape) -> None:
    measured = measure_baseline(
        model, shape, TEXTS[:2], tags=TOY_TAGS, batch_sizes=(1, 2), threads=1, repeats=1
    )
    assert [each.words for each in measured] == [count_words(TEXTS[:2])] * 2
    for each in measured:
        assert each.words_per_second > 0
        assert sum(each.median.stages.values()) == pytest.approx(each.median.seconds)


def test_the_pipeline_reads_the_model_s_subwords(model: Path, shape: EncoderShape) -> None:
    pipeline = token_classifier(model, shape, tags=TOY_TAGS)
    words = "Ban Tổ_chức Trung_ương họp tại Hà_Nội ."
    expected = SubwordTokenizer.from_folder(model).encode_words(words.split())
    assert pipeline.tokenizer(words)["input_ids"] == [0, *expected, 2]
    assert pipeline.model.dtype is torch.float32
    assert pipeline.model.config.num_labels == len(TOY_TAGS)
    assert pipeline([words, words], batch_size=2) == [[], []]
    # Longer than the encoder reads at once.
    assert pipeline([words * 30]) == [[]]


# The ceiling


def test_the_ceiling_multiplies_what_it_says() -> None:
    session = onnxruntime.InferenceSession(product_graph(16, 8))
    left = np.random.default_rng(2).integers(0, 256, (4, 16), np.uint8)
    (product,) = session.run(None, {"left": left})
    (unit,) = session.run(None, {"left": np.eye(16, dtype=np.uint8)})
    assert product.dtype == unit.dtype == np.int32
    assert (product == left.astype(np.int32) @ unit).all()


def test_the_ceiling_is_the_best_of_what_is_tried() -> None:
    sizes = [(1, 1, 1), (64, 128, 128)]
    ceiling = measure_ceiling(threads=2, repeats=2, sizes=sizes, seconds=0.02)
    # A product of one number by one number is all overhead.
    assert ceiling.size == (64, 128, 128)
    assert ceiling.multiply_accumulates_per_second > 0

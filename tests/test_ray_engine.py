"""The same run on Ray Data: the same bytes as on one machine, also when a worker is killed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import ray
from toy import toy_articles
from toy_models import ToyModels

from phodang.analyzer import Analyzer
from phodang.batch.corpus import label_corpus
from phodang.batch.options import LabelOptions, RayOptions
from phodang.errors import InputError
from phodang_training.corpus import text_of
from phodang_training.trust.kill_check import output_contents

WORKERS = 2
WORKER_NAME = "ray::MapWorker"
RECORDS_OF_A_SOURCE = 5


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def analyzer(toy_models: ToyModels) -> Analyzer:
    return Analyzer.from_pretrained(toy_models.exported("both", "int8"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    texts = [text_of(article) for article in toy_articles()]
    for source in range(4):
        lines = [
            json.dumps({"id": f"{source}-{n}", "text": texts[(source + n) % len(texts)]})
            for n in range(RECORDS_OF_A_SOURCE)
        ]
        path = folder / f"{source}.jsonl"
        path.write_text("\n".join([*lines, "{"]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def expected(
    analyzer: Analyzer, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("local") / "out"
    label_corpus(analyzer, [corpus], output, options=LabelOptions(shard_size=3, processes=0))
    return output_contents(output)


def kill_a_worker(killed: threading.Event) -> None:
    """Kill the first actor that is seen."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if WORKER_NAME in " ".join(process.cmdline()):
                    process.kill()
                    killed.set()
                    return
        time.sleep(0.01)


@pytest.mark.parametrize("kill", [False, True])
@pytest.mark.usefixtures("cluster")
def test_ray_writes_what_one_machine_writes(
    analyzer: Analyzer, corpus: Path, tmp_path: Path, expected: dict[str, bytes], kill: bool
) -> None:
    killed = threading.Event()
    if kill:
        threading.Thread(target=kill_a_worker, args=(killed,), daemon=True).start()
    options = LabelOptions(shard_size=3, ray=RayOptions(workers=WORKERS))
    summary = label_corpus(analyzer, [corpus], tmp_path / "out", options=options)
    assert output_contents(tmp_path / "out") == expected
    assert (summary.labelled, summary.rejected) == (4 * RECORDS_OF_A_SOURCE, 4)
    assert killed.is_set() == kill


@pytest.mark.usefixtures("cluster")
def test_more_workers_than_processors_are_refused(
    analyzer: Analyzer, corpus: Path, tmp_path: Path
) -> None:
    options = LabelOptions(ray=RayOptions(workers=WORKERS + 1))
    with pytest.raises(InputError, match=f"at most {WORKERS} workers"):
        label_corpus(analyzer, [corpus], tmp_path / "out", options=options)


def test_standard_input_is_refused(analyzer: Analyzer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found standard input"):
        label_corpus(analyzer, ["-"], tmp_path / "out", options=LabelOptions(ray=RayOptions()))

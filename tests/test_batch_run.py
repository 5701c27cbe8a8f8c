"""A corpus that is labelled: nothing lost, in order, the same however and in how many goes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console
from toy import toy_articles
from toy_models import LONG, ToyModels

from phodang.analyzer import Analyzer
from phodang.batch import progress as progress_module
from phodang.batch.corpus import label_corpus
from phodang.batch.labelled import LabelledArticle
from phodang.batch.options import LabelOptions, RayOptions, ShardFormat
from phodang.batch.output import read_labelled
from phodang.batch.progress import Count, LineReporter
from phodang.batch.run import RunSummary
from phodang.errors import ConfigError, InputError, SegmenterError
from phodang_training.corpus import text_of
from phodang_training.trust.kill_check import output_contents

TEXTS = [*map(text_of, toy_articles()), LONG.text, "Huế", "Ngày 3-2\r\n\r\nQuốc hội họp ."]
SHARD_SIZE = 4


@pytest.fixture(scope="module")
def model(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture(scope="module")
def analyzer(model: Path) -> Analyzer:
    return Analyzer.from_pretrained(model, threads=2)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three sources of two kinds, with two records that cannot be labelled."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines = [json.dumps({"id": f"a{n}", "text": text, "n": n}) for n, text in enumerate(TEXTS)]
    lines.insert(2, '{"id": "none"}')
    lines.insert(7, "{")
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "b.txt").write_bytes(TEXTS[-1].encode())
    (folder / "c.txt").write_bytes(TEXTS[0].encode())
    (folder / "picture.png").write_bytes(b"no text")
    return folder


def label(
    analyzer: Analyzer,
    corpus: Path,
    output: Path,
    *,
    processes: int = 0,
    shard_format: ShardFormat = "jsonl",
    strict: bool = False,
    console: Console | None = None,
) -> RunSummary:
    """Label a corpus into small shards."""
    options = LabelOptions(
        shard_size=SHARD_SIZE, processes=processes, shard_format=shard_format, strict=strict
    )
    return label_corpus(analyzer, [corpus], output, options=options, console=console)


@pytest.mark.parametrize("shard_format", ["jsonl", "parquet"])
@pytest.mark.parametrize("processes", [0, 2])
def test_every_article_is_labelled_as_alone_and_in_order(
    analyzer: Analyzer, corpus: Path, tmp_path: Path, shard_format: ShardFormat, processes: int
) -> None:
    summary = label(
        analyzer, corpus, tmp_path / "out", processes=processes, shard_format=shard_format
    )
    expected = [
        *(
            LabelledArticle(f"a{n}", analyzer.predict(text), {"n": n})
            for n, text in enumerate(TEXTS)
        ),
        LabelledArticle("b.txt", analyzer.predict(TEXTS[-1])),
        LabelledArticle("c.txt", analyzer.predict(TEXTS[0])),
    ]
    assert list(read_labelled(tmp_path / "out")) == expected
    assert (summary.labelled, summary.rejected, summary.ignored) == (len(expected), 2, 1)
    shards = sorted(path.name for path in (tmp_path / "out").glob("part-*"))
    assert shards == [f"part-{n:05}.{shard_format}" for n in range(-(-len(expected) // SHARD_SIZE))]


def test_what_cannot_be_labelled_is_told_with_its_place(
    analyzer: Analyzer, corpus: Path, tmp_path: Path
) -> None:
    summary = label(analyzer, corpus, tmp_path / "out")
    rejected = (tmp_path / "out" / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in rejected]
    places = [(Path(line["source"]).name, line["number"], line["id"]) for line in found]
    assert places == [("a.jsonl", 3, "none"), ("a.jsonl", 8, None)]
    assert all(line["reason"] for line in found)
    said = summary.describe()
    assert "2 records could not be labelled" in said
    assert "1 files of other kinds" in said


def test_strict_stops_at_the_first_record_that_cannot_be_labelled(
    analyzer: Analyzer, corpus: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"a\.jsonl:3: .*The run stops here"):
        label(analyzer, corpus, tmp_path / "out", strict=True)


class _StopError(Exception):
    pass


@pytest.mark.parametrize("processes", [0, 1])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(
    analyzer: Analyzer,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    processes: int,
) -> None:
    label(analyzer, corpus, tmp_path / "undisturbed")
    stops = iter([1, 3, 6, 2, 50])
    labelled = []

    class Stopping:
        def __init__(self) -> None:
            self._left = next(stops)

        def update(self, count: Count) -> None:
            self._left -= 1
            if not self._left:
                raise _StopError

    with monkeypatch.context() as patch:
        patch.setattr(progress_module, "SilentReporter", Stopping)
        for _ in range(4):
            with pytest.raises(_StopError):
                label(analyzer, corpus, tmp_path / "stopped", processes=processes)
        labelled.append(label(analyzer, corpus, tmp_path / "stopped", processes=processes))
    assert output_contents(tmp_path / "stopped") == output_contents(tmp_path / "undisturbed")
    assert labelled[0].now.labelled < labelled[0].labelled


def test_a_finished_run_does_nothing_again(
    analyzer: Analyzer, corpus: Path, tmp_path: Path
) -> None:
    label(analyzer, corpus, tmp_path / "out")
    before = output_contents(tmp_path / "out")
    again = label(analyzer, corpus, tmp_path / "out")
    assert output_contents(tmp_path / "out") == before
    assert (again.now.labelled, again.labelled) == (0, len(TEXTS) + 2)
    assert "finished already" in again.describe()


def test_another_run_is_refused_with_the_difference(
    analyzer: Analyzer, toy_models: ToyModels, corpus: Path, tmp_path: Path
) -> None:
    label(analyzer, corpus, tmp_path / "out")
    other = Analyzer.from_pretrained(toy_models.exported("crf", "int8"))
    with pytest.raises(InputError, match="the model was"):
        label(other, corpus, tmp_path / "out")
    with pytest.raises(InputError, match="shard_format was jsonl, is parquet"):
        label(analyzer, corpus, tmp_path / "out", shard_format="parquet")
    (corpus / "b.txt").write_text("Khác", encoding="utf-8")
    with pytest.raises(InputError, match=r"inputs that have changed: .*b\.txt"):
        label(analyzer, corpus, tmp_path / "out")


def test_standard_input_goes_on_only_if_it_begins_alike(
    analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [json.dumps({"id": str(n), "text": text}).encode() for n, text in enumerate(TEXTS)]
    options = LabelOptions(shard_size=2, processes=0)

    def run(given: list[bytes], *, stop: bool = False) -> RunSummary:
        class Input(io.BytesIO):
            """Fails behind its lines, as a pipe whose writer was killed does not."""

            def readline(self, size: int | None = -1, /) -> bytes:
                line = super().readline(size)
                if not line and stop:
                    raise _StopError
                return line

        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Input(b"\n".join(given) + b"\n")))
        return label_corpus(analyzer, ["-"], tmp_path / "out", options=options)

    class Stopping:
        def update(self, count: Count) -> None:
            if count.labelled == 5:
                raise _StopError

    with monkeypatch.context() as patch:
        patch.setattr(progress_module, "SilentReporter", Stopping)
        with pytest.raises(_StopError):
            run(lines)
    with pytest.raises(InputError, match="begin with the 4 records"):
        run([lines[1], *lines[1:]])
    with pytest.raises(InputError, match="begin with the 4 records"):
        run(lines[:3])
    assert run(lines).labelled == len(TEXTS)
    assert [each.article.text for each in read_labelled(tmp_path / "out")] == TEXTS


def test_a_text_that_the_segmenter_fails_on_is_rejected_alone(
    analyzer: Analyzer, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = type(analyzer.reader.segmenter)
    words = segmenter.words

    def failing(self: object, text: str) -> list[tuple[int, int]]:
        if text == "Huế":
            raise SegmenterError("The words do not match the text.")
        return words(self, text)  # type: ignore[arg-type]

    monkeypatch.setattr(segmenter, "words", failing)
    summary = label(analyzer, corpus, tmp_path / "out")
    assert summary.rejected == 3
    rejected = (tmp_path / "out" / "rejected.jsonl").read_text(encoding="utf-8")
    assert "The words do not match the text." in rejected
    assert TEXTS[-1] in [each.article.text for each in read_labelled(tmp_path / "out")]


def test_progress_is_told_in_lines_where_there_is_no_terminal() -> None:
    console = Console(file=io.StringIO(), width=200)
    reporter = LineReporter(console, total=1_000, before=100, interval=0.0)
    reporter.update(Count(labelled=20, rejected=3, words=9_000))
    (line,) = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert line.startswith("123 of 1,000 articles; ")
    assert "words/s, 3 rejected" in line


def test_an_analyzer_made_by_hand_is_refused(
    analyzer: Analyzer, corpus: Path, tmp_path: Path
) -> None:
    by_hand = Analyzer(analyzer.manifest, reader=analyzer.reader, backend=analyzer.backend)
    with pytest.raises(InputError, match="made by from_pretrained"):
        label(by_hand, corpus, tmp_path / "out")


@pytest.mark.parametrize(
    "make",
    [
        lambda: LabelOptions(shard_size=0),
        lambda: LabelOptions(processes=-1),
        lambda: LabelOptions(shard_format="xml"),  # type: ignore[arg-type]
        lambda: RayOptions(workers=0),
        lambda: RayOptions(gpus=-1),
    ],
)
def test_options_out_of_range_are_refused(make: object) -> None:
    with pytest.raises(ConfigError, match="found"):
        make()  # type: ignore[operator]

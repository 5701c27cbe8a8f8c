"""A benchmark's figures, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from phodang.benchmark.measurement import Measurement
from phodang.benchmark.report import ENCODERS, BenchmarkReport, Encoder

INSTALL = "pip install 'phodang[benchmark]'"

_NAMES: dict[Encoder, str] = {"same": "Same encoder", "phobert-base": "PhoBERT-base"}
_NOTHING = "–"
_GIGA = 1e9


def render_report(report: BenchmarkReport) -> Group:
    """Render a report: a table of speeds, then what they were measured on and what they mean."""
    return Group(_table(report), Text(), *map(Text, _remarks(report)))


def _table(report: BenchmarkReport) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("", no_wrap=True)
    ratios = [f"times\n{name}" for name in ("PhoBERT", "same")] if report.baselines else []
    for name in ("words", "seconds", "words/s", "spread", *ratios, "peak\nMiB"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, speed in (("phodang", report.stream), ("phodang label", report.batch)):
        compared = [report.ratio(speed, encoder) for encoder in ENCODERS] if ratios else []
        _add(table, name, speed, [_ratio(value) for value in compared])
    for each in report.baselines:
        name = f"{_NAMES[each.encoder]}, batch {each.batch_size}"
        _add(table, name, each.speed, [""] * len(ratios))
    return table


def _add(table: Table, name: str, speed: Measurement, ratios: Sequence[str]) -> None:
    memory = f"{speed.peak_memory:,.0f}" if speed.peak_memory is not None else _NOTHING
    table.add_row(
        name,
        f"{speed.words:,}",
        f"{speed.median.seconds:,.2f}",
        f"{speed.words_per_second:,.0f}",
        f"{speed.spread:.0%}",
        *ratios,
        memory,
    )
    for stage, seconds in speed.median.stages.items():
        pace = f"{speed.words / seconds:,.0f}" if seconds > 0 else _NOTHING
        table.add_row(f"  {stage}", "", f"{seconds:,.2f}", pace)


def _remarks(report: BenchmarkReport) -> Iterator[str]:
    machine = report.machine
    yield (
        f"{machine.processor}, cores: {machine.cores}. Threads for each: {report.threads}; phodang "
        f"label also has processes that find words, which every run starts: {report.processes}. "
        f"Articles: {report.articles:,}. Runs: {report.repeats}, and a warm-up that is not "
        "counted; the median is shown, and as the spread what parts the fastest from the slowest."
    )
    if machine.load_average is not None:
        yield (
            f"Load before: {machine.load_average:.2f} processes; what else the machine does makes "
            "figures too low."
        )
    yield ", ".join(
        f"{name} {version}" for name, version in _versions(report).items() if version is not None
    )
    if (rate := report.rate) is not None:
        yield (
            f"The model computes {rate.multiply_accumulates_per_second / _GIGA:,.1f} billion "
            f"multiply-accumulates a second, {rate.share:.0%} of the "
            f"{rate.ceiling.multiply_accumulates_per_second / _GIGA:,.1f} billion that ONNX "
            "Runtime reaches here on large 8-bit matrices."
        )
    if report.baselines:
        yield (
            "Same encoder, PhoBERT-base: underthesea, then transformers' pipeline in 32 bits, with "
            "random weights of these shapes. Ratios are to the faster of the two batch sizes. "
            "Both read the subwords of the model's vocabulary; PhoBERT's own, if it is larger, "
            "makes fewer of a text. Of passages longer than an encoder reads at once, the pipeline "
            "leaves out the rest."
        )
    if report.missing:
        yield (
            f"Not compared with transformers and the processor's ceiling: that needs the extra "
            f"benchmark ({', '.join(report.missing)} not installed). Install it with `{INSTALL}`."
        )


def _versions(report: BenchmarkReport) -> dict[str, str | None]:
    return {"Python": report.machine.python, **report.machine.versions}


def _ratio(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f}"

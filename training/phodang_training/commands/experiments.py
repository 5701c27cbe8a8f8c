"""``phodang-train learning-curve`` and ``phodang-train cross-validate``: several trainings."""

# Options are Optional[...], not ... | None: typer evaluates them at run time, on Python 3.10 too.
# ruff: noqa: UP045

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.table import Column, Table

from phodang_training.commands.options import ConfigArgument, OverrideOption
from phodang_training.commands.training import EXIT_INTERRUPTED
from phodang_training.commands.writing import print_table
from phodang_training.experiments.plots import plot_folds, plot_learning_curve, require_matplotlib

if TYPE_CHECKING:
    from phodang_training.experiments.experiment import Experiment
    from phodang_training.experiments.run_results import RunResult
    from phodang_training.experiments.runs import Run

FolderOption = Annotated[
    Path, typer.Option("--output", help="The folder of the results; the same one goes on.")
]
KeepOption = Annotated[
    bool, typer.Option("--keep-models", help="Keep the checkpoints, which are large.")
]

_NOTHING = "–"


def learning_curve(
    config: ConfigArgument,
    output: FolderOption,
    fractions: Annotated[
        Optional[list[float]],
        typer.Option("--fractions", help="A share to train on; default: 0.1, 0.25, 0.5 and 1."),
    ] = None,
    seeds: Annotated[
        Optional[list[int]],
        typer.Option("--seeds", help="A seed; default: that of the configuration."),
    ] = None,
    override: OverrideOption = None,
    keep_models: KeepOption = False,
) -> None:
    """Train on growing shares of the articles, and plot F1 over them.

    Stopped, the same command goes on.
    """
    from phodang_training.experiments.experiment import Experiment
    from phodang_training.experiments.learning_curve import FRACTIONS, curves, learning_curve_runs
    from phodang_training.experiments.runs import (
        check_learnable,
        check_start,
        load_training_config,
        load_training_data,
    )

    require_matplotlib()
    training = load_training_config(config, override or ())
    data = load_training_data(training)
    check_start(training)
    runs = learning_curve_runs(
        data, fractions=fractions or FRACTIONS, seeds=seeds or [training.seed]
    )
    check_learnable(runs, training, way_out="Give larger --fractions, or more articles.")
    experiment = Experiment(output, training, data, keep_models)
    experiment.begin({"experiment": "learning-curve"})

    def report(results: Sequence[RunResult]) -> None:
        print_table(_shares_table(results))
        _write_plot(output / "learning-curve.svg", plot_learning_curve(curves(results)))

    _make(experiment, runs, report)


def cross_validate(
    config: ConfigArgument,
    output: FolderOption,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Into how many parts.")] = 5,
    group_by: Annotated[
        Optional[str],
        typer.Option(
            "--group-by",
            help="A regular expression; articles whose ids agree in what it finds stay together.",
        ),
    ] = None,
    override: OverrideOption = None,
    keep_models: KeepOption = False,
) -> None:
    """Measure on each part of the training articles what was trained on the others.

    The dev articles choose the epoch in every fold. Stopped, the same command goes on.
    """
    from phodang_training.experiments.cross_validation import (
        cross_validation_runs,
        fold_figures,
        make_folds,
        read_folds,
        write_folds,
    )
    from phodang_training.experiments.experiment import Experiment
    from phodang_training.experiments.runs import (
        check_learnable,
        check_start,
        load_training_config,
        load_training_data,
    )

    require_matplotlib()
    training = load_training_config(config, override or ())
    data = load_training_data(training)
    check_start(training)
    dealt = read_folds(output) or make_folds(
        data, folds=folds, seed=training.seed, group_by=group_by
    )
    runs = cross_validation_runs(data, dealt, seed=training.seed)
    check_learnable(runs, training, way_out="Give fewer --folds, or more articles.")
    experiment = Experiment(output, training, data, keep_models)
    options = {"experiment": "cross-validation", "folds": folds, "seed": training.seed}
    experiment.begin(options | ({} if group_by is None else {"group_by": group_by}))
    write_folds(output, dealt)

    def report(results: Sequence[RunResult]) -> None:
        print_table(_folds_table(results, fold_figures(results)))
        _write_plot(output / "cross-validation.svg", plot_folds(fold_figures(results)))

    _make(experiment, runs, report)


def _make(
    experiment: Experiment, runs: Sequence[Run], report: Callable[[Sequence[RunResult]], None]
) -> None:
    """Make the runs that are missing, then report on all; after Ctrl-C on those there are."""
    missing = experiment.missing(runs)
    if ended := len(runs) - len(missing):
        print(f"Runs made before: {ended} of {len(runs)}")
    stopped = False
    for number, run in enumerate(missing, ended + 1):
        print(f"Run {number} of {len(runs)}: {run.name}", flush=True)
        stopped = experiment.make(run) is None
        if stopped:
            break
    if results := experiment.results(runs):
        report(results)
    if stopped:
        print("Stopped. The same command goes on.")
        raise typer.Exit(EXIT_INTERRUPTED)
    print(f"Results: {experiment.folder}")


def _shares_table(results: Sequence[RunResult]) -> Table:
    from phodang_training.experiments.learning_curve import percent, shares
    from phodang_training.experiments.run_results import HEADLINES

    tasks = list(results[0].dev)
    names = [f"{task}, {HEADLINES[task]}-F1" for task in tasks]
    table = Table("share", "articles", "words", "runs", *names, "seconds a run")
    for share in shares(results):
        seconds = [r.seconds for r in share.results if r.seconds is not None]
        table.add_row(
            percent(share.fraction),
            f"{share.results[0].articles:,}",
            f"{share.words:,.0f}",
            str(len(share.results)),
            *(_mean_and_deviation(share.f1(task)) for task in tasks),
            f"{mean(seconds):,.0f}" if seconds else _NOTHING,
        )
    return table


def _folds_table(results: Sequence[RunResult], figures: dict[str, list[float | None]]) -> Table:
    folds = [f"fold {result.run['fold']}" for result in results]
    table = Table(Column("F1", overflow="fold"), *folds, "mean ± deviation")
    for name, values in figures.items():
        cells = [_NOTHING if value is None else f"{100 * value:.2f}" for value in values]
        known = [value for value in values if value is not None]
        table.add_row(name, *cells, _mean_and_deviation(known))
    return table


def _mean_and_deviation(values: Sequence[float]) -> str:
    """Mean and sample standard deviation of figures between 0 and 1, in percent."""
    shown = f"{100 * mean(values):.2f}"
    return f"{shown} ± {100 * stdev(values):.2f}" if len(values) > 1 else shown


def _write_plot(path: Path, document: str) -> None:
    path.write_text(document, encoding="utf-8", newline="\n")
    print(f"Plot: {path}")

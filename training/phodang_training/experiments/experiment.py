"""Experiments of several trainings: every run is made once, and a stopped experiment goes on.

The folder of an experiment:

==================== =============================================================================
``experiment.json``  what it began with: configuration, checksums of data and encoder, versions
``results.jsonl``    a line for each run that ended, see `RunResult`
``runs/NAME/``       a run that has not ended, or whose model is kept: its articles, its model
==================== =============================================================================
"""

from __future__ import annotations

import json
import shutil
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from phodang.batch.durable import write_file
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.corpus import describe, write_articles
from phodang_training.corpus.annotation import labels_of
from phodang_training.encoders.loading import encoder_folder
from phodang_training.evaluation.assessment import DataPart, assess
from phodang_training.evaluation.metrics import SpanScores
from phodang_training.evaluation.resampling import Resampling
from phodang_training.evaluation.section_metrics import SectionScores
from phodang_training.experiments.run_results import (
    F1Scores,
    RunResult,
    append_result,
    read_results,
)
from phodang_training.experiments.runs import Run, TrainingData
from phodang_training.fine_tuning.record import provenance
from phodang_training.fine_tuning.resumption import STATE_FOLDER, check_same_run, last_whole_state
from phodang_training.fine_tuning.train_entities import train_entities
from phodang_training.fine_tuning.train_sections import train_sections
from phodang_training.models.card import write_card

RESULTS_FILE = "results.jsonl"

_EXPERIMENT_FILE = "experiment.json"
_RUNS_FOLDER = "runs"
_MODEL_FOLDER = "model"
_TRAINED_FILE = "trained.json"
"""What training came to, of a run whose line is still to be written."""


@dataclass(frozen=True)
class Experiment:
    """Several trainings of one configuration, with their results in a folder.

    Attributes:
        folder: The folder.
        config: The configuration; each run has its own seed, articles and output.
        data: The articles of the configuration.
        keep_models: Whether the checkpoints stay when their figures are there.
    """

    folder: Path
    config: EntitiesConfig | SectionsConfig
    data: TrainingData
    keep_models: bool = False

    def begin(self, options: Mapping[str, Any]) -> None:
        """Make the folder, or make sure that it is of the same experiment.

        Args:
            options: What has to be the same beside configuration, data and encoder.

        Raises:
            ConfigError: The folder is of an experiment that began otherwise.
            CheckpointError: The encoder cannot be had.
        """
        record = provenance(self.config, encoder=encoder_folder(self.config.encoder))
        # Each run has a seed of its own.
        own = {key: value for key, value in record["config"].items() if key != "seed"}
        record["config"] = own | dict(options)
        path = self.folder / _EXPERIMENT_FILE
        if path.is_file():
            check_same_run(path, record)
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_json(path, record)

    def results(self, runs: Sequence[Run]) -> list[RunResult]:
        """The results of those of the runs that have ended, in the order of the runs.

        Raises:
            InputError: A line of the results is damaged.
        """
        found = {_key(result.run): result for result in read_results(self.folder / RESULTS_FILE)}
        return [found[_key(run.key)] for run in runs if _key(run.key) in found]

    def missing(self, runs: Sequence[Run]) -> list[Run]:
        """Those of the runs that have no result."""
        ended = {_key(result.run) for result in self.results(runs)}
        return [run for run in runs if _key(run.key) not in ended]

    def make(self, run: Run) -> RunResult | None:
        """Make a run, or go on with it from the last state that it left.

        Returns:
            Its result, which then stands in the file of results; none if Ctrl-C stopped it.

        Raises:
            InputError: Its articles cannot be trained on.
            ConfigError: What it left is of another run.
            CheckpointError: The encoder cannot be had.
        """
        folder = self.folder / _RUNS_FOLDER / run.name
        config = self._write_data(run, folder)
        trained = _train(config, folder / _TRAINED_FILE)
        if trained is None:
            return None
        test = {}
        if run.test:
            write_articles(folder / "test.jsonl", run.test)
            test = _measure(config.output, folder / "test.jsonl")
        counted = describe([article for articles in run.train for article in articles])
        result = RunResult(
            run=run.key,
            articles=counted.articles,
            words=counted.words,
            seconds=trained.seconds,
            dev=trained.dev,
            test=test,
        )
        if self.keep_models:
            write_card(config.output)
        append_result(self.folder / RESULTS_FILE, result)
        if not self.keep_models:
            shutil.rmtree(folder)
        return result

    def _write_data(self, run: Run, folder: Path) -> EntitiesConfig | SectionsConfig:
        """Write the articles of a run; return its configuration."""
        folder.mkdir(parents=True, exist_ok=True)
        # A file for each of the configuration's, which may be weighted by file.
        files = [folder / f"train-{number}.jsonl" for number, _ in enumerate(run.train)]
        for file, articles in zip(files, run.train, strict=True):
            write_articles(file, articles)
        write_articles(folder / "dev.jsonl", self.data.dev)
        # All runs learn the same labels, also those that their own articles lack.
        labels = self.config.data.labels or labels_of(a for own in self.data.train for a in own)
        data = replace(
            self.config.data,
            train=tuple(map(str, files)),
            dev=(str(folder / "dev.jsonl"),),
            split=None,
            labels=labels,
            format="jsonl",
        )
        return replace(self.config, output=folder / _MODEL_FOLDER, seed=run.seed, data=data)


@dataclass(frozen=True)
class _Trained:
    seconds: float | None
    dev: Mapping[str, F1Scores]


def _train(config: EntitiesConfig | SectionsConfig, trained: Path) -> _Trained | None:
    """Train, unless that was done before; none if Ctrl-C stopped it.

    Args:
        config: The run's configuration.
        trained: Where it is noted what training came to, so that it is not done again if only
            measuring was stopped.
    """
    if trained.is_file():
        values = json.loads(trained.read_text(encoding="utf-8"))
        dev = {task: F1Scores(**scores) for task, scores in values["dev"].items()}
        return _Trained(values["seconds"], dev)
    resume = last_whole_state(config.output / STATE_FOLDER) is not None
    if not resume:
        # What a killed process left cannot be gone on from.
        shutil.rmtree(config.output, ignore_errors=True)
    begun = time.perf_counter()
    with warnings.catch_warnings():
        # Of the whole data it has been told.
        warnings.filterwarnings("ignore", message="Train and dev overlap")
        scores = _train_scores(config, resume=resume)
    if scores is None:
        return None
    seconds = None if resume else round(time.perf_counter() - begun, 1)
    dev = {task: F1Scores.of(own) for task, own in scores.items() if own is not None}
    result = _Trained(seconds, dev)
    _write_json(trained, asdict(result))
    return result


def _train_scores(
    config: EntitiesConfig | SectionsConfig, *, resume: bool
) -> dict[str, SpanScores | SectionScores | None] | None:
    """Train, and return the scores on dev by task; none if Ctrl-C stopped it."""
    if isinstance(config, SectionsConfig):
        both = train_sections(config, resume=resume)
        found = {"entities": both.entities, "sections": both.sections}
        return found if both.finished else None
    alone = train_entities(config, resume=resume)
    return {"entities": alone.dev} if alone.finished else None


def _measure(model: Path, articles: Path) -> dict[str, F1Scores]:
    # Of many folds, the folds themselves tell how far a figure can be relied on.
    assessed = assess(str(model), DataPart(articles), resampling=Resampling(resamples=1))
    evaluation = assessed.evaluation
    scores = {"entities": evaluation.scores, "sections": evaluation.sections}
    return {task: F1Scores.of(own) for task, own in scores.items() if own is not None}


def _key(run: Mapping[str, float]) -> frozenset[tuple[str, float]]:
    return frozenset(run.items())


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    write_file(path, text.encode("utf-8"))

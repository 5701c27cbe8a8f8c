"""A model's temperatures and thresholds, fitted anew on the model as it is stored.

Training fits them with exact weights. In 8 bits, and in a mean of several models, scores lie
elsewhere, and thresholds of before cut them at the wrong place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phodang.analyzer import Analyzer
from phodang.checkpoint import (
    EVALUATION_FILE,
    SectionTask,
    read_manifest,
    sha256_of_file,
    write_manifest,
)
from phodang.errors import InputError
from phodang_training.corpus import AnnotatedArticle, text_of
from phodang_training.evaluation.assessment import DataPart
from phodang_training.fine_tuning.calibration import fit_temperature, tune_thresholds
from phodang_training.fine_tuning.record import read_record, save_record


def recalibrate(model: Path, data: DataPart) -> SectionTask:
    """Fit temperatures and thresholds on annotated articles, and write them into the model.

    Temperatures are fitted on what the model classifies, parts of long passages by themselves;
    thresholds on passages, each as probable as its most probable part, as they are evaluated.
    Evaluations in the model's folder are deleted, since they are of other thresholds.

    Args:
        model: A checkpoint, in either form; its manifest and training record are changed.
        data: Articles that the model was not trained on, and that it is not to be tested on.

    Returns:
        The task as the model has it now.

    Raises:
        CheckpointError: There is no checkpoint, or it is damaged.
        InputError: The model tells no sections, or the articles have none.
    """
    analyzer = Analyzer.from_pretrained(model)
    task = analyzer.manifest.sections
    if task is None:
        raise InputError(f"{model}: expected a model that tells sections, found one that does not.")
    articles = data.read()
    logits, gold, passages = _read(analyzer, articles, task.labels)
    if not gold.any():
        raise InputError(
            f"{data.name}: expected passages with {', '.join(task.labels)}, found none."
        )
    task = dataclasses.replace(task, temperatures=tuple(fit_temperature(logits, gold).tolist()))
    probabilities = _by_passage(task.probabilities(logits), passages)
    thresholds = tune_thresholds(probabilities, _by_passage(gold, passages))
    task = dataclasses.replace(task, thresholds=tuple(thresholds.tolist()))
    write_manifest(model, dataclasses.replace(read_manifest(model), sections=task))
    (model / EVALUATION_FILE).unlink(missing_ok=True)
    _note(model, data)
    return task


def _read(
    analyzer: Analyzer, articles: Sequence[AnnotatedArticle], labels: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]:
    """Logits and gold of each unit, shape ``[units, labels]``, and its passage, in all articles."""
    logits, gold, passages = [], [], []
    tasks = ("sections",)
    before = 0
    for article in articles:
        waiting = analyzer.arranger.arrange(text_of(article), tasks)
        (readings,) = analyzer.labeller.read([waiting], tasks)
        if waiting.units:
            logits.append(analyzer.labeller.section_logits(waiting, readings))
        ends = np.cumsum([len(passage.text) + 1 for passage in article.passages])
        own = np.searchsorted(ends, [unit.start for unit in waiting.units], side="right")
        gold += [[label in article.passages[i].sections for label in labels] for i in own]
        passages += (own + before).tolist()
        before += len(article.passages)
    shape = (len(passages), len(labels))
    scores = np.concatenate(logits) if logits else np.zeros(shape, np.float32)
    return scores, np.array(gold, np.bool_).reshape(shape), np.array(passages, np.int64)


def _by_passage(values: NDArray, passages: NDArray[np.int64]) -> NDArray:  # type: ignore[type-arg]
    """The greatest value of each passage's units, label by label."""
    _, first = np.unique(passages, return_index=True)
    return np.asarray(np.maximum.reduceat(values, first))


def _note(model: Path, data: DataPart) -> None:
    record = {**read_record(model), "calibration": {data.name: sha256_of_file(data.file)}}
    save_record(model, record)

"""Train a document classifier, alone or with a token classifier: annotated articles → checkpoint.

Reads top to bottom: data → encoder and its frozen layers' states → upper layers and heads →
transformers' Trainer → temperatures and thresholds on dev → checkpoint folder.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import EvalPrediction, PreTrainedModel, TrainingArguments, set_seed

from phodang.checkpoint import EntityTask, SectionTask
from phodang.errors import ConfigError
from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.sequences import ArticleSubwords, by_subword
from phodang.spans import spans_on_text
from phodang.subwords import SubwordTokenizer
from phodang.torch_model import ArticleClassifier, SectionHead
from phodang_training.config import SectionsConfig, SectionsTaskConfig
from phodang_training.corpus import AnnotatedArticle, load_articles, read_articles
from phodang_training.corpus.annotation import labels_of
from phodang_training.encoders.loading import encoder_folder, load_encoder, window_size
from phodang_training.evaluation.metrics import SpanScores, span_scores
from phodang_training.evaluation.section_metrics import SectionScores, section_scores
from phodang_training.fine_tuning.article_features import (
    EncodedArticle,
    collate_articles,
    encode_article,
)
from phodang_training.fine_tuning.augmentation import augmented
from phodang_training.fine_tuning.calibration import fit_temperature, tune_thresholds
from phodang_training.fine_tuning.heads import Head, make_head
from phodang_training.fine_tuning.interruption import StopAtInterrupt
from phodang_training.fine_tuning.record import provenance, save_record
from phodang_training.fine_tuning.resumption import STATE_FOLDER, prepare_output
from phodang_training.fine_tuning.saving import save_checkpoint
from phodang_training.fine_tuning.section_model import TrainedSectionClassifier
from phodang_training.fine_tuning.starting import begin_from
from phodang_training.fine_tuning.trainer import (
    LayerwiseTrainer,
    early_stopping,
    training_arguments,
    without_denormals,
)


@dataclass(frozen=True)
class SectionTrainingResult:
    """What a training run came to.

    Attributes:
        checkpoint: The folder of the checkpoint, or of the state to resume from.
        finished: Whether all epochs ran; false after Ctrl-C.
        sections: Scores of the best epoch on the dev articles, which its temperatures and
            thresholds were fitted on; none if not finished.
        entities: Strict scores of its entities on them; none without entities.
    """

    checkpoint: Path
    finished: bool
    sections: SectionScores | None
    entities: SpanScores | None


def train_sections(config: SectionsConfig, *, resume: bool = False) -> SectionTrainingResult:
    """Fine-tune an encoder on annotated articles and save the checkpoint of the best epoch.

    Args:
        config: The configuration.
        resume: Whether to go on from the state that an interrupted run left in ``config.output``.

    Returns:
        The result; the checkpoint is in its training form (``model.safetensors``).

    Raises:
        ConfigError: The encoder has fewer layers than are to be frozen; there is nothing to
            resume, or the state is that of another configuration; or ``config.output`` holds a
            checkpoint or a state, and ``resume`` is false.
        InputError: The data has a fault; the message names file, line and repair.
        CheckpointError: The encoder cannot be had.
    """
    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    set_seed(config.seed)
    train, dev = load_articles(
        config.data, entities=config.entities is not None, sections=config.sections.labels
    )
    train = augmented(train, config.augmentation, seed=config.seed)
    folder = encoder_folder(config.encoder)
    record = provenance(config, encoder=folder)
    last = prepare_output(config.output, record, resume=resume)
    entity_labels = LabelSet(config.data.labels or labels_of(train)) if config.entities else None
    encoder = load_encoder(folder)
    size = window_size(encoder.config)
    segmenter = load_segmenter(config.segmenter)
    reader = PassageReader(segmenter, SubwordTokenizer.from_folder(folder))
    classifier = _classifier(encoder, config, entity_labels)
    head = (
        make_head(config.entities.head, entity_labels)
        if config.entities and entity_labels
        else None
    )
    if config.start is not None:
        begin_from(
            config.start,
            classifier,
            head,
            encoder_folder=folder,
            entities=entity_labels,
            sections=config.sections.labels,
        )

    def encode(
        articles: Sequence[AnnotatedArticle], weights: Mapping[str, float]
    ) -> list[EncodedArticle]:
        return [
            encode_article(
                article,
                reader=reader,
                classifier=classifier,
                frozen_layers=config.frozen_layers,
                sections=config.sections.labels,
                entities=entity_labels,
                context=config.sections.context,
                window_size=size,
                weight=weights.get(article.id, 1.0),
            )
            for article in articles
        ]

    train_articles = encode(train, _weights(train, config))
    dev_articles = encode(dev, {})
    positive_weights = _positive_weights(train_articles, config.sections.balance)
    model = TrainedSectionClassifier(
        classifier,
        head,
        frozen_layers=config.frozen_layers,
        positive_weights=positive_weights,
        loss_weight=config.sections.loss_weight,
    )
    scorer = _Scorer(dev_articles, config.sections, head)
    state = config.output / STATE_FOLDER
    interruption = StopAtInterrupt(resumed_from=last)
    trainer = LayerwiseTrainer(
        settings=config.training,
        model=model,
        args=_arguments(config, state),
        train_dataset=train_articles,
        eval_dataset=dev_articles,
        data_collator=collate_articles,
        compute_metrics=scorer,
        callbacks=[interruption, *early_stopping(config.training)],
    )
    with interruption, without_denormals():
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    if interruption.interrupted:
        return SectionTrainingResult(state, False, None, None)
    _take_weights_off(classifier, positive_weights)
    prediction = trainer.predict(dev_articles)  # type: ignore[arg-type]
    task, scores = scorer.sections(prediction.predictions)
    entity_scores = scorer.entities(prediction.predictions)
    save_checkpoint(
        config.output,
        classifier,
        encoder=config.encoder,
        encoder_folder=folder,
        segmenter=segmenter,
        window_size=size,
        context=config.sections.context,
        entities=EntityTask.of(head.decoder()) if head else None,
        sections=task,
    )
    record |= {
        "dev": asdict(entity_scores) if entity_scores else None,
        "dev_sections": asdict(scores),
        "history": trainer.state.log_history,
    }
    save_record(config.output, record)
    # The optimizer's moments are thrice the model's size, and no finished run needs them.
    shutil.rmtree(state)
    return SectionTrainingResult(config.output, True, scores, entity_scores)


def _arguments(config: SectionsConfig, state: Path) -> TrainingArguments:
    arguments = training_arguments(config.training, seed=config.seed, state=state, metric="score")
    # One article gives several rows. Of a last batch that is smaller than the others, accelerate
    # keeps as many rows as there are articles in it.
    arguments.per_device_eval_batch_size = 1
    return arguments


@dataclass(frozen=True)
class _Scorer:
    """Scores what the model gives for the dev articles."""

    articles: list[EncodedArticle]
    config: SectionsTaskConfig
    head: Head | None

    def sections(self, predictions: Any) -> tuple[SectionTask, SectionScores]:
        """Fit temperatures and thresholds, and score with them."""
        logits = predictions[0] if isinstance(predictions, tuple) else predictions
        gold = np.concatenate([article.sections for article in self.articles])
        temperatures = fit_temperature(logits, gold)
        task = SectionTask(
            labels=self.config.labels,
            reads_document=self.config.document_layer,
            temperatures=tuple(temperatures.tolist()),
            thresholds=(0.5,) * len(self.config.labels),
        )
        probabilities = task.probabilities(logits)
        thresholds = tune_thresholds(probabilities, gold)
        scores = section_scores(gold, probabilities >= thresholds, probabilities, task.labels)
        return replace(task, thresholds=tuple(thresholds.tolist())), scores

    def entities(self, predictions: Any) -> SpanScores | None:
        """Decode and score the entities, if the model labels them."""
        if self.head is None:
            return None
        decoder, rows = self.head.decoder(), iter(predictions[1])
        gold, predicted, lengths = [], [], []
        for article in self.articles:
            subwords = ArticleSubwords.of(article.passages)
            own = itertools.islice(rows, len(article.sequences))
            scores = by_subword(article.sequences, own, count=len(subwords.ids))
            for passage, read, (first, last) in zip(
                article.article.passages, article.passages, subwords.ranges(), strict=True
            ):
                tags, _ = decoder.decode(scores[first:last], read.continues)
                spans = spans_on_text(passage.text, read, tags, decoder.labels)
                predicted.append([(start, end, label) for start, end, label, _, _ in spans])
                gold.append([(span.start, span.end, span.label) for span in passage.entities])
                lengths.append(len(passage.text))
        return span_scores(gold, predicted, lengths)

    def __call__(self, prediction: EvalPrediction) -> dict[str, float]:
        """The figures of an epoch; ``score``, by which the best is chosen, is their mean."""
        scores = self.sections(prediction.predictions)[1]
        figures = {"sections_macro_f1": scores.macro_f1}
        if (entities := self.entities(prediction.predictions)) is not None:
            figures["entities_micro_f1"] = entities.micro.f1
        each = {f"{label}_f1": score.f1 for label, score in scores.per_label.items()}
        return {**each, **figures, "score": sum(figures.values()) / len(figures)}


def _classifier(
    encoder: PreTrainedModel, config: SectionsConfig, entity_labels: LabelSet | None
) -> ArticleClassifier:
    depth = encoder.config.num_hidden_layers
    if config.frozen_layers > depth:
        raise ConfigError(
            f"frozen_layers = {config.frozen_layers}: expected at most {depth}, the layers of "
            f"{config.encoder}."
        )
    classifier = ArticleClassifier(
        encoder,
        tag_count=len(entity_labels.tags) if entity_labels else 0,
        section_head=SectionHead(
            encoder.config.hidden_size,
            label_count=len(config.sections.labels),
            reads_document=config.sections.document_layer,
            dropout=config.training.dropout,
        ),
        dropout=config.training.dropout,
    )
    if config.frozen_layers:
        for module in (classifier.embeddings, *classifier.layers[: config.frozen_layers]):
            module.requires_grad_(False)
    # What the frozen layers give is computed without dropout.
    return classifier.eval()


def _weights(articles: Sequence[AnnotatedArticle], config: SectionsConfig) -> dict[str, float]:
    """The weight of each article by id, so that a passage weighs 1 in the mean."""
    by_file = zip(config.data.train, config.sections.file_weights, strict=False)
    weights = {article.id: weight for path, weight in by_file for article in read_articles(path)}
    passages = [(weights.get(article.id, 1.0), len(article.passages)) for article in articles]
    mean = sum(weight * count for weight, count in passages) / sum(count for _, count in passages)
    return {article.id: weights.get(article.id, 1.0) / mean for article in articles}


def _positive_weights(articles: Sequence[EncodedArticle], balance: float) -> NDArray[np.float64]:
    """How much more a unit that has a label counts, by label."""
    gold = np.concatenate([article.sections for article in articles])
    having = gold.sum(axis=0)
    lacking = len(gold) - having
    # A label that no unit has, or all, has nothing to be balanced.
    rarity = np.where((having == 0) | (lacking == 0), 1.0, lacking / np.maximum(having, 1))
    weights: NDArray[np.float64] = rarity**balance
    return weights


def _take_weights_off(classifier: ArticleClassifier, positive_weights: NDArray[np.float64]) -> None:
    """Take what weighting added off the logits, so that they are those of probabilities.

    Weighting positives by w adds log w to the logits of a model that fits (Menon et al. 2021,
    https://arxiv.org/abs/2007.07314).
    """
    assert classifier.sections is not None
    with torch.no_grad():
        bias = classifier.sections.classifier.bias
        bias.sub_(torch.from_numpy(np.log(positive_weights)).to(bias))

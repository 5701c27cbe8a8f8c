"""Train a token classifier: annotated articles → checkpoint.

Reads top to bottom: data → windows → encoder and head → transformers' Trainer → checkpoint folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import EvalPrediction, Trainer, TrainingArguments, set_seed

from phodang.checkpoint import EntityTask
from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import SubwordTokenizer
from phodang.torch_model import ArticleClassifier
from phodang_training.config import EntitiesConfig
from phodang_training.corpus import AnnotatedArticle, AnnotatedPassage, load_articles
from phodang_training.corpus.annotation import labels_of
from phodang_training.encoders.loading import encoder_folder, load_encoder, window_size
from phodang_training.evaluation.metrics import SpanScores, span_scores
from phodang_training.fine_tuning.augmentation import augmented
from phodang_training.fine_tuning.features import (
    EncodedPassage,
    collate,
    decode_windows,
    encode_passages,
    to_dataset,
)
from phodang_training.fine_tuning.heads import Head, make_head
from phodang_training.fine_tuning.interruption import StopAtInterrupt
from phodang_training.fine_tuning.record import provenance, save_record
from phodang_training.fine_tuning.resumption import STATE_FOLDER, prepare_output
from phodang_training.fine_tuning.saving import save_checkpoint
from phodang_training.fine_tuning.starting import begin_from
from phodang_training.fine_tuning.trainer import (
    LayerwiseTrainer,
    TrainedModel,
    early_stopping,
    training_arguments,
    without_denormals,
)


@dataclass(frozen=True)
class TrainingResult:
    """What a training run came to.

    Attributes:
        checkpoint: The folder of the checkpoint, or of the state to resume from.
        finished: Whether all epochs ran; false after Ctrl-C.
        dev: Strict scores of the best epoch on the dev articles; none if not finished.
    """

    checkpoint: Path
    finished: bool
    dev: SpanScores | None


class TrainedClassifier(TrainedModel):
    """A token classifier with the head that gives its loss."""

    def __init__(self, classifier: ArticleClassifier, head: Head) -> None:
        super().__init__(classifier)
        self.head = head

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
        continues: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Return ``loss`` and ``logits`` of shape ``[batch, length, tags]``."""
        states = self.classifier.states(input_ids, attention_mask)
        # The loss is computed in fp32, whatever the encoder computes in.
        scores = self.classifier.tag_scores(states).float()
        return {"loss": self.head.loss(scores, labels, continues, attention_mask), "logits": scores}


def train_entities(config: EntitiesConfig, *, resume: bool = False) -> TrainingResult:
    """Fine-tune an encoder on annotated articles and save the checkpoint of the best epoch.

    Args:
        config: The configuration.
        resume: Whether to go on from the state that an interrupted run left in ``config.output``.

    Returns:
        The result; the checkpoint is in its training form (``model.safetensors``).

    Raises:
        ConfigError: There is nothing to resume, or the state is that of another configuration;
            or ``config.output`` holds a checkpoint or a state, and ``resume`` is false.
        InputError: The data has a fault; the message names file, line and repair.
        CheckpointError: The encoder cannot be had.
    """
    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    set_seed(config.seed)
    train, dev = load_articles(config.data)
    train = augmented(train, config.augmentation, seed=config.seed)
    folder = encoder_folder(config.encoder)
    record = provenance(config, encoder=folder)
    last = prepare_output(config.output, record, resume=resume)
    labels = LabelSet(config.data.labels or labels_of(train))
    encoder = load_encoder(folder)
    size = window_size(encoder.config)
    segmenter = load_segmenter(config.segmenter)
    reader = PassageReader(segmenter, SubwordTokenizer.from_folder(folder))

    def encode(articles: list[AnnotatedArticle]) -> list[EncodedPassage]:
        return encode_passages(
            passages_of(articles), reader=reader, labels=labels, window_size=size
        )

    train_passages, dev_passages = encode(train), encode(dev)
    model = TrainedClassifier(
        ArticleClassifier(encoder, tag_count=len(labels.tags), dropout=config.training.dropout),
        make_head(config.head, labels, label_smoothing=config.training.label_smoothing),
    )
    if config.start is not None:
        begin_from(
            config.start, model.classifier, model.head, encoder_folder=folder, entities=labels
        )
    state = config.output / STATE_FOLDER
    interruption = StopAtInterrupt(resumed_from=last)
    trainer = LayerwiseTrainer(
        settings=config.training,
        model=model,
        args=_arguments(config, state),
        train_dataset=to_dataset(train_passages, labels),
        eval_dataset=to_dataset(dev_passages, labels),
        data_collator=collate,
        compute_metrics=_scorer(model, dev_passages),
        callbacks=[interruption, *early_stopping(config.training)],
    )
    with interruption, without_denormals():
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    if interruption.interrupted:
        return TrainingResult(state, False, None)
    scores = _predict_scores(trainer, model, dev_passages, labels)
    save_checkpoint(
        config.output,
        model.classifier,
        encoder=config.encoder,
        encoder_folder=folder,
        segmenter=segmenter,
        window_size=size,
        entities=EntityTask.of(model.head.decoder()),
    )
    record |= {"dev": asdict(scores), "history": trainer.state.log_history}
    save_record(config.output, record)
    # The optimizer's moments are thrice the model's size, and no finished run needs them.
    shutil.rmtree(state)
    return TrainingResult(config.output, True, scores)


def passages_of(articles: list[AnnotatedArticle]) -> list[AnnotatedPassage]:
    """All passages of articles, in order."""
    return [passage for article in articles for passage in article.passages]


def _arguments(config: EntitiesConfig, state: Path) -> TrainingArguments:
    arguments = training_arguments(
        config.training, seed=config.seed, state=state, metric="micro_f1"
    )
    arguments.train_sampling_strategy = "group_by_length"
    arguments.length_column_name = "length"
    return arguments


def _scorer(
    model: TrainedClassifier, passages: list[EncodedPassage]
) -> Callable[[EvalPrediction], dict[str, float]]:
    def score(prediction: EvalPrediction) -> dict[str, float]:
        scores = _score(model, passages, prediction.predictions)
        return {"micro_f1": scores.micro.f1, "macro_f1": scores.macro_f1}

    return score


def _predict_scores(
    trainer: Trainer, model: TrainedClassifier, passages: list[EncodedPassage], labels: LabelSet
) -> SpanScores:
    prediction = trainer.predict(to_dataset(passages, labels))
    return _score(model, passages, prediction.predictions)


def _score(
    model: TrainedClassifier,
    passages: list[EncodedPassage],
    window_scores: NDArray[np.float32] | tuple[NDArray[np.float32], ...],
) -> SpanScores:
    predicted = decode_windows(passages, list(window_scores), model.head.decoder())
    return span_scores([p.gold for p in passages], predicted, [len(p.text) for p in passages])

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
from torch import nn
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
from phodang_training.article_features import EncodedArticle, collate_articles, encode_article
from phodang_training.calibration import fit_temperature, tune_thresholds
from phodang_training.config import DataConfig, SectionsConfig, SectionsTaskConfig
from phodang_training.corpus import AnnotatedArticle, load_articles, read_articles
from phodang_training.encoders import encoder_folder, load_encoder, window_size
from phodang_training.heads import IGNORED, Head, make_head
from phodang_training.interruption import StopAtInterrupt
from phodang_training.metrics import SpanScores, span_scores
from phodang_training.record import provenance
from phodang_training.resumption import STATE_FOLDER, prepare_output
from phodang_training.saving import save_checkpoint, save_record
from phodang_training.section_metrics import SectionScores, section_scores
from phodang_training.train_entities import labels_of
from phodang_training.trainer import (
    LayerwiseTrainer,
    TrainedModel,
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


class TrainedSectionClassifier(TrainedModel):
    """A classifier of units with its loss, and that of the entities if it labels them.

    Args:
        classifier: The classifier.
        head: The entities' loss; none without entities.
        frozen_layers: How many layers a batch has gone through already.
        positive_weights: How much more a unit that has a label counts, shape ``[sections]``.
        loss_weight: How much the sections' loss counts beside the entities'.
    """

    positive_weights: torch.Tensor

    def __init__(
        self,
        classifier: ArticleClassifier,
        head: Head | None,
        *,
        frozen_layers: int,
        positive_weights: NDArray[np.float64],
        loss_weight: float,
    ) -> None:
        super().__init__(classifier)
        self.head = head
        self.frozen_layers = frozen_layers
        self.loss_weight = loss_weight
        weights = torch.from_numpy(positive_weights).float()
        self.register_buffer("positive_weights", weights, persistent=False)

    def forward(
        self,
        groups: list[dict[str, torch.Tensor]],
        unit_counts: torch.Tensor,
        labels: torch.Tensor,
        weights: torch.Tensor,
    ) -> dict[str, Any]:
        """Score a batch of `collate_articles`.

        Returns:
            ``loss``, and ``logits`` of shape ``[units, sections]``; with entities in a pair with
            the tags' scores, shape ``[sequences, longest, tags]``, padded with 0.
        """
        states = [self._states(group) for group in groups]
        logits = self._section_logits(groups, states, unit_counts)
        losses = nn.functional.binary_cross_entropy_with_logits(
            logits, labels, pos_weight=self.positive_weights, reduction="none"
        )
        loss = (losses.mean(dim=1) * weights).sum() / weights.sum()
        if self.head is None:
            return {"loss": loss, "logits": logits}
        scores = [self.classifier.tag_scores(read) for read in states]
        loss = self._entities_loss(groups, scores) + self.loss_weight * loss
        return {"loss": loss, "logits": (logits, _in_order(groups, scores))}

    def _states(self, group: dict[str, torch.Tensor]) -> torch.Tensor:
        """The encoder's last states, shape ``[rows, longest, dimensions]``."""
        inputs, mask = group["inputs"], group["attention_mask"]
        if not self.frozen_layers:
            return self.classifier.states(inputs, mask)
        return self.classifier.upper_states(inputs, self.frozen_layers, mask)

    def _section_logits(
        self,
        groups: list[dict[str, torch.Tensor]],
        states: list[torch.Tensor],
        unit_counts: torch.Tensor,
    ) -> torch.Tensor:
        assert self.classifier.sections is not None
        own = [group["units"] >= 0 for group in groups]
        joined = torch.cat([read[mask] for read, mask in zip(states, own, strict=True)])
        unit = torch.cat([g["units"][mask] for g, mask in zip(groups, own, strict=True)])
        count = int(unit_counts.sum())
        sums = joined.new_zeros(count, joined.shape[1]).index_add(0, unit, joined)
        vectors = sums / torch.bincount(unit, minlength=count)[:, None]
        articles = torch.split(vectors, unit_counts.tolist())  # type: ignore[no-untyped-call]
        return torch.cat([self.classifier.sections(article) for article in articles])

    def _entities_loss(
        self, groups: list[dict[str, torch.Tensor]], scores: list[torch.Tensor]
    ) -> torch.Tensor:
        """Mean loss of a subword over all groups."""
        assert self.head is not None
        total, count = scores[0].new_zeros(()), 0
        for group, own in zip(groups, scores, strict=True):
            subwords = int((group["tags"] != IGNORED).sum())
            mean = self.head.loss(own, group["tags"], group["continues"], group["attention_mask"])
            total, count = total + mean * subwords, count + subwords
        return total / max(count, 1)


def _in_order(groups: list[dict[str, torch.Tensor]], scores: list[torch.Tensor]) -> torch.Tensor:
    """Scores of groups in the order of the batch's sequences."""
    shape = (sum(map(len, scores)), max(own.shape[1] for own in scores), scores[0].shape[2])
    joined = scores[0].new_zeros(shape)
    for group, own in zip(groups, scores, strict=True):
        joined[group["rows"], : own.shape[1]] = own.detach()
    return joined


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
    train, dev = load_articles(config.data)
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

    train_articles = encode(train, _weights(config.data, config.sections.file_weights))
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
    _take_off(classifier, positive_weights)
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
        for module in (encoder.embeddings, *encoder.encoder.layer[: config.frozen_layers]):
            module.requires_grad_(False)
    # What the frozen layers give is computed without dropout.
    return classifier.eval()


def _weights(data: DataConfig, file_weights: Sequence[float]) -> dict[str, float]:
    """The weight of each article of the files that have one, by id."""
    return {
        article.id: weight
        for path, weight in zip(data.train, file_weights, strict=False)
        for article in read_articles(path)
    }


def _positive_weights(articles: Sequence[EncodedArticle], balance: float) -> NDArray[np.float64]:
    """How much more a unit that has a label counts, by label."""
    gold = np.concatenate([article.sections for article in articles])
    having = gold.sum(axis=0)
    lacking = len(gold) - having
    # A label that no unit has, or all, has nothing to be balanced.
    rarity = np.where((having == 0) | (lacking == 0), 1.0, lacking / np.maximum(having, 1))
    weights: NDArray[np.float64] = rarity**balance
    return weights


def _take_off(classifier: ArticleClassifier, positive_weights: NDArray[np.float64]) -> None:
    """Take what weighting added off the logits, so that they are those of probabilities.

    Weighting positives by w adds log w to the logits of a model that fits (Menon et al. 2021,
    https://arxiv.org/abs/2007.07314).
    """
    assert classifier.sections is not None
    with torch.no_grad():
        classifier.sections.classifier.bias.sub_(torch.from_numpy(np.log(positive_weights)).float())

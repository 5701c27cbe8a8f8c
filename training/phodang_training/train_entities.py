"""Train a token classifier: annotated articles → checkpoint.

Reads top to bottom: data → windows → encoder and head → transformers' Trainer → checkpoint folder.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from phodang.checkpoint import (
    ENCODER_CONFIG_FILE,
    MANIFEST_FILE,
    NOTICE_FILE,
    SAFETENSORS_FILE,
    TASK,
    TRAINING_FILE,
    Manifest,
    decoding_of,
    sha256_of_file,
    write_manifest,
)
from phodang.labels import LabelSet
from phodang.normalization import NORMALIZATION
from phodang.reader import PassageReader
from phodang.segmentation import Segmenter, load_segmenter
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE, SubwordTokenizer
from phodang.torch_model import TokenClassifier
from phodang_training.config import EntitiesConfig, TrainingConfig
from phodang_training.corpus import AnnotatedArticle, AnnotatedPassage, load_articles
from phodang_training.encoders import encoder_folder, load_encoder, window_size
from phodang_training.features import (
    EncodedPassage,
    collate,
    decode_windows,
    encode_passages,
    to_dataset,
)
from phodang_training.heads import Head, make_head
from phodang_training.interruption import StopAtInterrupt
from phodang_training.metrics import SpanScores, span_scores
from phodang_training.record import provenance
from phodang_training.resumption import STATE_FOLDER, prepare_output


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


class TrainedClassifier(nn.Module):
    """A token classifier with the head that gives its loss."""

    def __init__(self, classifier: TokenClassifier, head: Head) -> None:
        super().__init__()
        self.classifier = classifier
        self.head = head

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
        continues: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Return ``loss`` and ``logits`` of shape ``[batch, length, tags]``."""
        scores = self.classifier(input_ids, attention_mask)
        return {"loss": self.head.loss(scores, labels, continues, attention_mask), "logits": scores}


class LayerwiseTrainer(Trainer):
    """A Trainer whose learning rates differ by layer.

    It evaluates in the order of the dataset: left to itself, a Trainer that groups by length in
    training does so in evaluation too, and scores would meet the wrong passages.
    """

    def __init__(self, *, settings: TrainingConfig, **arguments: Any) -> None:
        self._settings = settings
        super().__init__(**arguments)

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW over the groups of `parameter_groups`."""
        if self.optimizer is None:
            assert isinstance(self.model, TrainedClassifier)
            self.optimizer = torch.optim.AdamW(
                parameter_groups(self.model, self._settings), fused=True
            )
        return self.optimizer

    def get_eval_dataloader(
        self, eval_dataset: str | Dataset | None = None
    ) -> DataLoader[dict[str, torch.Tensor]]:
        """Batches in the order of the dataset."""
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        return self._in_order(dataset)

    def get_test_dataloader(self, test_dataset: Dataset) -> DataLoader[dict[str, torch.Tensor]]:
        """Batches in the order of the dataset."""
        return self._in_order(test_dataset)

    def _in_order(self, dataset: Any) -> DataLoader[dict[str, torch.Tensor]]:
        loader: DataLoader[dict[str, torch.Tensor]] = DataLoader(
            dataset, batch_size=self.args.eval_batch_size, collate_fn=self.data_collator
        )
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]


def parameter_groups(model: TrainedClassifier, settings: TrainingConfig) -> list[dict[str, Any]]:
    """Parameters with their learning rate and weight decay.

    The encoder's top layer learns at ``learning_rate``, each lower one at ``layer_decay`` of the
    one above; the classifier and the head at ``head_learning_rate``. Biases and normalisation
    layers are not decayed.
    """
    depth = model.classifier.encoder.config.num_hidden_layers
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not name.startswith("classifier.encoder."):
            rate = settings.head_learning_rate
        else:
            layer = int(name.split(".layer.")[1].split(".")[0]) + 1 if ".layer." in name else 0
            rate = settings.learning_rate * settings.layer_decay ** (depth - layer)
        decay = 0.0 if parameter.ndim < 2 else settings.weight_decay
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


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
        TokenClassifier(encoder, tag_count=len(labels.tags), dropout=config.training.dropout),
        make_head(config.head, labels, label_smoothing=config.training.label_smoothing),
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
        callbacks=[interruption, *_early_stopping(config.training)],
    )
    with interruption, _without_denormals():
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    if interruption.interrupted:
        return TrainingResult(state, False, None)
    scores = _predict_scores(trainer, model, dev_passages, labels)
    _save(config, model, labels, segmenter, folder, size)
    record |= {"dev": asdict(scores), "history": trainer.state.log_history}
    (config.output / TRAINING_FILE).write_text(
        json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    # The optimizer's moments are thrice the model's size, and no finished run needs them.
    shutil.rmtree(state)
    return TrainingResult(config.output, True, scores)


@contextmanager
def _without_denormals() -> Iterator[None]:
    """Take numbers too small for full precision for zero.

    Adam's moments decay into them, and many processors are slow with them. What runs afterwards
    in this process has them again.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def passages_of(articles: list[AnnotatedArticle]) -> list[AnnotatedPassage]:
    """All passages of articles, in order."""
    return [passage for article in articles for passage in article.passages]


def labels_of(articles: list[AnnotatedArticle]) -> tuple[str, ...]:
    """The entity types that occur in articles, sorted."""
    return tuple(
        sorted({span.label for passage in passages_of(articles) for span in passage.entities})
    )


def _arguments(config: EntitiesConfig, state: Path) -> TrainingArguments:
    training = config.training
    return TrainingArguments(
        output_dir=str(state),
        seed=config.seed,
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_size,
        per_device_eval_batch_size=training.batch_size,
        learning_rate=training.learning_rate,
        warmup_steps=training.warmup_ratio,
        weight_decay=training.weight_decay,
        max_grad_norm=training.max_gradient_norm,
        lr_scheduler_type="linear",
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="micro_f1",
        greater_is_better=True,
        logging_strategy="epoch",
        label_names=["labels"],
        remove_unused_columns=False,
        report_to=[],
        dataloader_pin_memory=False,
        restore_callback_states_from_checkpoint=True,
    )


def _early_stopping(training: TrainingConfig) -> list[TrainerCallback]:
    if not training.early_stopping_patience:
        return []
    return [EarlyStoppingCallback(training.early_stopping_patience)]


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


def _save(
    config: EntitiesConfig,
    model: TrainedClassifier,
    labels: LabelSet,
    segmenter: Segmenter,
    encoder: Path,
    size: int,
) -> None:
    """Write the training form of the checkpoint."""
    output = config.output
    (output / MANIFEST_FILE).unlink(missing_ok=True)
    for name in (VOCABULARY_FILE, MERGES_FILE, NOTICE_FILE):
        if (encoder / name).is_file():
            shutil.copyfile(encoder / name, output / name)
    model.classifier.encoder.config.to_json_file(output / ENCODER_CONFIG_FILE)
    weights = {n: t.detach().contiguous() for n, t in model.classifier.state_dict().items()}
    save_file(weights, output / SAFETENSORS_FILE)
    names = (SAFETENSORS_FILE, ENCODER_CONFIG_FILE, VOCABULARY_FILE, MERGES_FILE)
    write_manifest(
        output,
        Manifest(
            task=TASK,
            labels=labels.types,
            segmenter=segmenter.name,
            segmenter_version=segmenter.version,
            normalization=NORMALIZATION,
            window_size=size,
            encoder=config.encoder,
            weights=SAFETENSORS_FILE,
            precision="fp32",
            files={name: sha256_of_file(output / name) for name in names},
            **decoding_of(model.head.decoder()),
        ),
    )

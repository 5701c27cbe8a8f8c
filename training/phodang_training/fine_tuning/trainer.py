"""transformers' Trainer as phodang's models are trained with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import PredictionOutput

from phodang.torch_model import ArticleClassifier
from phodang_training.config import TrainingConfig
from phodang_training.fine_tuning.precision import precision_arguments


class TrainedModel(nn.Module):
    """A classifier that is trained: what derives from it gives the loss.

    Attributes:
        classifier: What the checkpoint keeps.
    """

    def __init__(self, classifier: ArticleClassifier) -> None:
        super().__init__()
        self.classifier = classifier


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
            assert isinstance(self.model, TrainedModel)
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

    def predict(
        self,
        test_dataset: TorchDataset[Any],
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "test",
    ) -> PredictionOutput:
        """Predict in fp32, in which weights are stored, whatever was trained in."""
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        return super().predict(test_dataset, ignore_keys, metric_key_prefix)

    def _in_order(self, dataset: Any) -> DataLoader[dict[str, torch.Tensor]]:
        loader: DataLoader[dict[str, torch.Tensor]] = DataLoader(
            dataset, batch_size=self.args.eval_batch_size, collate_fn=self.data_collator
        )
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]


def parameter_groups(model: TrainedModel, settings: TrainingConfig) -> list[dict[str, Any]]:
    """Parameters with their learning rate and weight decay.

    The encoder's top layer learns at ``learning_rate``, each lower one at ``layer_decay`` of the
    one above; the classifier and the head at ``head_learning_rate``. Biases and normalisation
    layers are not decayed. Frozen parameters are left out.
    """
    depth = model.classifier.encoder.config.num_hidden_layers
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        layer = _layer(name)
        if layer is None:
            rate = settings.head_learning_rate
        else:
            rate = settings.learning_rate * settings.layer_decay ** (depth - layer)
        decay = 0.0 if parameter.ndim < 2 else settings.weight_decay
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def _layer(name: str) -> int | None:
    """The layer that a parameter is of, 0 for the embeddings; none for what stands on them."""
    if not name.startswith("classifier.encoder."):
        return None
    return int(name.split(".layer.")[1].split(".")[0]) + 1 if ".layer." in name else 0


def training_arguments(
    training: TrainingConfig, *, seed: int, state: Path, metric: str
) -> TrainingArguments:
    """The Trainer's arguments: evaluate, log and save after each epoch, keep the best.

    Args:
        training: The configuration.
        seed: Seed of the order of the data.
        state: Where the Trainer keeps its own checkpoints.
        metric: The dev figure that the best epoch is chosen by; the greater, the better.

    Raises:
        ConfigError: The machine cannot compute in the precision that is asked for.
    """
    return TrainingArguments(
        output_dir=str(state),
        seed=seed,
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_size,
        per_device_eval_batch_size=training.batch_size,
        learning_rate=training.learning_rate,
        warmup_steps=training.warmup_ratio,
        weight_decay=training.weight_decay,
        max_grad_norm=training.max_gradient_norm,
        lr_scheduler_type="linear",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=metric,
        greater_is_better=True,
        logging_strategy="epoch",
        label_names=["labels"],
        remove_unused_columns=False,
        report_to=[],
        dataloader_pin_memory=False,
        restore_callback_states_from_checkpoint=True,
        **precision_arguments(training.precision),
    )


def early_stopping(training: TrainingConfig) -> list[TrainerCallback]:
    """The callback that stops early, if the configuration asks for it."""
    if not training.early_stopping_patience:
        return []
    return [EarlyStoppingCallback(training.early_stopping_patience)]


@contextmanager
def without_denormals() -> Iterator[None]:
    """Take numbers too small for full precision for zero.

    Adam's moments decay into them, and many processors are slow with them. What runs afterwards
    in this process has them again.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)

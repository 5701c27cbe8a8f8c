"""Adapt an encoder to texts by masked-language modelling: texts → encoder.

Reads top to bottom: texts → sequences in files → encoder with its head → transformers' Trainer →
folder in PhoBERT's format. Going on with pre-training on texts of one's own is what Gururangan et
al. 2020 (https://aclanthology.org/2020.acl-main.740) call domain- and task-adaptive.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainingArguments, set_seed

from phodang.batch.sources import Source, find_sources, fingerprint
from phodang.errors import ConfigError
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import SubwordTokenizer
from phodang_training.corpus.texts import read_texts
from phodang_training.encoders.licences import ADAPTATION_FILE
from phodang_training.encoders.loading import (
    CONFIG_FILE,
    encoder_folder,
    load_encoder_config,
    window_size,
)
from phodang_training.fine_tuning.interruption import StopAtInterrupt
from phodang_training.fine_tuning.precision import precision_arguments
from phodang_training.fine_tuning.record import describe_run
from phodang_training.fine_tuning.resumption import STATE_FOLDER, prepare_output
from phodang_training.fine_tuning.trainer import without_denormals
from phodang_training.pretraining.adaptation_config import AdaptationConfig
from phodang_training.pretraining.language_model import load_language_model, save_language_model
from phodang_training.pretraining.masking import (
    HeldoutSequences,
    Masking,
    TrainingSequences,
    collate_masked,
)
from phodang_training.pretraining.packing import PackedTexts, is_packed, open_packed, pack_texts

_SEQUENCES_FOLDER = "sequences"
"""Where the packed texts are, inside the state folder."""

_LOGGED = 100
"""So often a run notes its loss on what it trains on."""


@dataclass(frozen=True)
class AdaptationResult:
    """What a run came to.

    Attributes:
        encoder: The folder of the encoder, or of the state to resume from.
        finished: Whether all steps ran; false after Ctrl-C.
        before: Loss on the held-out articles before the first step: mean cross-entropy of a masked
            subword, in nats.
        after: The same after the last step; none if not finished.
    """

    encoder: Path
    finished: bool
    before: float
    after: float | None


def adapt(config: AdaptationConfig, *, resume: bool = False) -> AdaptationResult:
    """Go on with the pre-training of an encoder on texts, and save it in PhoBERT's format.

    Args:
        config: The configuration.
        resume: Whether to go on from the state that an interrupted run left in ``config.output``.

    Returns:
        The result; every command takes its folder as an encoder.

    Raises:
        ConfigError: The encoder does not read sequences so long; the machine cannot compute in the
            precision; the texts are too few to hold any out; there is nothing to resume, or the
            state is that of another configuration; or ``config.output`` holds an encoder or a
            state, and ``resume`` is false.
        InputError: A text cannot be read.
        CheckpointError: The encoder cannot be had.
    """
    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    set_seed(config.seed)
    sources = find_sources(config.data.texts).sources
    folder = encoder_folder(config.encoder)
    _check_length(config, folder)
    state = config.output / STATE_FOLDER
    arguments = _arguments(config, state)
    record = _provenance(config, sources, folder)
    last = prepare_output(config.output, record, resume=resume, result=CONFIG_FILE)
    tokenizer = SubwordTokenizer.from_folder(folder)
    reader = PassageReader(load_segmenter(config.segmenter), tokenizer)
    packed = _packed(config, sources, state / _SEQUENCES_FOLDER, reader=reader, resume=resume)
    model = load_language_model(folder)
    masking = Masking(**asdict(config.masking), vocabulary_size=tokenizer.vocabulary_size)
    a_step = arguments.train_batch_size * config.training.gradient_accumulation
    steps = _steps(config, len(packed.train), a_step)
    arguments.logging_steps = max(1, steps // _LOGGED)
    arguments.eval_on_start = last is None
    interruption = StopAtInterrupt(resumed_from=last)
    trainer = Trainer(
        model=model,
        args=arguments,
        # One epoch of the Trainer is the whole run: it need not know where passes begin.
        train_dataset=TrainingSequences(
            packed.train, masking, seed=config.seed, count=steps * a_step
        ),
        eval_dataset=HeldoutSequences(packed.heldout, masking),
        data_collator=collate_masked,
        callbacks=[interruption],
    )
    with interruption, without_denormals():
        trainer.train(resume_from_checkpoint=str(last) if last else None)
        history = trainer.state.log_history
        before = _heldout_losses(history)[0][1]
        if interruption.interrupted:
            return AdaptationResult(state, False, before, None)
        if _heldout_losses(history)[-1][0] != steps:
            trainer.evaluate()
    after = _heldout_losses(history)[-1][1]
    save_language_model(
        config.output, model, encoder_folder=folder, precision=config.stored_precision
    )
    record |= {
        "texts": {part: asdict(counts) for part, counts in packed.counts.items()},
        "steps": steps,
        "passes": steps * a_step / len(packed.train),
        "heldout_loss": {"before": before, "after": after},
        "history": history,
    }
    _save_record(config.output, record)
    # The optimizer's moments are twice the model's size, and no finished run needs them.
    shutil.rmtree(state)
    return AdaptationResult(config.output, True, before, after)


def _check_length(config: AdaptationConfig, folder: Path) -> None:
    longest = window_size(load_encoder_config(folder))
    if config.sequence_length > longest:
        raise ConfigError(
            f"sequence_length = {config.sequence_length}: expected at most {longest}, what "
            f"{config.encoder} reads at once."
        )


def _arguments(config: AdaptationConfig, state: Path) -> TrainingArguments:
    training = config.training
    return TrainingArguments(
        output_dir=str(state),
        seed=config.seed,
        num_train_epochs=1,
        per_device_train_batch_size=training.batch_size,
        per_device_eval_batch_size=training.batch_size,
        gradient_accumulation_steps=training.gradient_accumulation,
        train_sampling_strategy="sequential",
        learning_rate=training.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=training.warmup_ratio,
        weight_decay=training.weight_decay,
        # RoBERTa's, Liu et al. 2019, section 2.4 and 3.1.
        adam_beta2=0.98,
        adam_epsilon=1e-6,
        max_grad_norm=training.max_gradient_norm,
        eval_strategy="steps",
        eval_steps=training.save_steps,
        save_strategy="steps",
        save_steps=training.save_steps,
        save_total_limit=2,
        prediction_loss_only=True,
        label_names=["labels"],
        remove_unused_columns=False,
        report_to=[],
        dataloader_pin_memory=False,
        **precision_arguments(training.precision),
    )


def _provenance(config: AdaptationConfig, sources: list[Source], folder: Path) -> dict[str, Any]:
    # What cannot be read has no fingerprint, and is told of when it is read.
    prints = {source.name: fingerprint(source) for source in sources}
    data = {name: text.removeprefix("sha256:") for name, text in prints.items() if text}
    record = describe_run(config, name=config.encoder, encoder=folder, data=data)
    earlier = folder / ADAPTATION_FILE
    if earlier.is_file():
        record["begun_from"] = json.loads(earlier.read_text(encoding="utf-8"))
    return record


def _packed(
    config: AdaptationConfig,
    sources: list[Source],
    folder: Path,
    *,
    reader: PassageReader,
    resume: bool,
) -> PackedTexts:
    """The texts as sequences; those of a run that is resumed are there already."""
    if not (resume and is_packed(folder)):
        pack_texts(_texts(config, sources), folder, reader=reader, heldout=config.data.heldout)
    return open_packed(folder, length=config.sequence_length)


def _texts(config: AdaptationConfig, sources: list[Source]) -> Iterator[str]:
    for record in read_texts(sources, text_field=config.data.text_field):
        yield record.text


def _steps(config: AdaptationConfig, sequences: int, a_step: int) -> int:
    training = config.training
    if training.steps is not None:
        return training.steps
    assert training.epochs is not None
    return math.ceil(training.epochs * sequences / a_step)


def _heldout_losses(history: list[dict[str, Any]]) -> list[tuple[int, float]]:
    """Steps, and the loss on the held-out articles after each."""
    return [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry]


def _save_record(output: Path, record: dict[str, Any]) -> None:
    text = json.dumps(record, ensure_ascii=False, indent=2)
    (output / ADAPTATION_FILE).write_text(text + "\n", encoding="utf-8")

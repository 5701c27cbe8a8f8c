"""Ctrl-C in training: finish the step, leave a checkpoint to resume from, stop."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

_EPOCH_START_FILE = "epoch_start.pt"
"""State of torch's random numbers at the start of an unfinished epoch."""


class StopAtInterrupt(TrainerCallback):
    """Saves and stops at the end of the step in which Ctrl-C came; a second Ctrl-C stops at once.

    Used as a context manager around training; `interrupted` tells afterwards. A run that is
    resumed goes on as if it had not been stopped: the Trainer brings back random numbers only
    behind those that shuffled the epoch, so these are kept here.

    Args:
        resumed_from: The Trainer's checkpoint that training goes on from, if any.
    """

    def __init__(self, *, resumed_from: Path | None = None) -> None:
        self.interrupted = False
        """Whether training was stopped before its last step."""
        self._asked = False
        self._previous: Any = None
        self._resumed_from = resumed_from
        self._epoch_start = torch.get_rng_state()

    def __enter__(self) -> StopAtInterrupt:
        self._previous = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.signal(signal.SIGINT, self._previous)

    def on_epoch_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: object,
    ) -> None:
        """Note the random numbers that the epoch is shuffled with, or bring them back."""
        if self._resumed_from and (self._resumed_from / _EPOCH_START_FILE).is_file():
            numbers = torch.load(self._resumed_from / _EPOCH_START_FILE, weights_only=True)
            torch.set_rng_state(numbers)
        self._resumed_from = None
        self._epoch_start = torch.get_rng_state()

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: object,
    ) -> None:
        """Ask the Trainer to save and stop if Ctrl-C has come."""
        if not self._asked or state.global_step >= state.max_steps:
            return
        self.interrupted = True
        control.should_training_stop = True
        # After the last step of an epoch the Trainer evaluates and saves anyway.
        control.should_save = not _at_end_of_epoch(state)

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: object,
    ) -> None:
        """Put the random numbers of an unfinished epoch's start beside what the Trainer saved."""
        if self.interrupted and not _at_end_of_epoch(state):
            folder = Path(str(args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
            torch.save(self._epoch_start, folder / _EPOCH_START_FILE)

    def on_epoch_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: object,
    ) -> None:
        """Keep the Trainer from taking the stop for the end of the epoch, and evaluating."""
        if self.interrupted and not _at_end_of_epoch(state):
            control.should_log = control.should_evaluate = control.should_save = False

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True


def _at_end_of_epoch(state: TrainerState) -> bool:
    return state.epoch is not None and float(state.epoch).is_integer()

"""Ctrl-C in training: finish the step, leave a checkpoint to resume from, stop."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class StopAtInterrupt(TrainerCallback):
    """Saves and stops at the end of the step in which Ctrl-C came; a second Ctrl-C stops at once.

    Used as a context manager around training; `interrupted` tells afterwards.
    """

    def __init__(self) -> None:
        self.interrupted = False
        self._previous: Any = None

    def __enter__(self) -> StopAtInterrupt:
        self._previous = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.signal(signal.SIGINT, self._previous)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: object,
    ) -> TrainerControl:
        """Ask the Trainer to save and stop if Ctrl-C has come."""
        if self.interrupted:
            control.should_save = True
            control.should_training_stop = True
        return control

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True

"""Trainings that Ctrl-C stops at a chosen step."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from phodang_training.fine_tuning.interruption import StopAtInterrupt


class InterruptedAt(StopAtInterrupt):
    """Presses Ctrl-C at the end of a step."""

    step = 0

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: object,
    ) -> None:
        if state.global_step == self.step:
            os.kill(os.getpid(), signal.SIGINT)
        super().on_step_end(args, state, control, **others)


class InterruptedAtOnce(StopAtInterrupt):
    """Presses Ctrl-C before the first step."""

    def __enter__(self) -> StopAtInterrupt:
        entered = super().__enter__()
        os.kill(os.getpid(), signal.SIGINT)
        return entered


@contextmanager
def interrupted_at(step: int, module: ModuleType) -> Iterator[None]:
    """Have the trainings of a module, such as `train_entities`, stopped at a step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InterruptedAt, "step", step)
        patch.setattr(module, "StopAtInterrupt", InterruptedAt)
        yield

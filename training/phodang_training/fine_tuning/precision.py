"""What a training computes in, and whether the machine can."""

from __future__ import annotations

from typing import Any

import torch

from phodang.errors import ConfigError
from phodang_training.config import Precision


def precision_arguments(precision: Precision) -> dict[str, Any]:
    """Arguments of transformers' ``TrainingArguments`` for a precision.

    The Trainer then computes what bears it by torch's autocast; weights and optimizer stay in fp32.

    Raises:
        ConfigError: The machine's GPU, or its having none, does not allow it.
    """
    gpu = torch.cuda.is_available()
    if precision == "fp16":
        if not gpu:
            raise _unfit(precision, "a GPU of CUDA", "none", "bf16 or fp32")
        return {"fp16": True}
    if precision == "bf16":
        if gpu and not torch.cuda.is_bf16_supported(including_emulation=False):
            raise _unfit(
                precision, "a GPU that computes in it (Ampere or newer)", "another", "fp16"
            )
        return {"bf16": True, "use_cpu": not gpu}
    return {}


def _unfit(precision: str, expected: str, found: str, instead: str) -> ConfigError:
    return ConfigError(
        f'training.precision = "{precision}": expected {expected}, found {found}. Give {instead}.'
    )

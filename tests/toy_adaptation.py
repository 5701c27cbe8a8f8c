"""What a toy adaptation starts from: texts and a configuration, beside a toy encoder."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from toy import SEGMENTED

from phodang.checkpoint import sha256_of_file
from phodang_training.config_files import load_config
from phodang_training.encoders.licences import ADAPTATION_FILE
from phodang_training.pretraining.adaptation_config import AdaptationConfig

CONFIGURATION = """\
encoder = "encoder"
output = "adapted"
segmenter = "presegmented"
seed = 1
sequence_length = 20

[data]
texts = ["texts.jsonl"]
heldout = 0.2

[training]
steps = 6
batch_size = 4
learning_rate = 1e-2
warmup_ratio = 0.1
weight_decay = 0.01
threads = 1
save_steps = 3
"""


def write_texts() -> None:
    """Write texts and the configuration ``adapt.toml`` into the current folder, a workshop."""
    lines, shuffled = SEGMENTED.splitlines(), random.Random(1)
    with Path("texts.jsonl").open("w", encoding="utf-8") as file:
        for number in range(40):
            text = "\n".join(shuffled.sample(lines, 4))
            file.write(json.dumps({"id": str(number), "text": text}) + "\n")
    Path("adapt.toml").write_text(CONFIGURATION, encoding="utf-8")


def config(*overrides: str) -> AdaptationConfig:
    """The configuration in the current folder."""
    return load_config("adapt.toml", AdaptationConfig, overrides)


def adaptation_record(folder: str = "adapted") -> dict[str, Any]:
    """The record of an adapted encoder."""
    read: dict[str, Any] = json.loads((Path(folder) / ADAPTATION_FILE).read_text(encoding="utf-8"))
    return read


def weights(folder: str) -> str:
    """The checksum of an encoder's weights."""
    return sha256_of_file(Path(folder) / "model.safetensors")

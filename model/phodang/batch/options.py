"""What can be chosen when a corpus is labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from phodang.errors import ConfigError

ShardFormat = Literal["jsonl", "parquet"]


@dataclass(frozen=True, kw_only=True)
class RayOptions:
    """Where and how wide a run on Ray goes.

    Attributes:
        address: A cluster's address, such as ``auto`` or ``ray://head:10001``; by default a Ray
            that is running already, else one that is started on this machine.
        workers: How many actors label at the same time; by default as many as there are
            processors, each with one thread.
        gpus: Graphics processors that an actor takes; 0 or a fraction is allowed. Only a model
            that torch runs uses them.

    Raises:
        ConfigError: A value is out of range.
    """

    address: str | None = None
    workers: int | None = None
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"Expected at least 1 worker, found {self.workers}.")
        if self.gpus < 0:
            raise ConfigError(f"Expected gpus of at least 0, found {self.gpus}.")


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """What can be chosen when a corpus is labelled.

    Attributes:
        text_field: Field or column that holds the text.
        id_field: Field or column that names the article; where there is none, its place does.
        input_format: Reads all inputs so, whatever their endings: the name of a
            `phodang.batch.sources.SourceFormat`.
        shard_format: How shards are written.
        shard_size: Articles of a shard.
        tasks: What articles are read for; by default all that the model can do.
        processes: How many processes find words; with 0 the main one does. By default one for
            every full eight threads of the model. The output does not depend on it.
        strict: Stop at the first record that cannot be labelled.
        ray: Run on Ray Data, and where; by default the run is on this machine without it.

    Raises:
        ConfigError: A value is out of range.
    """

    text_field: str = "text"
    id_field: str = "id"
    input_format: str | None = None
    shard_format: ShardFormat = "jsonl"
    shard_size: int = 1_000
    tasks: tuple[str, ...] | None = None
    processes: int | None = None
    strict: bool = False
    ray: RayOptions | None = None

    def __post_init__(self) -> None:
        if self.shard_size < 1:
            raise ConfigError(f"Expected shard_size of at least 1, found {self.shard_size}.")
        if self.processes is not None and self.processes < 0:
            raise ConfigError(f"Expected processes of at least 0, found {self.processes}.")
        if self.shard_format not in ("jsonl", "parquet"):
            raise ConfigError(
                f'Expected shard_format "jsonl" or "parquet", found "{self.shard_format}".'
            )

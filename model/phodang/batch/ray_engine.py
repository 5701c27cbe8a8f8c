"""The same run on Ray Data: on several machines, or several processes of one.

Sources are read by read tasks and labelled by actors, each of which loads the model once. Ray runs
again what a lost worker had in hand, and keeps the order, so that the shards, which this process
writes, have the same bytes as those of a run on one machine.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phodang.batch.items import LabelledItem, read_items
from phodang.batch.labeller import LocalLabeller, blocks_of
from phodang.batch.manifest import Position
from phodang.batch.options import RayOptions
from phodang.batch.reading import ReadingOptions
from phodang.batch.sources import Source
from phodang.errors import InputError, MissingDependencyError, PhodangError

if TYPE_CHECKING:
    import pyarrow as pa

_READ_TASKS = 200
"""Sources are read by at most so many tasks, each of which reads neighbours in the list."""
_COLUMN = "item"
_BLOCK_BYTES = 1 << 18
"""Rough size of a block of items, which Ray plans its memory by."""


class RayEngine:
    """Labels sources on Ray.

    Args:
        sources: All sources of the run, which every machine must find at the same paths.
        reading: How they are read.
        model: Name of the bundled model, or a checkpoint's folder that every machine has.
        segmenter: Name of the word segmenter.
        tasks: What articles are read for.
        options: Where and how wide.

    Raises:
        InputError: Standard input is among the sources.
        MissingDependencyError: Ray is not installed.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        reading: ReadingOptions,
        *,
        model: str,
        segmenter: str,
        tasks: Sequence[str],
        options: RayOptions,
    ) -> None:
        if any(source.path is None for source in sources):
            raise InputError(
                "Expected files for --engine ray, found standard input, which other machines "
                "cannot read. Write it to a file first."
            )
        try:
            import ray.data  # noqa: F401
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                "--engine ray needs Ray Data. Install it with `pip install 'phodang[ray]'`, on "
                "every machine of the cluster."
            ) from error
        # Other processes run in other folders.
        self._sources = tuple(
            replace(source, path=source.path.absolute()) for source in sources if source.path
        )
        self._reading = reading
        self._actor = {"model": model, "segmenter": segmenter, "tasks": tuple(tasks)}
        self._options = options

    def label(self, start: Position) -> Iterator[LabelledItem]:
        """Label what is left of the sources, in order.

        Raises:
            PhodangError: Ray could not be reached, or gave up.
            InputError: It has too few processors.
        """
        import ray
        from ray.exceptions import RayError

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        begun_here = not ray.is_initialized()
        try:
            if begun_here:
                ray.init(
                    address=self._options.address, log_to_driver=False, logging_level=logging.ERROR
                )
        except (ConnectionError, RayError, RuntimeError) as error:
            raise PhodangError(
                f"No Ray could be reached at {self._options.address or 'this machine'}: {error}. "
                "Check the address, and that every machine has the same versions of Ray and Python."
            ) from error
        try:
            dataset = self._labelled(start, self._workers())
            batches = dataset.iter_batches(batch_size=None, batch_format="pyarrow")
            for batch in batches:
                for row in batch.column(_COLUMN):
                    yield pickle.loads(row.as_py())
        except RayError as error:
            if own := _own_error(error):
                raise own from None
            raise PhodangError(
                f"Ray gave up: {error}. What was written is complete; run the command again to go "
                "on."
            ) from error
        finally:
            if begun_here:
                ray.shutdown()

    def _workers(self) -> int:
        import ray

        processors = int(ray.cluster_resources().get("CPU", 1))
        workers = self._options.workers or processors
        if workers > processors:
            raise InputError(
                f"Expected at most {processors} workers, as many as Ray has processors, found "
                f"{workers}. Ask for fewer, or add machines to the cluster."
            )
        return workers

    def _labelled(self, start: Position, workers: int) -> Any:
        import ray.data

        source = _source_of_items(_read_groups(self._sources, start), self._reading)
        # Reading is light, and may not wait for a processor: the actors hold all of them.
        dataset = ray.data.read_datasource(source, num_cpus=0, concurrency=workers)
        dataset.context.execution_options.preserve_order = True
        dataset.context.enable_progress_bars = False
        return dataset.map_batches(
            _LabellingActor,
            batch_size=None,
            batch_format="pyarrow",
            fn_constructor_kwargs=self._actor,
            compute=ray.data.ActorPoolStrategy(size=workers),
            num_gpus=self._options.gpus or None,
        )


@dataclass(frozen=True)
class _ReadGroup:
    """Neighbouring sources that one task reads.

    Attributes:
        sources: They, at their index in the run: those before are left out of the list.
        first: Index of the first of them.
        skip: Items of the first that are left out.
    """

    sources: tuple[Source, ...]
    first: int
    skip: int


def _read_groups(sources: Sequence[Source], start: Position) -> list[_ReadGroup]:
    left = len(sources) - start.source
    size = max(-(-left // _READ_TASKS), 1)
    return [
        _ReadGroup(
            tuple(sources[first : first + size]),
            first,
            skip=start.item if first == start.source else 0,
        )
        for first in range(start.source, len(sources), size)
    ]


def _source_of_items(groups: Sequence[_ReadGroup], reading: ReadingOptions) -> Any:
    from ray.data import Datasource, ReadTask
    from ray.data.block import BlockMetadata

    class ItemSource(Datasource):  # type: ignore[misc]
        """The items of a run, in blocks; one read task for each group of sources."""

        def get_read_tasks(self, *_: object, **__: object) -> list[ReadTask]:
            metadata = BlockMetadata(None, _BLOCK_BYTES, None)
            return [
                ReadTask(lambda group=group: _read_group(group, reading), metadata)
                for group in groups
            ]

        def estimate_inmemory_data_size(self) -> int | None:
            return None

    return ItemSource()


def _own_error(error: BaseException) -> PhodangError | None:
    """The error of phodang that made a task fail, if it was one."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, PhodangError):
        found = getattr(found, "cause", None) or found.__cause__
    return found


def _read_group(group: _ReadGroup, reading: ReadingOptions) -> Iterator[pa.Table]:
    for source in group.sources:
        if source.path is None or not source.path.exists():
            raise InputError(
                f"{source.path} is not there on a machine that takes part. Put the inputs where "
                "every machine finds them at the same path."
            )
    items = read_items(group.sources, reading, start=Position(0, group.skip))
    for block in blocks_of(items):
        yield _table(
            [
                pickle.dumps(
                    replace(
                        item, behind=Position(item.behind.source + group.first, item.behind.item)
                    )
                )
                for item in block
            ]
        )


class _LabellingActor:
    """Loads the model once, and labels blocks of items with it."""

    def __init__(self, *, model: str, segmenter: str, tasks: tuple[str, ...]) -> None:
        from phodang.analyzer import Analyzer

        # One thread for each actor: as many actors as processors keep all of them busy.
        analyzer = Analyzer.from_pretrained(model, threads=1, segmenter=segmenter)
        self._labeller = LocalLabeller(
            analyzer.arranger, analyzer.labeller, tasks=tasks, processes=0
        )

    def __call__(self, batch: pa.Table) -> pa.Table:
        items = (pickle.loads(row.as_py()) for row in batch.column(_COLUMN))
        return _table([pickle.dumps(item) for item in self._labeller.label(items)])


def _table(rows: list[bytes]) -> pa.Table:
    import pyarrow as pa

    return pa.table({_COLUMN: pa.array(rows, pa.binary())})

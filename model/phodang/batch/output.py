"""The folder that a run writes: shards, what was rejected, and the manifest.

=================== ==============================================================================
``manifest.json``   which run it is and how far it is; see `phodang.batch.manifest`
``part-00000.jsonl`` and so on: the labelled articles in the order of the inputs, the same number
                    in each shard but the last; or ``part-00000.parquet``
``rejected.jsonl``  what could not be labelled, a line each; only if there is any
``.lock``           keeps a second process out; empty, and no part of the output
=================== ==============================================================================

The manifest is replaced last, and only what it lists counts. So wherever a run is stopped, opening
the folder again finds the state before or after a commit, and a run that goes on from there ends
with the same bytes as one that was never stopped.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from filelock import BaseFileLock

from phodang.batch.durable import append_to_file, write_file, writing
from phodang.batch.labelled import LabelledArticle
from phodang.batch.labelled_reading import read_labelled
from phodang.batch.manifest import (
    MANIFEST_FILE,
    Manifest,
    Position,
    RunDescription,
    Shard,
    write_manifest,
)
from phodang.batch.opening import begin_or_continue, lock_folder
from phodang.batch.records import Rejection
from phodang.batch.rejected import REJECTED_FILE, encode_rejections
from phodang.batch.shards import encode_shard, shard_name
from phodang.errors import InputError

__all__ = ["OutputFolder", "Position", "RunDescription", "read_labelled"]


class OutputFolder:
    """The output of a run, opened for writing; a context manager that closes it.

    Open it with `open`. While it is open, no other process can open it.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path, manifest: Manifest, lock: BaseFileLock) -> None:
        self.folder = folder
        self._manifest = manifest
        self._lock = lock

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, run: RunDescription) -> OutputFolder:
        """Begin a run, or go on with it.

        What a run that was stopped left behind unfinished is removed.

        Args:
            folder: The folder; made if it is not there. One that is there is empty, hidden files
                apart, or the output of the same run.
            run: What the output depends on.

        Raises:
            InputError: The folder is the output of another run, which is told in words; or has
                files but no manifest; or its manifest is damaged; or a shard is missing or of
                another size than it was; or it is no folder.
            PhodangError: Another process has the folder open, or it cannot be written to.
        """
        folder = Path(folder)
        lock = lock_folder(folder)
        try:
            return cls(folder, begin_or_continue(folder, run), lock)
        except BaseException:
            lock.release()
            raise

    @property
    def position(self) -> Position:
        """Where reading goes on."""
        return self._manifest.position

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self._manifest.finished

    @property
    def labelled(self) -> int:
        """How many articles are in the shards."""
        return self._manifest.labelled

    @property
    def rejected(self) -> int:
        """How many records are in ``rejected.jsonl``."""
        return self._manifest.rejected

    def commit(
        self,
        articles: Sequence[LabelledArticle],
        rejections: Sequence[Rejection],
        *,
        position: Position,
    ) -> None:
        """Write a shard, and what was rejected since the last commit, to last.

        If it fails, it may be called again.

        Args:
            articles: As many as a shard has; fewer only at the end of the run; none if there are
                rejections alone, for which no shard is written.
            rejections: In order.
            position: Where reading goes on behind them.

        Raises:
            InputError: An article holds what the shard's format cannot; or articles come behind
                the last shard.
            PhodangError: The system refused to write.
        """
        manifest = self._manifest
        size = manifest.run.shard_size
        if manifest.finished or len(articles) > size:
            raise ValueError(
                f"expected at most {size} articles for a run that is not finished, found "
                f"{len(articles)}, finished: {manifest.finished}"
            )
        if articles and manifest.labelled % size:
            raise InputError(
                f"{self.folder}: expected no more articles, since its last shard is not full, "
                f"found {len(articles)}. The input has grown since the run was stopped; label it "
                "again into another folder."
            )
        shards = manifest.shards
        if articles:
            shards = (*shards, self._write_shard(articles))
        rejected_bytes = self._append(rejections)
        self._replace_manifest(
            replace(
                manifest,
                shards=shards,
                rejected=manifest.rejected + len(rejections),
                rejected_bytes=rejected_bytes,
                position=position,
            )
        )

    def finish(self) -> None:
        """Write down that nothing is left to do.

        Raises:
            PhodangError: The system refused to write.
        """
        self._replace_manifest(replace(self._manifest, finished=True))

    def close(self) -> None:
        """Let others open the folder."""
        self._lock.release()

    def __enter__(self) -> OutputFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _write_shard(self, articles: Sequence[LabelledArticle]) -> Shard:
        shard_format = self._manifest.run.shard_format
        path = self.folder / shard_name(len(self._manifest.shards), shard_format)
        content = encode_shard(articles, shard_format)
        with writing(path, folder=self.folder):
            write_file(path, content)
        return Shard(path.name, len(articles), len(content), hashlib.sha256(content).hexdigest())

    def _append(self, rejections: Sequence[Rejection]) -> int:
        """Append to ``rejected.jsonl``, and return its size then."""
        size = self._manifest.rejected_bytes
        if not rejections:
            return size
        path = self.folder / REJECTED_FILE
        content = encode_rejections(rejections)
        with writing(path, folder=self.folder):
            append_to_file(path, content, size=size)
        return size + len(content)

    def _replace_manifest(self, manifest: Manifest) -> None:
        with writing(self.folder / MANIFEST_FILE, folder=self.folder):
            write_manifest(self.folder, manifest)
        self._manifest = manifest

"""Output folders and shards → labelled articles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from phodang.batch.labelled import LabelledArticle
from phodang.batch.manifest import MANIFEST_FILE, Manifest, read_manifest
from phodang.batch.shards import read_shard
from phodang.checkpoint import sha256_of_file
from phodang.errors import InputError


def read_labelled(
    path: str | os.PathLike[str], *, allow_unfinished: bool = False
) -> Iterator[LabelledArticle]:
    """Read what `phodang label` wrote, article by article.

    Args:
        path: The output folder, or one shard: ``.jsonl``, which may be compressed (``.jsonl.gz``,
            ``.jsonl.zst``), or ``.parquet``.
        allow_unfinished: Read of an output that is not finished what there is.

    Returns:
        The articles, in order. Each shard of a folder is compared with its checksum first.

    Raises:
        InputError: There is nothing at the path, or something else; the output is not finished; a
            shard is missing or damaged.
    """
    path = Path(path)
    if not path.is_dir():
        return read_shard(path)
    manifest = read_manifest(path)
    if not manifest.finished and not allow_unfinished:
        raise InputError(
            f"{path} is not finished; {manifest.labelled:,} articles are in it so far. Run phodang "
            "label again as before to go on, or ask for what there is (allow_unfinished)."
        )
    return _read_shards(path, manifest)


def _read_shards(folder: Path, manifest: Manifest) -> Iterator[LabelledArticle]:
    for shard in manifest.shards:
        path = folder / shard.file
        if not path.is_file():
            raise InputError(
                f"{path} is missing, and {MANIFEST_FILE} lists it. Copy the folder again, whole, "
                "or label again into another one."
            )
        found = sha256_of_file(path)
        if found != shard.sha256:
            raise InputError(
                f"{path} is damaged: its SHA-256 is {found}, {MANIFEST_FILE} says {shard.sha256}. "
                "Copy the folder again, whole, or label again into another one."
            )
        yield from read_shard(path)

"""Columns of texts → columns of labels, for ``datasets.Dataset.map``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phodang.batch.shards import PASSAGES_COLUMN, passages_type
from phodang.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    import datasets

    from phodang.analyzer import Analyzer


def label_columns(
    analyzer: Analyzer,
    columns: Mapping[str, Sequence[Any]],
    *,
    text_field: str,
    tasks: Iterable[str] | None,
) -> dict[str, list[Any]]:
    """Label a column of texts; see `phodang.analyzer.Analyzer.batch`."""
    if text_field not in columns:
        raise InputError(
            f'Expected texts in the column "{text_field}", found the columns '
            f"{', '.join(sorted(columns))}. Name the column with text_field."
        )
    texts = columns[text_field]
    if isinstance(texts, str):
        raise InputError(
            "Expected a column of texts, found a single text. Call map with batched=True."
        )
    if None in texts:
        raise InputError(
            f'Expected texts in the column "{text_field}", found a row of a batch without: number '
            f"{list(texts).index(None)}. Leave such rows out first, with filter."
        )
    articles = analyzer.predict(texts, tasks=tasks)
    return {PASSAGES_COLUMN: [article.to_dict()["passages"] for article in articles]}


def labelled_features(features: datasets.Features) -> datasets.Features:
    """Add the column of labels to the columns of a dataset.

    ``datasets`` guesses the type of a new column by its first rows, which fails where nothing is
    found in these; give it to ``map`` instead::

        corpus.map(
            analyzer.batch, batched=True, features=labelled_features(corpus.features)
        )

    Args:
        features: The columns of the dataset.

    Returns:
        These and ``passages``.

    Raises:
        MissingDependencyError: datasets is not installed.
    """
    try:
        from datasets import Features
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "Columns of a dataset need datasets. Install it with `pip install 'phodang[datasets]'`."
        ) from error
    import pyarrow as pa

    added = Features.from_arrow_schema(pa.schema([(PASSAGES_COLUMN, passages_type())]))
    return Features({**features, **added})

"""Articles → annotated articles in the schema of ``data/README.md``, which training reads."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from phodang.article import Passage
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange.checks import distinct
from phodang.exchange.files import new_file
from phodang.messages import quoted

_KEPT_FIELDS = ("source", "kind")
"""The schema has room for these two of an article's own fields, if they are strings."""


def write_annotated(articles: Iterable[LabelledArticle], path: str | os.PathLike[str]) -> int:
    """Write articles for ``phodang-train``.

    Offsets become those inside the passage. Labels are taken for true, so scores are left out, and
    so is what lies between passages. A passage has each label that holds for any part of it: the
    schema, as its guidelines, asks what a passage does, not where in it. Of the fields of an
    article, ``source`` and ``kind`` are written if they are strings.

    Args:
        articles: The articles, such as `phodang.exchange.import_corpus` reads them.
        path: The file, which must not exist yet. It appears when all articles are written.

    Returns:
        The number of articles.

    Raises:
        InputError: The file exists, there is no article, or one cannot be written: it has no
            passages or a blank one, no id or one that another has, or half surrogate pairs.
    """
    count = 0
    with new_file(Path(path)) as file:
        for article in distinct(articles):
            file.write(json.dumps(_record(article), ensure_ascii=False) + "\n")
            count += 1
        if not count:
            raise InputError(f"{path}: expected articles to write, found none.")
    return count


def _record(article: LabelledArticle) -> dict[str, Any]:
    if not article.id:
        raise InputError("Expected articles with an id, found one without. Give it a name.")
    passages = article.article.passages
    if not passages or any(not passage.text.strip() for passage in passages):
        found = "a blank one" if passages else "none"
        raise InputError(
            f"Article {quoted(article.id)}: expected passages with text, found {found}. Leave the "
            "article out, as there is nothing in it to learn from."
        )
    kept = {key: article.fields[key] for key in _KEPT_FIELDS if key in article.fields}
    return {
        "id": article.id,
        **{key: value for key, value in kept.items() if isinstance(value, str)},
        "passages": [_passage(passage) for passage in passages],
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "text": passage.text,
        "entities": [
            {
                "start": entity.start - passage.start,
                "end": entity.end - passage.start,
                "label": entity.label,
            }
            for entity in passage.entities
        ],
        "sections": list(passage.labels),
    }

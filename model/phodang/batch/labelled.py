"""A labelled article with its name and its own fields, and the record that is written of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from phodang.article import Article
from phodang.batch.records import JsonValue
from phodang.errors import InputError


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    """An article of a corpus, labelled.

    Attributes:
        id: Its name in the corpus.
        article: What was found in it.
        fields: The other fields of its record, as they came.
    """

    id: str
    article: Article
    fields: dict[str, JsonValue] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Make the record that a shard holds, for ``json.dumps``.

        Returns:
            ``{"id", "fields", "text", "passages"}``, the last two as `Article.to_dict` makes them.
        """
        return {"id": self.id, "fields": self.fields, **self.article.to_dict()}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> LabelledArticle:
        """Read what `to_dict` made.

        Raises:
            InputError: The record is of another form, or its offsets and texts do not fit.
        """
        if not isinstance(record, Mapping):
            raise InputError(
                "Expected an object with the keys id, fields, text and passages, found "
                f"{type(record).__name__}. Give the output of phodang label."
            )
        name, fields = record.get("id"), record.get("fields")
        if not isinstance(name, str) or not isinstance(fields, dict):
            raise InputError(
                'Expected "id", a string, and "fields", an object, found '
                f"{type(name).__name__} and {type(fields).__name__}. Give the output of phodang "
                "label."
            )
        article = {key: value for key, value in record.items() if key not in ("id", "fields")}
        return cls(name, Article.from_dict(article), fields)

"""What holds for the articles of every exchange, whatever the format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.messages import quoted


def distinct(articles: Iterable[LabelledArticle]) -> Iterator[LabelledArticle]:
    """Pass articles on that can be written to files and told apart.

    Raises:
        InputError: An id occurs twice; an article has half a surrogate pair, which UTF-8 cannot
            write, or fields that JSON cannot.
    """
    seen: set[str] = set()
    for article in articles:
        if article.id in seen:
            raise InputError(
                f"Expected articles with an id of their own, found {quoted(article.id)} more than "
                "once. Rename or leave out all but one."
            )
        seen.add(article.id)
        _check_writable(article)
        yield article


def refuse_nul(article: LabelledArticle, tool: str) -> None:
    """Raise an InputError if an article has U+0000, which the tool cannot hold."""
    labels = {entity.label for entity in article.article.entities}
    labels.update(label for passage in article.article.passages for label in passage.labels)
    if any("\0" in text for text in (article.id, article.article.text, *labels)):
        raise InputError(
            f"Article {quoted(article.id)}: found the character U+0000, which {tool} cannot hold. "
            "Take it out of the text, and label the article again."
        )


def _check_writable(article: LabelledArticle) -> None:
    try:
        json.dumps(article.to_dict(), ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"Article {quoted(article.id)}: found half of a surrogate pair "
            f"({quoted(error.object[error.start])}), which no file in UTF-8 can hold. Write U+FFFD "
            "in its place, and label the article again."
        ) from error
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Article {quoted(article.id)}: expected fields that JSON can hold, found others: "
            f"{error}. Convert them to strings first."
        ) from error

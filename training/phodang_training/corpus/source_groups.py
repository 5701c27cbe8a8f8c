"""Articles by where they come from, so that a figure can be told for each source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from phodang_training.corpus.annotation import AnnotatedArticle

OTHER = "(other)"
"""The group of articles that say neither source nor a kind that another article has."""

_BEHIND_NAME = re.compile(r"\s*(?:https?:)?/.*", re.DOTALL)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def source_groups(articles: Sequence[AnnotatedArticle]) -> dict[str, list[int]]:
    """Put articles of one source together.

    A source that is an address stands for its host, any other for what is before its first ``/``:
    ``magizbox/scraper vn_news/1.txt`` is of ``magizbox``, ``https://nhandan.vn/a.html`` of
    ``nhandan.vn``, ``Nhân Dân, 3-2`` of itself. An article without source goes by its kind, if
    another one has it too.

    Returns:
        The numbers of the articles in each group, counted from 0, the largest group first, of
        equal ones that of the first article; `OTHER` is the last.
    """
    kinds = Counter(article.kind for article in articles if not article.source)
    groups: dict[str, list[int]] = {}
    for number, article in enumerate(articles):
        groups.setdefault(_group(article, kinds), []).append(number)
    return dict(sorted(groups.items(), key=lambda item: (item[0] == OTHER, -len(item[1]))))


def _group(article: AnnotatedArticle, kinds: Counter[str | None]) -> str:
    if article.source:
        return _name(article.source) or OTHER
    return article.kind if article.kind and kinds[article.kind] > 1 else OTHER


def _name(source: str) -> str:
    source = source.strip()
    if _ADDRESS.match(source):
        try:
            return urlsplit(source).hostname or source
        except ValueError:
            return source
    return _BEHIND_NAME.sub("", source, count=1) or source

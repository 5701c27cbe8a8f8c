"""phodang labels the entities and sections of Vietnamese party-building articles.

>>> from phodang import predict
>>> article = predict("Sáng 12-3, tại Hà Nội, Ban Tổ chức Trung ương họp.")
>>> article.entities[0].text
'Sáng 12-3'

The heavy parts are imported at the first use, not with the package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phodang.analyzer import Analyzer
    from phodang.article import Article, Entity, Passage
    from phodang.errors import PhodangError
    from phodang.sections import LabelShare, PassageSection, Section

__version__ = "0.1.0"

__all__ = [
    "Analyzer",
    "Article",
    "Entity",
    "LabelShare",
    "Passage",
    "PassageSection",
    "PhodangError",
    "Section",
    "predict",
]

_HOMES = {
    "Analyzer": "phodang.analyzer",
    "Article": "phodang.article",
    "Entity": "phodang.article",
    "LabelShare": "phodang.sections",
    "Passage": "phodang.article",
    "PassageSection": "phodang.sections",
    "PhodangError": "phodang.errors",
    "Section": "phodang.sections",
}


@overload
def predict(texts: str, *, tasks: Iterable[str] | None = None) -> Article: ...  # type: ignore[overload-overlap]


@overload
def predict(texts: Iterable[str], *, tasks: Iterable[str] | None = None) -> list[Article]: ...


def predict(
    texts: str | Iterable[str], *, tasks: Iterable[str] | None = None
) -> Article | list[Article]:
    """Read one text, or several, with the bundled model.

    The model is loaded at the first call. See `Analyzer.predict`.

    Args:
        texts: A text, or texts.
        tasks: What to read them for: ``entities``, ``sections``; by default all that the model
            can do.

    Returns:
        An `Article` for a string; a list of them, in order, for several.

    Raises:
        InputError: Something else than a string was given, or a task that is unknown or not the
            model's.
    """
    from phodang.analyzer import bundled_analyzer

    return bundled_analyzer().predict(texts, tasks=tasks)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

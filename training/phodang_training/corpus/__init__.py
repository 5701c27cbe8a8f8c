"""Annotated articles: their files, checks and counts.

The names that other code needs are to be had from here; `phodang_training.corpus.articles` has them
all.
"""

from phodang_training.corpus.articles import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    CorpusStatistics,
    Split,
    check_disjoint,
    describe,
    load_articles,
    read_articles,
    read_conll,
    read_split,
    select,
    text_of,
    write_articles,
)

__all__ = [
    "AnnotatedArticle",
    "AnnotatedPassage",
    "AnnotatedSpan",
    "CorpusStatistics",
    "Split",
    "check_disjoint",
    "describe",
    "load_articles",
    "read_articles",
    "read_conll",
    "read_split",
    "select",
    "text_of",
    "write_articles",
]

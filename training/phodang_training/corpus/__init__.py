"""Annotated articles: their files, checks and counts. The names that other code needs are here."""

from phodang_training.corpus.annotation import AnnotatedArticle, AnnotatedPassage, AnnotatedSpan
from phodang_training.corpus.annotation_files import (
    Split,
    read_articles,
    read_conll,
    read_split,
    write_articles,
)
from phodang_training.corpus.articles import (
    CorpusStatistics,
    describe,
    load_articles,
    select,
    text_of,
)
from phodang_training.corpus.overlaps import check_disjoint

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

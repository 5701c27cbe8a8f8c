"""Labelled articles ↔ the tools that people correct labels in.

>>> from phodang.exchange import export_corpus, import_corpus, write_annotated
>>> export_corpus(articles, "labelstudio", "to-correct")  # doctest: +SKIP
>>> write_annotated(import_corpus("corrected.json", "labelstudio"), "train.jsonl")  # doctest: +SKIP

A module for each format says what its tool counts offsets in, and what it can hold.
"""

from phodang.exchange.annotated import write_annotated
from phodang.exchange.corpus import export_corpus, import_corpus
from phodang.exchange.formats import ExchangeFormat

__all__ = ["ExchangeFormat", "export_corpus", "import_corpus", "write_annotated"]

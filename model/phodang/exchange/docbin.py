"""Articles ↔ documents of spaCy in its binary format (https://spacy.io/api/docbin).

The folder holds ``articles-00000.spacy`` and so on, up to a thousand documents each, as ``spacy
train`` takes a folder: only so many are held at once. What a document looks like is said in
`phodang.exchange.spacy_docs`; ``doc.user_data["phodang"]`` also has the article's ``id`` and
``fields``. Offsets are code points. Nothing is lost.

Files of other people are read as well: a file or a folder of ``.spacy`` files. Their passages are
the text's lines, ``doc.spans["sections"]`` are sections, and ids are made from the file and the
number of the document. What else documents hold, such as tags and other groups of spans, is
passed over.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange.assembly import located
from phodang.exchange.files import files_inside
from phodang.exchange.spacy_docs import (
    USER_DATA_KEY,
    article_to_doc,
    as_json,
    doc_to_article,
    require_spacy,
)
from phodang.exchange.words import Words, words_of
from phodang.messages import quoted

if TYPE_CHECKING:
    from spacy.tokens import Doc, DocBin

SUFFIX = ".spacy"

_DOCS_PER_FILE = 1_000
_MOST_BYTES = 1 << 29
"""A file that would be larger when decompressed is refused."""
_BLOCK_SIZE = 1 << 20
"""Bytes that are decompressed at once to find that out."""
_ATTRIBUTES = ("ENT_IOB", "ENT_TYPE")


def write(articles: Iterable[LabelledArticle], folder: Path, words: Words | None = None) -> None:
    """Write the files.

    Raises:
        InputError: Fields hold a number that the format cannot, or the words are not those of the
            article.
        MissingDependencyError: spaCy is not installed.
    """
    require_spacy()
    from spacy.vocab import Vocab

    # One for all: strings that occur again are stored once a file anyway.
    vocab = Vocab()
    number = 0
    docs = _new()
    for article in articles:
        with located(f"Article {quoted(article.id)}"):
            own_words = words_of(article.article, words)
            doc = article_to_doc(article.article, vocab, words=own_words)
            doc.user_data[USER_DATA_KEY] |= {"id": article.id, "fields": article.fields}
            try:
                docs.add(doc)
            except (OverflowError, ValueError) as error:
                raise InputError(
                    f"expected fields that spaCy can store, found some that it cannot: {error}. "
                    "Write numbers of more than 64 bits as strings."
                ) from error
        if len(docs) == _DOCS_PER_FILE:
            docs.to_disk(folder / f"articles-{number:05}{SUFFIX}")
            number += 1
            docs, vocab = _new(), Vocab()
    if len(docs) or not number:
        docs.to_disk(folder / f"articles-{number:05}{SUFFIX}")


def read(path: Path) -> Iterator[LabelledArticle]:
    """Read a file, or all files of a folder, in the order of their names.

    Raises:
        InputError: There is no such file, or one is damaged; entities or sections of a document
            cannot be held.
        MissingDependencyError: spaCy is not installed.
    """
    require_spacy()
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    files = [path]
    if path.is_dir():
        files = [file for file in files_inside(path) if file.suffix == SUFFIX]
        if not files:
            raise InputError(f"{path}: expected {SUFFIX} files in the folder, found none.")
    for file in files:
        data = file.read_bytes()
        _check_size(file, data)
        try:
            docs = list(DocBin().from_bytes(data).get_docs(Vocab()))
        # Damage shows as any of these, from zlib, msgpack, numpy and spaCy.
        except Exception as error:
            raise InputError(
                f"{file}: expected documents in spaCy's binary format, found something else: "
                f"{error}. Write the file again with DocBin.to_disk."
            ) from error
        for number, doc in enumerate(docs, 1):
            yield _article(doc, f"{file}, document {number}")


def _check_size(file: Path, data: bytes) -> None:
    decompressor, size = zlib.decompressobj(), 0
    try:
        for start in range(0, len(data), _BLOCK_SIZE):
            block = data[start : start + _BLOCK_SIZE]
            while block:
                size += len(decompressor.decompress(block, _BLOCK_SIZE))
                block = decompressor.unconsumed_tail
                if size > _MOST_BYTES:
                    raise InputError(
                        f"{file}: expected at most {_MOST_BYTES:,} bytes when decompressed, found "
                        "more. Divide the documents into several files."
                    )
    except zlib.error:
        return  # no documents at all, which reading them tells


def _new() -> DocBin:
    from spacy.tokens import DocBin

    return DocBin(attrs=_ATTRIBUTES, store_user_data=True)


def _article(doc: Doc, place: str) -> LabelledArticle:
    article = doc_to_article(doc, place=place)
    about = doc.user_data.get(USER_DATA_KEY, {})
    name, fields = about.get("id", place), as_json(about.get("fields", {}))
    if not isinstance(name, str) or not isinstance(fields, dict):
        raise InputError(
            f'{place}: expected "id", a string, and "fields", a dictionary, in '
            f'doc.user_data["{USER_DATA_KEY}"], found others. Leave them as phodang wrote them.'
        )
    return LabelledArticle(name, article, fields)

"""Articles ↔ the column format of CoNLL-2003, for tools that train or score taggers.

The folder holds ``articles.conll``, as `phodang.conll` writes it: a token and its IOB2 tag a line,
parted by a tab, an empty line behind each passage; and ``articles.jsonl`` with each article's id,
fields and number of passages, in the same order. `phodang_training.corpus.read_conll` reads
``articles.conll`` as well.

Tokens and entities come back as they were, in passages. Not kept are: the white space between
tokens (one space is read for it), sections, scores, passages without any token, and what lies
between passages. ``_`` inside a token stands for a space, as in all segmented Vietnamese text, so
an underscore of the raw text comes back as a space.

A file by itself, of another project, is read too: the token in the first column, the tag in the
last, other columns between them, parted by tabs or spaces. With ``-DOCSTART-`` lines each document
is an article with a passage for each sentence, without them each sentence is an article; ids are
the path and the line.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.conll import article_to_conll
from phodang.errors import InputError
from phodang.exchange.assembly import located
from phodang.exchange.files import file_inside, json_lines
from phodang.exchange.words import Words, words_of
from phodang.messages import quoted

CONLL_FILE = "articles.conll"
ARTICLES_FILE = "articles.jsonl"

_COLUMNS = re.compile(r"[ \t]+")
_TAG = re.compile(r"O|[BI]-\S+")
_JOINER_INSIDE = re.compile(r"(?<=[^_])_(?=[^_])")
_DOCUMENT = "-DOCSTART-"
_WAY_OUT = f"Leave lines empty, and {ARTICLES_FILE}, as phodang export wrote them."


@dataclass(frozen=True, slots=True)
class _Sequence:
    """Tokens with their tags, and the line at which they begin."""

    tokens: tuple[tuple[str, str], ...]
    line: int
    begins_document: bool


def write(articles: Iterable[LabelledArticle], folder: Path, words: Words | None = None) -> None:
    """Write both files.

    Raises:
        InputError: A label has white space in it, or the words are not those of the article.
    """
    with (
        (folder / CONLL_FILE).open("w", encoding="utf-8", newline="\n") as conll,
        (folder / ARTICLES_FILE).open("w", encoding="utf-8", newline="\n") as names,
    ):
        for article in articles:
            with located(f"Article {quoted(article.id)}"):
                text = article_to_conll(article.article, words=words_of(article.article, words))
            conll.write(text)
            passages = text.count("\n\n")
            record = {"id": article.id, "fields": article.fields, "passages": passages}
            names.write(json.dumps(record, ensure_ascii=False) + "\n")


def read(path: Path) -> Iterator[LabelledArticle]:
    """Read a folder as `write` makes it, or a file of another project.

    Raises:
        InputError: A line is not as said above, tags are no IOB2, or the articles named are not
            those in the file.
    """
    if not path.is_dir():
        yield from _read_file(path)
        return
    way_out = "Give the folder that phodang export made, or a CoNLL file."
    # What phodang wrote has neither document lines nor a byte order mark; a text may hold both.
    sequences = _sequences(file_inside(path, CONLL_FILE, way_out=way_out), foreign=False)
    for place, record in json_lines(file_inside(path, ARTICLES_FILE, way_out=way_out)):
        name, fields, count = (record.get(key) for key in ("id", "fields", "passages"))
        if not isinstance(name, str) or not isinstance(fields, dict) or type(count) is not int:
            raise InputError(
                f'{place}: expected "id", "fields" and "passages", found other keys or values. '
                f"{_WAY_OUT}"
            )
        own = list(itertools.islice(sequences, max(count, 0)))
        if len(own) != count:
            raise InputError(
                f"{place}: expected {count} passages in {CONLL_FILE}, found {len(own)} more there. "
                f"{_WAY_OUT}"
            )
        yield LabelledArticle(name, _article(own), fields)
    for left in sequences:
        raise InputError(
            f"{path / CONLL_FILE}, line {left.line}: expected no more passages than "
            f"{ARTICLES_FILE} counts, found one more. {_WAY_OUT}"
        )


def _read_file(path: Path) -> Iterator[LabelledArticle]:
    document: list[_Sequence] = []
    has_documents = False
    for sequence in _sequences(path, foreign=True):
        has_documents = has_documents or sequence.begins_document
        if document and (sequence.begins_document or not has_documents):
            yield LabelledArticle(f"{path}:{document[0].line}", _article(document))
            document = []
        document.append(sequence)
    if document:
        yield LabelledArticle(f"{path}:{document[0].line}", _article(document))


def _sequences(path: Path, *, foreign: bool) -> Iterator[_Sequence]:
    tokens: list[tuple[str, str]] = []
    first = 0
    begins_document = False
    with path.open("rb") as file:
        for number, raw in enumerate(itertools.chain(file, (b"",)), 1):
            place = f"{path}, line {number}"
            try:
                line = raw.decode("utf-8-sig" if number == 1 and foreign else "utf-8")
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{place}: expected UTF-8, found byte {raw[error.start]:#04x}. Save the file "
                    "as UTF-8."
                ) from error
            line = line.strip(" \t\r\n")
            document = foreign and line.startswith(_DOCUMENT)
            if line and not document:
                first = first if tokens else number
                with located(place):
                    tokens.append(_token(line, tokens[-1][1] if tokens else "O"))
            elif tokens:
                yield _Sequence(tuple(tokens), first, begins_document)
                tokens, begins_document = [], False
            begins_document = begins_document or document


def _token(line: str, previous: str) -> tuple[str, str]:
    columns = _COLUMNS.split(line)
    token, tag = columns[0], columns[-1]
    if len(columns) < 2 or not _TAG.fullmatch(tag):
        raise InputError(
            f"expected a token and a tag O, B-TYPE or I-TYPE, found {quoted(line)}. Correct the "
            "line; a file in another scheme has to be converted to IOB2 first."
        )
    if tag.startswith("I-") and previous[2:] != tag[2:]:
        raise InputError(
            f"expected IOB2, where an entity begins with B-, found {quoted(tag)} after "
            f"{quoted(previous)}. Write B-{tag[2:]} if an entity begins here; a file in another "
            "scheme, such as IOB1, has to be converted to IOB2 first."
        )
    return token, tag


def _article(sequences: Iterable[_Sequence]) -> Article:
    text = ""
    passages = []
    for sequence in sequences:
        if text:
            text += "\n"
        passages.append(_passage(sequence, len(text)))
        text += passages[-1].text
    return Article(text, tuple(passages))


def _passage(sequence: _Sequence, offset: int) -> Passage:
    spans: list[tuple[int, int, str]] = []
    surfaces = []
    position = 0
    for token, tag in sequence.tokens:
        surface = _JOINER_INSIDE.sub(" ", token)
        end = position + len(surface)
        if tag.startswith("B-"):
            spans.append((position, end, tag[2:]))
        elif tag.startswith("I-"):
            spans[-1] = (spans[-1][0], end, tag[2:])
        surfaces.append(surface)
        position = end + 1
    text = " ".join(surfaces)
    entities = tuple(
        Entity(offset + start, offset + end, label, text[start:end], 1.0)
        for start, end, label in spans
    )
    return Passage(offset, offset + len(text), text, entities)

"""Files of annotated articles: JSON lines by the schema of ``data/README.md``, CoNLL, splits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from phodang.errors import InputError
from phodang.messages import did_you_mean
from phodang_training.annotation import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    check_labels,
    shown,
)

_IOB2 = re.compile(r"O|[BI]-\S+")
_COLUMNS = re.compile(r"[ \t]+")

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Split:
    """Ids of the articles to train on and of those held out, distinct."""

    train: tuple[str, ...]
    heldout: tuple[str, ...]


def read_articles(
    path: Path | str, *, labels: Collection[str] | None = None
) -> list[AnnotatedArticle]:
    """Read annotated articles, one JSON object a line.

    Args:
        path: The file, UTF-8. Blank lines are allowed.
        labels: The entity types that may occur; any if None.

    Returns:
        The articles in the order of the file.

    Raises:
        InputError: The file cannot be read, or a line is not as the schema says. The message
            names file, line, place, and the way out.
    """
    articles: list[AnnotatedArticle] = []
    lines: dict[str, int] = {}
    for number, line in _lines(Path(path)):
        if not line.strip():
            continue
        try:
            article = _article(_parse_json(line))
            check_labels(article, labels)
            if article.id in lines:
                raise InputError(
                    f'expected an id of its own, found "{article.id}" again, which line '
                    f"{lines[article.id]} has. Rename or delete one of the two."
                )
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
        lines[article.id] = number
        articles.append(article)
    return articles


def write_articles(path: Path | str, articles: Iterable[AnnotatedArticle]) -> int:
    """Write annotated articles so that `read_articles` reads them back equal.

    Args:
        path: The file, replaced if it exists.
        articles: The articles.

    Returns:
        How many there were.
    """
    count = 0
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        for article in articles:
            file.write(json.dumps(_record(article), ensure_ascii=False) + "\n")
            count += 1
    return count


def read_conll(
    path: Path | str, *, labels: Collection[str] | None = None
) -> list[AnnotatedArticle]:
    """Read sentences of words with IOB2 tags.

    The tags are those of Tjong Kim Sang and Veenstra (1999, https://aclanthology.org/E99-1023).

    Args:
        path: The file, UTF-8: a word and its tag a line, parted by tabs or spaces; a blank line
            between sentences. The syllables of a word are joined by ``_``.
        labels: The entity types that may occur; any if None.

    Returns:
        An article with one passage for each sentence. Its text is the words joined by single
        spaces, ``_`` kept; its id is the path and the line that it begins at.

    Raises:
        InputError: The file cannot be read, or a line is not as said above.
    """
    articles: list[AnnotatedArticle] = []
    sentence: list[tuple[str, str]] = []
    first = number = 0
    for number, line in _lines(Path(path)):
        if line.strip():
            if not sentence:
                first = number
            try:
                sentence.append(_tagged_word(line, sentence[-1][1] if sentence else "O", labels))
            except InputError as error:
                raise InputError(f"{path}, line {number}: {error}") from error
        elif sentence:
            articles.append(AnnotatedArticle(f"{path}:{first}", (_sentence(sentence),)))
            sentence = []
    if sentence:
        articles.append(AnnotatedArticle(f"{path}:{first}", (_sentence(sentence),)))
    return articles


def read_split(path: Path | str) -> Split:
    """Read which articles of a corpus are for training and which are held out.

    Args:
        path: A JSON file ``{"heldout": [id, …], "train": [id, …]}``.

    Raises:
        InputError: The file cannot be read or is not as said above, or an id occurs twice.
    """
    text = "\n".join(line for _, line in _lines(Path(path)))
    try:
        record = _parse_json(text)
        _check_keys(record, ("heldout", "train"), ())
        split = Split(train=_strings(record, "train"), heldout=_strings(record, "heldout"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    for identifier, count in Counter((*split.train, *split.heldout)).items():
        if count > 1:
            raise InputError(f'{path}: expected each id once, found "{identifier}" {count} times.')
    return split


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1; only line feeds part them, as JSON text may hold others."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: expected a file, found none to read ({error.strerror}). Check the path; it "
            "is relative to the folder that the command is run in."
        ) from error
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}, line {number}: expected UTF-8, found byte "
                f"{error.object[error.start]:#04x}. Save the file as UTF-8."
            ) from error


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"expected JSON, found a mistake at column {error.colno}: {error.msg}. "
            "Write the line with a JSON library."
        ) from error


def _article(record: Any) -> AnnotatedArticle:
    _check_keys(record, ("id", "passages"), ("source", "kind"))
    identifier = _value(record, "id", str)
    if not identifier:
        raise InputError("expected an id, found an empty string. Give every article an id.")
    passages = []
    for index, passage in enumerate(_value(record, "passages", list)):
        try:
            passages.append(_passage(passage))
        except InputError as error:
            raise InputError(f"passages[{index}]: {error}") from error
    if not passages:
        raise InputError("expected at least one passage, found none. Delete the line.")
    source, kind = (
        None if record.get(key) is None else _value(record, key, str) for key in ("source", "kind")
    )
    return AnnotatedArticle(identifier, tuple(passages), source, kind)


def _passage(record: Any) -> AnnotatedPassage:
    _check_keys(record, ("text", "entities", "sections"), ())
    spans = []
    for index, span in enumerate(_value(record, "entities", list)):
        try:
            _check_keys(span, ("start", "end", "label"), ())
            start, end = _value(span, "start", int), _value(span, "end", int)
            spans.append(AnnotatedSpan(start, end, _value(span, "label", str)))
        except InputError as error:
            raise InputError(f"entities[{index}]: {error}") from error
    return AnnotatedPassage(_value(record, "text", str), tuple(spans), _strings(record, "sections"))


def _record(article: AnnotatedArticle) -> dict[str, Any]:
    about = {"source": article.source, "kind": article.kind}
    return {
        "id": article.id,
        **{key: value for key, value in about.items() if value is not None},
        "passages": [
            {
                "text": passage.text,
                "entities": [
                    {"start": span.start, "end": span.end, "label": span.label}
                    for span in passage.entities
                ],
                "sections": list(passage.sections),
            }
            for passage in article.passages
        ],
    }


def _check_keys(record: Any, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    expected = f"an object with the keys {', '.join(required)}"
    if not isinstance(record, dict):
        raise InputError(f"expected {expected}, found {shown(record)}.")
    for key in record:
        # Read over, it would be lost when the articles are written again.
        if key not in (*required, *optional):
            suggestion = did_you_mean(key, (*required, *optional))
            raise InputError(f'unknown key "{key}". {suggestion} Rename it, or take it out.')
    for key in required:
        if key not in record:
            raise InputError(f'expected {expected}, found no "{key}". Add it; a list may be empty.')


def _value(record: Mapping[str, Any], key: str, kind: type[_Value]) -> _Value:
    value = record[key]
    # A bool is an int to Python, and true is no offset.
    if not isinstance(value, kind) or isinstance(value, bool):
        name = {str: "a string", int: "a whole number", list: "a list"}[kind]
        raise InputError(f'expected "{key}" to be {name}, found {shown(value)}.')
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f'expected text in "{key}", found half of a surrogate pair (\\ud8…).')
    return value


def _strings(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = _value(record, key, list)
    return tuple(
        _value({f"{key}[{index}]": value}, f"{key}[{index}]", str)
        for index, value in enumerate(values)
    )


def _tagged_word(line: str, previous: str, labels: Collection[str] | None) -> tuple[str, str]:
    """Read a word and its tag, checked against the tag before it."""
    columns = _COLUMNS.split(line.strip(" \t"))
    if len(columns) != 2:
        raise InputError(
            f"expected 2 columns, a word and its tag, found {len(columns)}. Join the syllables of "
            "a word by _ and take other columns out."
        )
    word, tag = columns
    if not _IOB2.fullmatch(tag):
        raise InputError(f'expected a tag O, B-TYPE or I-TYPE, found "{tag}".')
    label = tag[2:]
    if tag.startswith("I-") and previous[2:] != label:
        raise InputError(
            f'expected IOB2, where an entity begins with B-, found "{tag}" after "{previous}". '
            f"Write B-{label} if an entity begins here; a file in another scheme, such as IOB1, "
            "has to be converted to IOB2 first."
        )
    if label and labels is not None and label not in labels:
        raise InputError(
            f'unknown label "{label}". {did_you_mean(label, sorted(labels))} Correct it, or add it '
            "to the labels."
        )
    return word, tag


def _sentence(words: Sequence[tuple[str, str]]) -> AnnotatedPassage:
    spans: list[AnnotatedSpan] = []
    position = 0
    for word, tag in words:
        end = position + len(word)
        if tag.startswith("B-"):
            spans.append(AnnotatedSpan(position, end, tag[2:]))
        elif tag.startswith("I-"):
            spans[-1] = AnnotatedSpan(spans[-1].start, end, tag[2:])
        position = end + 1
    return AnnotatedPassage(" ".join(word for word, _ in words), tuple(spans))

"""Files of annotated articles: JSON lines by the schema of ``data/README.md``, CoNLL, splits.

What is read here is read in one of two ways: ``scan_…`` goes on behind a fault and tells them all,
``read_…`` stops at the first.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phodang.errors import InputError
from phodang.messages import did_you_mean
from phodang_training.corpus.annotation import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    label_faults,
)
from phodang_training.corpus.annotation_places import Fault, PlacedArticle, read_lines
from phodang_training.corpus.annotation_records import (
    article_of,
    key_faults,
    record_faults,
    record_of,
    string_faults,
)

_IOB2 = re.compile(r"O|[BI]-\S+")
_COLUMNS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Split:
    """Ids of the articles to train on and of those held out, distinct."""

    train: tuple[str, ...]
    heldout: tuple[str, ...]


def scan_articles(
    path: Path | str,
    *,
    labels: Collection[str] | None = None,
    sections: Collection[str] | None = None,
) -> Iterator[PlacedArticle | Fault]:
    """Read annotated articles, one JSON object a line, and tell all faults.

    Args:
        path: The file, UTF-8. Blank lines are allowed.
        labels: The entity types that may occur; any if None.
        sections: The sections that may occur; any if None.

    Yields:
        The articles and the faults in the order of the file. An article comes after its own
        faults, if there is one in spite of them: with unknown labels, or another's id.
    """
    lines: dict[str, int] = {}
    for line in read_lines(Path(path)):
        if isinstance(line, Fault):
            yield line
            continue
        number, text = line
        if not text.strip():
            continue
        record, faults = _parse_json(text)
        article = None
        if not faults:
            faults += record_faults(record)
            if not faults:
                article = article_of(record)
                faults += label_faults(article, labels=labels, sections=sections)
            faults += _repetition(record, number, lines)
        for message in faults:
            yield Fault(str(path), number, message)
        if article is not None:
            yield PlacedArticle(article, str(path), number)


def read_articles(
    path: Path | str,
    *,
    labels: Collection[str] | None = None,
    sections: Collection[str] | None = None,
) -> list[AnnotatedArticle]:
    """Read annotated articles, one JSON object a line.

    Args:
        path: The file, UTF-8. Blank lines are allowed.
        labels: The entity types that may occur; any if None.
        sections: The sections that may occur; any if None.

    Returns:
        The articles in the order of the file.

    Raises:
        InputError: The file cannot be read, or a line is not as the schema says. The message
            names file, line, place, and the way out.
    """
    return _without_faults(scan_articles(path, labels=labels, sections=sections))


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
            file.write(json.dumps(record_of(article), ensure_ascii=False) + "\n")
            count += 1
    return count


def scan_conll(
    path: Path | str, *, labels: Collection[str] | None = None
) -> Iterator[PlacedArticle | Fault]:
    """Read sentences of words with IOB2 tags, as `read_conll` says, and tell all faults.

    Yields:
        The sentences and the faults in the order of the file. A sentence with a fault is left out,
        unless only its labels are unknown.
    """
    sentence: list[tuple[str, str]] = []
    first, whole = 0, True
    for line in (*read_lines(Path(path)), (0, "")):
        if isinstance(line, Fault):
            yield line
            whole = False
            continue
        number, text = line
        if not text.strip():
            if sentence and whole:
                article = AnnotatedArticle(f"{path}:{first}", (_sentence(sentence),))
                yield PlacedArticle(article, str(path), first)
            sentence, whole = [], True
            continue
        first = first if sentence else number
        columns = _COLUMNS.split(text.strip(" \t"))
        fault = _word_fault(columns, sentence[-1][1] if sentence else "O")
        whole = whole and fault is None
        if message := fault or _label_fault(columns[1], labels):
            yield Fault(str(path), number, message)
        # The next tag is held against this one, right or wrong: one mistake is told once.
        sentence.append((columns[0], columns[-1]))


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
    return _without_faults(scan_conll(path, labels=labels))


def scan_split(path: Path | str) -> Split | Fault:
    """Read which articles are for training, as `read_split` says, or what is wrong."""
    lines = []
    for line in read_lines(Path(path)):
        if isinstance(line, Fault):
            return line
        lines.append(line[1])
    record, faults = _parse_json("\n".join(lines))
    if faults := faults or _split_faults(record):
        return Fault(str(path), None, faults[0])
    return Split(train=tuple(record["train"]), heldout=tuple(record["heldout"]))


def read_split(path: Path | str) -> Split:
    """Read which articles of a corpus are for training and which are held out.

    Args:
        path: A JSON file ``{"heldout": [id, …], "train": [id, …]}``.

    Raises:
        InputError: The file cannot be read or is not as said above, or an id occurs twice.
    """
    found = scan_split(path)
    if isinstance(found, Fault):
        raise InputError(str(found))
    return found


def _without_faults(found: Iterable[PlacedArticle | Fault]) -> list[AnnotatedArticle]:
    articles = []
    for each in found:
        if isinstance(each, Fault):
            raise InputError(str(each))
        articles.append(each.article)
    return articles


def _parse_json(text: str) -> tuple[Any, list[str]]:
    """The value, and what keeps it from being one."""
    try:
        return json.loads(text), []
    except json.JSONDecodeError as error:
        fault = f"expected JSON, found a mistake at column {error.colno}: {error.msg}."
        return None, [f"{fault} Write the line with a JSON library."]
    except RecursionError:
        return None, ["expected JSON, found lists or objects nested too deep. Take them out."]


def _repetition(record: Any, number: int, lines: dict[str, int]) -> Iterator[str]:
    """Find an id that a line before has, and note it in what lines have which."""
    identifier = record.get("id") if isinstance(record, dict) else None
    if isinstance(identifier, str) and identifier:
        first = lines.setdefault(identifier, number)
        if first != number:
            yield (
                f'expected an id of its own, found "{identifier}" again, which line {first} has. '
                "Rename or delete one of the two."
            )


def _split_faults(record: Any) -> list[str]:
    keys = ("heldout", "train")
    faults = list(key_faults(record, keys))
    if not faults:
        faults += (fault for key in keys for fault in string_faults(record, key))
    if not faults:
        for identifier, count in Counter((*record["train"], *record["heldout"])).items():
            if count > 1:
                faults.append(
                    f'expected each id once, found "{identifier}" {count} times. Take it out of '
                    "one place."
                )
    return faults


def _word_fault(columns: Sequence[str], previous: str) -> str | None:
    """What is wrong with a line of CoNLL after one with the tag ``previous``, labels apart."""
    if len(columns) != 2:
        return (
            f"expected 2 columns, a word and its tag, found {len(columns)}. Join the syllables of "
            "a word by _ and take other columns out."
        )
    word, tag = columns
    # Other white space than what parts columns, such as a non-breaking space.
    if not word.strip():
        return f"expected a word before its tag, found {word!r}. Take the line out."
    if not _IOB2.fullmatch(tag):
        return f'expected a tag O, B-TYPE or I-TYPE, found "{tag}". Correct it.'
    label = tag[2:]
    # Behind a line that has no tag at all, nothing is known.
    if tag.startswith("I-") and previous[2:] != label and _IOB2.fullmatch(previous):
        return (
            f'expected IOB2, where an entity begins with B-, found "{tag}" after "{previous}". '
            f"Write B-{label} if an entity begins here; a file in another scheme, such as IOB1, "
            "has to be converted to IOB2 first."
        )
    return None


def _label_fault(tag: str, labels: Collection[str] | None) -> str | None:
    """What is wrong with the label of a tag; told once for an entity, where it begins."""
    label = tag[2:]
    if labels is None or not tag.startswith("B-") or label in labels:
        return None
    return (
        f'unknown label "{label}". {did_you_mean(label, sorted(labels))} Correct it, or add it to '
        "the labels."
    )


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

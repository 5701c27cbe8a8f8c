"""Articles ↔ a folder of the annotation tool brat (https://brat.nlplab.org/standoff.html).

The folder holds a ``.txt`` and an ``.ann`` file for each article, ``annotation.conf`` and
``visual.conf`` (`phodang.exchange.brat_types`), and ``articles.jsonl``, which gives for each
file's name the article's id and fields, and its passages where they are not the text's lines. File
names are numbers with what letters of the id are safe. To be put in brat's data folder as it is.

Offsets are code points of the text, as brat's server counts them. Its page counts UTF-16 units, so
it draws and marks too far to the right behind emoji; the text in the ``.ann`` file, which is
checked on reading, then shows it. An annotation over line breaks has a fragment for each line, as
brat writes it; other discontinuous annotations cannot be held. An entity or section label becomes
an annotation of its own; scores are not kept.

A project of other people is read as well: ids are the names of the files. An annotation is an
entity, unless its type begins with ``Section_``. Notes (``#``) are passed over; relations, events,
attributes, normalisations and equivalences are refused, since nothing would be left of them.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange.assembly import Mark, Span, assemble, located, read_passages, stored_passages
from phodang.exchange.brat_types import annotation_conf, label_of, type_of, visual_conf
from phodang.exchange.files import files_inside, json_lines, read_text
from phodang.exchange.labels import LabelsSeen
from phodang.exchange.words import Words
from phodang.messages import quoted

ARTICLES_FILE = "articles.jsonl"

_NAME_LENGTH = 40
"""Characters of an id that a file's name has at most."""
_FRAGMENT_SEPARATOR = " "
_SPANS = re.compile(r"\d+ \d+(;\d+ \d+)*")
_LONGEST_OFFSET = 18
"""Digits; longer ones are no offsets, and slow to read."""
_OTHER_KINDS = {
    "R": "a relation",
    "E": "an event",
    "A": "an attribute",
    "M": "an attribute",
    "N": "a normalisation",
    "*": "an equivalence",
}


@dataclass(slots=True)
class _Known:
    """What ``articles.jsonl`` says of a file."""

    id: str
    fields: dict[str, Any] = field(default_factory=dict)
    passages: list[Span] | None = None


def write(articles: Iterable[LabelledArticle], folder: Path, words: Words | None = None) -> None:
    """Write the project.

    Raises:
        InputError: An entity begins or ends with a line break.
    """
    labels = LabelsSeen()
    with (folder / ARTICLES_FILE).open("w", encoding="utf-8", newline="\n") as names:
        for number, article in enumerate(articles, 1):
            labels.add(article.article)
            name = _file_name(number, article.id)
            record: dict[str, Any] = {"file": name, "id": article.id, "fields": article.fields}
            if (passages := stored_passages(article.article)) is not None:
                record["passages"] = passages
            names.write(json.dumps(record, ensure_ascii=False) + "\n")
            (folder / f"{name}.txt").write_bytes(article.article.text.encode("utf-8"))
            with located(f"Article {quoted(article.id)}"):
                annotations = "".join(_annotations(article))
            (folder / f"{name}.ann").write_bytes(annotations.encode("utf-8"))
    for file, content in (
        ("annotation.conf", annotation_conf(labels.entities, labels.sections)),
        ("visual.conf", visual_conf(labels.entities, labels.sections)),
    ):
        (folder / file).write_bytes(content.encode("utf-8"))


def read(path: Path) -> Iterator[LabelledArticle]:
    """Read a project, subfolders too.

    Raises:
        InputError: A file lacks its other half; an annotation is not as the format says, not of
            the text, or not to be held; or a file named in ``articles.jsonl`` is missing.
    """
    if not path.is_dir():
        raise InputError(f"{path}: expected a folder with .txt and .ann files, found a file.")
    files = files_inside(path)
    texts = {file.with_suffix(""): file for file in files if file.suffix == ".txt"}
    annotations = {file.with_suffix(""): file for file in files if file.suffix == ".ann"}
    _check_pairs(texts, annotations)
    is_ours = path / ARTICLES_FILE in files
    if not texts and not is_ours:
        raise InputError(f"{path}: expected .txt files with .ann files, found none.")
    known = _known(path) if is_ours else {}
    if missing := [name for name in known if path / name not in texts]:
        raise InputError(
            f"{path / ARTICLES_FILE}: expected all files that it names, found no {missing[0]}.txt. "
            "Put it back, or delete its line to leave it out."
        )
    for base, text_file in texts.items():
        name = base.relative_to(path).as_posix()
        about = known.get(name) or _Known(name)
        text = read_text(text_file)
        entities: list[Mark] = []
        sections: list[Mark] = []
        for mark, section in _marks(annotations[base], text):
            (sections if section else entities).append(mark)
        article = assemble(
            text,
            entities=entities,
            sections=sections,
            passages=about.passages,
            place=str(text_file),
        )
        yield LabelledArticle(about.id, article, about.fields)


def _file_name(number: int, name: str) -> str:
    """A name that is safe on every system, and no other article's: it begins with the number."""
    # No decomposition has this letter.
    plain = unicodedata.normalize("NFKD", name[: 4 * _NAME_LENGTH].replace("đ", "d"))
    ascii_name = plain.replace("Đ", "D").encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^A-Za-z0-9]+", "-", ascii_name)[:_NAME_LENGTH].strip("-")
    return f"{number:07}-{slug}" if slug else f"{number:07}"


def _annotations(article: LabelledArticle) -> Iterator[str]:
    text = article.article.text
    spans = [
        (entity.start, entity.end, type_of(entity.label, section=False))
        for entity in article.article.entities
    ]
    spans += [
        (section.start, section.end, type_of(section.label, section=True))
        for passage in article.article.passages
        for section in passage.sections
    ]
    for number, (start, end, name) in enumerate(spans, 1):
        fragments = _fragments(text, start, end)
        offsets = ";".join(f"{first} {last}" for first, last in fragments)
        surface = _FRAGMENT_SEPARATOR.join(text[first:last] for first, last in fragments)
        yield f"T{number}\t{name} {offsets}\t{surface}\n"


def _fragments(text: str, start: int, end: int) -> list[Span]:
    """The lines of a span, without their breaks, which an ``.ann`` file cannot hold."""
    fragments = []
    position = start
    for line in text[start:end].splitlines(keepends=True):
        content = line.splitlines()[0]
        if content:
            fragments.append((position, position + len(content)))
        position += len(line)
    if not fragments or (fragments[0][0], fragments[-1][1]) != (start, end):
        raise InputError(
            f"expected entities and sections that begin and end with text, found {start}–{end}, "
            f"{quoted(text[start:end])}, with a line break there, which brat cannot hold. Leave "
            "the line break out of it."
        )
    return fragments


def _check_pairs(texts: dict[Path, Path], annotations: dict[Path, Path]) -> None:
    if unlabelled := [file for base, file in texts.items() if base not in annotations]:
        raise InputError(
            f"{unlabelled[0]}: expected an .ann file of the same name, found none. Make an empty "
            "one if there is nothing to label in the text."
        )
    if left := [file for base, file in annotations.items() if base not in texts]:
        raise InputError(
            f"{left[0]}: expected a .txt file of the same name, found none. Put it back, or delete "
            "this file."
        )


def _known(folder: Path) -> dict[str, _Known]:
    known = {}
    for place, record in json_lines(folder / ARTICLES_FILE):
        file, name, fields = (record.get(key) for key in ("file", "id", "fields"))
        if not isinstance(file, str) or not isinstance(name, str) or not isinstance(fields, dict):
            raise InputError(
                f'{place}: expected "file", "id" and "fields", found other keys or values. Leave '
                "the file as phodang export wrote it, or delete it to take the files' names as ids."
            )
        with located(place):
            known[file] = _Known(name, fields, read_passages(record.get("passages")))
    return known


def _marks(file: Path, text: str) -> Iterator[tuple[Mark, bool]]:
    # Only line feeds: other breaks may stand in the text of an annotation of another writer.
    for number, line in enumerate(read_text(file).split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        place = f"{file}, line {number}"
        with located(place):
            if kind := _OTHER_KINDS.get(line[0]):
                raise InputError(
                    f"expected entities and sections only, found {kind}: {quoted(line)}. phodang "
                    "has no place for it; delete such lines from a copy of the files."
                )
            name, spans, surface = _columns(line)
            start, end = _joined(spans, text, surface)
            label, section = label_of(name)
        yield Mark(start, end, label, f"{place} ({line.split(chr(9))[0]})"), section


def _columns(line: str) -> tuple[str, list[Span], str]:
    """The type, the fragments and the text of a text-bound annotation."""
    identifier, _, rest = line.partition("\t")
    data, tab, surface = rest.partition("\t")
    name, _, offsets = data.partition(" ")
    if not identifier.startswith("T") or not name or not _SPANS.fullmatch(offsets) or not tab:
        raise InputError(
            "expected T and a number, a tab, type, start and end, a tab, and the text, found "
            f"{quoted(line)}. Correct the line, or delete it."
        )
    numbers = re.findall(r"\d+", offsets)
    if any(len(number) > _LONGEST_OFFSET for number in numbers):
        raise InputError(f"expected offsets, found {quoted(offsets)}. Correct the line.")
    values = [int(number) for number in numbers]
    return name, list(zip(values[::2], values[1::2], strict=True)), surface


def _joined(spans: list[Span], text: str, surface: str) -> Span:
    """The one span that fragments make up, checked against the text of the annotation."""
    if any(not 0 <= start < end <= len(text) for start, end in spans):
        raise InputError(
            f"expected offsets with 0 <= start < end <= {len(text)}, the length of the text, found "
            f"{spans}. Was the text changed after it was labelled? Its offsets are then lost."
        )
    for (_, before), (start, _) in itertools.pairwise(spans):
        if before >= start or not text[before:start].isspace():
            raise InputError(
                f"expected an annotation in one piece, found one in {len(spans)}, with "
                f"{quoted(text[before:start])} between two. Label one piece, or all from the first "
                "to the last."
            )
    found = _FRAGMENT_SEPARATOR.join(text[start:end] for start, end in spans)
    # Behind the text, a comment may stand.
    if surface != found and not (surface.startswith(found) and surface[len(found)].isspace()):
        raise InputError(
            f"expected the text at {spans[0][0]}–{spans[-1][1]}, {quoted(found)}, found "
            f"{quoted(surface)}. Was the text changed after it was labelled, or labelled behind an "
            "emoji? Label it again."
        )
    return spans[0][0], spans[-1][1]

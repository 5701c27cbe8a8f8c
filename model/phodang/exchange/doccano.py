"""Articles ↔ two projects of doccano (https://doccano.github.io/doccano/).

The folder holds ``entities.jsonl`` for a project of the kind Sequence Labeling, an article a line,
and ``sections.jsonl`` for one of the kind Text Classification, a passage a line (several, where a
label holds for a part of it), whose categories are its section labels. They are two because spans
over each other are dropped by doccano without a word unless a project is told to allow them. To
import them, choose JSONL, and the encoding utf_8. Export from doccano as JSONL, unpack the archive,
and put the files in one folder under the names above; a file that nobody changed can stay as it is.

doccano keeps what else is in a line: ``article_id``; ``fields`` and ``passages`` (null where they
are the text's lines) in the one; ``start`` and ``end``, in code points of the article's text, in
the other. Scores are not kept, and touching parts with one label are one part or several as
another label cuts them.

Spans of entities count UTF-16 code units, as doccano's page does (it takes JavaScript's offsets
and stores them unconverted), and not code points; these differ behind emoji. In a project that
counts grapheme clusters as one character, offsets mean something else, which cannot be told from
the file: leave that off.

A file by itself, of another project, is read for its entities. They are ``label``, ``labels`` or
``entities``, each ``[start, end, label]`` or an object with ``start_offset``, ``end_offset`` and
``label``; relations and categories are refused. The id is ``article_id`` or ``id``, or made from
the file and the line.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phodang.article import Passage
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange.assembly import Mark, Span, assemble, located, read_passages, stored_passages
from phodang.exchange.checks import refuse_nul
from phodang.exchange.files import file_inside, json_lines
from phodang.exchange.offsets import Utf16Offsets
from phodang.exchange.words import Words
from phodang.messages import quoted
from phodang.passages import passage_spans

ENTITIES_FILE = "entities.jsonl"
SECTIONS_FILE = "sections.jsonl"

_LABEL_KEYS = ("label", "labels", "entities")
_OTHER_KEYS = ("relations", "cats")
_WAY_OUT = f"Give a folder with {ENTITIES_FILE} and {SECTIONS_FILE}, or a JSONL file of entities."


@dataclass(frozen=True, slots=True)
class _Part:
    """A line of ``sections.jsonl``: a passage or a part of one, with its labels."""

    start: int
    end: int
    text: str
    labels: tuple[str, ...]
    place: str


def write(articles: Iterable[LabelledArticle], folder: Path, words: Words | None = None) -> None:
    """Write both files.

    Raises:
        InputError: A text is empty or has the character U+0000, neither of which doccano takes.
    """
    with (
        (folder / ENTITIES_FILE).open("w", encoding="utf-8", newline="\n") as entities,
        (folder / SECTIONS_FILE).open("w", encoding="utf-8", newline="\n") as sections,
    ):
        for article in articles:
            refuse_nul(article, "doccano")
            if not article.article.text:
                raise InputError(
                    f"Article {quoted(article.id)}: expected a text, found an empty one, which "
                    "doccano does not take. Leave the article out."
                )
            entities.write(json.dumps(_entities_line(article), ensure_ascii=False) + "\n")
            for line in _section_lines(article):
                sections.write(json.dumps(line, ensure_ascii=False) + "\n")


def read(path: Path) -> Iterator[LabelledArticle]:
    """Read a folder with both files, or a file of entities.

    Raises:
        InputError: A line is not as said above; an entity cannot be held or is not inside the
            text; passages and lines of ``sections.jsonl`` do not go together one to one.
    """
    parts: dict[str, list[_Part]] | None = None
    file = path
    if path.is_dir():
        file = file_inside(path, ENTITIES_FILE, way_out=_WAY_OUT)
        parts = _parts(file_inside(path, SECTIONS_FILE, way_out=_WAY_OUT))
    for place, record in json_lines(file):
        yield _article(record, place, parts)
    for left in (parts or {}).values():
        raise InputError(
            f"{left[0].place}: expected an article of {ENTITIES_FILE}, found none with this "
            "article_id. Put its line back there, or delete its lines here to leave it out."
        )


def _entities_line(article: LabelledArticle) -> dict[str, Any]:
    units = Utf16Offsets(article.article.text)
    # The same keys in every line: doccano reads lines as a table.
    return {
        "text": article.article.text,
        "label": [
            [units.to_units(entity.start), units.to_units(entity.end), entity.label]
            for entity in article.article.entities
        ],
        "article_id": article.id,
        "fields": article.fields,
        "passages": stored_passages(article.article),
    }


def _section_lines(article: LabelledArticle) -> Iterator[dict[str, Any]]:
    for passage in article.article.passages:
        for start, end in _cut(passage):
            yield {
                "text": article.article.text[start:end],
                "label": [
                    section.label
                    for section in passage.sections
                    if section.start <= start and end <= section.end
                ],
                "article_id": article.id,
                "start": start,
                "end": end,
            }


def _cut(passage: Passage) -> Iterator[Span]:
    """The passage, cut where a label begins or ends."""
    cuts = {passage.start, passage.end}
    for section in passage.sections:
        cuts |= {section.start, section.end}
    return itertools.pairwise(sorted(cuts))


def _article(
    record: dict[str, Any], place: str, parts: dict[str, list[_Part]] | None
) -> LabelledArticle:
    text = record.get("text")
    name = record.get("article_id", record.get("id", place))
    if not isinstance(text, str) or not isinstance(name, (str, int)) or isinstance(name, bool):
        raise InputError(
            f'{place}: expected "text", a string, and "article_id" or "id", found others. '
            f"{_WAY_OUT}"
        )
    name = str(name)
    ours = "article_id" in record
    with located(place):
        passages = read_passages(record.get("passages")) if ours else None
        fields = record.get("fields", {}) if ours else _others(record)
        if not isinstance(fields, dict):
            raise InputError(
                f'expected "fields" to be an object, found {quoted(str(fields))}. Leave it as '
                "phodang export wrote it."
            )
        entities = _entities(record, text, place)
    sections: list[Mark] = []
    if parts is not None:
        spans = passage_spans(text) if passages is None else passages
        sections = _sections(parts.pop(name, []), text, spans, place)
    article = assemble(text, entities=entities, sections=sections, passages=passages, place=place)
    return LabelledArticle(name, article, fields)


def _others(record: dict[str, Any]) -> dict[str, Any]:
    known = ("text", "id", *_LABEL_KEYS, *_OTHER_KEYS)
    return {key: value for key, value in record.items() if key not in known}


def _entities(record: dict[str, Any], text: str, place: str) -> list[Mark]:
    if others := [key for key in _OTHER_KEYS if record.get(key)]:
        raise InputError(
            f"expected entities only, found {others[0]}, for which phodang has no place. Take "
            f'"{others[0]}" out of the lines to go without.'
        )
    keys = [key for key in _LABEL_KEYS if key in record]
    values = record[keys[0]] if len(keys) == 1 else None
    if not isinstance(values, list):
        raise InputError(
            f"expected a list of entities, as one of {', '.join(_LABEL_KEYS)}, found "
            f"{' and '.join(keys) or 'none'}. Export from a project for Sequence Labeling, as "
            "JSONL."
        )
    units = Utf16Offsets(text)
    return [
        _entity(value, units, f"{place}, {keys[0]}[{index}]") for index, value in enumerate(values)
    ]


def _entity(value: Any, units: Utf16Offsets, place: str) -> Mark:
    if isinstance(value, dict):
        value = [value.get(key) for key in ("start_offset", "end_offset", "label")]
    if (
        not isinstance(value, list)
        or [type(part) for part in value] != [int, int, str]
        or not 0 <= value[0] < value[1] <= units.length
    ):
        raise InputError(
            f"{place}: expected start, end and label of a span inside the text, "
            f"0–{units.length}, found {quoted(json.dumps(value, ensure_ascii=False))}. Correct it "
            "in doccano, and export it from there again."
        )
    start, end = units.to_points(value[0]), units.to_points(value[1])
    if start is None or end is None:
        raise InputError(
            f"{place}: expected offsets in UTF-16 code units, as doccano counts them, found "
            f"{value[0]}–{value[1]}, inside a character that has two. Does the project count "
            "grapheme clusters, or was the file made by another program? Then label the text again."
        )
    return Mark(start, end, value[2], place)


def _parts(file: Path) -> dict[str, list[_Part]]:
    parts: dict[str, list[_Part]] = {}
    for place, record in json_lines(file):
        name, text, labels = (record.get(key) for key in ("article_id", "text", "label"))
        start, end = record.get("start"), record.get("end")
        if (
            not isinstance(name, str)
            or not isinstance(text, str)
            or not isinstance(labels, list)
            or not all(isinstance(label, str) for label in labels)
            or type(start) is not int
            or type(end) is not int
        ):
            raise InputError(
                f'{place}: expected "text", "label", a list of categories, "article_id", "start" '
                'and "end", found other keys or values. Import the file that phodang export '
                "made, in a project for Text Classification, and export from there as JSONL."
            )
        parts.setdefault(name, []).append(_Part(start, end, text, tuple(labels), place))
    return parts


def _sections(parts: list[_Part], text: str, passages: list[Span], place: str) -> list[Mark]:
    """Check that the lines cover the passages once, and read their labels."""
    lines = iter(sorted(parts, key=lambda part: (part.start, part.end)))
    marks: list[Mark] = []
    for passage_start, passage_end in passages:
        position = passage_start
        while position < passage_end:
            part = next(lines, None)
            if part is None or part.start != position or not position < part.end <= passage_end:
                found = f"{part.start}–{part.end} ({part.place})" if part else "none"
                raise InputError(
                    f"{place}: expected a line in {SECTIONS_FILE} that goes on at {position}, in "
                    f"the passage {passage_start}–{passage_end}, found {found}. Without it nobody "
                    "can tell what the passage is: export all passages of an article, each once."
                )
            if text[part.start : part.end] != part.text:
                raise InputError(
                    f"{part.place}: expected the text of the article at {part.start}–{part.end}, "
                    f"{quoted(text[part.start : part.end])}, found {quoted(part.text)}. Do not "
                    "change texts."
                )
            marks += [Mark(part.start, part.end, label, part.place) for label in part.labels]
            position = part.end
    if (left := next(lines, None)) is not None:
        raise InputError(
            f"{left.place}: expected a passage of the article, found {left.start}–{left.end}, "
            "which is none. Do not change start and end, and export each line once."
        )
    return marks

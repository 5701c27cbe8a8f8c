"""Articles ↔ tasks of Label Studio (https://labelstud.io/guide/task_format).

The folder holds ``tasks.json``, to import in a project, and ``labeling.xml``, to paste as its
labelling interface (Settings → Labeling Interface → Code). An article is a task whose data are
``text``, ``article_id``, ``fields`` and ``passages`` (null where they are the text's lines). What
was found in it is a prediction, with the score of each region and their mean for the task, by
which tasks can be sorted; Label Studio copies it when somebody begins to label. Regions of the
control ``entity`` are entities, those of the control ``section`` section labels: a region drawn
over several passages gives its label to each.

Export from Label Studio as JSON; JSON-MIN leaves out what is needed. Read are the annotations, with
scores of 1. A task must have one that was not skipped, or one of them the star of the ground
truth. Predictions are read with `read_predictions` only, where there is no annotation.

Offsets are code points: Label Studio has written these since the end of 2021
(https://github.com/HumanSignal/label-studio/issues/1008); it only draws a region too far to the
right behind emoji. Older versions wrote UTF-16 code units; a task whose texts of regions fit these
alone is read so. Without texts of regions, offsets are taken for code points.

A project of other people is read as well, if it has regions of ``Labels`` over a ``Text``, named in
any way, and nothing else: relations, choices and texts are refused, since nothing would be left of
them. The text is ``text`` or else the only string of a task's data, the id ``article_id``, or
``id``, or made from the file and the number of the task.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from phodang.article import Article, Entity
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange.assembly import stored_passages
from phodang.exchange.checks import refuse_nul
from phodang.exchange.labels import LabelsSeen
from phodang.exchange.labelstudio_tasks import (
    SECTION_CONTROL,
    TASKS_FILE,
    TEXT_KEY,
    read_tasks,
)
from phodang.exchange.words import Words
from phodang.html import label_color
from phodang.messages import quoted
from phodang.sections import PassageSection

CONFIGURATION_FILE = "labeling.xml"

_ENTITY_CONTROL = "entity"
_MODEL = "phodang"
_SECTION_COLOR = "#dddddd"
# Without it, Label Studio shows white space as browsers do: pressed together.
_STYLE = ".htx-text{ white-space: pre-wrap; }"


def write(articles: Iterable[LabelledArticle], folder: Path, words: Words | None = None) -> None:
    """Write tasks and labelling interface.

    Raises:
        InputError: A text or label has the character U+0000, or a label one that XML cannot hold.
    """
    labels = LabelsSeen()
    with (folder / TASKS_FILE).open("w", encoding="utf-8", newline="\n") as file:
        separator = "[\n"
        for article in articles:
            refuse_nul(article, "Label Studio")
            labels.add(article.article)
            file.write(separator + json.dumps(_task(article), ensure_ascii=False))
            separator = ",\n"
        file.write("\n]\n" if separator != "[\n" else "[]\n")
    configuration = labelling_interface(labels.entities, labels.sections)
    (folder / CONFIGURATION_FILE).write_bytes(configuration.encode("utf-8"))


def read(path: Path) -> Iterator[LabelledArticle]:
    """Read the annotations of a file that Label Studio exports, or of a folder's ``tasks.json``.

    Raises:
        InputError: The file is not as said above; a task has no annotation, or several; a region
            does not fit the text, or cannot be held.
    """
    return read_tasks(path, predictions=False)


def read_predictions(path: Path) -> Iterator[LabelledArticle]:
    """Read as `read` does, and predictions with their scores where there is no annotation."""
    return read_tasks(path, predictions=True)


def labelling_interface(entities: Iterable[str], sections: Iterable[str]) -> str:
    """Write the labelling interface for labels.

    Raises:
        InputError: A label has a character that XML cannot hold.
    """
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Style").text = _STYLE
    for name, labels in ((_ENTITY_CONTROL, entities), (SECTION_CONTROL, sections)):
        control = ElementTree.SubElement(view, "Labels", name=name, toName=TEXT_KEY)
        for label in labels:
            if not all(character.isprintable() for character in label):
                raise InputError(
                    f"Expected labels of letters that can be shown, found {quoted(label)}. Rename "
                    "it."
                )
            color = label_color(label) if name == _ENTITY_CONTROL else _SECTION_COLOR
            ElementTree.SubElement(control, "Label", value=label, background=color)
    ElementTree.SubElement(view, "Text", name=TEXT_KEY, value="$text", granularity="symbol")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _task(article: LabelledArticle) -> dict[str, Any]:
    data = {
        "text": article.article.text,
        "article_id": article.id,
        "fields": article.fields,
        "passages": stored_passages(article.article),
    }
    result = list(_results(article.article))
    prediction: dict[str, Any] = {"model_version": _MODEL, "result": result}
    if result:
        prediction["score"] = math.fsum(region["score"] for region in result) / len(result)
    return {"data": data, "predictions": [prediction]}


def _results(article: Article) -> Iterator[dict[str, Any]]:
    spans: list[tuple[str, Entity | PassageSection]] = [
        (_ENTITY_CONTROL, entity) for entity in article.entities
    ]
    spans += [
        (SECTION_CONTROL, section) for passage in article.passages for section in passage.sections
    ]
    for number, (name, span) in enumerate(spans, 1):
        yield {
            "id": f"{name}-{number}",
            "from_name": name,
            "to_name": TEXT_KEY,
            "type": "labels",
            "score": span.score,
            "value": {
                "start": span.start,
                "end": span.end,
                "text": article.text[span.start : span.end],
                "labels": [span.label],
            },
        }

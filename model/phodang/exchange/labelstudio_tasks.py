"""Tasks of Label Studio → articles; `phodang.exchange.labelstudio` says what is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange.assembly import Mark, assemble, located, read_passages
from phodang.exchange.files import file_inside, parse_json, read_text
from phodang.exchange.labelstudio_regions import read_region, spans_of
from phodang.messages import quoted

TASKS_FILE = "tasks.json"
SECTION_CONTROL = "section"
TEXT_KEY = "text"

_EXPORT = "Export the project from Label Studio again, as JSON."


def read_tasks(path: Path, *, predictions: bool) -> Iterator[LabelledArticle]:
    """Read a file that Label Studio exports, or a folder's ``tasks.json``.

    Args:
        path: The file or folder.
        predictions: Whether to take predictions where there is no annotation.

    Raises:
        InputError: See `phodang.exchange.labelstudio.read`.
    """
    if path.is_dir():
        path = file_inside(path, TASKS_FILE, way_out="Give the file that Label Studio exports.")
    with located(str(path)):
        tasks = parse_json(read_text(path).removeprefix("\ufeff"))
        if not isinstance(tasks, list):
            raise InputError(f"expected a list of tasks, found something else. {_EXPORT}")
    for number, task in enumerate(tasks, 1):
        yield _article(task, f"{path}, task {number}", predictions=predictions)


def _article(task: Any, place: str, *, predictions: bool) -> LabelledArticle:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise InputError(
            f'{place}: expected an object with "data" and "annotations", found something else, '
            f"such as JSON-MIN has. {_EXPORT}"
        )
    with located(place):
        text_key = _text_key(data)
        name = _id(data, place)
    if name != place:
        place = f"{place} ({quoted(name)})"
    with located(place):
        passages = read_passages(data.get("passages")) if "article_id" in data else None
        fields = _fields(data, text_key)
        labelled, found = _labelled(task, predictions=predictions)
    text = data[text_key]
    results = labelled.get("result")
    if not isinstance(results, list):
        raise InputError(f'{place}: expected "result", a list, in {found}, found none. {_EXPORT}')
    regions = [
        read_region(result, f"{place}, {found}.result[{index}]")
        for index, result in enumerate(results)
    ]
    scored = found.startswith("predictions")
    entities: list[Mark] = []
    sections: list[Mark] = []
    for region, (start, end) in zip(regions, spans_of(regions, text), strict=True):
        marks = sections if region.control == SECTION_CONTROL else entities
        score = region.score if scored else 1.0
        marks += [Mark(start, end, label, region.place, score) for label in region.labels]
    article = assemble(text, entities=entities, sections=sections, passages=passages, place=place)
    return LabelledArticle(name, article, fields)


def _text_key(data: dict[str, Any]) -> str:
    strings = [key for key, value in data.items() if isinstance(value, str)]
    if TEXT_KEY in strings:
        return TEXT_KEY
    if len(strings) == 1:
        return strings[0]
    raise InputError(
        f'expected the text as "text", or as the only string of "data", found {len(strings)} '
        'strings. Rename the one that holds the text to "text".'
    )


def _id(data: dict[str, Any], place: str) -> str:
    name = data.get("article_id", data.get("id", place))
    if not isinstance(name, (str, int)) or isinstance(name, bool):
        raise InputError(f"expected a string as id, found {quoted(str(name))}. Give it a name.")
    return str(name)


def _fields(data: dict[str, Any], text_key: str) -> dict[str, Any]:
    if "article_id" not in data:
        return {key: value for key, value in data.items() if key not in (text_key, "id")}
    fields = data.get("fields", {})
    if not isinstance(fields, dict):
        raise InputError(
            f'expected "fields" to be an object, found {quoted(str(fields))}. Leave it as phodang '
            "export wrote it."
        )
    return fields


def _labelled(task: dict[str, Any], *, predictions: bool) -> tuple[dict[str, Any], str]:
    """The annotation of a task that counts, or the prediction, and its place in the task."""
    annotations = _objects(task, "annotations")
    done = [(a, place) for a, place in annotations if a.get("was_cancelled") is not True]
    if len(done) > 1:
        starred = [(a, place) for a, place in done if a.get("ground_truth") is True]
        if len(starred) != 1:
            raise InputError(
                f"expected one annotation, or one that is marked as ground truth, found "
                f"{len(done)}. Give the better one the star of the ground truth in Label Studio, "
                "and export the project again."
            )
        return starred[0]
    if done:
        return done[0]
    if not predictions:
        unchecked = "predictions only" if task.get("predictions") else "none"
        found = "skipped ones" if annotations else unchecked
        raise InputError(
            f"expected an annotation, found {found}: nobody has checked this task. Export only "
            "annotated tasks, or take predictions as they are, with --predictions or "
            "predictions=True."
        )
    predicted = _objects(task, "predictions")
    if len(predicted) != 1:
        raise InputError(
            f"expected an annotation or one prediction, found {len(predicted)} predictions. Keep "
            "one model version, and export the project again."
        )
    return predicted[0]


def _objects(task: dict[str, Any], key: str) -> list[tuple[dict[str, Any], str]]:
    values = task.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise InputError(f'expected "{key}" to be a list of objects, found others. {_EXPORT}')
    return [(value, f"{key}[{index}]") for index, value in enumerate(values)]

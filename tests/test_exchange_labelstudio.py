"""Tasks of Label Studio: what is written, what is read of other people's, and what is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from exchange_corpora import TEXT, labelled

from phodang.errors import InputError
from phodang.exchange import export_corpus, import_corpus


def region(start: int, end: int, *labels: str, **others: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": list(labels)}
    region = {"from_name": "label", "to_name": "text", "type": "labels", "value": value}
    return {"id": "x", **region, **others}


def task(*results: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "data": {"text": TEXT, "date": "2020-03-12"},
        "annotations": [{"id": 1, "result": list(results)}],
        "predictions": [3],
        **others,
    }


def write(path: Path, *tasks: Any) -> Path:
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_files_of_a_project(tmp_path: Path) -> None:
    assert export_corpus([labelled(), labelled("2")], "labelstudio", tmp_path / "out") == 2
    first, second = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    assert first["data"] == {
        "text": TEXT, "article_id": "au/1", "fields": {"source": "báo"}, "passages": None
    }  # fmt: skip
    (prediction,) = first["predictions"]
    assert prediction["score"] == 0.75
    assert [
        (r["from_name"], r["to_name"], r["type"], r["score"], r["value"])
        for r in prediction["result"][1:]
    ] == [
        ("entity", "text", "labels", 0.75,
         {"start": 17, "end": 23, "text": "Hà Nội", "labels": ["LOC"]}),
        ("entity", "text", "labels", 0.75,
         {"start": 26, "end": 48, "text": "Ban Tổ chức Trung ương", "labels": ["ORG"]}),
        ("section", "text", "labels", 0.75,
         {"start": 68, "end": 83, "text": "Kiểm tra cơ sở.", "labels": ["task"]}),
    ]  # fmt: skip
    assert len({r["id"] for r in prediction["result"]}) == 4
    assert second["data"]["article_id"] == "2"


def test_the_labelling_interface_offers_all_labels(tmp_path: Path) -> None:
    articles = [labelled(entities=[("LOC", "Hà Nội"), ('"><b>&', "họp")])]
    export_corpus(articles, "labelstudio", tmp_path / "out")
    view = ElementTree.parse(tmp_path / "out" / "labeling.xml").getroot()
    text = view.find("Text")
    assert text is not None
    assert text.attrib["value"] == "$text"
    labels = {
        control.attrib["name"]: [label.attrib["value"] for label in control]
        for control in view.findall("Labels")
        if control.attrib["toName"] == text.attrib["name"]
    }
    assert labels == {
        "entity": ["PER", "TITLE", "ORG", "LOC", "DOC", "EVENT", "DATE", "QUANTITY", '"><b>&'],
        "section": ["achievement", "task", "warning"],
    }


def test_a_project_of_other_people(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", task(region(17, 23, "Place"), region(2, 11, "Time")))
    (article,) = import_corpus(path, "labelstudio")
    assert article.id == f"{path}, task 1"
    assert article.fields == {"date": "2020-03-12"}
    assert [(e.label, e.text, e.score) for e in article.article.entities] == [
        ("Time", "Sáng 12-3", 1.0),
        ("Place", "Hà Nội", 1.0),
    ]
    named = task()
    named["data"] = {"content": "Hà Nội", "id": 12}
    (article,) = import_corpus(write(path, named), "labelstudio")
    assert (article.id, article.article.text, article.fields) == ("12", "Hà Nội", {})


def test_a_section_over_passages_holds_for_each(tmp_path: Path) -> None:
    over = region(24, 67, "a", "b", from_name="section")
    over["value"]["text"] = "\\n\\nBan Tổ chức Trung ương họp.\\n\\nViệc  cần làm"
    (article,) = import_corpus(write(tmp_path / "a.json", task(over)), "labelstudio")
    found = [passage.labels for passage in article.article.passages]
    assert found == [(), ("a", "b"), ("a", "b"), ()]


def test_older_versions_counted_utf_16_units(tmp_path: Path) -> None:
    shifted = region(17, 23, "LOC")
    shifted["value"].update(start=18, end=24)
    path = write(tmp_path / "a.json", task(shifted))
    (article,) = import_corpus(path, "labelstudio")
    assert [(e.start, e.text) for e in article.article.entities] == [(17, "Hà Nội")]
    # All regions of a task are of one kind.
    mixed = task(shifted, region(26, 29, "ORG"))
    with pytest.raises(InputError, match=r'result\[0\]: expected "Hà Nội" at 18–24, found "à'):
        list(import_corpus(write(path, mixed), "labelstudio"))
    del shifted["value"]["text"]
    (article,) = import_corpus(write(path, task(shifted)), "labelstudio")
    assert [e.text for e in article.article.entities] == ["à Nội."]


def test_the_annotation_that_counts(tmp_path: Path) -> None:
    skipped = {"id": 1, "was_cancelled": True, "result": [region(0, 1, "X")]}
    first = {"id": 2, "was_cancelled": False, "ground_truth": False, "result": []}
    second = {"id": 3, "ground_truth": True, "result": [region(17, 23, "LOC")]}
    path = tmp_path / "a.json"

    def read(*annotations: dict[str, Any], predictions: bool = False) -> list[str]:
        write(path, task(annotations=annotations, predictions=[{"result": [region(2, 11, "D")]}]))
        (article,) = import_corpus(path, "labelstudio", predictions=predictions)
        return [entity.label for entity in article.article.entities]

    assert read(skipped, first) == []
    assert read(skipped, first, second) == ["LOC"]
    with pytest.raises(InputError, match=r"task 1: expected one annotation, .* found 2"):
        read(first, {**second, "ground_truth": False})
    with pytest.raises(InputError, match="found skipped ones: nobody has checked this task"):
        read(skipped)
    with pytest.raises(InputError, match="found predictions only: nobody has checked this task"):
        read()
    path.write_text(json.dumps([{"data": {"text": "x"}}]), encoding="utf-8")
    with pytest.raises(InputError, match="found none: nobody has checked this task"):
        list(import_corpus(path, "labelstudio"))
    assert read(predictions=True) == ["D"]
    assert read(first, predictions=True) == []


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([region(26, 48, "ORG"), region(38, 48, "LOC")],
         r'annotations\[0\].result\[1\]: .* that do not overlap, found "LOC" at 38–48'),
        ([region(26, 48, "ORG", "LOC")], "expected entities that do not overlap"),
        ([region(17, 29, "LOC")], "expected an entity inside one passage"),
        ([region(17, 23)], "Label the region in Label Studio"),
        ([region(81, 84, "X")], 'expected "ở." at 81–84'),
        ([region(17, 23, "LOC", type="choices")], 'found "choices"'),
        ([{"type": "relation", "from_id": "a", "to_id": "b"}], 'found "relation"'),
        (["x"], 'found "None"'),
        ([region(25, 26, "x", from_name="section")], "lies between passages"),
        ([region(17, 23, "")], "found an empty string"),
    ],
)  # fmt: skip
def test_what_cannot_be_held_is_told(tmp_path: Path, results: list[Any], message: str) -> None:
    path = write(tmp_path / "a.json", task(), task(*results))
    with pytest.raises(InputError, match=f"a.json, task 2, .*{message}"):
        list(import_corpus(path, "labelstudio"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"data": {}}, "expected a list of tasks"),
        ([{"id": 1, "text": TEXT, "label": []}], "such as JSON-MIN has"),
        ([{"data": {"a": "x", "b": "y"}}], 'as the only string of "data", found 2'),
        ([{"data": {"text": "x", "id": []}}], "expected a string as id"),
        ([{"data": {"text": "x"}, "annotations": {}}], '"annotations" to be a list of objects'),
        ([{"data": {"text": "x"}, "annotations": [{}]}], 'expected "result", a list'),
        ([{"data": {"text": "x", "article_id": "1", "passages": [[0]]}}], "expected passages as"),
        ([{"data": {"text": "x", "article_id": "1", "passages": [[0, 2]]}, "annotations":
           [{"result": []}]}], "expected a text of 2 code points"),
        ([{"data": {"text": "x", "article_id": "1", "fields": 1}}], '"fields" to be an object'),
    ],
)  # fmt: skip
def test_other_files_are_told(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=f"a.json.*{message}"):
        list(import_corpus(path, "labelstudio"))


def test_damaged_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for content, message in (
        ("[{]", "a mistake at line 1, column 3"),
        ("[" * 100_000, "found some that cannot"),
        ("1" * 5_000, "found some that cannot"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            list(import_corpus(path, "labelstudio"))


def test_texts_that_a_browser_cannot_hold_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'Article "1": found the character U\+0000'):
        export_corpus([labelled("1", "a\0b", (), ())], "labelstudio", tmp_path / "out")
    with pytest.raises(InputError, match="labels of letters that can be shown"):
        export_corpus([labelled(entities=[("a\x01", "Hà Nội")])], "labelstudio", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_import_changes_nothing_of_what_was_read(tmp_path: Path) -> None:
    export_corpus([labelled()], "labelstudio", tmp_path / "out")
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    changed = copy.deepcopy(tasks)
    changed[0]["annotations"] = [{"result": [{**tasks[0]["predictions"][0]["result"][3]}]}]
    (article,) = import_corpus(write(tmp_path / "b.json", *changed), "labelstudio")
    assert (article.id, article.fields) == ("au/1", {"source": "báo"})
    assert article.article.entities == ()
    assert [section.label for section in article.article.sections] == ["task"]

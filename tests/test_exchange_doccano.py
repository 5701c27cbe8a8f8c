"""Projects of doccano: what is written, what is read of other people's, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exchange_corpora import TEXT, labelled

from phodang.article import Article
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.exchange import export_corpus, import_corpus


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, *records: dict[str, Any]) -> Path:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_files_of_two_projects(tmp_path: Path) -> None:
    export_corpus([labelled()], "doccano", tmp_path / "out")
    assert lines(tmp_path / "out" / "entities.jsonl") == [
        {
            "text": TEXT,
            # JavaScript counts two units for the emoji at the start.
            "label": [[3, 12, "DATE"], [18, 24, "LOC"], [27, 49, "ORG"]],
            "article_id": "au/1",
            "fields": {"source": "báo"},
            "passages": None,
        }
    ]
    sections = lines(tmp_path / "out" / "sections.jsonl")
    assert [(line["text"], line["label"]) for line in sections] == [
        ("😀 Sáng 12-3, tại Hà Nội.", []),
        ("Ban Tổ chức Trung ương họp.", []),
        ("Việc cần làm", []),
        ("Kiểm tra cơ sở.", ["task"]),
    ]
    assert sections[3]["start"] == TEXT.index("Kiểm")


def test_what_doccano_exports_of_both_projects(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_corpus([labelled("1"), labelled("2")], "doccano", folder)
    # It adds its own id and comments, sorts as it likes, and people change labels.
    entities = [{"id": 9, **line, "Comments": []} for line in lines(folder / "entities.jsonl")]
    entities[0]["label"] = [[27, 49, "PER"]]
    write(folder / "entities.jsonl", *reversed(entities))
    sections = [{"id": 9, **line, "Comments": []} for line in lines(folder / "sections.jsonl")]
    sections[0]["label"] = ["achievement", "warning"]
    write(folder / "sections.jsonl", *reversed(sections))
    second, first = import_corpus(folder, "doccano")
    assert (first.id, second.id) == ("1", "2")
    assert first.fields == {"source": "báo"}
    assert [(e.label, e.text) for e in first.article.entities] == [
        ("PER", "Ban Tổ chức Trung ương")
    ]
    assert [passage.labels for passage in first.article.passages] == [
        *(("achievement", "warning"), (), (), ("task",)),
    ]
    assert [passage.labels for passage in second.article.passages] == [(), (), (), ("task",)]


@pytest.mark.parametrize(
    "labels",
    [
        {"label": [[18, 24, "Place"]]},
        {"labels": [[18, 24, "Place"]]},
        {
            "entities": [{"id": 1, "label": "Place", "start_offset": 18, "end_offset": 24}],
            "relations": [],
        },
    ],
)
def test_a_project_of_other_people(tmp_path: Path, labels: dict[str, Any]) -> None:
    path = write(
        tmp_path / "all.jsonl",
        {"id": 4, "text": TEXT, "date": "2020", **labels},
        {"text": "x"} | {"label": []},
    )
    first, second = import_corpus(path, "doccano")
    assert (first.id, first.fields) == ("4", {"date": "2020"})
    assert [(e.label, e.text) for e in first.article.entities] == [("Place", "Hà Nội")]
    assert second.id == f"{path}, line 2"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"label": [[27, 49, "ORG"], [39, 49, "LOC"]]},
         r'label\[1\]: expected entities that do not overlap'),
        ({"label": [[18, 30, "LOC"]]}, r"label\[0\]: expected an entity inside one passage"),
        ({"label": [[1, 12, "DATE"]]}, "1–12, inside a character that has two"),
        ({"label": [[18, 85, "LOC"]]}, "inside the text, 0–84"),
        ({"label": [[24, 18, "LOC"]]}, "inside the text"),
        ({"label": [[18, "24", "LOC"]]}, "expected start, end and label"),
        ({"label": ["positive"]}, "expected start, end and label"),
        ({"label": [], "entities": []}, "found label and entities"),
        ({}, "found none. Export from a project for Sequence Labeling"),
        ({"entities": [], "relations": [{"id": 1}]}, "found relations, for which"),
        ({"entities": [], "cats": ["x"]}, "found cats, for which"),
        ({"label": [], "text": None}, 'expected "text", a string'),
    ],
)  # fmt: skip
def test_what_cannot_be_held_is_told(tmp_path: Path, record: dict[str, Any], message: str) -> None:
    path = write(tmp_path / "a.jsonl", {"text": "x", "label": []}, {"text": TEXT, **record})
    with pytest.raises(InputError, match=f"a.jsonl, line 2.*{message}"):
        list(import_corpus(path, "doccano"))


def test_lines_that_do_not_go_together_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_corpus([labelled("1"), labelled("2")], "doccano", folder)
    entities, sections = lines(folder / "entities.jsonl"), lines(folder / "sections.jsonl")

    def message(*, entities: list[dict[str, Any]], sections: list[dict[str, Any]]) -> str:
        write(folder / "entities.jsonl", *entities)
        write(folder / "sections.jsonl", *sections)
        with pytest.raises(InputError) as caught:
            list(import_corpus(folder, "doccano"))
        return str(caught.value)

    found = message(entities=entities, sections=sections[1:])
    assert "entities.jsonl, line 1: expected a line in sections.jsonl that goes on at 0" in found
    found = message(entities=entities, sections=[sections[0], *sections])
    assert "found 0–24 (" in found
    found = message(entities=entities[:1], sections=sections)
    assert "sections.jsonl, line 5: expected an article of entities.jsonl" in found
    found = message(entities=entities, sections=[{**sections[0], "text": "x"}, *sections[1:]])
    assert "sections.jsonl, line 1: expected the text of the article at 0–24" in found
    found = message(entities=entities, sections=[{**sections[0], "end": None}, *sections[1:]])
    assert "sections.jsonl, line 1: expected" in found
    late = {**sections[0], "start": 90, "end": 99}
    assert "found 90–99, which is none" in message(entities=entities, sections=[*sections, late])


def test_an_article_without_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='Article "1": expected a text'):
        export_corpus([LabelledArticle("1", Article(""))], "doccano", tmp_path / "out")
    with pytest.raises(InputError, match=r"U\+0000, which doccano"):
        export_corpus([labelled("1", "a\0b", (), ())], "doccano", tmp_path / "out")

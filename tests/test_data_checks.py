"""What is wrong with articles is told before training, all of it, with file, line and repair."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from toy import toy_articles
from toy_models import toy_config, toy_sections_config
from train_command import PhodangTrain

from phodang.cli import EXIT_ERROR
from phodang.errors import InputError
from phodang_training.corpus import AnnotatedArticle, AnnotatedPassage, AnnotatedSpan
from phodang_training.corpus.annotation_records import record_of
from phodang_training.corpus.data_checks import FEW_EXAMPLES, DataReport, Severity, check_config
from phodang_training.corpus.data_checks import check_files as check_data_files
from phodang_training.fine_tuning.train_entities import train_entities
from phodang_training.fine_tuning.train_sections import train_sections

SENTENCE = "Ban Tổ chức Trung ương họp tại Hà Nội hôm nay"
"""Longer than what may stand in two articles."""


def entity(start: int, end: int, label: str = "LOC") -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


def passage(
    text: str = "Đoàn công tác đến Hà Nội.",
    *entities: dict[str, Any],
    sections: Sequence[str] = (),
) -> dict[str, Any]:
    return {"text": text, "entities": [*entities], "sections": [*sections]}


def line(*passages: dict[str, Any], identifier: str = "added") -> str:
    return json.dumps({"id": identifier, "passages": passages}, ensure_ascii=False)


def append(path: str, *lines: str) -> int:
    """Put lines at the end of a file; the number of the last."""
    text = Path(path).read_text(encoding="utf-8") + "".join(f"{each}\n" for each in lines)
    Path(path).write_text(text, encoding="utf-8")
    return text.count("\n")


def messages(report: DataReport, severity: Severity) -> list[str]:
    return [f.message for f in report.findings if f.severity is severity]


def parts_apart() -> None:
    """Make the workshop's dev articles others than those to train on."""
    records = [record_of(article) for article in toy_articles()]
    for name, own in (("train.jsonl", records[:4]), ("dev.jsonl", records[4:])):
        lines = [json.dumps(record, ensure_ascii=False) for record in own]
        Path(name).write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")


FAULTS = {
    "broken-json": ('{"id": "added", ', r"expected JSON.* Write the line with a JSON library"),
    "no-passages": ('{"id": "added"}', r'found no "passages"\. Add it'),
    "unknown-key": (
        line({**passage(), "label": "x"}),
        r'passages\[0\]: unknown key "label".*Rename it, or take it out',
    ),
    "wrong-type": (
        line(passage("Hà Nội", {**entity(0, 6), "end": "6"})),
        r'passages\[0\]: entities\[0\]: expected "end" to be a whole number, found "6"\. Write it',
    ),
    "overlap": (
        line(passage("Thành ủy Đà Nẵng", entity(0, 16, "ORG"), entity(9, 16))),
        r'entities\[1\] \(LOC 9–16\).*not overlap, found "Đà Nẵng" over.*Keep the longer one',
    ),
    "unsorted": (
        line(passage("Huế, Đà Nẵng", entity(5, 12), entity(0, 3))),
        r"entities\[1\] \(LOC 0–3\).*in order.*Sort by start",
    ),
    "outside": (
        line(passage("Hà Nội", entity(0, 60))),
        r"entities\[0\] \(LOC 0–60\).*inside the passage, 0–6.*Offsets count Unicode code points",
    ),
    "empty-span": (
        line(passage("Hà Nội", entity(3, 3))),
        r"entities\[0\] \(LOC 3–3\).*empty span.*delete the entity",
    ),
    "unknown-label": (
        line(passage("Hà Nội", entity(0, 6, "LOK"))),
        r'passages\[0\]: unknown label "LOK" at 0–6\. Did you mean "LOC"\? Correct it, or add it',
    ),
    "empty-passage": (line(passage("  ")), r"passages\[0\]: expected a passage with text.*Delete"),
    "empty-article": (line(), r"expected at least one passage, found none\. Delete the line"),
    "no-words": (line(passage("\u200b")), r"expected text with words.*Delete the line"),
    "no-id": (line(passage(), identifier=""), r"found an empty string\. Give every article an id"),
    "same-id": (
        line(passage(), identifier="toy-1"),
        r'found "toy-1" again, which line 2 has\. Rename or delete one of the two',
    ),
    "same-id-elsewhere": (
        line(passage(), identifier="toy-5"),
        r"train\.jsonl, line 5 has\. Rename or delete one of the two",
    ),
    "half-a-character": (line(passage("Huế \ud83d")), r"half of a surrogate pair.*U\+FFFD in its"),
}
"""A line that is put behind the articles to train on, and what is told of it."""


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("name", FAULTS)
def test_training_names_file_line_and_repair(name: str) -> None:
    parts_apart()
    bad, told = FAULTS[name]
    if name == "half-a-character":
        bad = bad.replace("\ud83d", "\\ud83d")
    number = append("train.jsonl", bad)
    # An id that is in both files is the later one's fault.
    place = "dev.jsonl, line 2" if name == "same-id-elsewhere" else f"train.jsonl, line {number}"
    for run in (
        lambda: train_entities(toy_config()),
        lambda: train_sections(toy_sections_config()),
    ):
        with pytest.raises(InputError, match=told) as caught:
            run()
        assert str(caught.value).startswith(f"{place}: ")
    assert not Path("model").exists()
    assert [
        each for each in messages(check_config(toy_config()), Severity.error) if place in each
    ] == [str(caught.value)]


@pytest.mark.usefixtures("workshop")
def test_an_unknown_section_is_told_by_the_configuration_that_has_sections() -> None:
    parts_apart()
    number = append("dev.jsonl", line(passage(sections=["tasks"])))
    told = rf'^dev\.jsonl, line {number}: passages\[0\]: unknown section "tasks".*"task"\? Correct'
    with pytest.raises(InputError, match=told):
        train_sections(toy_sections_config())
    (found,) = messages(check_config(toy_sections_config()), Severity.error)
    assert re.search(told, found)
    assert messages(check_config(toy_config()), Severity.error) == []


@pytest.mark.usefixtures("workshop")
def test_a_label_that_only_dev_has_is_told_with_its_line() -> None:
    parts_apart()
    number = append("dev.jsonl", line(passage("Hà Nội", entity(0, 6, "CITY"))))
    told = rf'^dev\.jsonl, line {number}: passages\[0\]: unknown label "CITY".*No article to train'
    with pytest.raises(InputError, match=told):
        train_entities(toy_config("data.labels=[]"))
    # Sections alone do not care for labels of entities.
    assert messages(check_config(toy_sections_config("data.labels=[]")), Severity.error) == []


@pytest.mark.usefixtures("workshop")
def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    parts_apart()
    told_of = [
        name for name in FAULTS if name not in ("half-a-character", "same-id-elsewhere", "no-words")
    ]
    first = append("train.jsonl", *(FAULTS[name][0] for name in told_of)) - len(told_of) + 1
    status, output, _ = PhodangTrain(monkeypatch, capsys).run("check", "toy.toml")
    assert status == EXIT_ERROR
    lines = output.splitlines()
    for number, name in enumerate(told_of, first):
        own = [each for each in lines if f"train.jsonl, line {number}: " in each]
        assert any(re.search(FAULTS[name][1], each) for each in own), name
        assert all(each.startswith("error: ") for each in own)
    with pytest.raises(InputError, match=r"more: `phodang-train check` tells all"):
        train_entities(toy_config())


@pytest.mark.usefixtures("workshop")
def test_several_faults_of_one_line_are_all_told() -> None:
    wrong = {
        "id": 3,
        "passages": [
            passage("Hà Nội", entity(0, 60), {**entity(0, 2), "end": None}, entity(2, 2)),
            {**passage(" "), "sections": ["a", 1]},
        ],
    }
    Path("wrong.jsonl").write_text(json.dumps(wrong) + "\n", encoding="utf-8")
    found = messages(check_data_files([Path("wrong.jsonl")]), Severity.error)
    assert all(each.startswith("wrong.jsonl, line 1: ") for each in found)
    assert [re.findall(r'"\w+(?:\[1\])?" to be|inside|empty span|with text', f) for f in found] == [
        ['"id" to be'],
        ['"end" to be'],
        ["inside"],
        ["empty span"],
        ['"sections[1]" to be'],
        ["with text"],
    ]


CONLL_FAULTS = {
    "columns": ("Hà Nội B-LOC", "expected 2 columns"),
    "tag": ("Huế LOC", 'expected a tag O, B-TYPE or I-TYPE, found "LOC"'),
    "iob1": ("Huế I-LOC", r'expected IOB2.*"I-LOC" after "O".*Write B-LOC'),
    "label": ("Huế B-LOK", r'unknown label "LOK".*"LOC"'),
    "no-word": ("\u00a0 O", "expected a word"),
}


@pytest.mark.usefixtures("workshop")
def test_all_faults_of_conll_are_told_once() -> None:
    lines = ["họp O", *(each for bad, _ in CONLL_FAULTS.values() for each in (bad, "", "họp O"))]
    Path("train.conll").write_text("\n".join(lines) + "\n", encoding="utf-8")
    Path("dev.conll").write_text("Huế B-LOC\nđẹp O\n", encoding="utf-8")
    config = toy_config(
        *("data.format=conll", 'data.train=["train.conll"]', 'data.dev=["dev.conll"]')
    )
    found = messages(check_config(config), Severity.error)
    assert len(found) == len(CONLL_FAULTS)
    for number, message in enumerate(found):
        assert message.startswith(f"train.conll, line {2 + 3 * number}: ")
        assert re.search([*CONLL_FAULTS.values()][number][1], message)
    with pytest.raises(InputError, match=r"^train\.conll, line 2: expected 2 columns"):
        train_entities(config)


@pytest.mark.usefixtures("workshop")
def test_files_that_are_not_there_or_not_text_do_not_hide_the_others() -> None:
    Path("latin.jsonl").write_bytes(b"\n\xe9\n{}\n")
    config = toy_config('data.train=["none.jsonl", "latin.jsonl"]')
    found = messages(check_config(config), Severity.error)
    assert [each.partition(": ")[0] for each in found[:3]] == [
        "none.jsonl",
        "latin.jsonl, line 2",
        "latin.jsonl, line 3",
    ]


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    ("split", "told"),
    [
        (None, r"^split\.json: expected a file, found none"),
        ("{", r"^split\.json: expected JSON"),
        ('{"train": [], "heldout": 1}', r'^split\.json: expected "heldout" to be a list'),
        ('{"train": ["x"], "heldout": []}', r"^split\.json: expected ids of articles in train"),
    ],
    ids=["absent", "broken", "mistyped", "others"],
)
def test_a_split_that_does_not_fit_is_told_once(split: str | None, told: str) -> None:
    parts_apart()
    if split is not None:
        Path("split.json").write_text(split, encoding="utf-8")
    (found,) = messages(check_config(toy_config("data.split=split.json")), Severity.error)
    assert re.search(told, found)
    assert found.count("split.json") == 1


@pytest.mark.usefixtures("workshop")
def test_a_passage_in_train_and_test_is_told_with_both_places() -> None:
    parts_apart()
    append("train.jsonl", line(passage(SENTENCE), identifier="one"))
    decomposed = unicodedata.normalize("NFD", f" {SENTENCE}")
    append("dev.jsonl", line(passage("Tin vắn"), passage(decomposed), identifier="two"))
    told = r"dev\.jsonl, line 3: passages\[1\].*passages\[0\] of train\.jsonl, line 5 again.*Delete"
    with pytest.warns(UserWarning, match=f"(?s)Train and dev overlap.*{told}"):
        train_entities(toy_config("training.epochs=1"))
    Path("test.jsonl").write_text(
        line(passage(SENTENCE), identifier="three")
        + "\n"
        + line(passage("Huế"), identifier="toy-0"),
        encoding="utf-8",
    )
    report = check_config(toy_config(), tests=[Path("test.jsonl")])
    overlaps = [each for each in messages(report, Severity.warning) if "again" in each]
    assert re.search(told, overlaps[0])
    assert overlaps[1].startswith("test.jsonl, line 1: passages[0]: ")
    (error,) = messages(report, Severity.error)
    assert error.startswith('test.jsonl, line 2: expected an id of its own, found "toy-0" again')


def article(identifier: str, text: str, *spans: AnnotatedSpan) -> str:
    own = AnnotatedArticle(identifier, (AnnotatedPassage(text, spans),))
    return json.dumps(record_of(own), ensure_ascii=False)


def test_edges_in_white_space_are_told_with_the_right_offsets(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    spans = (AnnotatedSpan(3, 11, "LOC"), AnnotatedSpan(11, 13, "ORG"))
    path.write_text(article("a", "Ở  Hà Nội     \n", *spans) + "\n", encoding="utf-8")
    found = [m for m in messages(check_data_files([path]), Severity.warning) if "its edges" in m]
    assert found == [
        f"{path}, line 1: passages[0]: entities[0] (LOC 3–11): expected no white space at its "
        'edges, found "Hà Nội  ". Write 3–9.',
        f"{path}, line 1: passages[0]: entities[1] (ORG 11–13): expected no white space at its "
        'edges, found "  ". Delete it.',
    ]


def test_labels_with_few_examples_are_told_and_what_they_may_be_meant_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [article(f"a-{n}", "Huế", AnnotatedSpan(0, 3, "PLACE")) for n in range(FEW_EXAMPLES)]
    lines.append(article("b", "Huế", AnnotatedSpan(0, 3, "Place")))
    path.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    report = check_data_files([path])
    assert messages(report, Severity.warning) == [
        f'label "Place": expected {FEW_EXAMPLES} examples or more, found 1, the first in {path}, '
        f'line {FEW_EXAMPLES + 1}. If "PLACE" is meant, correct it. Annotate more, or leave it out.'
    ]
    assert report.parts[str(path)].entities == {"PLACE": FEW_EXAMPLES, "Place": 1}


@pytest.mark.usefixtures("workshop")
def test_labels_that_a_part_lacks_are_told() -> None:
    parts_apart()
    report = check_config(toy_config('data.labels=["DATE", "LOC", "ORG", "DOC"]'))
    assert any(
        each.startswith('label "DOC": expected examples to train on, found none')
        for each in messages(report, Severity.warning)
    )
    Path("dev.jsonl").write_text(line(passage("Huế", entity(0, 3))) + "\n", encoding="utf-8")
    for config in (toy_config(), toy_sections_config()):
        lacking = [m for m in messages(check_config(config), Severity.warning) if "choose by" in m]
        labels = [re.findall('"(.+?)"', each)[0] for each in lacking]
        assert labels == (
            ["DATE", "ORG"] if config == toy_config() else ["achievement", "task", "warning"]
        )


@pytest.mark.usefixtures("workshop")
def test_entities_that_subwords_cannot_express_are_counted() -> None:
    parts_apart()
    # The toy vocabulary has "họp" as one subword.
    append("train.jsonl", line(passage("họp", entity(0, 2)), passage("họp", entity(0, 3))))
    report = check_config(toy_config())
    example, total = (m for m in messages(report, Severity.warning) if "reads as one" in m)
    number = len(toy_articles()[:4]) + 1
    assert example.startswith(f'train.jsonl, line {number}: passages[0]: LOC 0–2 ("họ") begins')
    assert 'found as "họp"' in example
    count = sum(sum(part.entities.values()) for part in report.parts.values())
    assert total.startswith(f"1 of {count} entities ")
    assert f"at most {100 - 100 / count:.2f} %" in total


@pytest.mark.usefixtures("workshop")
def test_an_encoder_that_is_not_there_is_an_error() -> None:
    report = check_config(toy_config("encoder=none"))
    assert any("No encoder at none" in each for each in messages(report, Severity.error))


def test_another_unicode_form_is_noted_only(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    decomposed = unicodedata.normalize("NFD", "Hội nghị ở Huế")
    lines = (article("a", "Hội nghị ở Huế"), article("b", decomposed))
    path.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    report = check_data_files([path])
    (note,) = messages(report, Severity.note)
    assert note.startswith("1 of 2 passages")
    assert f"{path}, line 2" in note
    assert len(report.findings) == 1


class TestCommand:
    @pytest.fixture
    def command(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> PhodangTrain:
        return PhodangTrain(monkeypatch, capsys)

    @pytest.mark.usefixtures("workshop")
    def test_warnings_alone_end_with_status_0(self, command: PhodangTrain) -> None:
        parts_apart()
        for config in ("toy.toml", "sections.toml"):
            output = command.printed("check", config)
            assert "warning: label " in output
            assert "train: 4 articles, 8 passages, " in output
            assert output.splitlines()[-1].startswith("Found: 0 errors, ")

    @pytest.mark.usefixtures("workshop")
    def test_files_are_checked_without_configuration(self, command: PhodangTrain) -> None:
        output = command.printed("check", "train.jsonl")
        assert "sections: achievement 2, task 4, warning 4" in output
        # Dev articles of the workshop are those to train on by other ids.
        output = command.printed("check", "train.jsonl", "dev.jsonl")
        assert "dev.jsonl, line 1: passages[0]: expected a passage that is not in" in output
        status, output, _ = command.run("check", "train.jsonl", "train.jsonl")
        assert (status, "expected each file once" in output) == (EXIT_ERROR, True)

    @pytest.mark.usefixtures("workshop")
    def test_an_empty_file_is_an_error(self, command: PhodangTrain) -> None:
        Path("empty.jsonl").write_text("\n", encoding="utf-8")
        status, output, _ = command.run("check", "empty.jsonl")
        assert status == EXIT_ERROR
        assert "error: empty.jsonl: expected articles, found none" in output

    @pytest.mark.usefixtures("workshop")
    def test_overrides_are_those_of_training(self, command: PhodangTrain) -> None:
        status, output, _ = command.run("check", "toy.toml", "--set", 'data.labels=["ORG", "LOC"]')
        assert status == EXIT_ERROR
        assert 'unknown label "DATE"' in output

    @pytest.mark.usefixtures("workshop")
    def test_wrong_usage_is_told(self, command: PhodangTrain) -> None:
        assert "at most one" in command.failed("check", "toy.toml", "sections.toml")
        assert "Expected one" in command.failed("check", "train.jsonl", "--set", "seed=2")
        assert "expected a TOML file" in command.failed("check", "none.toml")

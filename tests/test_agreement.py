"""Two annotations of the same articles: how far they agree, and where they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isolated import run_python
from toy import LABELS, SECTION_LABELS, annotated
from train_command import PhodangTrain, cells

from phodang_training.corpus import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    write_articles,
)
from phodang_training.experiments.agreement import (
    EntityAgreement,
    EntityDisagreement,
    SectionDisagreement,
    agreement,
    read_both,
)

TEXT = "Ban Tổ chức họp tại Hà Nội ngày 3-2."


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PhodangTrain:
    return PhodangTrain(monkeypatch, capsys)


def article(*marked: str, identifier: str = "a") -> AnnotatedArticle:
    return AnnotatedArticle(identifier, tuple(map(annotated, marked)))


FIRST = article(
    "[ORG Ban Tổ chức] họp tại [LOC Hà Nội] ngày [DATE 3-2].",
    "{task} Các chi bộ báo cáo.",
    "{task warning} Còn hạn chế.",
    "Hội nghị bế mạc.",
)
SECOND = article(
    "Ban [ORG Tổ chức] họp tại [LOC Hà Nội] ngày 3-2.",
    "{task} Các chi bộ báo cáo.",
    "{warning} Còn hạn chế.",
    "[ORG Hội nghị] bế mạc.",
)


@st.composite
def two_annotations(draw: st.DrawFn) -> tuple[list[AnnotatedArticle], list[AnnotatedArticle]]:
    """Articles with one text, annotated twice."""
    both: tuple[list[AnnotatedArticle], list[AnnotatedArticle]] = ([], [])
    for number in range(draw(st.integers(1, 3))):
        count = draw(st.integers(1, 3))
        for own in both:
            passages = tuple(draw(annotated_passages()) for _ in range(count))
            own.append(AnnotatedArticle(f"a-{number}", passages))
    return both


@st.composite
def annotated_passages(draw: st.DrawFn) -> AnnotatedPassage:
    edges = sorted(draw(st.sets(st.integers(0, len(TEXT)), max_size=6)))
    spans = [
        AnnotatedSpan(start, end, draw(st.sampled_from(LABELS)))
        for start, end in zip(edges[::2], edges[1::2], strict=False)
    ]
    sections = draw(st.lists(st.sampled_from(SECTION_LABELS), unique=True))
    return AnnotatedPassage(TEXT, tuple(spans), tuple(sections))


def test_a_case_by_hand() -> None:
    found = agreement([FIRST], [SECOND])
    assert (found.articles, found.passages) == (1, 4)
    # One entity alike, of three and of three.
    assert found.entities is not None
    assert found.entities.f1 == pytest.approx(1 / 3)
    assert (found.entities.first, found.entities.second) == (3, 3)
    assert found.entities_by_label == {
        "DATE": EntityAgreement(0, 1, 0),
        "LOC": EntityAgreement(1, 1, 1),
        "ORG": EntityAgreement(0, 1, 2),
    }
    # 3 × yes, 5 × no, one passage of both kinds: 1 - 7 * 2 / (2 * 3 * 5).
    assert found.sections_by_label["task"].alpha == pytest.approx(1 - 7 * 2 / 30)
    assert found.sections_by_label["warning"].alpha == 1
    assert [*found.sections_by_label] == ["task", "warning"]
    assert found.entity_disagreements == (
        EntityDisagreement("a", 0, (0, 11, "ORG"), (4, 11, "ORG")),
        EntityDisagreement("a", 0, (32, 35, "DATE"), None),
        EntityDisagreement("a", 3, None, (0, 8, "ORG")),
    )
    assert found.section_disagreements == (
        SectionDisagreement("a", 2, ("task", "warning"), ("warning",)),
    )


def test_nothing_annotated_is_not_agreement() -> None:
    found = agreement([article("Hội nghị.")], [article("Hội nghị.")])
    assert (found.entities, found.sections) == (None, None)
    assert (found.entities_by_label, found.sections_by_label) == ({}, {})


@given(two_annotations())
def test_agreement_is_the_same_from_both_sides(
    both: tuple[list[AnnotatedArticle], list[AnnotatedArticle]],
) -> None:
    one, other = agreement(*both), agreement(*reversed(both))
    for name, own in one.entities_by_label.items():
        turned = other.entities_by_label[name]
        assert own.f1 == pytest.approx(turned.f1)
        assert (own.first, own.second) == (turned.second, turned.first)
    assert {n: s.alpha for n, s in one.sections_by_label.items()} == {
        n: None if s.alpha is None else pytest.approx(s.alpha)
        for n, s in other.sections_by_label.items()
    }
    assert len(one.entity_disagreements) == len(other.entity_disagreements)
    assert len(one.section_disagreements) == len(other.section_disagreements)


@given(two_annotations())
def test_nothing_is_listed_just_where_all_is_alike(
    both: tuple[list[AnnotatedArticle], list[AnnotatedArticle]],
) -> None:
    found = agreement(*both)
    alike = not found.entity_disagreements
    assert alike == (found.entities is None or found.entities.f1 == 1)
    assert (not found.section_disagreements) == (found.sections in (None, 1))
    itself = agreement(both[0], both[0])
    assert not itself.entity_disagreements
    assert not itself.section_disagreements


def write_both(folder: Path) -> tuple[Path, Path]:
    first, second = folder / "first.jsonl", folder / "second.jsonl"
    more = article("[ORG Quốc hội] họp.", identifier="b")
    write_articles(first, [FIRST, more])
    # In another order.
    write_articles(second, [more, SECOND])
    return first, second


def test_articles_are_found_by_their_ids(tmp_path: Path) -> None:
    first, second = read_both(*write_both(tmp_path))
    assert [a.id for a in first] == [a.id for a in second] == ["a", "b"]
    assert second[0] == SECOND


def test_the_command(command: PhodangTrain, tmp_path: Path) -> None:
    files = write_both(tmp_path)
    figures, plot = tmp_path / "figures.json", tmp_path / "plot.svg"
    output = command.printed("agreement", *files, "--json", figures, "--plot", plot)
    assert cells(output, "ORG") == ["40.00", "2", "3"]
    assert cells(output, "all, micro-F1") == ["50.00", "4", "4"]
    assert cells(output, "warning") == ["1.000", "1", "1"]
    assert "Disagreements: 4\n" in output
    assert "a passages[2]" in output
    assert 'ORG 0–11 "Ban Tổ chức"' in output
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert found["entities"] == {"f1": 0.5, "first": 4, "second": 4}
    assert found["entity_disagreements"][1]["first"] == [32, 35, "DATE"]
    texts = {element.text for element in ET.parse(plot).getroot().iter()}
    assert {"ORG", "warning", "all, micro-F1"} <= texts


def test_what_is_not_listed_is_counted(command: PhodangTrain, tmp_path: Path) -> None:
    output = command.printed("agreement", *write_both(tmp_path), "--count", 1)
    assert "Disagreements: 4, 1 listed\n" in output
    assert "passages[2]" not in output


def test_the_same_plot_every_time(command: PhodangTrain, tmp_path: Path) -> None:
    files = write_both(tmp_path)
    plots = [tmp_path / name for name in ("one.svg", "two.svg")]
    for plot in plots:
        command.printed("agreement", *files, "--plot", plot)
    assert plots[0].read_bytes() == plots[1].read_bytes()


def test_names_may_hold_anything(command: PhodangTrain, tmp_path: Path) -> None:
    first, plot = tmp_path / "first.jsonl", tmp_path / "plot.svg"
    name = "$_{$</svg>\x00&[b]"
    passage = AnnotatedPassage(TEXT, (AnnotatedSpan(0, 3, name),), (name,))
    write_articles(first, [AnnotatedArticle("a", (passage, AnnotatedPassage(TEXT)))])
    command.printed("agreement", first, first, "--plot", plot)
    texts = {element.text for element in ET.parse(plot).getroot().iter()}
    assert "$_{$</svg> &[b]" in texts


def test_faults_are_told(command: PhodangTrain, tmp_path: Path) -> None:
    first, second = write_both(tmp_path)
    other = tmp_path / "other.jsonl"
    write_articles(other, [FIRST])
    line = command.failed("agreement", first, other)
    assert f'{other}: expected the article "b", which {first} has, found none.' in line
    assert f"{other}: expected the article" in command.failed("agreement", other, second)
    write_articles(other, [replace(a, passages=a.passages[:1]) for a in read_both(first, first)[0]])
    line = command.failed("agreement", first, other)
    assert f'{other}: article "a": expected 4 passages, found 1.' in line
    changed = (AnnotatedPassage("Khác."), *FIRST.passages[1:])
    write_articles(other, [replace(FIRST, passages=changed)])
    write_articles(first, [FIRST])
    line = command.failed("agreement", first, other)
    assert 'article "a": passages[0]: expected "Ban Tổ chức họp' in line
    assert 'found "Khác."' in line
    other.write_bytes(b"")
    first.write_bytes(b"")
    assert "found none. Give other files." in command.failed("agreement", first, other)
    assert "found none to read" in command.failed("agreement", tmp_path / "none", other)


def test_outputs_that_cannot_be_written_are_told(command: PhodangTrain, tmp_path: Path) -> None:
    files = write_both(tmp_path)
    before = files[0].read_bytes()
    assert "ends in .svg" in command.failed("agreement", *files, "--plot", tmp_path / "plot.png")
    assert "a folder" in command.failed("agreement", *files, "--plot", tmp_path)
    assert "a file that is read" in command.failed("agreement", *files, "--json", files[0])
    assert files[0].read_bytes() == before


def test_matplotlib_is_imported_to_plot_only(tmp_path: Path) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from phodang_training.cli import app; "
        "done = CliRunner().invoke(app, ['agreement', *sys.argv[1:]]); "
        "print(done.exit_code, 'matplotlib' in sys.modules, 'torch' in sys.modules)"
    )
    assert run_python(code, *map(str, write_both(tmp_path))).split()[:2] == ["0", "False"]

"""Articles in other forms keep their annotation, and a model is measured on each of them."""

from __future__ import annotations

import random
import runpy
import unicodedata
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from toy import annotated, toy_articles
from toy_models import ToyModels, articles_to_learn
from typer.testing import CliRunner

from phodang.analyzer import Analyzer
from phodang_training.corpus import AnnotatedArticle, text_of, write_articles
from phodang_training.corpus.perturbations import PERTURBATIONS, ocr_noise, perturbed
from phodang_training.trust.robustness import Robustness, measure_robustness

SCRIPT = Path(__file__).parent.parent / "scripts" / "robustness"
ARTICLE = AnnotatedArticle("1", (annotated("{task} Ở [LOC Cần Thơ], [ORG Quốc hội] họp."),))
EVERY = tuple(PERTURBATIONS)


def surfaces(article: AnnotatedArticle) -> list[tuple[str, str]]:
    return [(e.label, p.text[e.start : e.end]) for p in article.passages for e in p.entities]


@pytest.mark.parametrize(
    ("name", "text", "entities"),
    [
        ("as written", "Ở Cần Thơ, Quốc hội họp.", ["Cần Thơ", "Quốc hội"]),
        ("without diacritics", "O Can Tho, Quoc hoi hop.", ["Can Tho", "Quoc hoi"]),
        ("in capitals", "Ở CẦN THƠ, QUỐC HỘI HỌP.", ["CẦN THƠ", "QUỐC HỘI"]),
        ("Telex keys", "OWR Caafn Thow, Quoosc hooji hojp.", ["Caafn Thow", "Quoosc hooji"]),
    ],
)
def test_perturbations_by_hand(name: str, text: str, entities: list[str]) -> None:
    changed = perturbed(ARTICLE, PERTURBATIONS[name], seed=1)
    assert text_of(changed) == text
    assert surfaces(changed) == list(zip(("LOC", "ORG"), entities, strict=True))
    assert changed.passages[0].sections == ("task",)


def test_a_decomposed_text_composes_to_what_it_was() -> None:
    changed = perturbed(ARTICLE, PERTURBATIONS["decomposed (NFD)"], seed=1)
    assert unicodedata.normalize("NFC", text_of(changed)) == text_of(ARTICLE)
    assert len(text_of(changed)) > len(text_of(ARTICLE))
    assert surfaces(changed)[0] == ("LOC", unicodedata.normalize("NFD", "Cần Thơ"))


@given(st.sampled_from(toy_articles()), st.sampled_from(EVERY), st.integers(0, 99))
def test_what_is_outside_of_entities_stays_outside(
    article: AnnotatedArticle, name: str, seed: int
) -> None:
    changed = perturbed(article, PERTURBATIONS[name], seed=seed)
    assert changed == perturbed(article, PERTURBATIONS[name], seed=seed)
    assert len(changed.passages) == len(article.passages)
    for before, after in zip(article.passages, changed.passages, strict=True):
        assert after.sections == before.sections
        # White space stays, so that words can be compared by number.
        assert len(after.text.split(" ")) == len(before.text.split(" "))
        for old, new in zip(before.entities, after.entities, strict=True):
            assert new.label == old.label
            assert after.text[: new.start].count(" ") == before.text[: old.start].count(" ")
            assert after.text[: new.end].count(" ") == before.text[: old.end].count(" ")


@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
def test_so_many_letters_are_hit(share: float) -> None:
    letters = "Tỉnh ủy Nghệ An mở lớp" * 1_000
    chance, rewrite = random.Random(1), ocr_noise(share)
    hit = sum(rewrite(letter, chance) != letter for letter in letters if letter != " ")
    assert hit / len(letters.replace(" ", "")) == pytest.approx(share, abs=0.005)
    assert rewrite(" ", chance) == " "


def test_an_entity_of_which_nothing_is_left_is_none() -> None:
    changed = perturbed(ARTICLE, lambda letter, _: "" if letter in "Cần Thơ" else letter, seed=1)
    assert surfaces(changed) == [("ORG", "Quốcội")]
    assert perturbed(ARTICLE, lambda letter, _: "", seed=1) == ARTICLE


@pytest.fixture(scope="module")
def folder(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


def test_a_model_is_measured_on_every_form(folder: Path) -> None:
    analyzer = Analyzer.from_pretrained(folder)
    measured = list(measure_robustness(analyzer, articles_to_learn()))
    assert [each.perturbation for each in measured] == [*EVERY]
    assert measured[0] == Robustness(EVERY[0], 1.0, 1.0)
    by_name = {each.perturbation: each for each in measured}
    assert by_name["decomposed (NFD)"] == Robustness("decomposed (NFD)", 1.0, 1.0)
    plain_f1 = by_name["without diacritics"].entities_f1
    assert plain_f1 is not None
    assert plain_f1 < 0.9


def test_a_model_of_entities_alone(toy_models: ToyModels) -> None:
    analyzer = Analyzer.from_pretrained(toy_models.exported("crf", "int8"))
    perturbations = {"as written": PERTURBATIONS["as written"]}
    (only,) = measure_robustness(analyzer, toy_articles(), perturbations=perturbations)
    assert only == Robustness("as written", 1.0, None)


def test_the_script_prints_a_table(folder: Path, tmp_path: Path) -> None:
    write_articles(tmp_path / "dev.jsonl", toy_articles())
    app = typer.Typer()
    app.command()(runpy.run_path(str(SCRIPT))["main"])
    result = CliRunner().invoke(app, [str(folder), str(tmp_path / "dev.jsonl")])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == 2 + len(EVERY)
    assert lines[2] == "| as written | 100.0 | +0.0 | 100.0 | +0.0 |"
    assert {line.count("|") for line in lines} == {6}
    result = CliRunner().invoke(app, [str(folder), str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2

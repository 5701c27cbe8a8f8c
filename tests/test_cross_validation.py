"""Folds: every article in one of them, and nothing of a fold in what its model is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from toy import annotated
from train_command import PhodangTrain

from phodang.errors import ConfigError, InputError
from phodang_training.corpus import (
    AnnotatedArticle,
    AnnotatedPassage,
    check_disjoint,
    write_articles,
)
from phodang_training.experiments.cross_validation import (
    article_groups,
    cross_validation_runs,
    fold_figures,
    make_folds,
    read_folds,
    write_folds,
)
from phodang_training.experiments.run_results import F1Scores, RunResult
from phodang_training.experiments.runs import TrainingData

seeds = st.integers(0, 2**32 - 1)

# More than eight words, so that having it twice is no chance; and a byline, which may be.
LONG = "Đoạn số {} có hơn tám từ để không thể là chuyện tình cờ."
BYLINE = "Ban Biên tập"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PhodangTrain:
    return PhodangTrain(monkeypatch, capsys)


def article(identifier: str, *numbers: int) -> AnnotatedArticle:
    texts = [BYLINE, *(LONG.format(number) for number in numbers)]
    return AnnotatedArticle(identifier, tuple(map(AnnotatedPassage, texts)))


@st.composite
def corpora(draw: st.DrawFn) -> TrainingData:
    """Files of articles, some with passages in common, within a file or across."""
    count = draw(st.integers(2, 24))
    passages = st.lists(st.integers(0, 60), max_size=2)
    articles = [article(f"s{n % 5}-{n}", *draw(passages), 100 + n) for n in range(count)]
    cut = draw(st.integers(0, count))
    return TrainingData((tuple(articles[:cut]), tuple(articles[cut:])), ())


def all_articles(data: TrainingData) -> list[AnnotatedArticle]:
    return [article for own in data.train for article in own]


def series(identifier: str) -> str:
    return identifier.partition("-")[0]


@given(corpora(), st.integers(2, 5), seeds, st.sampled_from([None, "^s[0-9]+"]))
def test_nothing_of_a_fold_is_trained_on(
    data: TrainingData, folds: int, seed: int, group_by: str | None
) -> None:
    assume(len(set(article_groups(all_articles(data), group_by=group_by))) >= folds)
    dealt = make_folds(data, folds=folds, seed=seed, group_by=group_by)
    assert len(dealt) == folds
    assert all(dealt)
    assert sorted(i for fold in dealt for i in fold) == sorted(a.id for a in all_articles(data))
    for run in cross_validation_runs(data, dealt, seed=seed):
        train = [article for own in run.train for article in own]
        assert check_disjoint(train, run.test) == []
        assert sorted(a.id for a in (*train, *run.test)) == sorted(a.id for a in all_articles(data))
        for own, file in zip(run.train, data.train, strict=True):
            assert [a for a in file if a in own] == list(own)
        if group_by is not None:
            assert {series(a.id) for a in train}.isdisjoint(series(a.id) for a in run.test)


@given(st.integers(10, 40), st.integers(10, 40), seeds)
def test_each_file_is_dealt_evenly(first: int, second: int, seed: int) -> None:
    files = [
        tuple(article(f"{name}{n}") for n in range(c)) for name, c in (("a", first), ("b", second))
    ]
    for fold in make_folds(TrainingData(tuple(files), ()), folds=5, seed=seed):
        for name, count in (("a", first), ("b", second)):
            own = sum(identifier.startswith(name) for identifier in fold)
            assert abs(own - count / 5) < 2


def test_passages_in_common_make_groups_through_others_too() -> None:
    # The first and the last have nothing in common but what is in between.
    articles = [article("a", 1), article("b", 9), article("c", 1, 2), article("d", 2)]
    groups = article_groups(articles)
    assert groups[0] == groups[2] == groups[3] != groups[1]
    # White space and Unicode form make no difference, a byline no group.
    spaced = AnnotatedArticle("e", (AnnotatedPassage(LONG.format(9).replace(" ", "  ")),))
    groups = article_groups([*articles, spaced])
    assert groups[4] == groups[1]


def test_ids_make_groups() -> None:
    articles = [article(identifier) for identifier in ("au-1-2", "au-10-2", "au-1-3", "x", "y")]
    one, ten, again, x, y = article_groups(articles, group_by="^au-[0-9]+")
    assert one == again
    assert len({one, ten, x, y}) == 4
    with pytest.raises(ConfigError, match="expected a regular expression"):
        article_groups(articles, group_by="(")


def test_too_few_articles_are_told() -> None:
    data = TrainingData(((article("a", 1), article("b", 1), article("c")),), ())
    with pytest.raises(InputError, match=r"Expected 3 articles or more .* found 2"):
        make_folds(data, folds=3, seed=1)
    # As many files as articles cannot be dealt evenly, and are dealt.
    lonely = TrainingData(((article("a"),), (article("b"),), ()), ())
    assert sorted(make_folds(lonely, folds=2, seed=1)) == [["a"], ["b"]]


def test_the_folds_of_an_experiment_are_kept(tmp_path: Path) -> None:
    assert read_folds(tmp_path) is None
    write_folds(tmp_path, [["ấ"], ["b", "c"]])
    assert read_folds(tmp_path) == [["ấ"], ["b", "c"]]


def results() -> Iterator[RunResult]:
    for number, per_label in enumerate(({"LOC": 0.5}, {"LOC": 0.7, "ORG": 0.1}), 1):
        scores = F1Scores(0.4 + number / 10, 0.1, per_label)
        yield RunResult(
            run={"fold": number},
            articles=1,
            words=1,
            seconds=None,
            dev={},
            test={"entities": scores, "sections": scores},
        )


def test_figures_by_what_they_are_of() -> None:
    assert fold_figures([*results()]) == {
        "entities, micro-F1": [0.5, pytest.approx(0.6)],
        "entities, LOC": [0.5, 0.7],
        "entities, ORG": [None, 0.1],
        "sections, macro-F1": [0.1, 0.1],
        "sections, LOC": [0.5, 0.7],
        "sections, ORG": [None, 0.1],
    }
    assert fold_figures([]) == {}


@pytest.mark.usefixtures("workshop")
def test_folds_that_cannot_be_are_told_before_training(command: PhodangTrain) -> None:
    write_articles("dev.jsonl", [AnnotatedArticle("dev", (annotated("[LOC Huế] mưa."),))])

    def failed(*arguments: object) -> str:
        return command.failed("cross-validate", *arguments, "--output", "folds")

    assert "found 7. Give fewer folds" in failed("toy.toml", "--folds", 8)
    assert "expected a regular expression" in failed("toy.toml", "--group-by", "(")
    line = failed("sections.toml", "--folds", 7)
    assert "fold-1: expected passages with the section" in line
    assert "to measure on, found none. Give fewer --folds" in line
    assert not Path("folds").exists()

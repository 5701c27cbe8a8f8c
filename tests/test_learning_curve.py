"""Shares of the articles to train on: nested, drawn by file, the same everywhere."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import annotated
from toy_models import toy_config
from train_command import ONE_EPOCH, PhodangTrain

from phodang.errors import ConfigError
from phodang_training.corpus import AnnotatedArticle, read_articles, write_articles
from phodang_training.experiments.learning_curve import (
    curves,
    draw_share,
    learning_curve_runs,
    percent,
    shares,
)
from phodang_training.experiments.run_results import F1Scores, RunResult
from phodang_training.experiments.runs import TrainingData, load_training_data

PASSAGE = annotated("[LOC Huế] mưa.")

seeds = st.integers(0, 2**32 - 1)
fractions = st.floats(0, 1, exclude_min=True)
corpora = st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=30).map(
    lambda ids: [AnnotatedArticle(identifier, (PASSAGE,)) for identifier in ids]
)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PhodangTrain:
    return PhodangTrain(monkeypatch, capsys)


@given(corpora, fractions, fractions, seeds)
def test_a_larger_share_holds_a_smaller(
    articles: list[AnnotatedArticle], one: float, other: float, seed: int
) -> None:
    small, large = sorted((one, other))
    drawn = draw_share(articles, large, seed=seed)
    assert set(draw_share(articles, small, seed=seed)) <= set(drawn)
    assert list(drawn) == [article for article in articles if article in drawn]
    assert len(drawn) == (max(1, round(large * len(articles))) if articles else 0)
    assert draw_share(articles, 1.0, seed=seed) == tuple(articles)


@given(corpora, fractions, seeds, st.randoms(use_true_random=False))
def test_the_order_in_the_file_does_not_matter(
    articles: list[AnnotatedArticle], fraction: float, seed: int, random: Random
) -> None:
    drawn = {article.id for article in draw_share(articles, fraction, seed=seed)}
    shuffled = [*articles]
    random.shuffle(shuffled)
    assert {article.id for article in draw_share(shuffled, fraction, seed=seed)} == drawn


def test_the_draw_is_written_down() -> None:
    # By the SHA-256 of "1 a", "1 b" …: the same on every machine, and in every version.
    articles = [AnnotatedArticle(identifier, (PASSAGE,)) for identifier in "abcdefgh"]
    drawn = [[a.id for a in draw_share(articles, 0.5, seed=seed)] for seed in (1, 2)]
    assert drawn == [["a", "b", "c", "g"], ["a", "b", "d", "f"]]


@given(st.lists(corpora, min_size=1, max_size=3), seeds)
def test_every_file_gives_its_share(files: list[list[AnnotatedArticle]], seed: int) -> None:
    data = TrainingData(tuple(map(tuple, files)), ())
    runs = learning_curve_runs(data, fractions=[1.0, 0.2], seeds=[seed])
    assert [run.key["fraction"] for run in runs] == [0.2, 1.0]
    for file, small, large in zip(files, runs[0].train, runs[1].train, strict=True):
        assert list(large) == file
        assert len(small) == (max(1, round(0.2 * len(file))) if file else 0)


def test_each_seed_is_a_curve() -> None:
    data = TrainingData(((AnnotatedArticle("a", (PASSAGE,)),),), ())
    runs = learning_curve_runs(data, fractions=[0.5, 1.0], seeds=[3, 1])
    assert [(run.seed, run.key) for run in runs] == [
        (seed, {"fraction": fraction, "seed": seed}) for seed in (3, 1) for fraction in (0.5, 1.0)
    ]
    assert len({run.name for run in runs}) == len(runs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fractions": [1.5]}, "fractions = 1.5: expected numbers above 0, up to 1."),
        ({"fractions": [0.0]}, "fractions = 0.0"),
        ({"fractions": [float("nan")]}, "fractions = nan"),
        ({"fractions": [0.5, 0.5]}, r"fractions = \[0.5, 0.5\]: expected each once."),
        ({"seeds": [1, 1]}, "seeds"),
        ({"seeds": [-1]}, "seed = -1"),
    ],
)
def test_shares_and_seeds_that_cannot_be(options: dict[str, list[float]], message: str) -> None:
    arguments = {"fractions": [0.5], "seeds": [1], **options}
    with pytest.raises(ConfigError, match=message):
        learning_curve_runs(TrainingData((), ()), **arguments)  # type: ignore[arg-type]


def test_articles_are_read_by_file_and_after_the_split(workshop: Path) -> None:
    articles = read_articles("train.jsonl")
    write_articles("train.jsonl", articles[:3])
    write_articles("more.jsonl", articles[3:])
    (workshop / "split.json").write_text('{"train": [], "heldout": ["toy-1"]}', encoding="utf-8")
    write_articles("dev.jsonl", [AnnotatedArticle("dev", (PASSAGE,))])
    data = load_training_data(
        toy_config('data.train=["more.jsonl", "train.jsonl"]', "data.split=split.json")
    )
    assert data.train == (tuple(articles[3:]), (articles[0], articles[2]))
    assert [article.id for article in data.dev] == ["dev"]


def result(fraction: float, seed: int, words: int, f1: float) -> RunResult:
    scores = F1Scores(f1, f1 / 2, {"LOC": f1})
    return RunResult(
        run={"fraction": fraction, "seed": seed},
        articles=1,
        words=words,
        seconds=1.0,
        dev={"entities": scores, "sections": scores},
        test={},
    )


def test_results_are_put_together_by_share() -> None:
    results = [result(1.0, 1, 40, 0.9), result(0.5, 1, 20, 0.5), result(0.5, 2, 22, 0.7)]
    half, whole = shares(results)
    assert (half.fraction, half.words, half.f1("entities")) == (0.5, 21, [0.5, 0.7])
    # Entities are judged by micro-F1, sections by macro-F1.
    assert whole.f1("sections") == [0.45]
    found = curves(results)
    assert [*found] == ["entities, micro-F1", "sections, macro-F1"]
    points = found["entities, micro-F1"]
    assert [(p.name, p.words, p.values) for p in points] == [
        ("50 %", 21, [(20, 0.5), (22, 0.7)]),
        ("100 %", 40, [(40, 0.9)]),
    ]
    assert curves([]) == {}


def test_shares_in_words() -> None:
    assert [percent(fraction) for fraction in (0.1, 0.125, 1.0)] == ["10 %", "12.5 %", "100 %"]


@pytest.mark.usefixtures("workshop")
def test_a_share_without_anything_to_learn_is_told_before_training(command: PhodangTrain) -> None:
    write_articles("dev.jsonl", [AnnotatedArticle("dev", (PASSAGE,))])
    options = ("--output", "curve", "--fractions", 0.1, "--fractions", 1, *ONE_EPOCH)
    line = command.failed("learning-curve", "sections.toml", *options)
    assert "fraction-0.1-seed-1: expected passages with the section" in line
    assert "Give larger --fractions, or more articles." in line
    assert not Path("curve").exists()


@pytest.mark.usefixtures("workshop")
def test_wrong_options_are_told(command: PhodangTrain) -> None:
    write_articles("dev.jsonl", [AnnotatedArticle("dev", (PASSAGE,))])
    for options, message in (
        (("--fractions", 2), "fractions = 2.0"),
        (("--set", "training.epoch=3"), "unknown key training.epoch"),
        (("--set", "data.train=['none.jsonl']"), "none.jsonl"),
    ):
        line = command.failed("learning-curve", "toy.toml", "--output", "curve", *options)
        assert message in line
    assert "none.toml" in command.failed("learning-curve", "none.toml", "--output", "curve")
    assert not Path("curve").exists()

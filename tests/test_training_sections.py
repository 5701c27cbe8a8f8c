"""What training sections leaves, alone and with entities, and how it is stopped and resumed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from interrupted import interrupted_at
from safetensors.torch import load_file
from toy import LABELS, SECTION_LABELS, WINDOW_SIZE, annotated
from toy_models import SECTION_MODELS, ToyModels, toy_sections_config

from phodang.analyzer import Analyzer
from phodang.checkpoint import read_manifest, sha256_of_file
from phodang.errors import ConfigError, InputError
from phodang_training.corpus import (
    AnnotatedArticle,
    AnnotatedPassage,
    load_articles,
    read_articles,
    text_of,
    write_articles,
)
from phodang_training.evaluation.assessment import DataPart, evaluate
from phodang_training.fine_tuning import train_sections as module
from phodang_training.fine_tuning.train_sections import train_sections

STEPS_PER_EPOCH = 4
"""Seven articles, two a step."""

overlapping = pytest.mark.filterwarnings("ignore:Train and dev overlap")
every_model = pytest.mark.parametrize("name", SECTION_MODELS)


def read_record(checkpoint: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
    return record


def evaluations(checkpoint: Path) -> list[tuple[float, float]]:
    """Epochs and dev scores of a run."""
    history = read_record(checkpoint)["history"]
    return [(e["epoch"], e["eval_score"]) for e in history if "eval_score" in e]


def sections_of(analyzer: Analyzer, article: AnnotatedArticle) -> list[tuple[str, ...]]:
    return [passage.labels for passage in analyzer.predict(text_of(article)).passages]


@every_model
def test_a_checkpoint_is_whole(toy_models: ToyModels, name: str) -> None:
    checkpoint = toy_models.trained(name)
    manifest = read_manifest(checkpoint)
    assert (manifest.segmenter, manifest.window_size) == ("presegmented", WINDOW_SIZE)
    assert manifest.sections is not None
    assert manifest.sections.labels == SECTION_LABELS
    assert (checkpoint / "README.md").is_file()
    assert not (checkpoint / "training-state").exists()
    record = read_record(checkpoint)
    config = record["config"]
    assert (manifest.context, manifest.sections.reads_document) == (
        config["sections"]["context"],
        config["sections"]["document_layer"],
    )
    assert (manifest.entities is not None) == ("entities" in config) == (record["dev"] is not None)
    assert manifest.entities is None or manifest.entities.labels == LABELS
    epochs = [epoch for epoch, _ in evaluations(checkpoint)]
    assert epochs == [*range(1, config["training"]["epochs"] + 1)]


@every_model
def test_the_recorded_figures_are_what_a_user_gets(toy_models: ToyModels, name: str) -> None:
    checkpoint = toy_models.trained(name)
    measured = evaluate(str(checkpoint), DataPart(toy_models.workshop / "dev.jsonl"))
    record = read_record(checkpoint)
    assert measured.sections is not None
    assert measured.sections.macro_f1 == 1
    assert dataclasses.asdict(measured.sections)["per_label"] == record["dev_sections"]["per_label"]
    errors = record["dev_sections"]["ece_per_label"]
    assert measured.sections.ece_per_label == pytest.approx(errors, abs=1e-3)
    if record["dev"] is None:
        assert measured.scores is None
    else:
        assert measured.scores is not None
        assert measured.scores.micro.f1 == record["dev"]["micro"]["f1"] == 1


@overlapping
@pytest.mark.parametrize(("frozen", "epochs"), [(0, 4), (1, 10)])
def test_middling_figures_are_what_a_user_gets(workshop: Path, frozen: int, epochs: int) -> None:
    # A model that is not sure: figures taken in another order than the passages' would differ.
    result = train_sections(
        toy_sections_config(
            *("entities.head=crf", f"frozen_layers={frozen}", f"training.epochs={epochs}")
        )
    )
    assert result.sections is not None
    assert result.entities is not None
    assert 0 < result.sections.macro_f1 < 1
    assert 0 < result.entities.micro.f1 < 1
    measured = evaluate(str(result.checkpoint), DataPart(workshop / "dev.jsonl"))
    assert measured.sections is not None
    # Half precision between the frozen layers and the others may move a probability a little.
    assert measured.sections.per_label == result.sections.per_label
    assert measured.sections.brier_per_label == pytest.approx(
        result.sections.brier_per_label, abs=1e-3
    )
    assert measured.scores == result.entities
    best = max(score for _, score in evaluations(result.checkpoint))
    assert best == pytest.approx((result.sections.macro_f1 + result.entities.micro.f1) / 2)


@overlapping
@pytest.mark.usefixtures("workshop")
def test_the_same_seed_gives_the_same_weights() -> None:
    names = ("first", "again", "other")
    for name, seed in zip(names, (1, 1, 2), strict=True):
        options = (f"output={name}", f"seed={seed}", "training.epochs=1", "training.dropout=0.1")
        train_sections(toy_sections_config(*options))
    first, again, other = (sha256_of_file(Path(name) / "model.safetensors") for name in names)
    assert first == again != other


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    "options",
    [
        ("entities.head=crf", "training.dropout=0.1"),
        ("entities.head=softmax", "frozen_layers=1", "sections.context=window"),
        ("sections.balance=1.0", "sections.document_layer=false"),
    ],
    ids=["both", "both-frozen", "sections"],
)
def test_a_resumed_run_ends_as_if_never_stopped(options: tuple[str, ...]) -> None:
    whole = train_sections(toy_sections_config(*options, "output=whole"))
    assert read_record(whole.checkpoint)["history"][0]["step"] == STEPS_PER_EPOCH
    # In the middle of an epoch, and at its end.
    for step in (STEPS_PER_EPOCH + 1, STEPS_PER_EPOCH):
        config = toy_sections_config(*options, f"output=stopped-{step}")
        with interrupted_at(step, module):
            stopped = train_sections(config)
        assert not stopped.finished
        assert (stopped.sections, stopped.entities) == (None, None)
        assert (stopped.checkpoint / f"checkpoint-{step}").is_dir()
        assert not (config.output / "phodang.json").exists()

        resumed = train_sections(config, resume=True)
        assert resumed.finished
        assert (resumed.sections, resumed.entities) == (whole.sections, whole.entities)
        assert evaluations(resumed.checkpoint) == evaluations(whole.checkpoint)
        assert read_manifest(resumed.checkpoint) == read_manifest(whole.checkpoint)


@overlapping
@pytest.mark.usefixtures("workshop")
def test_a_run_is_not_resumed_as_another() -> None:
    with interrupted_at(2, module):
        train_sections(toy_sections_config())
    with pytest.raises(ConfigError, match=r"sections\.context = passage, found title now"):
        train_sections(toy_sections_config("sections.context=title"), resume=True)
    with pytest.raises(ConfigError, match=r"entities\.head = None, found crf now"):
        train_sections(toy_sections_config("entities.head=crf"), resume=True)


@overlapping
@pytest.mark.usefixtures("workshop")
def test_more_frozen_layers_than_there_are_is_told() -> None:
    with pytest.raises(ConfigError, match="frozen_layers = 3: expected at most 2, the layers of"):
        train_sections(toy_sections_config("frozen_layers=3"))


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_frozen_layers_stay_as_they_came(frozen: int) -> None:
    result = train_sections(toy_sections_config(f"frozen_layers={frozen}", "training.epochs=1"))
    before = load_file("encoder/model.safetensors")
    after = load_file(result.checkpoint / "model.safetensors")
    for name, tensor in before.items():
        layer = int(name.split(".layer.")[1].split(".")[0]) + 1 if ".layer." in name else 0
        # A parameter whose gradient is zero would only decay.
        if tensor.ndim > 1:
            kept = torch.equal(after[f"encoder.{name}"], tensor)
            assert kept == (layer <= frozen and frozen > 0), name


SAME = "Chi bộ họp tại Hà Nội."
"""A passage whose section only its neighbours tell."""


def telling_articles() -> list[AnnotatedArticle]:
    """Articles whose second or third passage has the section that its title tells."""
    articles = []
    for number, place in enumerate(("Huế", "Cao Bằng", "Hạ Long", "Nghệ An")):
        for name, section in (("Quốc hội", "task"), ("Ban Dân vận", "warning")):
            title = annotated(f"[ORG {name}] làm việc tại [LOC {place}].")
            told = annotated(f"{{{section}}} {SAME}")
            articles.append(AnnotatedArticle(f"{section}-{number}", (title, told)))
    return articles


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    ("context", "document", "told"),
    [
        ("passage", "true", True),
        ("title", "false", True),
        ("window", "false", True),
        ("passage", "false", False),
    ],
)
def test_what_surrounds_a_passage_tells_its_section(
    context: str, document: str, told: bool
) -> None:
    articles = telling_articles()
    dev = [dataclasses.replace(article, id=f"dev-{article.id}") for article in articles]
    write_articles("train.jsonl", articles)
    write_articles("dev.jsonl", dev)
    result = train_sections(
        toy_sections_config(
            *(f"sections.context={context}", f"sections.document_layer={document}"),
            *("sections.labels=['task', 'warning']", "training.epochs=12"),
        )
    )
    analyzer = Analyzer.from_pretrained(result.checkpoint)
    found = [sections_of(analyzer, article)[1] for article in articles]
    assert (found == [article.passages[1].sections for article in articles]) == told
    if not told:
        assert len(set(found)) == 1


@overlapping
@pytest.mark.usefixtures("workshop")
def test_the_balance_is_taken_off_again() -> None:
    # So slow that nothing is learnt: what is saved is what the seed gave, with the balance off it.
    idle = ("training.learning_rate=1e-12", "training.head_learning_rate=1e-12")
    biases = {}
    for balance in (0.0, 0.5, 1.0):
        output = f"output=balanced-{balance}"
        config = toy_sections_config(*idle, output, f"sections.balance={balance}", "seed=7")
        checkpoint = train_sections(config).checkpoint
        biases[balance] = load_file(checkpoint / "model.safetensors")["sections.classifier.bias"]
    passages = [p for article in load_articles(config.data)[0] for p in article.passages]
    having = np.array([sum(n in p.sections for p in passages) for n in SECTION_LABELS])
    log_weights = np.log((len(passages) - having) / having)
    for balance, bias in biases.items():
        assert (biases[0.0] - bias).numpy() == pytest.approx(balance * log_weights, abs=1e-5)


@overlapping
@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("['achievement', 'task', 'warning', 'none']", 'with the section "none", found none'),
        ("['achievement', 'task']", r'train\.jsonl, line 2: .*unknown section "warning"'),
    ],
)
def test_sections_that_do_not_fit_the_data_are_told(labels: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        train_sections(toy_sections_config(f"sections.labels={labels}"))


@overlapping
@pytest.mark.usefixtures("workshop")
def test_entities_that_are_not_in_the_data_are_told() -> None:
    for name in ("train.jsonl", "dev.jsonl"):
        articles = [
            dataclasses.replace(
                article,
                passages=tuple(dataclasses.replace(p, entities=()) for p in article.passages),
            )
            for article in read_articles(name)
        ]
        write_articles(name, articles)
    with pytest.raises(InputError, match="expected entities to learn, found none"):
        train_sections(toy_sections_config("entities.head=crf", "data.labels=[]"))


@overlapping
@pytest.mark.usefixtures("workshop")
def test_an_article_without_words_is_told() -> None:
    train = read_articles("train.jsonl")
    empty = AnnotatedArticle("empty", (AnnotatedPassage("\u200b"),))
    write_articles("train.jsonl", [*train, empty])
    with pytest.raises(
        InputError, match=r"train\.jsonl, line 8: expected text with words, found none"
    ):
        train_sections(toy_sections_config())


@overlapping
@pytest.mark.usefixtures("workshop")
def test_only_the_proportions_of_file_weights_matter() -> None:
    train = read_articles("train.jsonl")
    write_articles("first.jsonl", train[:4])
    write_articles("second.jsonl", train[4:])
    files = ('data.train=["first.jsonl", "second.jsonl"]', "training.epochs=1")
    weights = {}
    for name, given in (
        ("none", "[]"),
        ("ones", "[1, 1]"),
        ("twos", "[2, 2]"),
        ("uneven", "[1, 2]"),
    ):
        config = toy_sections_config(*files, f"output={name}", f"sections.file_weights={given}")
        weights[name] = sha256_of_file(train_sections(config).checkpoint / "model.safetensors")
    assert weights["none"] == weights["ones"] == weights["twos"] != weights["uneven"]

"""Training in stages: labels by majority, a checkpoint to begin from, a mean of models."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from toy import LABELS, SECTION_LABELS, toy_articles
from toy_models import ToyModels, toy_config, toy_sections_config
from train_command import PhodangTrain

from phodang.analyzer import Analyzer
from phodang.checkpoint import (
    EVALUATION_FILE,
    SAFETENSORS_FILE,
    TRAINING_FILE,
    read_manifest,
    sha256_of_file,
)
from phodang.errors import CheckpointError, ConfigError, InputError
from phodang_training.corpus import AnnotatedArticle, read_articles, text_of, write_articles
from phodang_training.corpus.pseudo_labels import RUN_WORDS, TextSelection, pseudo_label
from phodang_training.evaluation.assessment import DataPart, evaluate
from phodang_training.fine_tuning.train_entities import train_entities
from phodang_training.fine_tuning.train_sections import train_sections
from phodang_training.models.averaging import average
from phodang_training.models.recalibration import recalibrate

# Train and dev are the same on purpose, and many models do one task alone.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Train and dev overlap"),
    pytest.mark.filterwarnings("ignore:No model given tells"),
]

ALL = TextSelection()


def write_texts(path: Path, articles: list[AnnotatedArticle]) -> Path:
    lines = [json.dumps({"id": a.id, "text": text_of(a)}, ensure_ascii=False) for a in articles]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return write_texts(tmp_path / "texts.jsonl", toy_articles())


def test_one_model_is_its_own_majority(toy_models: ToyModels, texts: Path) -> None:
    model = str(toy_models.exported("both", "fp32"))
    labelled = list(pseudo_label([model], [texts], selection=ALL))
    predicted = Analyzer.from_pretrained(model).predict([text_of(a) for a in toy_articles()])
    assert [article.id for article in labelled] == [article.id for article in toy_articles()]
    for own, article in zip(labelled, predicted, strict=True):
        assert text_of(own) == article.text
        surfaces = [p.text[s.start : s.end] for p in own.passages for s in p.entities]
        assert surfaces == [entity.text for entity in article.entities]
        assert [p.sections for p in own.passages] == [p.labels for p in article.passages]
    assert any(p.entities for a in labelled for p in a.passages)
    assert any(p.sections for a in labelled for p in a.passages)


def test_of_two_models_only_what_both_say_is_kept(toy_models: ToyModels, texts: Path) -> None:
    first, second = (str(toy_models.exported(head, "fp32")) for head in ("crf", "softmax"))
    both = list(pseudo_label([first, second], [texts], selection=ALL))
    apart = [list(pseudo_label([model], [texts], selection=ALL)) for model in (first, second)]
    for passages in zip(*(article.passages for article in both), strict=False):
        assert passages
    for own, one, other in zip(both, *apart, strict=True):
        for passage, a, b in zip(own.passages, one.passages, other.passages, strict=True):
            assert set(passage.entities) == set(a.entities) & set(b.entities)


def test_models_vote_on_their_own_task_only(toy_models: ToyModels, texts: Path) -> None:
    entities = str(toy_models.exported("crf", "fp32"))
    sections = str(toy_models.exported("passage", "fp32"))
    labelled = list(pseudo_label([entities, sections], [texts], selection=ALL))
    assert any(p.entities for a in labelled for p in a.passages)
    assert any(p.sections for a in labelled for p in a.passages)


def test_texts_are_chosen_by_strings_and_words(toy_models: ToyModels, texts: Path) -> None:
    model = str(toy_models.exported("crf", "fp32"))
    chosen = TextSelection(containing=("Quốc hội", "Đà Nẵng"))
    wanted = [a.id for a in toy_articles() if any(c in text_of(a) for c in chosen.containing)]
    found = [a.id for a in pseudo_label([model], [texts], selection=chosen)]
    assert 0 < len(wanted) < len(toy_articles())
    assert found == wanted
    assert len(list(pseudo_label([model], [texts], selection=TextSelection(words=1)))) == 1


def test_articles_to_be_measured_on_are_left_out(toy_models: ToyModels, texts: Path) -> None:
    model = str(toy_models.exported("crf", "fp32"))
    excluded = [a for a in toy_articles() if len(text_of(a).split()) >= RUN_WORDS][:2]
    # Case, Unicode form and what stands around it make no other text of it.
    passages = [
        dataclasses.replace(excluded[0].passages[0], text=text_of(excluded[0]).upper(), entities=())
    ]
    changed = dataclasses.replace(excluded[0], passages=tuple(passages))
    found = [
        a.id for a in pseudo_label([model], [texts], selection=ALL, excluded=[changed, excluded[1]])
    ]
    gone = {article.id for article in excluded}
    assert found == [a.id for a in toy_articles() if a.id not in gone]


def test_a_task_that_no_model_does_is_warned_of(toy_models: ToyModels, texts: Path) -> None:
    model = str(toy_models.exported("passage", "fp32"))
    with pytest.warns(UserWarning, match="No model given tells entities"):
        labelled = list(pseudo_label([model], [texts], selection=ALL))
    assert not any(passage.entities for article in labelled for passage in article.passages)


def test_an_id_that_comes_twice_is_told(toy_models: ToyModels, texts: Path, tmp_path: Path) -> None:
    model = str(toy_models.exported("crf", "fp32"))
    again = write_texts(tmp_path / "again.jsonl", toy_articles()[:1])
    with pytest.raises(InputError, match=r"again\.jsonl:1: expected an id of its own"):
        list(pseudo_label([model], [texts, again], selection=ALL))


def test_the_output_is_whole_or_not_there(
    toy_models: ToyModels,
    texts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = PhodangTrain(monkeypatch, capsys)
    model = toy_models.exported("crf", "fp32")
    before = texts.read_bytes()
    failed = command.failed("pseudo-label", model, "--texts", texts, "--output", texts)
    assert "found a file that is read" in failed
    assert texts.read_bytes() == before
    output = texts.with_name("out.jsonl")
    output.write_text("kept\n", encoding="utf-8")
    options = ("--texts", texts, "--output", output)
    assert "No checkpoint at" in command.failed("pseudo-label", "nowhere", *options)
    assert "--containing" in command.failed("pseudo-label", model, *options, "--containing", "zz")
    assert output.read_text(encoding="utf-8") == "kept\n"
    assert f"{len(toy_articles())}, in" in command.printed("pseudo-label", model, *options)
    assert len(read_articles(output)) == len(toy_articles())
    assert sorted(path.name for path in output.parent.iterdir()) == ["out.jsonl", "texts.jsonl"]


def test_a_bad_text_is_told(toy_models: ToyModels, tmp_path: Path) -> None:
    model = str(toy_models.exported("crf", "fp32"))
    (tmp_path / "bad.jsonl").write_text('{"id": "a", "text": 3}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.jsonl:1"):
        list(pseudo_label([model], [tmp_path / "bad.jsonl"], selection=ALL))


# Beginning from a checkpoint.


def test_a_started_run_begins_where_the_first_ended(workshop: Path) -> None:
    train_entities(toy_config("training.epochs=20", "output=first"))
    still = (
        "training.epochs=1",
        "training.learning_rate=1e-12",
        "training.head_learning_rate=1e-12",
    )
    result = train_entities(toy_config(*still, "output=second", "start=first"))
    first = json.loads((workshop / "first" / TRAINING_FILE).read_text(encoding="utf-8"))
    assert result.dev is not None
    assert result.dev.micro.f1 == pytest.approx(first["dev"]["micro"]["f1"])
    assert result.dev.micro.f1 > 0.5
    for name, tensor in load_file(workshop / "first" / SAFETENSORS_FILE).items():
        other = load_file(workshop / "second" / SAFETENSORS_FILE)[name]
        np.testing.assert_allclose(tensor.numpy(), other.numpy(), atol=1e-6)
    tasks = [read_manifest(workshop / name).entities for name in ("first", "second")]
    assert tasks[0]
    assert tasks[1]
    np.testing.assert_allclose(tasks[0].transitions, tasks[1].transitions, rtol=1e-6, atol=1e-6)
    record = json.loads((workshop / "second" / TRAINING_FILE).read_text(encoding="utf-8"))
    assert record["begun_from"]["config"] == first["config"]
    manifest = Path("first", "phodang.json")
    assert record["data"][str(manifest)] == sha256_of_file(manifest)


def test_a_task_of_one_of_the_two_is_passed_over(workshop: Path) -> None:
    train_sections(toy_sections_config("entities.head=crf", "training.epochs=1", "output=first"))
    result = train_entities(toy_config("training.epochs=1", "output=second", "start=first"))
    assert result.finished
    assert read_manifest(workshop / "second").tasks == ("entities",)
    result_both = train_sections(
        toy_sections_config("entities.head=crf", "training.epochs=1", "output=b", "start=second")
    )
    assert result_both.finished
    assert read_manifest(workshop / "b").tasks == ("entities", "sections")


@pytest.mark.parametrize(
    ("start", "overrides", "message"),
    [
        ("nowhere", (), "No checkpoint at nowhere"),
        ("first", (f"data.labels={[*LABELS, 'PER']}",), "expected the labels DATE, LOC, ORG, PER"),
        ("exported", (), "expected the training form, found model.onnx"),
    ],
)
def test_a_start_that_does_not_fit_is_told(
    workshop: Path, toy_models: ToyModels, start: str, overrides: tuple[str, ...], message: str
) -> None:
    shutil.copytree(toy_models.trained("crf"), workshop / "first")
    shutil.copytree(toy_models.exported("crf", "fp32"), workshop / "exported")
    config = toy_config("training.epochs=1", "output=second", f"start={start}", *overrides)
    with pytest.raises((ConfigError, CheckpointError), match=message):
        train_entities(config)


# The mean of models.


def test_the_mean_of_a_model_with_itself_is_the_model(
    toy_models: ToyModels, tmp_path: Path
) -> None:
    model = toy_models.trained("both")
    average([model, model], tmp_path / "mean")
    texts = [text_of(article) for article in toy_articles()]
    ours, its = (Analyzer.from_pretrained(m) for m in (tmp_path / "mean", model))
    assert ours.predict(texts) == its.predict(texts)


def test_weights_and_transitions_are_means(workshop: Path) -> None:
    for seed in (1, 2):
        train_entities(toy_config("training.epochs=1", f"seed={seed}", f"output=seed-{seed}"))
    parts = [workshop / f"seed-{seed}" for seed in (1, 2)]
    average(parts, workshop / "mean")
    first, second, mean = (load_file(f / SAFETENSORS_FILE) for f in (*parts, workshop / "mean"))
    for name, tensor in mean.items():
        np.testing.assert_allclose(
            tensor.numpy(), (first[name].numpy() + second[name].numpy()) / 2, atol=1e-6
        )
    tasks = [read_manifest(folder).entities for folder in (*parts, workshop / "mean")]
    transitions = [np.array(task.transitions) for task in tasks if task]
    np.testing.assert_allclose(transitions[2], (transitions[0] + transitions[1]) / 2)


def test_models_without_a_mean_are_told(toy_models: ToyModels, tmp_path: Path) -> None:
    both, passage = toy_models.trained("both"), toy_models.trained("passage")
    with pytest.raises(InputError, match="at least two"):
        average([both], tmp_path / "mean")
    with pytest.raises(CheckpointError, match=r"differs from .* in entities"):
        average([both, passage], tmp_path / "mean")
    with pytest.raises(CheckpointError, match="inference form"):
        average([both, toy_models.exported("both", "fp32")], tmp_path / "mean")
    with pytest.raises(CheckpointError, match="Expected a new folder"):
        average([both, both], tmp_path)


# Temperatures and thresholds anew.


@pytest.mark.parametrize("form", ["trained", "int8"])
def test_recalibrated_thresholds_are_the_best_for_the_articles(
    toy_models: ToyModels, tmp_path: Path, form: str
) -> None:
    source = (
        toy_models.trained("both") if form == "trained" else toy_models.exported("both", "int8")
    )
    model = tmp_path / "model"
    shutil.copytree(source, model)
    task = read_manifest(model).sections
    assert task is not None
    spoilt = dataclasses.replace(task, thresholds=(0.999,) * 3, temperatures=(10.0,) * 3)
    _set_sections(model, spoilt)
    (model / EVALUATION_FILE).write_text("[]", encoding="utf-8")
    data = DataPart(toy_models.workshop / "dev.jsonl")
    before = evaluate(str(model), data).sections
    fitted = recalibrate(model, data)
    after = evaluate(str(model), data).sections
    assert before
    assert after
    assert after.macro_f1 > before.macro_f1
    assert read_manifest(model).sections == fitted
    assert fitted.labels == SECTION_LABELS
    assert not (model / EVALUATION_FILE).exists()
    assert recalibrate(model, data) == fitted


def test_recalibration_needs_sections(toy_models: ToyModels, tmp_path: Path) -> None:
    shutil.copytree(toy_models.trained("crf"), tmp_path / "model")
    with pytest.raises(InputError, match="tells sections"):
        recalibrate(tmp_path / "model", DataPart(toy_models.workshop / "dev.jsonl"))
    shutil.copytree(toy_models.trained("both"), tmp_path / "both")
    bare = [
        dataclasses.replace(
            article,
            passages=tuple(dataclasses.replace(p, sections=()) for p in article.passages),
        )
        for article in read_articles(toy_models.workshop / "dev.jsonl")
    ]
    write_articles(tmp_path / "bare.jsonl", bare)
    with pytest.raises(InputError, match="expected passages with achievement"):
        recalibrate(tmp_path / "both", DataPart(tmp_path / "bare.jsonl"))


def _set_sections(model: Path, task: object) -> None:
    manifest = json.loads((model / "phodang.json").read_text(encoding="utf-8"))
    manifest["sections"] = dataclasses.asdict(task)  # type: ignore[call-overload]
    (model / "phodang.json").write_text(json.dumps(manifest), encoding="utf-8")

"""The project that `phodang-train new` writes: complete, without fault, and ready to train."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from train_command import PhodangTrain

from phodang import Analyzer, Article
from phodang.article import Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.cli import app as phodang_app
from phodang.exchange import export_corpus, import_corpus, write_annotated
from phodang.exchange.labels import ENTITY_LABELS
from phodang.sections import SECTION_LABELS, PassageSection
from phodang.terminal import render_article
from phodang_training import project
from phodang_training.cli import app as phodang_train_app
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.config_files import load_config
from phodang_training.corpus import AnnotatedArticle, describe, read_articles, text_of
from phodang_training.corpus.data_checks import check_config
from phodang_training.project import HUB_ENCODER, checkout_encoder, write_project

ROOT = Path(__file__).parent.parent
LABELS = {"AMOUNT", "GEAR", "PLACE", "SPECIES"}
SECTIONS = ("harvest", "market", "weather")

# The toy encoder knows nothing yet, and learns fast.
TOY_TRAINING = (
    *("--set", "training.learning_rate=5e-3", "--set", "training.head_learning_rate=1e-2"),
    *("--set", "training.dropout=0.0", "--set", "training.threads=1"),
)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PhodangTrain:
    return PhodangTrain(monkeypatch, capsys)


@pytest.fixture
def new(
    command: PhodangTrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Writes a project, and makes it the current folder."""

    def write(*options: object) -> Path:
        monkeypatch.chdir(tmp_path)
        assert "README.md" in command.printed("new", "project", *options)
        monkeypatch.chdir(tmp_path / "project")
        return tmp_path / "project"

    return write


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("task", "configurations"),
    [
        ("both", {"entities", "sections"}),
        ("entities", {"entities"}),
        ("sections", {"sections"}),
    ],
)
def test_a_project_has_what_its_task_needs(
    new: Callable[..., Path], task: str, configurations: set[str]
) -> None:
    folder = new("--task", task)
    assert files(folder) == sorted(
        ["README.md", "article.txt", "data/dev.jsonl", "data/train.jsonl"]
        + [f"{name}.toml" for name in configurations]
    )
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"@\w+ |\$\{", readme)
    assert {name for name in ("entities", "sections") if f"{name}.toml" in readme} == configurations
    for name in configurations:
        for command in ("check", name):
            assert f"\nphodang-train {command} {name}.toml\n" in readme
        assert f"--model checkpoints/{name}" in readme


def test_the_configurations_find_what_they_name_from_inside_the_folder(
    new: Callable[..., Path],
) -> None:
    new()
    for schema, name in ((EntitiesConfig, "entities"), (SectionsConfig, "sections")):
        config = load_config(f"{name}.toml", schema)
        assert isinstance(config, (EntitiesConfig, SectionsConfig))
        assert config.output.as_posix() == f"checkpoints/{name}"
        own = checkout_encoder()
        assert own is not None
        assert Path(config.encoder).resolve() == own
        assert not Path(config.encoder).is_absolute()
        assert config.training.learning_rate == 2e-4


def test_what_is_marked_off_is_a_configuration_as_well(new: Callable[..., Path]) -> None:
    new()
    path = Path("sections.toml")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^# ((\[|head).*)$", r"\1", text, flags=re.MULTILINE), "utf-8")
    config = load_config(path, SectionsConfig)
    assert config.entities is not None
    path = Path("entities.toml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("# labels", "labels"), "utf-8")
    assert set(load_config(path, EntitiesConfig).data.labels) == LABELS


def test_the_commands_of_the_readme_exist(new: Callable[..., Path]) -> None:
    readme = (new() / "README.md").read_text(encoding="utf-8")
    lines = [
        line
        for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(lines) == 14
    for line in lines:
        name, command, *arguments = shlex.split(line)
        app = {"phodang": phodang_app, "phodang-train": phodang_train_app}[name]
        group: Any = typer.main.get_command(app)
        # Raises for what the command does not know.
        group.commands[command].make_context(command, arguments)


def test_the_examples_are_without_fault_and_have_labels_of_their_own(
    new: Callable[..., Path],
) -> None:
    new()
    for config in (
        load_config("entities.toml", EntitiesConfig),
        load_config("sections.toml", SectionsConfig),
    ):
        report = check_config(config)
        # Not even a doubt: no label is rare, and the subwords can express every entity.
        assert report.findings == []
        for counts in report.parts.values():
            assert set(counts.entities) == LABELS
            assert tuple(counts.sections) == SECTIONS
    assert not LABELS & {*ENTITY_LABELS}
    assert not {*SECTIONS} & {*SECTION_LABELS}


def test_the_examples_are_plain_vietnamese(new: Callable[..., Path]) -> None:
    new()
    articles = read_articles("data/train.jsonl") + read_articles("data/dev.jsonl")
    assert len(articles) == describe(articles).articles == 13
    surfaces: dict[str, set[str]] = {}
    for article in articles:
        for passage in article.passages:
            text = passage.text
            assert text == " ".join(unicodedata.normalize("NFC", text).split())
            assert text[0].isupper()
            assert (text[-1] == ".") == (passage is not article.passages[0])
            for span in passage.entities:
                around = text[max(span.start - 1, 0) : span.start] + text[span.end : span.end + 1]
                assert not any(map(str.isalnum, around)), text
                surface = text[span.start : span.end].casefold()
                surfaces.setdefault(surface, set()).add(span.label)
    # What has one meaning has one label, and is labelled everywhere.
    assert all(len(labels) == 1 for labels in surfaces.values())
    for article in articles:
        for passage in article.passages:
            marked = [(span.start, span.end) for span in passage.entities]
            for surface in surfaces:
                for match in re.finditer(rf"\b{re.escape(surface)}\b", passage.text.casefold()):
                    assert any(s <= match.start() and match.end() <= e for s, e in marked), (
                        surface,
                        passage.text,
                    )


def test_the_example_of_the_readme_is_the_first_article(new: Callable[..., Path]) -> None:
    readme = (new() / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
    first = Path("data/train.jsonl").read_text(encoding="utf-8").splitlines()[0]
    record = json.loads(first)
    assert json.loads(shown) == {**record, "passages": record["passages"][:1]}


@pytest.mark.parametrize("tool", ["brat", "doccano", "labelstudio"])
def test_articles_of_any_labels_come_back_from_annotation_tools(
    new: Callable[..., Path], tool: str
) -> None:
    new()
    articles = read_articles("data/train.jsonl")
    export_corpus([labelled(article) for article in articles], tool, "exported")
    # All that is there counts as checked by a person.
    corrected = import_corpus("exported", tool, predictions=tool == "labelstudio")
    write_annotated(corrected, "corrected.jsonl")
    sections = load_config("sections.toml", SectionsConfig).sections.labels
    assert {a.id: a.passages for a in read_articles("corrected.jsonl", sections=sections)} == {
        a.id: a.passages for a in articles
    }


def labelled(article: AnnotatedArticle) -> LabelledArticle:
    """An annotated article as a model would have labelled it."""
    passages, start = [], 0
    for passage in article.passages:
        text, end = passage.text, start + len(passage.text)
        entities = tuple(
            Entity(start + s.start, start + s.end, s.label, text[s.start : s.end], 1.0)
            for s in passage.entities
        )
        sections = tuple(PassageSection(start, end, name, 1.0) for name in passage.sections)
        passages.append(Passage(start, end, text, entities, sections))
        start = end + 1
    return LabelledArticle(article.id, Article(text_of(article), tuple(passages)))


def test_entities_are_trained_on_the_labels_of_the_data(
    new: Callable[..., Path], command: PhodangTrain, toy_encoder: Path
) -> None:
    new("--encoder", toy_encoder)
    output = command.printed("entities", "entities.toml", *TOY_TRAINING)
    assert output.endswith("Checkpoint: checkpoints/entities\n")
    analyzer = Analyzer.from_pretrained("checkpoints/entities")
    assert analyzer.manifest.entities is not None
    assert set(analyzer.manifest.entities.labels) == LABELS
    articles = read_articles("data/train.jsonl")
    found = {e.label for article in articles for e in analyzer.predict(text_of(article)).entities}
    assert found == LABELS
    read = analyzer.predict(Path("article.txt").read_text(encoding="utf-8"))
    assert all(label in read.to_html() for label in {entity.label for entity in read.entities})


def test_sections_of_any_name_are_trained_and_shown(
    new: Callable[..., Path],
    command: PhodangTrain,
    toy_encoder: Path,
) -> None:
    new("--encoder", toy_encoder)
    for name in ("train", "dev"):
        path = Path(f"data/{name}.jsonl")
        text = path.read_text(encoding="utf-8")
        for old, other in (("harvest", "lời khen"), ("market", "criticism"), ("weather", "a/b")):
            text = text.replace(f'"{old}"', f'"{other}"')
        path.write_text(text, encoding="utf-8")
    labels = ("lời khen", "criticism", "a/b")
    command.printed(
        *("sections", "sections.toml", *TOY_TRAINING),
        *("--set", f"sections.labels={[*labels]}"),
    )
    analyzer = Analyzer.from_pretrained("checkpoints/sections")
    assert analyzer.manifest.sections is not None
    assert analyzer.manifest.sections.labels == labels
    gold = read_articles("data/train.jsonl")
    texts = [text_of(article) for article in gold]
    read = [analyzer.predict(text) for text in texts]
    found = {label.label for article in read for label in article.labels}
    assert found == {*labels}
    for article in read:
        own = {section.label for section in article.sections}
        for label in own:
            assert article.select(label)
            assert label in article.outline()
            assert label in article.to_html()
            assert label in render_article(article).plain
    output = command.printed("evaluate", "checkpoints/sections", "data/dev.jsonl")
    assert all(label in output for label in labels)


def test_the_files_are_in_what_is_installed() -> None:
    builder = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(ROOT))
    packed = {file.distribution_path for file in builder.recurse_included_files()}
    template = ROOT / "training" / "phodang_training" / "project_template"
    assert packed >= {f"phodang_training/project_template/{name}" for name in files(template)}


def test_nothing_is_written_over(command: PhodangTrain, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    message = command.failed("new", tmp_path)
    assert "expected an empty folder or none, found mine.txt in it. Give another path" in message
    assert files(tmp_path) == ["mine.txt"]
    assert "expected a folder to make" in command.failed("new", tmp_path / "mine.txt")
    (tmp_path / "empty").mkdir()
    command.printed("new", tmp_path / "empty")
    command.printed("new", tmp_path / "a" / "b")


@pytest.mark.parametrize("encoder", ["none", "./none", "/none/at/all", "a/b/c", ".", ""])
def test_an_encoder_that_cannot_be_is_told_at_once(
    command: PhodangTrain, tmp_path: Path, encoder: str
) -> None:
    message = command.failed("new", tmp_path / "project", "--encoder", encoder)
    assert "expected a folder with an encoder, or a hub name such as" in message
    assert not (tmp_path / "project").exists()


def test_without_checkout_the_encoder_is_from_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "checkout_encoder", lambda: None)
    write_project(tmp_path / "one")
    write_project(tmp_path / "two", encoder="some/encoder")
    for name, encoder in (("one", HUB_ENCODER), ("two", "some/encoder")):
        config = load_config(tmp_path / name / "entities.toml", EntitiesConfig)
        assert (config.encoder, config.training.learning_rate) == (encoder, 3e-5)
        readme = (tmp_path / name / "README.md").read_text(encoding="utf-8")
        assert f"begins from `{encoder}`" in readme

"""What a user can rely on when texts are read, whatever they are and however they come."""

from __future__ import annotations

import dataclasses
import itertools
import json
import pickle
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isolated import run_python
from toy import LABELS, SECTION_LABELS, SEGMENTED, toy_articles
from toy_models import LONG, ToyModels

from phodang import analyzer as module
from phodang import predict
from phodang.analyzer import BUNDLED_MODEL, Analyzer, checkpoint_folder
from phodang.article import Article
from phodang.checkpoint import Manifest, read_manifest, sha256_of_file, write_manifest
from phodang.errors import CheckpointError, InputError, MissingDependencyError, SegmenterError
from phodang.passages import passage_spans
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import SubwordTokenizer
from phodang_training.trust.random_labels import RandomBackend

PASSAGES = [passage.text for article in toy_articles() for passage in article.passages]
TEXTS = ["\n".join(PASSAGES[:3]), "", LONG.text, "Huế", f"\n \n{PASSAGES[5]}\r\n\r\n{LONG.text} "]

pieces = st.sampled_from([*SEGMENTED.split(), *PASSAGES, "\r\n", "\u00a0", "\u200b", "e\u0301"])
wild_text = st.text() | st.lists(pieces | st.text(max_size=5), max_size=12).map(" ".join)
"""Text of the toy models' language, of any other, and of none."""


@pytest.fixture(scope="module")
def folder(toy_models: ToyModels) -> Path:
    return toy_models.exported("both", "int8")


@pytest.fixture(scope="module")
def analyzer(folder: Path) -> Analyzer:
    return Analyzer.from_pretrained(folder)


def junk(folder: Path, segmenter: str) -> Analyzer:
    """An analyzer that predicts at random."""
    manifest = read_manifest(folder)
    reader = PassageReader(load_segmenter(segmenter), SubwordTokenizer.from_folder(folder))
    return Analyzer(manifest, reader=reader, backend=RandomBackend(manifest))


def check(article: Article, text: str) -> None:
    """An article is its text; entities and sections are in order, as written, inside passages."""
    assert article.text == text
    assert [(p.start, p.end) for p in article.passages] == passage_spans(text)
    for passage in article.passages:
        for entity in passage.entities:
            assert passage.start <= entity.start < entity.end <= passage.end
        for section in passage.sections:
            assert passage.start <= section.start < section.end <= passage.end
            assert 0 <= section.score <= 1
    for entity in article.entities:
        assert text[entity.start : entity.end] == entity.text == entity.text.strip() != ""
        assert 0 <= entity.score <= 1
    for entity, following in itertools.pairwise(article.entities):
        assert entity.end <= following.start


def test_what_comes_in_decides_what_comes_out(analyzer: Analyzer) -> None:
    one = analyzer.predict(TEXTS[0])
    assert isinstance(one, Article)
    assert one.entities
    assert one.labels
    several = analyzer.predict(TEXTS)
    assert isinstance(several, list)
    assert [article.text for article in several] == TEXTS
    assert several[0] == one
    assert analyzer.predict(tuple(TEXTS)) == several
    assert analyzer.predict(text for text in TEXTS) == several
    assert list(analyzer.stream(iter(TEXTS))) == several
    assert analyzer.predict([]) == []


def test_a_stream_is_read_as_it_comes(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SUBWORDS_AT_ONCE", 50)

    def endless() -> Iterator[str]:
        yield from itertools.repeat(PASSAGES[0])

    articles = list(itertools.islice(analyzer.stream(endless()), 30))
    assert articles == [analyzer.predict(PASSAGES[0])] * 30


@pytest.mark.parametrize("at_once", [1, 7, 40, 10**9])
def test_results_are_the_same_in_any_company(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    expected = {text: analyzer.predict(text) for text in TEXTS}
    monkeypatch.setattr(module, "_SUBWORDS_AT_ONCE", at_once)
    for order in (TEXTS, TEXTS[::-1], [*TEXTS, *TEXTS]):
        assert analyzer.predict(order) == [expected[text] for text in order]


def test_results_do_not_depend_on_threads(folder: Path) -> None:
    one, two = (Analyzer.from_pretrained(folder, threads=number) for number in (1, 2))
    assert one.predict(TEXTS) == two.predict(TEXTS)


def test_an_analyzer_is_shared_between_threads(analyzer: Analyzer) -> None:
    expected = analyzer.predict(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        results = [*pool.map(lambda _: analyzer.predict(TEXTS), range(24))]
    assert results == [expected] * 24


@pytest.mark.parametrize("segmenter", ["presegmented", "underthesea"])
def test_any_text_can_be_read(folder: Path, segmenter: str) -> None:
    reader = junk(folder, segmenter)
    labels: set[str] = set()

    @settings(max_examples=100 if segmenter == "presegmented" else 40)
    @given(wild_text)
    def read(text: str) -> None:
        article = reader.predict(text)
        check(article, text)
        labels.update(entity.label for entity in article.entities)
        labels.update(share.label for share in article.labels)
        assert Article.from_dict(json.loads(json.dumps(article.to_dict()))) == article

    read()
    assert labels == {*LABELS, *SECTION_LABELS}


def test_passages_do_not_touch_one_another(analyzer: Analyzer, folder: Path) -> None:
    @settings(max_examples=50)
    @given(st.lists(st.sampled_from([*PASSAGES, LONG.text, "Chi bộ 7"]), max_size=5), wild_text)
    def read(passages: list[str], other: str) -> None:
        for reader in (analyzer, junk(folder, "presegmented")):
            text, expected = "", []
            for passage in [*passages, other]:
                expected += [
                    dataclasses.replace(e, start=e.start + len(text), end=e.end + len(text))
                    for e in reader.predict(passage).entities
                ]
                text += f"{passage}\r\n"
            assert [*reader.predict(text).entities] == expected

    read()


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace(" ", "  "),
        lambda text: f"\ufeff{text}",
        lambda text: text.replace("ộ", "ộ\u200b"),
    ],
    ids=["windows", "nfd", "nbsp", "double-space", "byte-order-mark", "zero-width"],
)
def test_spellings_are_read_alike(analyzer: Analyzer, written: Callable[[str], str]) -> None:
    text = "\n".join(PASSAGES)
    article = analyzer.predict(written(text))
    check(article, written(text))
    # The same entities, each as it is written there.
    expected = [(e.label, written(e.text).strip("\ufeff")) for e in analyzer.predict(text).entities]
    assert [(entity.label, entity.text) for entity in article.entities] == expected
    assert len(expected) > len(PASSAGES)
    labels = [passage.labels for passage in analyzer.predict(text).passages]
    assert [passage.labels for passage in article.passages] == labels


def test_emoji_count_as_code_points(analyzer: Analyzer) -> None:
    text = f"🇻🇳👩🏽‍🏫 {PASSAGES[0]}"
    read = analyzer.predict(text)
    check(read, text)
    assert "Hà Nội" in [entity.text for entity in read.entities]


def test_words_cover_the_text(analyzer: Analyzer) -> None:
    text = TEXTS[-1]
    assert [text[start:end] for start, end in analyzer.words(text)] == text.split()


@pytest.mark.parametrize(
    ("given_texts", "message"),
    [
        (None, "Expected a string, or several strings, found NoneType. Give the text itself."),
        (12, "Expected a string, or several strings, found int. Give"),
        (Path("article.txt"), "Path. Give the text itself."),
        (b"Hu", "Expected a string, or several strings, found bytes. Decode it first"),
        (bytearray(b"Hu"), "found bytearray. Decode it first, for instance with .decode('utf-8')."),
        (["Huế", None], "Expected a string, found NoneType. Give the text itself."),
        (["Huế", b"Hu"], "Expected a string, found bytes. Decode it first"),
        ([["Huế"]], "Expected a string, found list."),
    ],
)
def test_what_is_no_text_is_told(analyzer: Analyzer, given_texts: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        analyzer.predict(given_texts)  # type: ignore[call-overload]
    assert message in str(caught.value)


def test_a_stream_of_one_string_is_told(analyzer: Analyzer) -> None:
    for text in ("Huế", ""):
        with pytest.raises(
            InputError, match="found a single string; use predict, or put it in a list"
        ):
            next(analyzer.stream(text))


@pytest.mark.parametrize("threads", [0, -1])
def test_threads_are_at_least_one(folder: Path, threads: int) -> None:
    with pytest.raises(InputError, match=f"threads of at least 1, found {threads}"):
        Analyzer.from_pretrained(folder, threads=threads)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ("entities", 'found the string "entities". Put it in a tuple: tasks=("entities",).'),
        (("topics",), 'does, entities and sections, found "topics". Leave tasks out for all'),
        (("entities", "topics", "a"), 'found "a", "topics".'),
        ((), "found none. Leave tasks out"),
    ],
)
def test_unknown_tasks_are_told(analyzer: Analyzer, tasks: Iterable[str], message: str) -> None:
    for read in (
        lambda: analyzer.predict("Huế", tasks=tasks),
        lambda: analyzer.predict([], tasks=tasks),
        lambda: next(analyzer.stream(["Huế"], tasks=tasks)),
    ):
        with pytest.raises(InputError) as caught:
            read()
        assert message in str(caught.value)


def test_tasks_can_be_any_iterable(analyzer: Analyzer) -> None:
    expected = analyzer.predict(TEXTS)
    assert analyzer.predict(TEXTS, tasks=iter(["sections", "entities", "sections"])) == expected


def test_a_long_passage_is_classified_in_parts(folder: Path) -> None:
    text = f"Huế.\n{' '.join([LONG.text] * 6)}\nHà Nội"
    reader = junk(folder, "presegmented")
    rows = reader.section_probabilities(text)
    passages = passage_spans(text)
    parts = [(start, end) for start, end, _ in rows if passages[1][0] <= start < passages[1][1]]
    assert len(rows) == len(parts) + 2
    assert len(parts) > 1
    assert [start for start, _ in parts] == [passages[1][0], *(end for _, end in parts[:-1])]
    assert parts[-1][1] == passages[1][1]
    read = reader.predict(text)
    check(read, text)
    assert {(s.start, s.end) for s in read.passages[1].sections} <= {*parts}


def test_an_unknown_model_is_told() -> None:
    with pytest.raises(CheckpointError, match=r"No checkpoint at entitees: .* Check the path"):
        Analyzer.from_pretrained("entitees")


def test_an_unknown_segmenter_is_told(folder: Path) -> None:
    with pytest.raises(SegmenterError, match="Choose one of: underthesea"):
        Analyzer.from_pretrained(folder, segmenter="undertheseas")


def test_a_bundled_model_is_found_by_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path / package)
    shutil.copytree(folder, tmp_path / "phodang" / "models" / BUNDLED_MODEL)
    module.bundled_analyzer.cache_clear()
    assert predict(PASSAGES[0]) == Analyzer.from_pretrained(folder).predict(PASSAGES[0])
    assert predict([PASSAGES[0]]) == [predict(PASSAGES[0])]
    module.bundled_analyzer.cache_clear()


def test_nothing_in_the_working_directory_shadows_a_bundled_model(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = tmp_path / "phodang" / "models" / BUNDLED_MODEL
    shutil.copytree(folder, bundled)
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path / package)
    for kind in ("folder", "file"):
        (tmp_path / kind).mkdir()
        monkeypatch.chdir(tmp_path / kind)
        if kind == "folder":
            Path(BUNDLED_MODEL).mkdir()
        else:
            Path(BUNDLED_MODEL).touch()
        assert checkpoint_folder(BUNDLED_MODEL) == bundled
        for written in (
            f"./{BUNDLED_MODEL}",
            Path(BUNDLED_MODEL),
            str(Path(BUNDLED_MODEL).resolve()),
        ):
            assert checkpoint_folder(written).resolve() == Path(BUNDLED_MODEL).resolve()
    for no_name in ("", ".", "..", "models", f"../{BUNDLED_MODEL}"):
        assert checkpoint_folder(no_name) == Path(no_name)


def test_damage_is_told(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    weights = copy / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"model\.onnx is damaged: its SHA-256 .* Copy"):
        Analyzer.from_pretrained(copy)
    # The checksum is right, but no graph is in the file.
    rewrite(copy, files={**read_manifest(folder).files, "model.onnx": sha256_of_file(weights)})
    with pytest.raises(CheckpointError, match=r"ONNX Runtime .* cannot read .*model\.onnx"):
        Analyzer.from_pretrained(copy)
    for name in ("sections.onnx", "model.onnx"):
        (copy / name).unlink()
        with pytest.raises(CheckpointError, match=rf"{name} is missing"):
            Analyzer.from_pretrained(copy)


def test_weights_of_another_model_are_told(toy_models: ToyModels, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(toy_models.trained("both"), tmp_path / "copy"))
    config = copy / "config.json"
    text = config.read_text(encoding="utf-8").replace(
        '"num_hidden_layers": 2', '"num_hidden_layers": 3'
    )
    config.write_text(text, encoding="utf-8")
    rewrite(
        copy,
        files={
            **read_manifest(toy_models.trained("both")).files,
            "config.json": sha256_of_file(config),
        },
    )
    with pytest.raises(CheckpointError, match=r"does not hold the weights that config\.json"):
        Analyzer.from_pretrained(copy)


def rewrite(folder: Path, *, files: dict[str, str]) -> Manifest:
    manifest = dataclasses.replace(read_manifest(folder, verify=False), files=files)
    write_manifest(folder, manifest)
    return manifest


def test_the_training_form_needs_torch(
    toy_models: ToyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "phodang.torch_backend", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'phodang\[torch\]'"):
        Analyzer.from_pretrained(toy_models.trained("both"))


def test_the_inference_form_needs_no_torch(analyzer: Analyzer, folder: Path) -> None:
    code = """
import json, sys

tried = set()

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "phodang_training"}:
            tried.add(name)
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocked())
import phodang

read = [
    phodang.Analyzer.from_pretrained(sys.argv[1], segmenter=name).predict(sys.argv[2])
    for name in ("presegmented", "underthesea")
]
print(json.dumps([[article.to_dict() for article in read], sorted(tried)]))
"""
    records, tried = json.loads(run_python(code, str(folder), TEXTS[0]))
    presegmented, by_underthesea = map(Article.from_dict, records)
    assert presegmented == analyzer.predict(TEXTS[0])
    check(by_underthesea, TEXTS[0])
    assert tried == []


def test_a_pickled_analyzer_reads_alike(analyzer: Analyzer) -> None:
    copy = pickle.loads(pickle.dumps(analyzer))
    assert copy.predict(TEXTS) == analyzer.predict(TEXTS)


def test_an_analyzer_made_by_hand_says_why_it_cannot_be_pickled(folder: Path) -> None:
    with pytest.raises(TypeError, match="made by from_pretrained, found one that was put together"):
        pickle.dumps(junk(folder, "presegmented"))

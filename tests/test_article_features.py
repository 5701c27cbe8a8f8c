"""What a step of training on whole articles reads, and that batches change nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy import LABELS, SECTION_LABELS, WINDOW_SIZE, toy_articles, write_toy_encoder
from toy_models import LONG

from phodang.backend import sums_over
from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.sequences import NO_SUBWORD, Context, unit_stretches, unit_vectors
from phodang.spans import spans_on_text
from phodang.subwords import PADDING, SubwordTokenizer
from phodang.torch_model import ArticleClassifier, SectionHead
from phodang_training.corpus import AnnotatedArticle, AnnotatedPassage
from phodang_training.encoders.loading import load_encoder
from phodang_training.fine_tuning.article_features import (
    EncodedArticle,
    collate_articles,
    encode_article,
)
from phodang_training.fine_tuning.heads import IGNORED, make_head
from phodang_training.fine_tuning.section_model import TrainedSectionClassifier

LABEL_SET = LabelSet(LABELS)

ARTICLES = [
    *toy_articles(),
    AnnotatedArticle("long", (AnnotatedPassage("Huế", (), ("task",)), LONG)),
    AnnotatedArticle("parts", (AnnotatedPassage(" ".join([LONG.text] * 4), (), ("warning",)),)),
]

CLOSE = 2e-5
"""By which sums in another order may differ."""
HALF_PRECISION = 2e-2
"""By which logits may differ where the frozen layers' states were kept in half precision."""


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def classifier(encoder: Path) -> ArticleClassifier:
    torch.manual_seed(3)
    model = load_encoder(encoder)
    head = SectionHead(model.config.hidden_size, label_count=3, reads_document=True)
    tags = len(LABEL_SET.tags)
    return ArticleClassifier(model, tag_count=tags, section_head=head).eval()


@pytest.fixture(scope="module")
def reader(encoder: Path) -> PassageReader:
    return PassageReader(load_segmenter("presegmented"), SubwordTokenizer.from_folder(encoder))


class Encoding:
    """Encodes articles for the toy classifier."""

    def __init__(self, classifier: ArticleClassifier, reader: PassageReader) -> None:
        self.classifier = classifier
        self.reader = reader

    def __call__(
        self,
        article: AnnotatedArticle,
        *,
        context: Context = "passage",
        frozen_layers: int = 0,
        entities: bool = True,
        weight: float = 1.0,
    ) -> EncodedArticle:
        return encode_article(
            article,
            reader=self.reader,
            classifier=self.classifier,
            frozen_layers=frozen_layers,
            sections=SECTION_LABELS,
            entities=LABEL_SET if entities else None,
            context=context,
            window_size=WINDOW_SIZE,
            weight=weight,
        )

    def model(self, *, frozen_layers: int = 0, entities: bool = True) -> TrainedSectionClassifier:
        return TrainedSectionClassifier(
            self.classifier,
            make_head("crf", LABEL_SET) if entities else None,
            frozen_layers=frozen_layers,
            positive_weights=np.ones(3),
            loss_weight=2.0,
        ).eval()


@pytest.fixture(scope="module")
def encode(classifier: ArticleClassifier, reader: PassageReader) -> Encoding:
    return Encoding(classifier, reader)


def run(model: TrainedSectionClassifier, articles: Sequence[EncodedArticle]) -> dict[str, Any]:
    with torch.inference_mode():
        output: dict[str, Any] = model(**collate_articles(articles))
    return output


def logits_of(model: TrainedSectionClassifier, articles: Sequence[EncodedArticle]) -> torch.Tensor:
    logits = run(model, articles)["logits"]
    return logits[0] if isinstance(logits, tuple) else logits  # type: ignore[no-any-return]


contexts = pytest.mark.parametrize(
    ("context", "entities"),
    [("passage", True), ("window", True), ("title", False), ("previous", False)],
)


@contexts
@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_company_does_not_change_what_a_batch_gives(
    encode: Encoding, context: Context, entities: bool, frozen: int
) -> None:
    articles = [
        encode(article, context=context, entities=entities, frozen_layers=frozen)
        for article in ARTICLES
    ]
    model = encode.model(frozen_layers=frozen, entities=entities)
    alone = [run(model, [article])["logits"] for article in articles]
    together = run(model, articles)["logits"]
    if not entities:
        assert torch.allclose(together, torch.cat(alone), atol=CLOSE)
        return
    assert torch.allclose(together[0], torch.cat([logits for logits, _ in alone]), atol=CLOSE)
    # Each sequence's tag scores stand in the batch's order, too.
    rows = iter(together[1])
    for article, (_, scores) in zip(articles, alone, strict=True):
        for sequence, own in zip(article.sequences, scores, strict=True):
            length = len(sequence.ids)
            assert torch.allclose(next(rows)[:length], own[:length], atol=CLOSE)
    assert next(rows, None) is None


@contexts
def test_frozen_layers_and_the_others_are_the_encoder(
    encode: Encoding, context: Context, entities: bool
) -> None:
    def logits(frozen: int) -> torch.Tensor:
        options: Any = {"context": context, "entities": entities, "frozen_layers": frozen}
        model = encode.model(frozen_layers=frozen, entities=entities)
        return logits_of(model, [encode(article, **options) for article in ARTICLES])

    whole = logits(0)
    for frozen in (1, 2):
        assert torch.allclose(logits(frozen), whole, atol=HALF_PRECISION)


@contexts
def test_units_are_averaged_as_inference_does(
    encode: Encoding, context: Context, entities: bool
) -> None:
    for article in ARTICLES:
        encoded = encode(article, context=context, entities=entities)
        stretches = unit_stretches(encoded.sequences, encoded.units)
        with torch.inference_mode():
            states = [encode.classifier.states(ids[None])[0].numpy() for ids in encoded.inputs]
            sums = [
                sums_over(read, [(start, end) for _, start, end in own])
                for read, own in zip(states, stretches, strict=True)
            ]
            vectors = torch.from_numpy(unit_vectors(stretches, sums, encoded.units))
            assert encode.classifier.sections is not None
            expected = encode.classifier.sections(vectors)
        found = logits_of(encode.model(entities=entities), [encoded])
        assert torch.allclose(found, expected, atol=CLOSE)


def test_a_unit_has_the_sections_of_its_passage(encode: Encoding) -> None:
    for article in ARTICLES:
        encoded = encode(article)
        for unit, row in zip(encoded.units, encoded.sections, strict=True):
            names = tuple(n for n, has in zip(SECTION_LABELS, row, strict=True) if has)
            assert names == article.passages[unit.passage].sections
    assert len(encode(ARTICLES[-1]).units) > 1


@pytest.mark.parametrize("context", ["passage", "window"])
def test_tags_are_gold_where_a_subword_is_its_own(encode: Encoding, context: Context) -> None:
    for article in ARTICLES:
        encoded = encode(article, context=context)
        tags = np.full(sum(map(len, encoded.passages)), IGNORED)
        for sequence, own, continues in zip(
            encoded.sequences, encoded.tags, encoded.continues, strict=True
        ):
            at = sequence.subwords != NO_SUBWORD
            assert (own.numpy()[~at] == IGNORED).all()
            assert not continues.numpy()[~at].any()
            tags[sequence.subwords[at]] = own.numpy()[at]
        first = 0
        for passage, read in zip(article.passages, encoded.passages, strict=True):
            found = spans_on_text(passage.text, read, tags[first : first + len(read)], LABEL_SET)
            assert [(start, end, label) for start, end, label, _, _ in found] == [
                (span.start, span.end, span.label) for span in passage.entities
            ]
            first += len(read)


def test_padding_is_told_as_padding(encode: Encoding) -> None:
    batch = collate_articles([encode(article, context="window") for article in ARTICLES])
    rows = []
    for group in batch["groups"]:
        rows += group["rows"].tolist()
        padding = group["attention_mask"] == 0
        assert (group["inputs"][padding] == PADDING).all()
        assert (group["inputs"][~padding] != PADDING).all()
        assert (group["units"][padding] == NO_SUBWORD).all()
        assert (group["tags"][padding] == IGNORED).all()
        assert not group["continues"][padding].any()
    assert sorted(rows) == [*range(len(rows))]
    units = torch.cat([group["units"].flatten() for group in batch["groups"]])
    assert sorted({*units.tolist()} - {NO_SUBWORD}) == [*range(len(batch["labels"]))]
    assert batch["unit_counts"].sum() == len(batch["labels"]) == len(batch["weights"])


def test_an_articles_weight_is_that_of_its_units(encode: Encoding) -> None:
    articles = [
        encode(a, weight=w, entities=False) for a, w in zip(ARTICLES[:2], (1, 3), strict=True)
    ]
    batch = collate_articles(articles)
    assert batch["weights"].tolist() == [1, 1, 3, 3]
    model = encode.model(entities=False)
    losses = [run(model, [dataclasses.replace(a, weight=1.0)])["loss"].item() for a in articles]
    assert run(model, articles)["loss"].item() == pytest.approx((losses[0] + 3 * losses[1]) / 2)
    # Alone in its batch, an article keeps its weight.
    assert run(model, articles[1:])["loss"].item() == pytest.approx(3 * losses[1])


def test_the_losses_are_added(encode: Encoding) -> None:
    alone = run(encode.model(entities=False), [encode(a, entities=False) for a in ARTICLES])["loss"]
    articles = [encode(article) for article in ARTICLES]
    model = encode.model()
    model.loss_weight = 0.0
    entities = run(model, articles)["loss"]
    assert entities > 0
    model.loss_weight = 2.0
    assert run(model, articles)["loss"].item() == pytest.approx((entities + 2 * alone).item())


def test_positive_weights_count_what_has_a_label(encode: Encoding) -> None:
    articles = [encode(article, entities=False) for article in ARTICLES]
    gold = torch.cat([torch.from_numpy(article.sections) for article in articles])
    model = encode.model(entities=False)
    logits = logits_of(model, articles).double()
    model.positive_weights.copy_(torch.tensor([1.0, 2.0, 4.0]))
    each = torch.where(gold, -logits.sigmoid().log(), -(-logits).sigmoid().log())
    expected = (each * torch.where(gold, torch.tensor([1.0, 2.0, 4.0]), 1.0)).mean()
    assert run(model, articles)["loss"].item() == pytest.approx(expected.item(), rel=1e-4)

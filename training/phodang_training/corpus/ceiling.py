"""The ceiling by tokenization: what a perfect tagger of these subwords would reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import SubwordTokenizer
from phodang_training.corpus.annotation import AnnotatedArticle, AnnotatedSpan, labels_of
from phodang_training.encoders.loading import encoder_folder, load_encoder_config, window_size
from phodang_training.evaluation.metrics import Score, span_scores
from phodang_training.fine_tuning.features import EncodedPassage, encode_passages


@dataclass(frozen=True, slots=True)
class LostEntity:
    """An annotated entity that no tagger of the subwords can give.

    Attributes:
        article: Which of the articles it is in, counted from 0.
        passage: Which of that article's passages it is in.
        span: The entity.
        nearest: What a perfect tagger would give in its place; none if nothing.
    """

    article: int
    passage: int
    span: AnnotatedSpan
    nearest: AnnotatedSpan | None


def tokenization_ceiling(
    articles: Sequence[AnnotatedArticle], *, encoder: str, segmenter: str
) -> Score:
    """Put gold spans on subwords and read them off again.

    Args:
        articles: Annotated articles.
        encoder: Folder or hub name of the encoder whose subwords are meant.
        segmenter: Name of the word segmenter.

    Returns:
        The score of the spans that come back; its recall is the ceiling.
    """
    encoded, labels = _encode(articles, encoder, segmenter)
    return span_scores(
        [passage.gold for passage in encoded],
        [passage.oracle(labels) for passage in encoded],
        [len(passage.text) for passage in encoded],
    ).micro


def lost_entities(
    articles: Sequence[AnnotatedArticle], *, encoder: str, segmenter: str
) -> Iterator[LostEntity]:
    """Find the entities that do not come back from the subwords.

    Args:
        articles: Annotated articles.
        encoder: Folder or hub name of the encoder whose subwords are meant.
        segmenter: Name of the word segmenter.

    Yields:
        The entities in the order of the articles.
    """
    encoded, labels = _encode(articles, encoder, segmenter)
    places = [(a, p) for a, article in enumerate(articles) for p in range(len(article.passages))]
    for (article, index), passage in zip(places, encoded, strict=True):
        given = [AnnotatedSpan(*span) for span in passage.oracle(labels)]
        for span in articles[article].passages[index].entities:
            if span not in given:
                shared = [_common(span, other) for other in given]
                nearest = given[shared.index(max(shared))] if any(shared) else None
                yield LostEntity(article, index, span, nearest)


def _encode(
    articles: Sequence[AnnotatedArticle], encoder: str, segmenter: str
) -> tuple[list[EncodedPassage], LabelSet]:
    folder = encoder_folder(encoder, weights=False)
    labels = LabelSet(labels_of(articles))
    encoded = encode_passages(
        [passage for article in articles for passage in article.passages],
        reader=PassageReader(load_segmenter(segmenter), SubwordTokenizer.from_folder(folder)),
        labels=labels,
        window_size=window_size(load_encoder_config(folder)),
    )
    return encoded, labels


def _common(span: AnnotatedSpan, other: AnnotatedSpan) -> int:
    """How many characters two spans share, if they have one label."""
    if span.label != other.label:
        return 0
    return max(0, min(span.end, other.end) - max(span.start, other.start))

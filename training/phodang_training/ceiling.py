"""The ceiling by tokenization: what a perfect tagger of these subwords would reach."""

from __future__ import annotations

from collections.abc import Sequence

from phodang.labels import LabelSet
from phodang.reader import PassageReader
from phodang.segmentation import load_segmenter
from phodang.subwords import SubwordTokenizer
from phodang_training.corpus import AnnotatedArticle
from phodang_training.encoders import encoder_folder, load_encoder_config, window_size
from phodang_training.features import encode_passages
from phodang_training.metrics import Score, span_scores


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
    folder = encoder_folder(encoder, weights=False)
    passages = [passage for article in articles for passage in article.passages]
    labels = LabelSet(tuple(sorted({e.label for p in passages for e in p.entities})))
    encoded = encode_passages(
        passages,
        reader=PassageReader(load_segmenter(segmenter), SubwordTokenizer.from_folder(folder)),
        labels=labels,
        window_size=window_size(load_encoder_config(folder)),
    )
    return span_scores(
        [passage.gold for passage in encoded],
        [passage.oracle(labels) for passage in encoded],
        [len(passage.text) for passage in encoded],
    ).micro

"""How fast texts are read in the usual way: underthesea, then transformers' pipeline in torch.

The encoder has random weights, since no speed depends on them, and the tag classifier has none: it
finds nothing, which costs the pipeline least. All else is as the libraries have it by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phodang.benchmark.encoder_shape import EncoderShape
from phodang.benchmark.machine import peak_memory
from phodang.benchmark.measurement import Measurement, Run, count_words, measured
from phodang.benchmark.own_process import torch_threads
from phodang.passages import passage_spans
from phodang.subwords import BEGIN, END, MERGES_FILE, PADDING, VOCABULARY_FILE

if TYPE_CHECKING:
    from transformers import Pipeline

DEFAULT_BATCH_SIZE = 1
"""Of transformers' pipelines."""

_WITHOUT_SUBWORD = 2
"""Positions that RoBERTa does not use: its positions begin behind the padding id."""


def first_texts(texts: Sequence[str], *, words: int) -> list[str]:
    """The first texts, whole, until they have so many words or more; at least one."""
    chosen: list[str] = []
    count = 0
    for text in texts:
        if chosen and count >= words:
            break
        chosen.append(text)
        count += count_words([text])
    return chosen


def measure_baseline(
    folder: Path,
    shape: EncoderShape,
    texts: Sequence[str],
    *,
    tags: Sequence[str],
    batch_sizes: Sequence[int],
    threads: int,
    repeats: int,
) -> list[Measurement]:
    """Segment passages with underthesea, and classify their subwords with a pipeline.

    Passages are given to the pipeline one by one, as its users do, in the order of the texts. Of
    one that is longer than the encoder reads at once, the pipeline leaves out the rest, so that it
    has less to do than phodang.

    Args:
        folder: The checkpoint, of which only the tokenizer's files are read. An encoder with a
            larger vocabulary reads the same subwords; one of its own would make fewer of a text.
        shape: The encoder's shape.
        texts: What is read. The first passages, one batch, are read once before.
        tags: The tags that are told apart; the first is that of no entity.
        batch_sizes: Passages that are read at once, for each measurement. They are measured in
            this order, and the memory is the largest so far: smaller ones belong first.
        threads: Threads of torch.
        repeats: How many times the texts are read.

    Returns:
        The measurements, with the stages ``segmenter`` and ``pipeline``, one for each batch size.
    """
    import torch  # noqa: F401 - so that its threads are set
    from underthesea import word_tokenize

    segment = partial(word_tokenize, format="text")
    passages = [text[start:end] for text in texts for start, end in passage_spans(text)]
    with torch_threads(threads):
        classifier = token_classifier(folder, shape, tags=tags)
        measurements = []
        for batch_size in batch_sizes:
            run = partial(_run, segment, classifier, batch_size=batch_size)
            run(passages[:batch_size])
            measurements.append(
                measured(
                    partial(run, passages),
                    words=count_words(texts),
                    repeats=repeats,
                    peak_memory=peak_memory,
                )
            )
    return measurements


def token_classifier(folder: Path, shape: EncoderShape, *, tags: Sequence[str]) -> Pipeline:
    """Make a pipeline of random weights in 32 bits that labels no entity.

    Args:
        folder: The folder with the tokenizer's files.
        shape: The encoder's shape.
        tags: See `measure_baseline`.
    """
    import torch
    from transformers import (
        PhobertTokenizer,
        RobertaConfig,
        RobertaForTokenClassification,
        pipeline,
    )

    config = RobertaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.dimensions,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=shape.positions,
        type_vocab_size=1,
        bos_token_id=BEGIN,
        pad_token_id=PADDING,
        eos_token_id=END,
        id2label=dict(enumerate(tags)),
        label2id={tag: number for number, tag in enumerate(tags)},
    )
    model = RobertaForTokenClassification(config)
    # All scores are equal, and the first tag is taken.
    torch.nn.init.zeros_(model.classifier.weight)
    torch.nn.init.zeros_(model.classifier.bias)
    tokenizer = PhobertTokenizer(  # type: ignore[no-untyped-call]
        str(folder / VOCABULARY_FILE),
        str(folder / MERGES_FILE),
        model_max_length=shape.positions - _WITHOUT_SUBWORD,
    )
    return pipeline(
        "token-classification",
        model=model,
        tokenizer=tokenizer,
        device="cpu",
        aggregation_strategy="simple",
    )


def _run(
    segment: Callable[[str], str],
    classifier: Callable[..., Any],
    passages: Sequence[str],
    *,
    batch_size: int,
) -> Run:
    start = time.perf_counter()
    segmented = [segment(passage) for passage in passages]
    between = time.perf_counter()
    classifier(segmented, batch_size=batch_size)
    end = time.perf_counter()
    return Run(
        seconds=end - start, stages={"segmenter": between - start, "pipeline": end - between}
    )

"""Compares phodang's subword tokenizer with transformers' slow one, on the words of any texts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transformers import PhobertTokenizer

from phodang.errors import InputError
from phodang.normalization import normalize
from phodang.passages import passage_spans
from phodang.segmentation import Segmenter
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE, SubwordTokenizer


@dataclass(frozen=True)
class Difference:
    """A word that the two tokenizers encode differently.

    Attributes:
        word: The word, with ``_`` for inner spaces.
        ids: What `SubwordTokenizer` makes of it.
        reference_ids: What transformers' ``PhobertTokenizer`` makes of it.
    """

    word: str
    ids: list[int]
    reference_ids: list[int]


@dataclass(frozen=True)
class ParityReport:
    """What a comparison found.

    Attributes:
        words: Number of words compared.
        distinct_words: Number of distinct words among them.
        special_words: Number of words left out, not counted above, because they spell a special
            token such as ``<s>``: transformers takes that for the token, phodang for text.
        differences: The distinct words that differ.
    """

    words: int
    distinct_words: int
    special_words: int
    differences: list[Difference]


def compare_tokenizers(
    encoder: Path, texts: Iterable[str], *, segmenter: Segmenter, words: int
) -> ParityReport:
    """Compare the two tokenizers word by word.

    Args:
        encoder: A folder with ``vocab.txt`` and ``bpe.codes``.
        texts: Raw texts; read until there are enough words.
        segmenter: Finds the words.
        words: How many words to compare at most.

    Raises:
        CheckpointError: A file of the encoder is missing or of another format.
    """
    tokenizer = SubwordTokenizer.from_folder(encoder)
    reference = PhobertTokenizer(  # type: ignore[no-untyped-call]
        vocab_file=str(encoder / VOCABULARY_FILE), merges_file=str(encoder / MERGES_FILE)
    )
    special_tokens = reference.all_special_tokens
    compared = special = 0
    distinct: set[str] = set()
    differences = []
    for word, ids in _encoded_words(tokenizer, texts, segmenter):
        if compared == words:
            break
        if any(token in word for token in special_tokens):
            special += 1
            continue
        compared += 1
        if word in distinct:
            continue
        distinct.add(word)
        expected = reference.encode(word, add_special_tokens=False)
        if ids != expected:
            differences.append(Difference(word, ids, expected))
    return ParityReport(compared, len(distinct), special, differences)


def read_texts(path: Path) -> Iterator[str]:
    """Read texts from a file.

    Args:
        path: ``.jsonl`` or ``.jsonl.gz`` with a string ``text`` in each line, anything else is
            one plain text; UTF-8.

    Raises:
        InputError: The file is missing or not as said above.
    """
    name = path.name.lower()
    lines = name.removesuffix(".gz").endswith(".jsonl")
    try:
        with (gzip.open if name.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
            if not lines:
                yield file.read()
                return
            for number, line in enumerate(file, 1):
                yield _text_of(line, f"{path}, line {number}")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: expected a readable UTF-8 file, found {error}. Check the path and the file."
        ) from None


def _text_of(line: str, where: str) -> str:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: expected a JSON object, found {error}. Repair it.") from None
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise InputError(f'{where}: expected an object with a string "text". Repair the line.')
    return text


def _encoded_words(
    tokenizer: SubwordTokenizer, texts: Iterable[str], segmenter: Segmenter
) -> Iterator[tuple[str, list[int]]]:
    """Yield each word as transformers wants it, with the ids that phodang gives it."""
    for text in texts:
        for start, end in passage_spans(text):
            normalized = normalize(text[start:end])
            for span in segmenter.words(normalized.text):
                word = "_".join(normalized.text[slice(*span)].split())
                yield word, tokenizer.encode(normalized, [span]).ids.tolist()

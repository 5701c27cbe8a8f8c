"""A toy encoder in PhoBERT's format and a toy corpus, made on the fly for the tests."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path

import torch
from transformers import RobertaConfig, RobertaModel

from phodang_training.corpus import (
    AnnotatedArticle,
    AnnotatedPassage,
    AnnotatedSpan,
    write_articles,
)

POSITIONS = 34
"""Of the toy encoder; two go to the offset of RoBERTa's positions, two to ``<s>`` and ``</s>``."""
WINDOW_SIZE = 30

LABELS = ("DATE", "LOC", "ORG")
SECTION_LABELS = ("achievement", "task", "warning")

# An entity is written [LABEL words]; a line is a passage, which begins with its {sections} if it
# has any; a block is an article.
ANNOTATED = """\
[ORG Ban Tổ chức Trung ương] họp tại [LOC Hà Nội].
{achievement} Sáng [DATE 12-3], [ORG Tỉnh ủy Nghệ An] tổng kết công tác xây dựng Đảng.

{warning} [ORG Thành ủy Đà Nẵng] kiểm tra chi bộ cơ sở.
Hội nghị diễn ra tại [LOC Đà Nẵng] ngày [DATE 3-2]; cán bộ, đảng viên tham dự.

[ORG Ủy ban Kiểm tra Trung ương] làm việc ở [LOC Cần Thơ].
{task} Ngày [DATE 19-5], [ORG Ban Dân vận] về [LOC Cao Bằng], thăm khu di tích.

{task} [ORG Tỉnh ủy Quảng Ninh] mở lớp bồi dưỡng tại [LOC Hạ Long].
{task} Lớp học khai giảng ngày [DATE 2-9], do [ORG Trường Chính trị tỉnh] tổ chức.

{achievement} [ORG Quốc hội] họp tại [LOC Hà Nội] ngày [DATE 20-5].
{task warning} Chiều [DATE 26-3], [ORG Tỉnh ủy Cao Bằng] gặp mặt cán bộ cơ sở.

[ORG Ban Tuyên giáo] làm việc tại [LOC Nghệ An].
{warning} Công tác kiểm tra ở [LOC Huế] do [ORG Thành ủy Huế] chủ trì ngày [DATE 7-5].
"""

SEGMENTED = """\
Ban Tổ_chức Trung_ương họp tại Hà_Nội .
Sáng 12 - 3 , Tỉnh_ủy Nghệ_An tổng_kết công_tác xây_dựng Đảng .
Thành_ủy Đà_Nẵng kiểm_tra chi_bộ cơ_sở .
Hội_nghị diễn ra tại Đà_Nẵng ngày 3 - 2 ; cán_bộ , đảng_viên tham_dự .
Ủy_ban Kiểm_tra Trung_ương làm_việc ở Cần_Thơ .
Ngày 19 - 5 , Ban Dân_vận về Cao_Bằng , thăm khu di_tích .
Tỉnh_ủy Quảng_Ninh mở lớp bồi_dưỡng tại Hạ_Long .
Lớp học khai_giảng ngày 2 - 9 , do Trường Chính_trị tỉnh tổ_chức .
Quốc_hội họp tại Hà_Nội ngày 20 - 5 .
Chiều 26 - 3 , Tỉnh_ủy Cao_Bằng gặp_mặt cán_bộ cơ_sở .
Ban Tuyên_giáo làm_việc tại Nghệ_An .
Công_tác kiểm_tra ở Huế do Thành_ủy Huế chủ_trì ngày 7 - 5 .
Thủy_điện Hòa_Bình , khu di_tích Pác_Bó , sông Hương .
"""


def learn_merges(words: Counter[str], count: int) -> list[tuple[str, str]]:
    """Learn byte-pair merges (Sennrich et al. 2016) from words with their frequencies."""
    symbols = {word: [*word[:-1], word[-1] + "</w>"] for word in words}
    merges = []
    for _ in range(count):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in symbols.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        symbols = {word: merged(parts, best) for word, parts in symbols.items()}
    return merges


def merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """Join each occurrence of a pair, from the left."""
    result: list[str] = []
    for part in parts:
        if result and (result[-1], part) == pair:
            result[-1] += part
        else:
            result.append(part)
    return result


def toy_vocabulary(merge_count: int = 120) -> tuple[list[str], list[str]]:
    """The lines of a toy ``vocab.txt`` and ``bpe.codes``.

    Some symbols are left out of the vocabulary, so that there are unknown subwords.
    """
    words = Counter(SEGMENTED.split())
    merges = learn_merges(words, merge_count)
    tokens: Counter[str] = Counter()
    for word, frequency in words.items():
        parts = [*word[:-1], word[-1] + "</w>"]
        for pair in merges:
            parts = merged(parts, pair)
        for part in parts:
            written = part[:-4] if part.endswith("</w>") else part + "@@"
            tokens[written] += frequency
        for character in word:
            tokens[character] += 1
            tokens[character + "@@"] += 1
    for character in "bđ9":
        del tokens[character], tokens[character + "@@"]
    vocabulary = [f"{token} {count}" for token, count in tokens.most_common()]
    codes = [f"{left} {right} {len(merges) - rank}" for rank, (left, right) in enumerate(merges)]
    return vocabulary, codes


def write_toy_encoder(folder: Path) -> Path:
    """Write a tiny random RoBERTa with a toy vocabulary, in PhoBERT's format."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, codes = toy_vocabulary()
    write_lines(folder / "vocab.txt", vocabulary)
    write_lines(folder / "bpe.codes", codes)
    config = RobertaConfig(
        vocab_size=len(vocabulary) + 5,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=POSITIONS,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer = {"tokenizer_class": "PhobertTokenizer", "model_max_length": POSITIONS - 2}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def toy_articles() -> list[AnnotatedArticle]:
    """Six short annotated articles, ``toy-0`` to ``toy-5``."""
    blocks = ANNOTATED.strip().split("\n\n")
    return [
        AnnotatedArticle(f"toy-{number}", tuple(annotated(line) for line in block.splitlines()))
        for number, block in enumerate(blocks)
    ]


def annotated(marked: str) -> AnnotatedPassage:
    """Read a passage with ``{its sections}`` before it, whose entities are ``[LABEL words]``."""
    sections: tuple[str, ...] = ()
    if marked.startswith("{"):
        names, _, marked = marked[1:].partition("} ")
        sections = tuple(names.split())
    text, entities = "", []
    for part in marked.replace("]", "[").split("["):
        label, _, surface = part.partition(" ")
        if label in LABELS:
            entities.append(AnnotatedSpan(len(text), len(text) + len(surface), label))
            text += surface
        else:
            text += part
    return AnnotatedPassage(text, tuple(entities), sections)


def write_toy_corpus(folder: Path) -> tuple[Path, Path]:
    """Write toy articles to train on (four) and to choose the best epoch by (two)."""
    articles = toy_articles()
    train, dev = folder / "train.jsonl", folder / "dev.jsonl"
    write_articles(train, articles[:4])
    write_articles(dev, articles[4:])
    return train, dev


def write_lines(path: Path, lines: list[str]) -> None:
    """Write lines, each ended by a line feed on every system."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)

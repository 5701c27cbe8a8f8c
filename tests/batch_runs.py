"""Runs of a corpus that is labelled already, shared by the tests of output folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from article_strategies import articles
from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.batch.manifest import Position, RunDescription, RunInput
from phodang.batch.options import ShardFormat
from phodang.batch.output import OutputFolder
from phodang.batch.records import Place, Rejection
from phodang.sections import PassageSection

RUN = RunDescription(
    phodang="1.2.3",
    model="entities",
    model_checksum="sha256:" + "0a" * 32,
    segmenter="underthesea",
    tasks=("entities", "sections"),
    text_field="text",
    id_field="id",
    shard_format="jsonl",
    shard_size=2,
    inputs=(
        RunInput("văn bản/một.jsonl", "json_lines", "sha256:" + "1b" * 32),
        RunInput("-", "json_lines", None),
    ),
)

Item = LabelledArticle | Rejection

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)

labelled_articles = st.builds(
    LabelledArticle,
    st.text(max_size=8),
    articles(),
    st.dictionaries(st.text(max_size=5), json_values, max_size=3),
)


@dataclass(frozen=True)
class Corpus:
    """What reading and labelling gave, in order, and how it is to be written."""

    items: Sequence[Item]
    run: RunDescription

    @property
    def articles(self) -> list[LabelledArticle]:
        return [item for item in self.items if isinstance(item, LabelledArticle)]

    def write(self, folder: Path) -> None:
        """Write the output, or what is left of it."""
        with OutputFolder.open(folder, run=self.run) as output:
            self.write_rest(output)

    def write_rest(self, output: OutputFolder) -> None:
        if output.finished:
            return
        done, rejections = [], []
        for number in range(output.position.item, len(self.items)):
            item = self.items[number]
            if isinstance(item, Rejection):
                rejections.append(item)
            else:
                done.append(item)
            if len(done) == self.run.shard_size:
                output.commit(done, rejections, position=Position(0, number + 1))
                done, rejections = [], []
        if done or rejections:
            output.commit(done, rejections, position=Position(0, len(self.items)))
        output.finish()


def article(number: int) -> LabelledArticle:
    """An article of two passages."""
    text = f"Số {number}.\nBan Tổ chức Trung ương họp tại Hà Nội."
    start = text.index("Ban")
    body = Entity(start, start + 22, "ORG", "Ban Tổ chức Trung ương", 0.75)
    section = PassageSection(start, len(text), "task", 1 / 3)
    passages = (
        Passage(0, start - 1, text[: start - 1]),
        Passage(start, len(text), text[start:], (body,), (section,)),
    )
    return LabelledArticle(f"bài-{number}", Article(text, passages), {"năm": 2000 + number})


def rejection(number: int) -> Rejection:
    """A record without text."""
    return Rejection(Place("một.jsonl", number), f"Không có văn bản ({number}).", f"bài-{number}")


def corpus(kinds: str, *, shard_format: ShardFormat = "jsonl", shard_size: int = 2) -> Corpus:
    """A corpus of articles, ``a``, and rejections, ``r``, such as ``"aarara"``."""
    return Corpus(
        [(article if kind == "a" else rejection)(number) for number, kind in enumerate(kinds)],
        replace(RUN, shard_format=shard_format, shard_size=shard_size),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, hidden ones apart."""
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")
    }

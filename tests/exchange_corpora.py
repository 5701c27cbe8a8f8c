"""Corpora of labelled articles, shared by the tests of exchange."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from article_strategies import articles
from hypothesis import settings
from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.exchange import export_corpus, import_corpus
from phodang.sections import PassageSection

LETTERS = "aĐảộ😀𝄞e\u0323\u0302\u200b\ufeff \t\u00a0[]<>&\"'\\_1-.,;|=\u0fff"
"""Emoji and other astral characters, combining marks, tabs, and what formats treat as special."""

few = settings(max_examples=10)
"""Each example writes files; corpora hold several articles with several labels each."""

line_pieces = st.text(LETTERS, min_size=1, max_size=12)
text_pieces = st.text(LETTERS + "\n\r\x0b\x0c\x85\u2028", min_size=1, max_size=12)
"""With line breaks of every kind."""

names = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20
) | st.sampled_from(["../../etc/passwd", "a/b", "C:\\x", "CON", ".", "x" * 300, "đồng chí", "\n"])
"""Ids of any kind, tricks with paths among them."""

fields = st.dictionaries(
    st.text(LETTERS, max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(-1, 1) | line_pieces,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(line_pieces, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


def corpora(
    pieces: st.SearchStrategy[str], *, max_size: int = 3
) -> st.SearchStrategy[list[LabelledArticle]]:
    """Lists of articles with texts, and ids of their own."""
    article = st.builds(
        LabelledArticle, names, articles(pieces).filter(lambda article: bool(article.text)), fields
    )
    return st.lists(article, max_size=max_size, unique_by=lambda article: article.id)


def there_and_back(
    corpus: Iterable[LabelledArticle],
    format: str,
    *,
    work: Callable[[Path], Path] | None = None,
    predictions: bool = False,
) -> list[LabelledArticle]:
    """Export a corpus, let somebody work on the folder, and import it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out")
        export_corpus(corpus, format, path)
        assert [child.name for child in Path(folder).iterdir()] == ["out"]
        return list(import_corpus(work(path) if work else path, format, predictions=predictions))


def without_scores(corpus: Iterable[LabelledArticle]) -> list[LabelledArticle]:
    """The corpus with all scores 1."""
    return [
        dataclasses.replace(labelled, article=_certain(labelled.article)) for labelled in corpus
    ]


def _certain(article: Article) -> Article:
    return Article(
        article.text,
        tuple(
            dataclasses.replace(
                passage,
                entities=tuple(dataclasses.replace(e, score=1.0) for e in passage.entities),
                sections=tuple(dataclasses.replace(s, score=1.0) for s in passage.sections),
            )
            for passage in article.passages
        ),
    )


TEXT = "😀 Sáng 12-3, tại Hà Nội.\r\nBan Tổ chức Trung ương họp.\n\nViệc cần làm\nKiểm tra cơ sở."


def labelled(
    name: str = "au/1",
    text: str = TEXT,
    entities: Sequence[tuple[str, str]] = (
        ("DATE", "Sáng 12-3"),
        ("LOC", "Hà Nội"),
        ("ORG", "Ban Tổ chức Trung ương"),
    ),
    sections: Sequence[tuple[str, str]] = (("task", "Kiểm tra cơ sở."),),
) -> LabelledArticle:
    """An article of lines, with labels on the first place of each text; scores are 0.75."""
    passages = []
    position = 0
    for line in text.splitlines(keepends=True):
        content = line.strip()
        start = position + line.index(content) if content else position
        end = start + len(content)
        position += len(line)
        if content:
            own = [
                Entity(text.index(s), text.index(s) + len(s), label, s, 0.75)
                for label, s in entities
                if start <= text.index(s) < end
            ]
            marks = tuple(
                PassageSection(text.index(s), text.index(s) + len(s), label, 0.75)
                for label, s in sections
                if start <= text.index(s) < end
            )
            passages.append(Passage(start, end, content, tuple(own), marks))
    return LabelledArticle(name, Article(text, tuple(passages)), {"source": "báo"})

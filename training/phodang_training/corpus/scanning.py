"""The files that a configuration names, read to the end: articles, and all that training refuses.

`phodang_training.corpus.load_articles` stops at what is found here, and ``phodang-train check``
tells it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from phodang.normalization import normalize
from phodang_training.config import DataConfig
from phodang_training.corpus.annotation import label_faults, labels_of
from phodang_training.corpus.annotation_files import Split, scan_articles, scan_conll, scan_split
from phodang_training.corpus.annotation_places import Fault, PlacedArticle


@dataclass(frozen=True, slots=True)
class ScannedCorpus:
    """What the files of a configuration hold.

    Attributes:
        train: The articles to train on.
        dev: The articles to choose by.
        faults: What keeps them from being trained on; if there is none, all articles are there.
    """

    train: list[PlacedArticle]
    dev: list[PlacedArticle]
    faults: list[Fault]


def scan_corpus(
    data: DataConfig, *, entities: bool = True, sections: Collection[str] | None = None
) -> ScannedCorpus:
    """Read the articles that a configuration says to train on and to choose by.

    Args:
        data: The files, their format, the split and the labels.
        entities: Whether entities are to be learnt.
        sections: The sections that are to be learnt; none if None, and any may occur.
    """
    labels = data.labels or None
    found: list[list[PlacedArticle]] = []
    faults: list[Fault] = []
    for files in (data.train, data.dev):
        articles, own = scan_files(files, format=data.format, labels=labels, sections=sections)
        found.append(articles)
        faults += own
    train, dev = found
    if data.split is not None:
        split = scan_split(data.split)
        if isinstance(split, Fault):
            faults.append(split)
        else:
            faults += _unfitting(split, train, data)
            train, dev = _without(train, split.heldout), _without(dev, split.train)
    # Of files that are not read in full nothing can be said to be missing.
    whole = not faults
    faults += repeated_ids([*train, *dev])
    faults += _wordless([*train, *dev])
    if whole:
        faults += _missing(train, dev, data, entities=entities, sections=sections)
        if entities and labels is None:
            faults += _unknown_in_dev(train, dev)
    return ScannedCorpus(train, dev, faults)


def scan_files(
    files: Iterable[str],
    *,
    format: str,
    labels: Collection[str] | None = None,
    sections: Collection[str] | None = None,
) -> tuple[list[PlacedArticle], list[Fault]]:
    """Read files of articles.

    Args:
        files: The files.
        format: ``jsonl`` or ``conll``.
        labels: The entity types that may occur; any if None.
        sections: The sections that may occur; any if None.

    Returns:
        Their articles and their faults.
    """
    articles: list[PlacedArticle] = []
    faults: list[Fault] = []
    for path in files:
        found = (
            scan_conll(path, labels=labels)
            if format == "conll"
            else scan_articles(path, labels=labels, sections=sections)
        )
        for each in found:
            if isinstance(each, Fault):
                faults.append(each)
            else:
                articles.append(each)
    return articles, faults


def repeated_ids(
    articles: Iterable[PlacedArticle], *, earlier: Iterable[PlacedArticle] = ()
) -> Iterator[Fault]:
    """Find articles that have the id of one in another file, or one that ``earlier`` has.

    A file that is there twice is told once. Ids that one file has twice are not told, as that is
    told when it is read.
    """
    first = {placed.article.id: placed for placed in earlier}
    twice: set[str] = set()
    for placed in articles:
        other = first.setdefault(placed.article.id, placed)
        if other is placed:
            continue
        if other.path != placed.path:
            yield placed.fault(
                f'expected an id of its own, found "{placed.article.id}" again, which '
                f"{other.place} has. Rename or delete one of the two."
            )
        elif other.line == placed.line and placed.path not in twice:
            twice.add(placed.path)
            yield Fault(
                placed.path,
                None,
                "expected each file once, found this one twice, and in it the article "
                f'"{placed.article.id}". Take it out of one place, or give a data.split that says '
                "which of its articles are for training.",
            )


def _unfitting(split: Split, train: Iterable[PlacedArticle], data: DataConfig) -> Iterator[Fault]:
    """Find that a split is one of other files."""
    ids = {placed.article.id for placed in train}
    if ids and not ids & {*split.train, *split.heldout}:
        yield Fault(
            str(data.split),
            None,
            f"expected ids of articles in {', '.join(data.train)}, found none. Give the split of "
            "these files, or none.",
        )


def _without(articles: Iterable[PlacedArticle], ids: Iterable[str]) -> list[PlacedArticle]:
    excluded = set(ids)
    return [placed for placed in articles if placed.article.id not in excluded]


def _wordless(articles: Iterable[PlacedArticle]) -> Iterator[Fault]:
    """Find articles of which the model reads nothing, such as one zero-width space."""
    for placed in articles:
        texts = [passage.text for passage in placed.article.passages]
        # Most texts need no closer look.
        if not any(map(str.isalnum, "".join(texts))) and not any(
            normalize(text).text.strip() for text in texts
        ):
            yield placed.fault(
                "expected text with words, found none that the model reads. Delete the line."
            )


def _missing(
    train: Sequence[PlacedArticle],
    dev: Sequence[PlacedArticle],
    data: DataConfig,
    *,
    entities: bool,
    sections: Collection[str] | None,
) -> Iterator[Fault]:
    """Find that there are no articles, or none with what is to be learnt."""
    for articles, files in ((train, data.train), (dev, data.dev)):
        if not articles:
            left = f" that {data.split} leaves" if data.split else ""
            message = f"expected articles, found none{left}. Give other files."
            yield Fault(", ".join(files), None, message)
    if not train:
        return
    place = ", ".join(data.train)
    own = [placed.article for placed in train]
    if entities and not labels_of(own):
        yield Fault(
            place,
            None,
            "expected entities to learn, found none. Annotate some, or train sections alone, "
            "without the table entities.",
        )
    found = {name for article in own for passage in article.passages for name in passage.sections}
    for name in sections or ():
        if name not in found:
            yield Fault(
                place,
                None,
                f'expected passages with the section "{name}", found none. Annotate some, or '
                "leave it out of sections.labels.",
            )


def _unknown_in_dev(
    train: Iterable[PlacedArticle], dev: Iterable[PlacedArticle]
) -> Iterator[Fault]:
    known = labels_of(placed.article for placed in train)
    for placed in dev:
        for fault in label_faults(placed.article, labels=known):
            yield placed.fault(f"{fault} No article to train on has it.")

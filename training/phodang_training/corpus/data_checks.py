"""All that is wrong or doubtful about articles to train on, before anything is trained.

An error is what training refuses. A warning is what spoils a model or its figures; a note is worth
knowing.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path

from phodang.errors import CheckpointError, SegmenterError
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.corpus.annotation import AnnotatedPassage, labels_of, shown
from phodang_training.corpus.annotation_places import PlacedArticle
from phodang_training.corpus.articles import CorpusStatistics, describe
from phodang_training.corpus.overlaps import describe_overlaps
from phodang_training.corpus.scanning import repeated_ids, scan_corpus, scan_files

FEW_EXAMPLES = 10
"""A label that fewer examples have is hardly learnt; where there are two or three, it is often a
label misspelt."""

_ALIKE = 0.8
"""Labels more alike than this, by `difflib`'s ratio, may be one label misspelt."""
_SHOWN_LOST = 5
"""So many of the entities that subwords cannot express are shown."""


class Severity(str, Enum):
    """How bad a finding is."""

    error = "error"
    warning = "warning"
    note = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in the data.

    Attributes:
        severity: How bad it is.
        message: Where it is, what was expected, what was found, and the way out.
    """

    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.severity.value}: {self.message}"


@dataclass(frozen=True, slots=True)
class DataReport:
    """What was found in the data.

    Attributes:
        findings: The findings: errors, then warnings, then notes.
        parts: Counts of each part: ``train``, ``dev``, and files by their names.
    """

    findings: list[Finding]
    parts: Mapping[str, CorpusStatistics]

    def count(self, severity: Severity) -> int:
        """How many findings are so bad."""
        return sum(finding.severity is severity for finding in self.findings)


_Parts = Mapping[str, Sequence[PlacedArticle]]


def check_config(
    config: EntitiesConfig | SectionsConfig, *, tests: Sequence[Path] = ()
) -> DataReport:
    """Check what a configuration trains on.

    Args:
        config: The configuration. Its encoder's vocabulary is needed, not its weights.
        tests: Files that the model is to be measured on.
    """
    learns_sections = isinstance(config, SectionsConfig)
    learns_entities = not isinstance(config, SectionsConfig) or config.entities is not None
    sections = config.sections.labels if isinstance(config, SectionsConfig) else None
    found = scan_corpus(config.data, entities=learns_entities, sections=sections)
    parts = {"train": found.train, "dev": found.dev}
    faults = [*found.faults]
    # What is left of faulty files may lack a label.
    known: Sequence[str] | None = config.data.labels or None
    if known is None and not found.faults:
        known = labels_of(placed.article for placed in found.train)
    for path in tests:
        articles, own = scan_files(
            [str(path)],
            format=_format_of(path),
            labels=known if learns_entities else None,
            sections=sections,
        )
        faults += [*own, *repeated_ids(articles, earlier=_all(parts))]
        parts[str(path)] = articles
    warnings = [*_overlaps(parts)]
    if learns_entities:
        warnings += _edges(parts)
        warnings += _label_counts(parts, config.data.labels, _entity_names)
    if learns_sections:
        warnings += _label_counts(parts, (), _section_names)
    unread: list[str] = []
    if learns_entities and labels_of(placed.article for placed in _all(parts)):
        try:
            warnings += _lost(parts, encoder=config.encoder, segmenter=config.segmenter)
        except (CheckpointError, SegmenterError) as error:
            unread.append(str(error))
    return _report([*map(str, faults), *unread], warnings, parts)


def check_files(files: Sequence[Path]) -> DataReport:
    """Check files of articles by themselves, and against the files before them.

    Args:
        files: The files: words with tags in ``.conll``, JSON Lines otherwise.
    """
    parts: dict[str, Sequence[PlacedArticle]] = {}
    faults: list[str] = []
    for path in files:
        articles, own = scan_files([str(path)], format=_format_of(path))
        faults += map(str, (*own, *repeated_ids(articles, earlier=_all(parts))))
        if not articles and not own:
            faults.append(f"{path}: expected articles, found none. Give another file.")
        parts[str(path)] = articles
    together = {"": _all(parts)}
    warnings = [
        *_overlaps(parts),
        *_edges(parts),
        *_label_counts(together, (), _entity_names),
        *_label_counts(together, (), _section_names),
    ]
    return _report(faults, warnings, parts)


def _report(faults: Iterable[str], warnings: Iterable[str], parts: _Parts) -> DataReport:
    by_severity = (
        (Severity.error, faults),
        (Severity.warning, warnings),
        (Severity.note, _decomposed(parts)),
    )
    return DataReport(
        [Finding(severity, message) for severity, own in by_severity for message in own],
        {name: describe([placed.article for placed in own]) for name, own in parts.items()},
    )


def _format_of(path: Path) -> str:
    return "conll" if path.suffix == ".conll" else "jsonl"


def _all(parts: _Parts) -> list[PlacedArticle]:
    return [placed for articles in parts.values() for placed in articles]


def _overlaps(parts: _Parts) -> Iterator[str]:
    """Tell of passages that an earlier part has."""
    earlier: list[PlacedArticle] = []
    for articles in parts.values():
        yield from map(str, describe_overlaps(earlier, articles))
        earlier += articles


def _edges(parts: _Parts) -> Iterator[str]:
    """Tell of entities that begin or end with white space; no model gives such spans."""
    for placed in _all(parts):
        for index, passage in enumerate(placed.article.passages):
            for number, span in enumerate(passage.entities):
                surface = passage.text[span.start : span.end]
                if surface != surface.strip():
                    start = span.start + len(surface) - len(surface.lstrip())
                    end = start + len(surface.strip())
                    way_out = f"Write {start}–{end}" if start < end else "Delete it"
                    fault = placed.fault(
                        f"passages[{index}]: entities[{number}] ({span}): expected no white space "
                        f"at its edges, found {shown(surface)}. {way_out}."
                    )
                    yield str(fault)


def _entity_names(passage: AnnotatedPassage) -> Iterable[str]:
    return (span.label for span in passage.entities)


def _section_names(passage: AnnotatedPassage) -> Iterable[str]:
    return passage.sections


def _label_counts(
    parts: _Parts, wanted: Sequence[str], names: Callable[[AnnotatedPassage], Iterable[str]]
) -> Iterator[str]:
    """Tell of labels with few examples in the first part, or none in a part ``dev``."""
    first, *_ = parts.values()
    trained = _places_by_label(first, names)
    chosen = _places_by_label(parts["dev"], names) if "dev" in parts else None
    for label in wanted or sorted(trained):
        places = trained.get(label, [])
        if not places:
            yield (
                f'label "{label}": expected examples to train on, found none, so that it is not '
                "learnt. Annotate some, or take it out of data.labels."
            )
        elif len(places) < FEW_EXAMPLES:
            yield (
                f'label "{label}": expected {FEW_EXAMPLES} examples or more, found {len(places)}, '
                f"the first in {places[0]}. {_alike(label, trained)}Annotate more, or leave it out."
            )
        if places and chosen is not None and label not in chosen:
            yield (
                f'label "{label}": expected examples in the articles to choose by, found none, so '
                f"that no figure tells how well it is learnt. Put some of its {len(places)} there."
            )


def _places_by_label(
    articles: Sequence[PlacedArticle], names: Callable[[AnnotatedPassage], Iterable[str]]
) -> dict[str, list[str]]:
    """For each label, where its examples are."""
    places: dict[str, list[str]] = {}
    for placed in articles:
        for passage in placed.article.passages:
            for name in names(passage):
                places.setdefault(name, []).append(placed.place)
    return places


def _alike(label: str, counts: Mapping[str, Sequence[str]]) -> str:
    """Name a more frequent label that this one may be misspelt for."""
    frequent = [name for name in counts if len(counts[name]) > len(counts[label])]
    folded = {name.casefold(): name for name in frequent}
    nearest = difflib.get_close_matches(label.casefold(), folded, n=1, cutoff=_ALIKE)
    return f'If "{folded[nearest[0]]}" is meant, correct it. ' if nearest else ""


def _lost(parts: _Parts, *, encoder: str, segmenter: str) -> Iterator[str]:
    """Tell of entities that begin or end inside of what the model reads as one.

    Raises:
        CheckpointError: The encoder cannot be had.
        SegmenterError: The segmenter cannot be had.
    """
    # Imported here: it takes torch, which files can be checked without.
    from phodang_training.corpus.ceiling import lost_entities

    placed = _all(parts)
    articles = [each.article for each in placed]
    count = sum(len(passage.entities) for article in articles for passage in article.passages)
    lost = list(lost_entities(articles, encoder=encoder, segmenter=segmenter))
    for each in islice(lost, _SHOWN_LOST):
        text = articles[each.article].passages[each.passage].text
        spans = (each.span, each.nearest)
        own, nearest = (shown(text[s.start : s.end]) if s else "nothing" for s in spans)
        fault = placed[each.article].fault(
            f"passages[{each.passage}]: {each.span} ({own}) begins or ends inside what the model "
            f"reads as one; at best it is found as {nearest}. Move its edges, if they are wrong."
        )
        yield str(fault)
    if lost:
        yield (
            f"{len(lost)} of {count} entities begin or end inside what the model reads as one, so "
            f"that at most {100 * (1 - len(lost) / count):.2f} % can be found. If that is too few, "
            f'try another segmenter than "{segmenter}", or another encoder.'
        )


def _decomposed(parts: _Parts) -> Iterator[str]:
    """Tell of texts in another Unicode form than NFC, which is no fault."""
    passages = [(p, passage) for p in _all(parts) for passage in p.article.passages]
    found = [p for p, passage in passages if not unicodedata.is_normalized("NFC", passage.text)]
    if found:
        yield (
            f"{len(found)} of {len(passages)} passages have letters that are not composed (NFC), "
            f"the first in {found[0].place}. They are read as composed ones are; but offsets have "
            "to count them as they stand, letters and marks apart."
        )

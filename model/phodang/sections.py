"""What passages do in an article: labels of passages, and the runs of passages that share one.

A passage carries any number of section labels, such as `task`; one that carries none is
background. Passages that follow each other and carry the same label make up a section; a
subheading belongs to the section that it announces. Offsets are those of `phodang.article`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phodang.errors import InputError
from phodang.messages import OFFSETS_WAY_OUT, quoted

if TYPE_CHECKING:
    from phodang.article import Passage

SECTION_LABELS = ("achievement", "task", "warning")
"""phodang's own section labels, in the order in which they are named everywhere."""

_NAMES = {"achievement": "thành tựu", "task": "nhiệm vụ", "warning": "cảnh báo"}

_HEADING_SYLLABLES = 25
"""The most syllables of a heading: headlines of the press rarely have more than 20, while a
paragraph that merely lacks its full stop has more than this as a rule."""
_SENTENCE_ENDS = (".", "!", "?", "…", ";", ":", ",")
"""What a sentence, an item of a list or a lead-in ends with, and a heading does not."""
_CLOSERS = "\"'”’»›)]}"
"""Quotation marks and brackets that may close behind the end of a sentence."""


@dataclass(frozen=True, slots=True, repr=False)
class PassageSection:
    """One section label of a passage.

    Attributes:
        start: Where the label begins to hold in the article's text, in code points. As a rule a
            label holds for its whole passage; a long passage is classified part by part, and the
            label holds for the parts that carry it.
        end: Where the label ceases to hold, exclusive.
        label: The label, such as ``task``.
        score: How sure the model is, a calibrated probability from 0 to 1.

    Raises:
        InputError: The span is empty or negative, there is no label, or the score is no
            probability.
    """

    start: int
    end: int
    label: str
    score: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InputError(
                f"Section label {quoted(self.label)}: expected offsets with 0 <= start < end, "
                f"found start={self.start}, end={self.end}. {OFFSETS_WAY_OUT}"
            )
        if not self.label:
            raise InputError(
                f"Section label at {self.start}–{self.end}: expected a name, found an empty "
                "string. A passage without label has no sections."
            )
        # Written so that NaN fails too.
        if not 0 <= self.score <= 1:
            raise InputError(
                f"Section label {self.label} at {self.start}–{self.end}: expected a score from 0 "
                f"to 1, found {self.score}. Give a probability, or 1.0 for a label given by hand."
            )

    def __repr__(self) -> str:
        return (
            f"PassageSection(start={self.start}, end={self.end}, label={quoted(self.label)}, "
            f"score={self.score:.3f})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """A run of an article with one label.

    Sections of different labels may overlap, as a passage may carry several labels.

    Attributes:
        label: The label, such as ``task``.
        start: Where it begins in the article's text, in code points.
        end: Where it ends in the article's text, exclusive.
        passages: The passages that it touches, in order, with the subheadings that were joined;
            the first and the last may reach beyond it.
        score: The mean of the scores of the `PassageSection` in it, from 0 to 1.
    """

    label: str
    start: int
    end: int
    passages: tuple[Passage, ...]
    score: float

    def __repr__(self) -> str:
        return (
            f"Section(label={quoted(self.label)}, start={self.start}, end={self.end}, "
            f"passages=<{len(self.passages)}>, score={self.score:.3f})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class LabelShare:
    """How much of an article carries a label.

    Attributes:
        label: The label, such as ``task``.
        share: The share of the characters of all passages for which the label holds, from 0
            (exclusive) to 1. Subheadings that carry no label of their own do not count for one;
            the shares of several labels may sum up to more than 1.
    """

    label: str
    share: float

    def __repr__(self) -> str:
        return f"LabelShare(label={quoted(self.label)}, share={self.share:.3f})"


def section_name(label: str) -> str | None:
    """The Vietnamese name of one of phodang's own section labels, ``None`` for any other label."""
    return _NAMES.get(label)


def in_label_order(labels: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels: phodang's own in their usual order, then others by name."""
    return tuple(sorted(set(labels), key=_label_order))


def is_heading(passages: Sequence[Passage], index: int) -> bool:
    """Decide by its form whether a passage is a subheading.

    A subheading is neither the first passage of an article (the title) nor the last, has one line
    with at most 25 syllables, at least one letter or digit, and does not end like a sentence, a
    lead-in or an item of a list, also if a quotation mark or a bracket closes behind that.

    Args:
        passages: All passages of the article.
        index: Which of them.
    """
    if not 0 < index < len(passages) - 1:
        return False
    text = passages[index].text
    return (
        len(text.strip().splitlines()) == 1
        and len(text.split()) <= _HEADING_SYLLABLES
        and any(map(str.isalnum, text))
        and not _without_closers(text).endswith(_SENTENCE_ENDS)
    )


def find_sections(passages: Sequence[Passage]) -> tuple[Section, ...]:
    """Find the sections of an article.

    Spans of one label make up a run where one begins at the offset at which another ends, or one
    reaches the end of its passage and the other begins with the next passage. Subheadings
    (`is_heading`) that carry no label are joined to what they announce: they take the labels with
    which the next passage begins that is not such a subheading.

    Args:
        passages: All passages of the article, in order.

    Returns:
        The runs, by start, then end, then label: phodang's own in their usual order, then others
        by name.
    """
    runs: list[_Run] = []
    latest: dict[str, _Run] = {}
    announced = _announced_labels(passages)
    previous_end = 0
    for passage, labels in zip(passages, announced, strict=True):
        pieces: list[tuple[int, int, str, float | None]] = [
            (section.start, section.end, section.label, section.score)
            for section in passage.sections
        ]
        pieces += [(passage.start, passage.end, label, None) for label in labels]
        for start, end, label, score in pieces:
            # Between two passages lies what belongs to neither, such as line breaks.
            before = previous_end if start == passage.start else start
            run = latest.get(label)
            if run is None or run.end != before:
                run = latest[label] = _Run(label, start)
                runs.append(run)
            run.add(passage, end, score)
        previous_end = passage.end
    runs.sort(key=lambda run: (run.start, run.end, _label_order(run.label)))
    return tuple(run.section() for run in runs)


def label_shares(passages: Sequence[Passage]) -> tuple[LabelShare, ...]:
    """Measure how much of an article carries each label.

    Args:
        passages: All passages of the article.

    Returns:
        The labels that occur, the largest share first; equal ones in the order of labels.
    """
    total = sum(passage.end - passage.start for passage in passages)
    covered: defaultdict[str, int] = defaultdict(int)
    for passage in passages:
        for section in passage.sections:
            covered[section.label] += section.end - section.start
    labels = sorted(covered, key=lambda label: (-covered[label], _label_order(label)))
    return tuple(LabelShare(label, covered[label] / total) for label in labels)


@dataclass(slots=True)
class _Run:
    """A section while it grows."""

    label: str
    start: int
    end: int = 0
    passages: list[Passage] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def add(self, passage: Passage, end: int, score: float | None) -> None:
        """Extend the run; there is no score where a subheading is joined."""
        if not self.passages or self.passages[-1] is not passage:
            self.passages.append(passage)
        if score is not None:
            self.scores.append(score)
        self.end = end

    def section(self) -> Section:
        # Never without score: joined subheadings are followed by what they announce.
        score = math.fsum(self.scores) / len(self.scores)
        return Section(self.label, self.start, self.end, tuple(self.passages), score)


def _announced_labels(passages: Sequence[Passage]) -> list[tuple[str, ...]]:
    """For each passage the labels that it takes as a subheading; none for all others."""
    announced: list[tuple[str, ...]] = [()] * len(passages)
    # From the end, so that of several subheadings in a row each finds the labels on the next.
    for index in reversed(range(len(passages) - 1)):
        if not passages[index].sections and is_heading(passages, index):
            following = passages[index + 1]
            at_its_start = tuple(
                section.label for section in following.sections if section.start == following.start
            )
            announced[index] = at_its_start or announced[index + 1]
    return announced


def _without_closers(text: str) -> str:
    stripped = text.rstrip()
    while stripped.endswith(tuple(_CLOSERS)):
        stripped = stripped.rstrip(_CLOSERS).rstrip()
    return stripped


def _label_order(label: str) -> tuple[int, str]:
    if label in SECTION_LABELS:
        return SECTION_LABELS.index(label), label
    return len(SECTION_LABELS), label

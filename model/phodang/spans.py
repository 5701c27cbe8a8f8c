"""Tags of subwords → spans on the raw text."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from phodang.labels import LabelSet
from phodang.subwords import Subwords

_BEFORE = re.compile(r"[\s,;:.!?…)]*")
_BEHIND = re.compile(r"[\s,;:!?…(]*")
"""What no entity begins or ends with, in any corpus known to us."""

_INITIAL = re.compile(
    r"(?:^|[\W\d_])(?:[^\W\d_]|ch|gh|gi|kh|ng|ngh|nh|ph|qu|th|tr)\.$", re.IGNORECASE
)
"""The full stop of a shortened name: ``Nguyễn Thị L.``, ``Lê Văn Th.``"""


def spans_on_text(
    text: str,
    subwords: Subwords,
    tags: NDArray[np.int64],
    labels: LabelSet,
) -> list[tuple[int, int, str, int, int]]:
    """Read entities off a passage's tags.

    Segmenters take some punctuation into words (``TP.HCM.`` at the end of a sentence), and a
    subword may hold the space inside its word. So white space, commas, full stops and the like at
    a span's edges are left outside, as are an opening bracket at its end and a closing one at its
    start, and one at its end that opens nowhere in the span; but the full stop of an initial stays
    inside (``Nguyễn Thị L.``). A span of nothing else is none.

    Args:
        text: The raw text that the subwords' offsets refer to.
        subwords: The passage's subwords.
        tags: A valid IOB2 sequence of tag ids, shape ``[n]``.
        labels: The label set of the ids.

    Returns:
        ``(start, end, label, first, last)``: offsets on ``text``, end exclusive, and the subwords
        from ``first`` to before ``last``. In order, not overlapping, not empty.
    """
    spans = []
    for first, last, label in labels.spans_of_tags(tags.tolist()):
        start, end = int(subwords.starts[first]), int(subwords.ends[last - 1])
        start, end = _trimmed(text, start, end)
        if start < end:
            spans.append((start, end, label, first, last))
    return spans


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Take what belongs to the sentence off a span's edges; empty if there is nothing else."""
    start = _skip(_BEFORE, text[start:end], start)
    while start < end:
        surface = text[start:end]
        end = start + len(surface) - _skip(_BEHIND, surface[::-1], 0)
        if not _ends_outside(text[start:end]):
            break
        end -= 1
    return start, end


def _ends_outside(surface: str) -> bool:
    """Whether the last character is a full stop of the sentence, or closes what began before."""
    if surface.endswith(")"):
        return surface.count(")") > surface.count("(")
    return surface.endswith(".") and not _ends_in_initial(surface)


def _ends_in_initial(surface: str) -> bool:
    """Whether it is a name whose last part is shortened; ``khóa V.`` and ``300 m.`` are none."""
    words = unicodedata.normalize("NFC", surface).split()
    return all(word[0].isupper() for word in words) and bool(_INITIAL.search(words[-1]))


def _skip(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text)
    return position + (found.end() if found else 0)

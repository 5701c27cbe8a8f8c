"""Tags of subwords → spans on the raw text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phodang.labels import LabelSet
from phodang.subwords import Subwords


def spans_on_text(
    text: str,
    subwords: Subwords,
    tags: NDArray[np.int64],
    labels: LabelSet,
) -> list[tuple[int, int, str, int, int]]:
    """Read entities off a passage's tags.

    White space at a span's edges (a subword may hold the space inside its word) is left outside.

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
        surface = text[start:end]
        start += len(surface) - len(surface.lstrip())
        end -= len(surface) - len(surface.rstrip())
        if start < end:
            spans.append((start, end, label, first, last))
    return spans

"""The file of an output folder that says what could not be labelled, and why."""

from __future__ import annotations

from collections.abc import Iterable

from phodang.batch.json_writing import json_line
from phodang.batch.records import Rejection

REJECTED_FILE = "rejected.jsonl"


def encode_rejections(rejections: Iterable[Rejection]) -> bytes:
    """Make the lines of the file, ``{"source", "number", "id", "reason"}`` each."""
    return b"".join(
        json_line(
            {
                "source": rejection.place.source,
                "number": rejection.place.number,
                "id": rejection.id,
                "reason": rejection.reason,
            }
        )
        for rejection in rejections
    )

"""Regions of Label Studio over a text, and the units in which their offsets were counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phodang.errors import InputError
from phodang.exchange.assembly import Span
from phodang.exchange.offsets import Utf16Offsets
from phodang.messages import quoted


@dataclass(frozen=True, slots=True)
class Region:
    """A region over a text.

    Attributes:
        start: Where it begins, in the units that it was written in.
        end: Where it ends, exclusive.
        labels: Its labels, one or more.
        control: Name of the control that gave the labels.
        surface: The text in it, as far as Label Studio keeps it; none if it keeps none.
        score: The score of a prediction, 1 if there is none.
        place: Where it is written, for messages.
    """

    start: int
    end: int
    labels: tuple[str, ...]
    control: str | None
    surface: str | None
    score: float
    place: str


def read_region(result: Any, place: str) -> Region:
    """Read a result of an annotation or prediction.

    Raises:
        InputError: It is no region over a text, or has no label.
    """
    kind = result.get("type") if isinstance(result, dict) else None
    value = result.get("value") if isinstance(result, dict) else None
    if kind != "labels" or not isinstance(value, dict):
        raise InputError(
            f"{place}: expected regions of Labels over a Text and nothing else, found "
            f"{quoted(str(kind))}. phodang has no place for it; delete it in Label Studio, and "
            "export the project again."
        )
    start, end, labels, surface = (value.get(key) for key in ("start", "end", "labels", "text"))
    if (
        type(start) is not int
        or type(end) is not int
        or not isinstance(labels, list)
        or not labels
        or not all(isinstance(label, str) for label in labels)
    ):
        raise InputError(
            f"{place}: expected a region with start and end, whole numbers, and labels, found "
            f"{quoted(json.dumps(value, ensure_ascii=False))}. Label the region in Label Studio, "
            "or delete it, and export the project again."
        )
    score = result.get("score")
    return Region(
        start,
        end,
        tuple(labels),
        result.get("from_name"),
        surface if isinstance(surface, str) else None,
        float(score) if type(score) in (int, float) else 1.0,
        place,
    )


def spans_of(regions: Sequence[Region], text: str) -> list[Span]:
    """Find the regions' spans, in code points.

    Offsets are code points if all regions fit the text so, or else UTF-16 code units.

    Raises:
        InputError: A region fits the text in neither.
    """
    spans: list[Span] = [(region.start, region.end) for region in regions]
    misfit = _first_misfit(regions, spans, text)
    if misfit is None:
        return spans
    units = Utf16Offsets(text)
    if units.differ:
        converted = [
            # Inside a character: nothing that fits.
            (-1, -1) if start is None or end is None else (start, end)
            for start, end in (map(units.to_points, span) for span in spans)
        ]
        if _first_misfit(regions, converted, text) is None:
            return converted
    start, end = misfit.start, misfit.end
    expected = "a place in the text" if misfit.surface is None else quoted(misfit.surface)
    found = quoted(text[max(start, 0) : max(end, 0)])
    raise InputError(
        f"{misfit.place}: expected {expected} at {start}–{end}, found {found} in a text of "
        f"{len(text)} code points. Was the text changed after it was labelled? Then label it again."
    )


def _first_misfit(regions: Sequence[Region], spans: Sequence[Span], text: str) -> Region | None:
    for region, (start, end) in zip(regions, spans, strict=True):
        if not 0 <= start < end <= len(text):
            return region
        surface = region.surface
        if surface is not None and _visible(surface) != _visible(text[start:end]):
            return region
    return None


def _visible(text: str) -> str:
    """What two texts have in common that differ in what a browser does to white space.

    Label Studio writes line breaks of a region's text as a backslash and an n.
    """
    visible = (c for c in text.replace("\\n", "") if c.isprintable() and not c.isspace())
    return "".join(visible)

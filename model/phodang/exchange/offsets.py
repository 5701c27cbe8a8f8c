"""Offsets in code points ↔ offsets in UTF-16 code units, which JavaScript counts."""

from __future__ import annotations

from bisect import bisect_left

_LAST_OF_ONE_UNIT = "\uffff"


class Utf16Offsets:
    """Converts offsets on one text.

    The two differ behind characters outside the Basic Multilingual Plane, such as emoji, which
    UTF-16 writes with two code units each.

    Attributes:
        length: Length of the text in code units.
    """

    def __init__(self, text: str) -> None:
        self._points = [
            offset for offset, character in enumerate(text) if character > _LAST_OF_ONE_UNIT
        ]
        self._units = [offset + index for index, offset in enumerate(self._points)]
        self.length = len(text) + len(self._points)

    @property
    def differ(self) -> bool:
        """Whether there is any offset that is not the same in both."""
        return bool(self._points)

    def to_units(self, offset: int) -> int:
        """An offset in code points → the offset in code units."""
        return offset + bisect_left(self._points, offset)

    def to_points(self, offset: int) -> int | None:
        """An offset in code units → the offset in code points, ``None`` inside a character."""
        pairs = bisect_left(self._units, offset)
        if pairs and self._units[pairs - 1] + 1 == offset:
            return None
        return offset - pairs

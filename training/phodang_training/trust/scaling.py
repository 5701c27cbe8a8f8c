"""How the time of reading grows with the length of a text, in shapes that are hard to read."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from phodang.analyzer import Analyzer

_SENTENCE = (
    "Sáng 12-3, tại Hà Nội, Ban Tổ chức Trung ương tổ chức hội nghị về công tác xây dựng Đảng. "
)
_WORD = "tổchức" * 1_666 + "tổ "
"""Of 10,000 letters or nearly so, with a space."""

SHAPES: dict[str, Callable[[int], str]] = {
    "one line": lambda length: (_SENTENCE * (length // len(_SENTENCE) + 1))[:length],
    "lines of a letter": lambda length: "â\n" * (length // 2),
    "words of 10,000 letters": lambda length: (_WORD * (length // len(_WORD) + 1))[:length],
    "marks on a letter": lambda length: "a" + "\u0301\u0323" * (length // 2),
    "white space": lambda length: "a" + " \u3000" * (length // 2) + "a",
}
"""Makes texts of a length in code points, by the shape's name."""


@dataclass(frozen=True)
class Scaling:
    """Times of one shape.

    Attributes:
        shape: One of `SHAPES`.
        lengths: Lengths of the texts, in code points.
        seconds: Processor time that reading each took.
    """

    shape: str
    lengths: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """The exponent of the power of the length that fits best, by least squares of logarithms.

        1 is linear, 2 quadratic; below 1, what reading costs at any length still weighs.
        """
        slope, _ = np.polyfit(np.log(self.lengths), np.log(self.seconds), 1)
        return float(slope)


def measure_scaling(
    analyzer: Analyzer, shape: str, lengths: Sequence[int], *, repeat: int = 1
) -> Scaling:
    """Read texts of growing length.

    Args:
        analyzer: Reads them.
        shape: One of `SHAPES`.
        lengths: Lengths in code points; two or more.
        repeat: How often each is read; the shortest time counts, since what else the machine does
            can only lengthen it.
    """
    seconds = []
    for length in lengths:
        text = SHAPES[shape](length)
        seconds.append(min(_seconds(analyzer, text) for _ in range(repeat)))
    return Scaling(shape, tuple(lengths), tuple(seconds))


def _seconds(analyzer: Analyzer, text: str) -> float:
    begun = time.process_time()
    analyzer.predict(text)
    return time.process_time() - begun

"""Counts → plots, drawn by matplotlib as SVG with text that stays text.

Nothing is kept between plots, and neither the time nor a user's own settings of matplotlib change
what is drawn.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phodang.errors import MissingDependencyError
from phodang.report.svg import INK, inline_svg
from phodang.report.words import shortened
from phodang.section_marks import SectionMark, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES = {"solid": "-", "double": (0, (9, 2)), "dashed": "--", "dotted": ":"}
_MARKERS = {"solid": "o", "double": "s", "dashed": "^", "dotted": "D"}
"""The forms of lines and points of section labels, by the forms of their lines in the margin."""

_NEUTRAL = "#8a9299"
"""Of bars that stand for no label: 3:1 on white and on near black."""
_MOST_TICKS = 9
_LONGEST_NAME = 30
"""Characters of a name in a plot; the whole name stands in the table beside it."""
_LEGEND_COLUMNS, _LEGEND_CHARACTERS, _LEGEND_SIGN = 3, 80, 6
"""The most columns of a legend, and the characters that fit beside each other, those that the sign
before a name takes included."""
_FAINTEST, _STRONGEST = 0.12, 0.65
"""How opaque the cell of the smallest and of the largest number is."""
_WIDTH, _LEGEND_LINE, _CELL, _MARGIN = 7.2, 0.2, 0.4, 0.05
"""A plot over time, a line of its legend, the side of a cell of a matrix, the space around what is
drawn, in inches."""


def require_matplotlib() -> None:
    """Check that matplotlib can be imported.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            "A report draws its plots with matplotlib, which is not installed. Install it with "
            "`pip install 'phodang[report]'`."
        ) from error


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot over time.

    Attributes:
        label: The section label that it is of.
        mark: How that is drawn.
        shares: For each period the share of passages, from 0 to 1; ``None`` where there are none.
    """

    label: str
    mark: SectionMark
    shares: Sequence[float | None]


def plot_over_time(
    periods: Sequence[str], articles: Sequence[int], series: Sequence[Series], *, label: str
) -> str:
    """Draw the shares of section labels, and below them how many articles there are.

    Args:
        periods: Names of the periods, in order.
        articles: How many articles each period has.
        series: The shares, a line each; without any, only the articles are drawn.
        label: What the plot shows.

    Returns:
        An ``<svg>`` element.
    """
    from matplotlib.figure import Figure

    names = _short_names([short_name(line.label) for line in series])
    legend_columns = _legend_columns(names)
    legend_height = _LEGEND_LINE * -(-len(series) // legend_columns)
    with _settings("time"):
        height = 3.7 + legend_height if series else 2.2
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        positions = range(len(periods))
        if series:
            above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
            for line, line_name in zip(series, names, strict=True):
                above.plot(
                    positions,
                    [float("nan") if share is None else 100 * share for share in line.shares],
                    color=line.mark.color,
                    linestyle=_LINES[line.mark.line],
                    marker=_MARKERS[line.mark.line],
                    markersize=4,
                    linewidth=2,
                    label=line_name,
                )
            above.set_ylim(bottom=0)
            above.set_ylabel("% số đoạn")
            above.grid(axis="y", alpha=0.2)
            above.legend(
                loc="lower left", bbox_to_anchor=(0, 1), ncols=legend_columns, borderaxespad=0.2
            )
        else:
            below = figure.subplots()
        below.bar(positions, articles, color=_NEUTRAL, width=0.7)
        below.set_ylabel("số bài")
        below.yaxis.get_major_locator().set_params(integer=True, nbins=3 if series else 5)
        step = -(-len(periods) // _MOST_TICKS)
        below.set_xticks(list(positions)[::step], list(periods)[::step])
        return _drawn(figure, name="time", label=label)


def plot_matrix(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Mapping[tuple[int, int], int],
    *,
    color: str,
    name: str,
    label: str,
) -> str:
    """Draw numbers in a grid, the larger the stronger coloured.

    Args:
        rows: Names of the rows, from above.
        columns: Names of the columns, from the left.
        counts: Numbers above 0 by row and column; other cells stay empty.
        color: The colour of the cells, made to stand behind black text.
        name: What the ids of the plot begin with, distinct in the page.
        label: What the plot shows.

    Returns:
        An ``<svg>`` element.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    with _settings(name):
        # The names stand outside of the figure, which is made as large as they need in the end.
        figure = Figure(figsize=(_CELL * len(columns), _CELL * len(rows)))
        axes = figure.add_axes((0, 0, 1, 1))
        most = max(counts.values(), default=1)
        for (row, column), count in sorted(counts.items()):
            opacity = _FAINTEST + (_STRONGEST - _FAINTEST) * count / most
            axes.add_patch(
                Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=color, alpha=opacity)
            )
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.xaxis.tick_top()
        axes.set_xticks(range(len(columns)), _short_names(columns), rotation=50, ha="left")
        axes.set_yticks(range(len(rows)), _short_names(rows))
        _draw_grid(axes, len(rows), len(columns))
        return _drawn(figure, name=name, label=label)


def _draw_grid(axes: Axes, rows: int, columns: int) -> None:
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks([index - 0.5 for index in range(columns + 1)], minor=True)
    axes.set_yticks([index - 0.5 for index in range(rows + 1)], minor=True)
    axes.tick_params(which="minor", length=0)
    axes.grid(which="minor", alpha=0.15)


def _legend_columns(names: Sequence[str]) -> int:
    """How many names stand beside each other above a plot over time."""
    longest = max(map(len, names), default=0)
    return min(_LEGEND_COLUMNS, _LEGEND_CHARACTERS // (longest + _LEGEND_SIGN))


@contextmanager
def _settings(salt: str) -> Iterator[None]:
    """Set everything that changes what is drawn, and set it back."""
    import matplotlib
    from matplotlib import style

    colors = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    own: dict[Any, Any] = {
        **dict.fromkeys((*colors, "grid.color"), INK),
        # The page's own fonts are narrower than this one, which has all Vietnamese letters.
        "font.family": ["DejaVu Sans"],
        "font.size": 9.0,
        "text.parse_math": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
    }
    with style.context("default"), matplotlib.rc_context(own), warnings.catch_warnings():
        # Letters that the font lacks are measured wrongly, and shown by the browser all the same.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _drawn(figure: Figure, *, name: str, label: str) -> str:
    file = io.StringIO()
    figure.savefig(
        file,
        format="svg",
        transparent=True,
        bbox_inches="tight",
        pad_inches=_MARGIN,
        metadata={"Date": None},
    )
    return inline_svg(file.getvalue(), name=name, label=label)


def _short_names(names: Sequence[str]) -> list[str]:
    return [shortened(_plain(name), _LONGEST_NAME) for name in names]


def _plain(text: str) -> str:
    """The text without what no XML can hold."""
    return "".join(character if character.isprintable() else " " for character in text)

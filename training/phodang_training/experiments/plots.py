"""Figures of experiments → plots, drawn by matplotlib as SVG documents with text that stays text.

Nothing is kept between plots, and neither the time nor a user's own settings of matplotlib change
what is drawn. matplotlib is imported when something is drawn.
"""

from __future__ import annotations

import importlib.util
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from phodang.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of the palette of Okabe and Ito (Color Universal Design, 2008), as sections have them elsewhere.
_BLUE, _VERMILION = "#0072b2", "#d55e00"
_FORMS = ((_BLUE, "o", "-"), (_VERMILION, "s", "--"))
"""Colour, point and line of each curve."""

_WIDTH, _CURVE_HEIGHT, _ROW, _AXIS = 6.4, 4.0, 0.32, 0.9
"""A plot's width, a learning curve's height, that of a row of bars and of what is below the last,
in inches."""
_LONGEST_NAME = 30


@dataclass(frozen=True)
class CurvePoint:
    """What was found with one amount of data.

    Attributes:
        name: The amount in words.
        words: Mean number of words.
        values: The figure of each run, between 0 and 1, with the words that it was trained on.
    """

    name: str
    words: float
    values: Sequence[tuple[int, float]]


def require_matplotlib() -> None:
    """Check that matplotlib is there, before what is to be plotted is computed for hours.

    Raises:
        MissingDependencyError: It is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingDependencyError(
            "Plots are drawn with matplotlib, which is not installed. Install it with "
            "`pip install 'phodang[train]'`."
        )


def plot_learning_curve(curves: Mapping[str, Sequence[CurvePoint]]) -> str:
    """Draw figures over the amount of data: every run as a dot, their means as a line.

    Args:
        curves: The points of each figure by its name, by words; at most two.

    Returns:
        An SVG document.
    """
    from matplotlib.figure import Figure

    with _settings("learning-curve"):
        figure = Figure(figsize=(_WIDTH, _CURVE_HEIGHT), layout="constrained")
        axes = figure.subplots()
        for (name, points), (color, marker, line) in zip(curves.items(), _FORMS, strict=False):
            means = [100 * mean(value for _, value in point.values) for point in points]
            axes.plot(
                [point.words for point in points],
                means,
                color=color,
                linestyle=line,
                label=_plain(name),
            )
            dots = [value for point in points for value in point.values]
            axes.scatter(
                [words for words, _ in dots],
                [100 * value for _, value in dots],
                color=color,
                marker=marker,
                s=16,
                alpha=0.6,
            )
        axes.set_xscale("log")
        axes.set_xticks([], minor=True)
        named = {point.words: point.name for points in curves.values() for point in points}
        axes.set_xticks(list(named), [f"{name}\n{words:,.0f}" for words, name in named.items()])
        axes.set_xlabel("training articles, and their words (logarithmic)")
        axes.set_ylabel("F1 on dev, %")
        axes.grid(alpha=0.2)
        axes.legend(loc="lower right")
        return _drawn(figure)


def plot_folds(values: Mapping[str, Sequence[float | None]]) -> str:
    """Draw the figures of folds: each as a dot, their mean with the sample standard deviation.

    Args:
        values: The figures of the folds, between 0 and 1, by name; None where a fold has none.

    Returns:
        An SVG document.
    """
    from matplotlib.figure import Figure

    with _settings("cross-validation"):
        figure = Figure(figsize=(_WIDTH, _AXIS + _ROW * len(values)), layout="constrained")
        axes = figure.subplots()
        for row, own in enumerate(values.values()):
            folds = [100 * value for value in own if value is not None]
            deviation = stdev(folds) if len(folds) > 1 else 0.0
            axes.errorbar(
                mean(folds), row, xerr=deviation, color=_BLUE, marker="|", markersize=12, capsize=3
            )
            axes.scatter(folds, [row] * len(folds), color=_VERMILION, s=14, alpha=0.7, zorder=3)
        _name_rows(axes, list(values))
        axes.set_xlabel("F1 on the fold left out, %: folds, mean and sample standard deviation")
        return _drawn(figure)


def plot_agreement(f1: Mapping[str, float], alpha: Mapping[str, float | None]) -> str:
    """Draw the agreement of two annotations, entities above sections.

    Args:
        f1: F1 between 0 and 1 by what it is of.
        alpha: Krippendorff's alpha by what it is of; None where it is not defined.

    Returns:
        An SVG document.
    """
    from matplotlib.figure import Figure

    panels = [
        _Bars("F1 of entities, %", {name: 100 * value for name, value in f1.items()}, 100, _BLUE),
        _Bars("Krippendorff's alpha of sections", alpha, 1, _VERMILION),
    ]
    panels = [panel for panel in panels if panel.values]
    heights = [_AXIS + _ROW * len(panel.values) for panel in panels]
    with _settings("agreement"):
        figure = Figure(figsize=(_WIDTH, sum(heights) or _AXIS), layout="constrained")
        if panels:
            grid = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)
            for axes, panel in zip(grid.flat, panels, strict=True):
                _draw_bars(axes, panel)
        return _drawn(figure)


@dataclass(frozen=True)
class _Bars:
    """A group of bars: what they show, their lengths by name, the greatest possible, the colour."""

    title: str
    values: Mapping[str, float | None]
    greatest: float
    color: str


def _draw_bars(axes: Axes, bars: _Bars) -> None:
    lengths = [0.0 if value is None else value for value in bars.values.values()]
    axes.barh(range(len(lengths)), lengths, color=bars.color, height=0.7)
    _name_rows(
        axes,
        [name if v is not None else f"{name} (undefined)" for name, v in bars.values.items()],
    )
    axes.axvline(0, linewidth=0.6, color="black")
    axes.set_xlim(min(0.0, *lengths), bars.greatest)
    axes.set_xlabel(bars.title)


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name rows from above, and rule what they are read by."""
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.2)
    axes.set_axisbelow(True)


@contextmanager
def _settings(salt: str) -> Iterator[None]:
    """Set everything that changes what is drawn, and set it back."""
    import matplotlib
    from matplotlib import style

    own: dict[Any, Any] = {
        # It has all Vietnamese letters.
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


def _drawn(figure: Figure) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _plain(name: str) -> str:
    """A name without what no XML can hold, shortened."""
    text = "".join(character if character.isprintable() else " " for character in name)
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"

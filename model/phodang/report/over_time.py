"""The part of the page that shows articles and sections over time."""

from __future__ import annotations

from collections.abc import Mapping

from phodang.html_text import escape
from phodang.report.dates import Period
from phodang.report.gathering import CorpusCounts, PeriodCounts
from phodang.report.markup import card, figure, note, section_chip, table
from phodang.report.overview import NO_SECTIONS, listed_examples
from phodang.report.plots import Series, plot_over_time
from phodang.report.words import number, share
from phodang.section_marks import SectionMark, section_marks


def over_time(counts: CorpusCounts, *, date_field: str | None) -> str:
    """Make the part: a plot, its numbers, and which articles are not in it."""
    title = "Theo thời gian"
    if date_field is None:
        return card("thoi-gian", title, note("Báo cáo được làm không dùng ngày của bài."))
    periods = counts.by_period()
    marks = section_marks(counts.section_passages)
    return card(
        "thoi-gian",
        title,
        _dates(counts, date_field),
        "" if marks else note(NO_SECTIONS),
        '<div class="columns">',
        # A line of one point shows no more than its number.
        f"<div>{_plot(periods, marks)}</div>" if len(periods) > 1 else "",
        f"<div>{_numbers(periods, marks)}</div>" if periods else "",
        "</div>",
    )


def _dates(counts: CorpusCounts, date_field: str) -> str:
    dated = sum(own.articles for own in counts.dates.values())
    field = f"<code>{escape(date_field)}</code>"
    told = [
        f"Ngày của bài lấy từ trường {field}: đọc được ở {number(dated)} trong "
        f"{number(counts.articles)} bài."
    ]
    if counts.undated:
        told.append(f"{number(counts.undated)} bài không có trường này hoặc để trống.")
    if counts.unreadable.count:
        told.append(
            f"{number(counts.unreadable.count)} bài có trường này nhưng không đọc được thành ngày: "
            f"{listed_examples(counts.unreadable)}."
        )
    if dated < counts.articles and dated:
        told.append("Những bài không có ngày không nằm trong mục này.")
    return note(" ".join(told))


def _plot(periods: Mapping[Period, PeriodCounts], marks: Mapping[str, SectionMark]) -> str:
    series = [
        Series(
            label,
            mark,
            [
                own.sections[label] / own.passages if own.passages else None
                for own in periods.values()
            ],
        )
        for label, mark in marks.items()
    ]
    unit = "tháng" if next(iter(periods)).month else "năm"
    caption = (
        f"Trên: tỉ lệ đoạn mang từng nhãn trong số các đoạn của mỗi {unit}. Dưới: số bài."
        if series
        else f"Số bài mỗi {unit}."
    )
    svg = plot_over_time(
        [str(period) for period in periods],
        [own.articles for own in periods.values()],
        series,
        label=f"{caption} Các con số có trong bảng bên cạnh.",
    )
    return figure(svg, caption)


def _numbers(periods: Mapping[Period, PeriodCounts], marks: Mapping[str, SectionMark]) -> str:
    shown = {period: own for period, own in periods.items() if own.articles}
    heads = (
        "thời gian",
        "bài",
        "đoạn",
        *(section_chip(label, mark, short=True) for label, mark in marks.items()),
    )
    rows = [
        (
            str(period),
            number(own.articles),
            number(own.passages),
            *(
                f"{number(own.sections[label])} ({share(own.sections[label], own.passages)})"
                for label in marks
            ),
        )
        for period, own in shown.items()
    ]
    left_out = len(periods) - len(shown)
    told = note(f"{number(left_out)} quãng không có bài nào không nằm trong bảng.")
    return f'<div class="tall">{table(heads, rows)}</div>' + (told if left_out else "")

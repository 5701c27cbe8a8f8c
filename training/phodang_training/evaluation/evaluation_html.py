"""Figures → one HTML page: tables, then gold against predicted.

All text is escaped; the page holds no script and loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from phodang.html_text import escape
from phodang.section_marks import full_name, section_marks
from phodang_training.evaluation.article_counts import Measure
from phodang_training.evaluation.assessment import Assessment
from phodang_training.evaluation.comparison import Comparison
from phodang_training.evaluation.figures import EntityFigures, Figures, SectionFigures
from phodang_training.evaluation.html_parts import (
    decimal,
    entity_chip,
    page,
    percent,
    row,
    section_chip,
    table,
    whole,
)
from phodang_training.evaluation.metrics import Score
from phodang_training.evaluation.resampling import CONFIDENCE, Difference, F1Differences, Interval
from phodang_training.evaluation.side_by_side_html import (
    GOLD_NAME,
    OUTCOME_NAMES,
    PREDICTED_NAME,
    SIDE_BY_SIDE_STYLE,
    side_by_side,
)
from phodang_training.evaluation.span_errors import OUTCOMES, Confusion, Outcome

_PAGE_TITLE = "Đánh giá gán nhãn"
_NOTHING = "–"
_NONE = "không có"
_SMALLEST_P = 0.001

_MEASURE_NAMES: Mapping[Measure, str] = {
    "strict": "khớp hoàn toàn (strict)",
    "exact": "đúng ranh giới (exact)",
    "partial": "khớp một phần (partial)",
    "type": "đúng loại (type)",
}

_STYLE = """
body.evaluation { max-width: 76rem; }
.evaluation .phodang { max-width: none; }
.evaluation h2 { margin: 0 0 .6rem; font-size: 1.1rem; line-height: 1.4; }
.evaluation .wide { overflow-x: auto; margin-bottom: .8rem; }
.evaluation .wide table { margin: 0; }
.evaluation th:first-child { width: auto; }
.evaluation tbody th { min-width: 7rem; }
.evaluation thead th { min-width: 3.5rem; }
.evaluation th .phodang-section { white-space: nowrap; }
.evaluation td { white-space: nowrap; }
.evaluation .diagonal { font-weight: 600; }
.evaluation .confused { background: rgb(238 136 102 / .35);
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.evaluation .facts { margin: 0 0 .6rem; font-size: .85rem; line-height: 1.6; color: var(--soft);
  overflow-wrap: anywhere; }
.evaluation .facts:last-child { margin-bottom: 0; }
.evaluation .facts b { color: var(--ink); }
"""


def evaluation_to_html(assessment: Assessment, comparison: Comparison | None) -> str:
    """Render an evaluation as one HTML page that needs no other file.

    Args:
        assessment: What was found out about a system.
        comparison: How it differs from another, if it was compared with one.

    Returns:
        The page, to be written as UTF-8. Every passage is shown whole.
    """
    figures = assessment.figures
    parts = [_facts(assessment)]
    if figures.entities:
        parts += [
            _part("Thực thể", _entity_table(figures.entities), _about_measures()),
            _part("Loại lỗi", _outcome_table(figures.entities), _about_outcomes()),
            _part("Nhầm lẫn giữa các loại", _confusion(figures.entities.confusion)),
        ]
    if figures.sections:
        parts.append(_part("Nhãn đoạn", _section_table(figures.sections)))
    if assessment.by_source:
        parts.append(_part("Theo nguồn", _source_table(assessment.by_source)))
    if comparison is not None:
        parts.append(_part("So sánh", _comparison_table(comparison), _about_tests(assessment)))
    parts.append(
        _note(
            f"Từng bài, nhiều lỗi nhất trước: {GOLD_NAME.lower()} và {PREDICTED_NAME.lower()} cạnh "
            "nhau. Đoạn mà hai bên giống nhau chỉ hiện một lần. Chữ trên nền đậm nói lỗi gì."
        )
    )
    parts.append(side_by_side(assessment.predictions))
    title = f"{_PAGE_TITLE}: {assessment.evaluation.data}"
    body = "\n".join(parts)
    style = _STYLE + SIDE_BY_SIDE_STYLE
    return page(title, body, heading=_PAGE_TITLE, style=style, kind="evaluation")


def _facts(assessment: Assessment) -> str:
    figures, predictions = assessment.figures, assessment.predictions
    precision = f", {escape(predictions.precision)}" if predictions.precision else ""
    resampling = assessment.resampling
    return (
        '<section class="phodang">\n'
        f'<p class="facts">Dữ liệu: <b><bdi>{escape(assessment.evaluation.data)}</bdi></b>, '
        f"{whole(figures.passages)} đoạn trong {whole(figures.articles)} bài.<br>"
        f"Hệ thống: <b><bdi>{escape(predictions.name)}</bdi></b>{precision}.<br>"
        f"Trong ngoặc vuông là khoảng tin cậy {CONFIDENCE:.0%} của F1: bootstrap theo bài, "
        f"{whole(resampling.resamples)} lần lấy mẫu lại, hạt giống {resampling.seed}.</p>\n"
        "</section>"
    )


def _part(title: str, *content: str) -> str:
    inner = "\n".join(content)
    return f'<section class="phodang">\n<h2>{title}</h2>\n{inner}\n</section>'


def _note(text: str) -> str:
    return f'<section class="phodang">\n<p class="facts">{text}</p>\n</section>'


def _wide(columns: Sequence[str], rows: Sequence[str]) -> str:
    """A table that can be moved sideways on a narrow screen."""
    return f'<div class="wide" tabindex="0">{table(columns, rows)}</div>'


def _entity_table(figures: EntityFigures) -> str:
    strict, intervals = figures.scores["strict"], figures.intervals["strict"]
    others: tuple[Measure, ...] = ("partial", "exact", "type")
    rows = [
        row(
            entity_chip(label),
            *_rates(score, intervals.per_label[label]),
            *(percent(figures.scores[other].per_label[label].f1) for other in others),
            whole(score.support),
        )
        for label, score in strict.per_label.items()
    ]
    rows.append(
        row(
            "micro",
            *_rates(strict.micro, intervals.micro),
            *(percent(figures.scores[other].micro.f1) for other in others),
            whole(strict.micro.support),
        )
    )
    macro = _with_interval(strict.macro_f1, intervals.macro)
    means = (percent(figures.scores[other].macro_f1) for other in others)
    rows.append(row("macro", "", "", macro, *means, ""))
    columns = (
        "Loại",
        "Độ chính xác",
        "Độ phủ",
        f"F1 {_MEASURE_NAMES['strict']}",
        *(f"F1 {_MEASURE_NAMES[other]}" for other in others),
        "Số thực thể",
    )
    return _wide(columns, rows)


def _about_measures() -> str:
    return (
        '<p class="facts">Khớp hoàn toàn: ranh giới và loại đều đúng; độ chính xác và độ phủ là '
        "của cách tính này. Ba cách còn lại theo SemEval-2013 task 9.1. Khớp một phần: đúng ranh "
        "giới tính 1, chỉ chồng lấn tính ½, không xét loại. Đúng ranh giới: không xét loại. Đúng "
        "loại: ranh giới chỉ cần chồng lấn.</p>"
    )


def _outcome_table(figures: EntityFigures) -> str:
    rows = [
        row(entity_chip(label), *(whole(own[outcome]) for outcome in OUTCOMES))
        for label, own in figures.outcomes.items()
    ]
    totals = (sum(own[outcome] for own in figures.outcomes.values()) for outcome in OUTCOMES)
    rows.append(row("Tất cả", *map(whole, totals)))
    return _wide(("Loại", *(OUTCOME_NAMES[outcome] for outcome in OUTCOMES)), rows)


def _about_outcomes() -> str:
    told: Mapping[Outcome, str] = {
        "type": "đúng ranh giới, khác loại",
        "boundary": "cùng loại, ranh giới chỉ chồng lấn",
        "type and boundary": "khác loại, ranh giới chỉ chồng lấn",
        "missed": "có trong chú giải, không được dự đoán",
        "spurious": "được dự đoán, không có trong chú giải",
    }
    sentences = "; ".join(
        f"<b>{OUTCOME_NAMES[outcome]}</b>: {meaning}" for outcome, meaning in told.items()
    )
    return (
        f'<p class="facts">{sentences}. Mỗi thực thể được tính đúng một lần, theo loại trong chú '
        "giải; thực thể thừa theo loại dự đoán.</p>"
    )


def _confusion(confusion: Confusion) -> str:
    heads = [*map(entity_chip, confusion.labels), f"<i>{_NONE}</i>"]
    rows = []
    for line, counts in enumerate(confusion.counts.tolist()):
        cells = [_confusion_cell(count, line == column) for column, count in enumerate(counts)]
        rows.append(row(heads[line], *cells))
    corner = f"{GOLD_NAME} ↓ {PREDICTED_NAME.lower()} →"
    return _wide((corner, *heads), rows)


def _confusion_cell(count: int, is_right: bool) -> str:
    if not count:
        return _NOTHING
    kind = "diagonal" if is_right else "confused"
    return f'<span class="{kind}">{whole(count)}</span>'


def _section_table(figures: SectionFigures) -> str:
    scores, intervals = figures.scores, figures.intervals
    marks = section_marks(scores.per_label)
    errors: Mapping[str, float] = scores.ece_per_label or {}
    rows = [
        row(
            section_chip(label, marks[label]),
            *_rates(score, intervals.per_label[label]),
            whole(score.support),
            whole(figures.missed[label]),
            whole(figures.spurious[label]),
            percent(errors[label]) if label in errors else _NOTHING,
        )
        for label, score in scores.per_label.items()
    ]
    micro = _rates(scores.micro, intervals.micro)
    missed, spurious = (sum(own.values()) for own in (figures.missed, figures.spurious))
    totals = map(whole, (scores.micro.support, missed, spurious))
    rows.append(row("micro", *micro, *totals, ""))
    error = _NOTHING if scores.ece is None else percent(scores.ece)
    macro = _with_interval(scores.macro_f1, intervals.macro)
    rows.append(row("macro", "", "", macro, "", "", "", error))
    verdicts = [OUTCOME_NAMES[outcome] for outcome in ("missed", "spurious")]
    columns = ("Nhãn", "Độ chính xác", "Độ phủ", "F1", "Đoạn có nhãn", *verdicts, "ECE")
    return _wide(columns, rows)


def _source_table(by_source: Mapping[str, Figures]) -> str:
    outcomes = [outcome for outcome in OUTCOMES if outcome != "correct"]
    columns = (
        "Nguồn",
        "Bài",
        "F1 thực thể, micro",
        "macro",
        "khớp một phần, micro",
        *(OUTCOME_NAMES[outcome] for outcome in outcomes),
        "F1 nhãn đoạn, macro",
    )
    rows = []
    for name, figures in by_source.items():
        cells = [whole(figures.articles)]
        if figures.entities:
            strict = figures.entities.scores["strict"]
            intervals = figures.entities.intervals["strict"]
            cells += [
                _with_interval(strict.micro.f1, intervals.micro),
                _with_interval(strict.macro_f1, intervals.macro),
                percent(figures.entities.scores["partial"].micro.f1),
            ]
            own_outcomes = figures.entities.outcomes.values()
            cells += [whole(sum(own[outcome] for own in own_outcomes)) for outcome in outcomes]
        else:
            cells += [_NOTHING] * (3 + len(outcomes))
        if figures.sections:
            macro = figures.sections.intervals.macro
            cells.append(_with_interval(figures.sections.scores.macro_f1, macro))
        else:
            cells.append(_NOTHING)
        rows.append(row(f"<bdi>{escape(name)}</bdi>", *cells))
    return _wide(columns, rows)


def _comparison_table(comparison: Comparison) -> str:
    systems = (f"<bdi>{escape(name)}</bdi>" for name in (comparison.first, comparison.second))
    rows = [_comparison_row(name, difference) for name, difference in _compared(comparison)]
    return _wide(("F1", *systems, "Chênh lệch", "p"), rows)


def _compared(comparison: Comparison) -> Iterator[tuple[str, Difference]]:
    """The figures that are compared, by names that are markup."""
    for measure, differences in (comparison.entities or {}).items():
        yield from _averages(f"Thực thể, {_MEASURE_NAMES[measure]}", differences)
        if measure == "strict":
            for label, difference in differences.per_label.items():
                yield f"{entity_chip(label)} {_MEASURE_NAMES[measure]}", difference
    if comparison.sections:
        yield from _averages("Nhãn đoạn", comparison.sections)
        for label, difference in comparison.sections.per_label.items():
            yield escape(full_name(label)), difference


def _averages(name: str, differences: F1Differences) -> Iterator[tuple[str, Difference]]:
    yield f"{name}, micro", differences.micro
    yield f"{name}, macro", differences.macro


def _comparison_row(name: str, difference: Difference) -> str:
    value = _signed(difference.difference, digits=2)
    if difference.interval is not None:
        low, high = (_signed(bound, digits=1) for bound in difference.interval)
        value += f" [{low}; {high}]"
    p = decimal(difference.p_value, digits=3)
    if difference.p_value < _SMALLEST_P / 2:
        p = f"&lt;{decimal(_SMALLEST_P, digits=3)}"
    return row(name, percent(difference.first), percent(difference.second), value, p)


def _about_tests(assessment: Assessment) -> str:
    return (
        '<p class="facts">Chênh lệch tính bằng điểm phần trăm, hệ thống thứ nhất trừ hệ thống thứ '
        "hai. p: kiểm định ngẫu nhiên hóa xấp xỉ theo bài (Yeh 2000), "
        f"{whole(assessment.resampling.resamples)} lần hoán đổi, không hiệu chỉnh cho việc so sánh "
        "nhiều lần.</p>"
    )


def _rates(score: Score, interval: Interval | None) -> tuple[str, str, str]:
    return percent(score.precision), percent(score.recall), _with_interval(score.f1, interval)


def _with_interval(rate: float, interval: Interval | None) -> str:
    if interval is None:
        return percent(rate)
    low, high = (decimal(100 * bound, digits=1) for bound in interval)
    return f"{percent(rate)} [{low}; {high}]"


def _signed(value: float, *, digits: int) -> str:
    return ("+" if value >= 0 else "") + decimal(100 * value, digits=digits)

"""Errors of the sections → one HTML page: a summary, then passages with their labels.

All text is escaped; the page holds no script and loads nothing. What a label is, and whether it is
missed or spurious, is told in words, so that colour is never the only sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from phodang.html_text import escape
from phodang.section_marks import SectionMark, full_name, section_marks
from phodang_training.evaluation.errors import SectionError, count_errors
from phodang_training.evaluation.html_parts import (
    ELLIPSIS,
    beginning,
    decimal,
    page,
    percent,
    row,
    section_chip,
    table,
    whole,
)
from phodang_training.evaluation.section_evaluation import SectionPredictions

_PAGE_TITLE = "Lỗi gán nhãn đoạn"

_MISSED, _SPURIOUS, _RIGHT = "thiếu", "thừa", "đúng"

_CONTEXT_CHARACTERS = 240
"""So much of the passage before and of the one after is shown: two or three lines."""
_TITLE_CHARACTERS = 160
"""Headlines are shorter; where the first passage is none, its beginning will do."""

# The colours of verdicts are the orange and the blue of Paul Tol's "light" scheme (Colour Schemes,
# SRON/EPS/TN/09-002), made for fields behind black text.
_STYLE = """
.phodang .errors-missed { --label: 238 136 102; }
.phodang .errors-spurious { --label: 119 170 221; }
.phodang .errors-facts, .phodang .errors-verdict { margin: 0 0 .6rem; font-size: .85rem;
  line-height: 1.6; overflow-wrap: anywhere; }
.phodang .errors-facts { color: var(--soft); }
.phodang .errors-facts b { color: var(--ink); }
.phodang .errors-context { margin: 0 0 .7rem; font-size: .85rem; line-height: 1.6;
  color: var(--soft); overflow-wrap: anywhere; }
.phodang p.phodang-passage, .phodang p.phodang-passage:last-child { margin: 0 0 .7rem; }
.phodang .errors-facts:last-child { margin-bottom: 0; }
.phodang tr[class] > * { background: rgb(var(--label) / var(--tint));
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
"""


def errors_to_html(
    predictions: SectionPredictions, errors: Sequence[SectionError], *, data: str, model: str
) -> str:
    """Render an error analysis as one HTML page that needs no other file.

    Args:
        predictions: Annotated and predicted sections of all passages.
        errors: The passages to show, in this order; see `errors.worst_passages`.
        data: Name of the data.
        model: Name of the model.

    Returns:
        The page, to be written as UTF-8. Each passage is shown whole, the text content of an
        element ``data-phodang="text"``; the title of its article and the passages around it are
        shortened, which ``…`` tells.

    Raises:
        ValueError: There are no passages or no labels, or a probability is not between 0 and 1.
    """
    marks = section_marks(predictions.labels)
    parts = [_summary(predictions, marks, len(errors), data=data, model=model)]
    parts += [_error(error, marks, number) for number, error in enumerate(errors, start=1)]
    body = "\n".join(parts)
    return page(f"{_PAGE_TITLE}: {data}", body, heading=_PAGE_TITLE, style=_STYLE)


def _summary(
    predictions: SectionPredictions,
    marks: Mapping[str, SectionMark],
    shown: int,
    *,
    data: str,
    model: str,
) -> str:
    articles = len({article.id for article, _ in predictions.passages})
    passages = len(predictions.passages)
    return (
        '<section class="phodang">\n'
        f'<p class="errors-facts">Dữ liệu: <b><bdi>{escape(data)}</bdi></b>, '
        f"{whole(passages)} đoạn trong {whole(articles)} bài.<br>"
        f"Mô hình: <b><bdi>{escape(model)}</bdi></b>.</p>\n"
        f"{_summary_table(predictions, marks)}\n"
        f'<p class="errors-facts">{_badge(_MISSED)} nhãn có trong chú giải mà mô hình không gán. '
        f"{_badge(_SPURIOUS)} nhãn mô hình gán mà không có trong chú giải.<br>"
        f"Dưới đây là {whole(shown)} trong {whole(passages)} đoạn, xếp từ mất mát lớn nhất. Mất "
        "mát là entropy chéo nhị phân của các xác suất đã hiệu chỉnh, lấy trung bình trên các "
        "nhãn, nên một đoạn được gán đúng cũng có thể có mặt.</p>\n"
        "</section>"
    )


def _summary_table(predictions: SectionPredictions, marks: Mapping[str, SectionMark]) -> str:
    scores = predictions.scores()
    counts = count_errors(predictions)
    rows = [
        row(
            section_chip(label, marks[label]),
            percent(score.f1),
            whole(score.support),
            whole(counts[label].missed),
            whole(counts[label].spurious),
        )
        for label, score in scores.per_label.items()
    ]
    missed = sum(count.missed for count in counts.values())
    spurious = sum(count.spurious for count in counts.values())
    mean_f1 = percent(scores.macro_f1)
    rows.append(row("F1 trung bình; tổng số lỗi", mean_f1, "", whole(missed), whole(spurious)))
    return table(("Nhãn", "F1", "Đoạn có nhãn", "Thiếu", "Thừa"), rows)


def _error(error: SectionError, marks: Mapping[str, SectionMark], number: int) -> str:
    place = f"đoạn {error.index + 1} trong {len(error.article.passages)}"
    return "\n".join(
        (
            '<article class="phodang">',
            f'<h2 class="phodang-title">{number}. '
            f"<bdi>{escape(beginning(error.title, _TITLE_CHARACTERS))}</bdi></h2>",
            f'<p class="errors-facts">Bài <bdi>{escape(error.article.id)}</bdi>, {place}, mất mát '
            f"{decimal(error.loss, digits=2)}</p>",
            _verdict(error),
            _context("Đoạn trước", error.previous and _ending(error.previous), missing="Đầu bài."),
            f'<p class="phodang-passage" data-phodang="text">{escape(error.text)}</p>',
            _context(
                "Đoạn sau",
                error.following and beginning(error.following, _CONTEXT_CHARACTERS),
                missing="Cuối bài.",
            ),
            _decisions(error, marks),
            "</article>",
        )
    )


def _verdict(error: SectionError) -> str:
    told = [f"{_badge(_MISSED)} {escape(full_name(label))}" for label in error.missed]
    told += [f"{_badge(_SPURIOUS)} {escape(full_name(label))}" for label in error.spurious]
    return f'<p class="errors-verdict">{", ".join(told) or "Nhãn được gán đúng."}</p>'


def _context(name: str, text: str | None, *, missing: str) -> str:
    said = missing if text is None else f"{name}: {escape(text)}"
    return f'<p class="errors-context">{said}</p>'


def _decisions(error: SectionError, marks: Mapping[str, SectionMark]) -> str:
    rows = []
    for label, probability in error.probabilities.items():
        verdict = _RIGHT
        if label in error.missed:
            verdict = _MISSED
        elif label in error.spurious:
            verdict = _SPURIOUS
        rows.append(
            row(
                section_chip(label, marks[label]),
                _yes_or_no(label in error.gold),
                _yes_or_no(label in error.predicted),
                decimal(probability, digits=3),
                decimal(error.thresholds[label], digits=3),
                _RIGHT if verdict == _RIGHT else _badge(verdict),
                kind=None if verdict == _RIGHT else _class(verdict),
            )
        )
    columns = ("Nhãn", "Chú giải", "Mô hình", "Xác suất", "Ngưỡng", "Kết quả")
    return table(columns, rows)


def _badge(verdict: str) -> str:
    return f'<small class="phodang-label {_class(verdict)}">{verdict}</small>'


def _class(verdict: str) -> str:
    return "errors-missed" if verdict == _MISSED else "errors-spurious"


def _ending(text: str) -> str:
    """The last words of a text in one line: what leads to the passage behind it."""
    line = " ".join(text.split())
    if len(line) <= _CONTEXT_CHARACTERS:
        return line
    end = line[-_CONTEXT_CHARACTERS:]
    return ELLIPSIS + (end.partition(" ")[2] or end)


def _yes_or_no(value: bool) -> str:
    return "có" if value else "không"

"""Errors of the sections → one HTML page: a summary, then passages with their labels.

All text is escaped; the page holds no script and loads nothing. What a label is, and whether it is
missed or spurious, is told in words, so that colour is never the only sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from phodang.html_style import FRAGMENT_STYLE, PAGE_STYLE, SECTION_STYLE
from phodang.html_text import escape
from phodang.section_marks import SectionMark, full_name, section_marks
from phodang_training.errors import SectionError, count_errors
from phodang_training.section_evaluation import SectionPredictions

_PAGE_TITLE = "Lỗi gán nhãn đoạn"

_MISSED, _SPURIOUS, _RIGHT = "thiếu", "thừa", "đúng"

_CONTEXT_CHARACTERS = 240
"""So much of the passage before and of the one after is shown: two or three lines."""
_TITLE_CHARACTERS = 160
"""Headlines are shorter; where the first passage is none, its beginning will do."""
_ELLIPSIS = "…"

# The colours of verdicts are the orange and the blue of Paul Tol's "light" scheme (Colour Schemes,
# SRON/EPS/TN/09-002), made for fields behind black text.
_STYLE = """
.phodang .errors-missed { --label: 238 136 102; }
.phodang .errors-spurious { --label: 119 170 221; }
.phodang .phodang-label { font-size: .78rem; white-space: nowrap; }
.phodang .errors-facts, .phodang .errors-verdict { margin: 0 0 .6rem; font-size: .85rem;
  line-height: 1.6; overflow-wrap: anywhere; }
.phodang .errors-facts { color: var(--soft); }
.phodang .errors-facts b { color: var(--ink); }
.phodang bdi { unicode-bidi: isolate; }
.phodang .errors-context { margin: 0 0 .7rem; font-size: .85rem; line-height: 1.6;
  color: var(--soft); overflow-wrap: anywhere; }
.phodang p.phodang-passage, .phodang p.phodang-passage:last-child { margin: 0 0 .7rem; }
.phodang .errors-facts:last-child { margin-bottom: 0; }
.phodang table { width: 100%; margin: 0 0 .8rem; border-collapse: collapse; font-size: .85rem;
  line-height: 1.4; font-variant-numeric: tabular-nums; }
.phodang table:last-child { margin-bottom: 0; }
.phodang th, .phodang td { padding: .3rem .4rem; text-align: right; vertical-align: middle;
  font-weight: 400; border-top: 1px solid rgb(128 128 128 / .3); background: none; }
.phodang thead th { border-top: 0; color: var(--soft); vertical-align: bottom; }
.phodang th:first-child { width: 34%; text-align: left; }
.phodang th .phodang-section { font-weight: 400; }
.phodang tr[class] > * { background: rgb(var(--label) / var(--tint));
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
@media (max-width: 30rem) { .phodang table { font-size: .75rem; }
  .phodang th, .phodang td { padding: .3rem .2rem; }
  .phodang th .phodang-section { padding-left: .8em; } }
@media print { .phodang table { break-inside: avoid; } .phodang h2 { break-after: avoid; } }
"""


def errors_to_html(
    predictions: SectionPredictions, errors: Sequence[SectionError], *, data: str, model: str
) -> str:
    """Render an error analysis as one HTML page that needs no other file.

    Args:
        predictions: Annotated and predicted sections of all passages.
        errors: The passages to show, in this order; see `phodang_training.errors.worst_passages`.
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
    return (
        '<!doctype html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_PAGE_TITLE}: {escape(data)}</title>\n"
        f"<style>{PAGE_STYLE}{FRAGMENT_STYLE}{SECTION_STYLE}{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{_PAGE_TITLE}</h1>\n{body}\n</body>\n</html>\n"
    )


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
        f"{_whole(passages)} đoạn trong {_whole(articles)} bài.<br>"
        f"Mô hình: <b><bdi>{escape(model)}</bdi></b>.</p>\n"
        f"{_summary_table(predictions, marks)}\n"
        f'<p class="errors-facts">{_badge(_MISSED)} nhãn có trong chú giải mà mô hình không gán. '
        f"{_badge(_SPURIOUS)} nhãn mô hình gán mà không có trong chú giải.<br>"
        f"Dưới đây là {_whole(shown)} trong {_whole(passages)} đoạn, xếp từ mất mát lớn nhất. Mất "
        "mát là entropy chéo nhị phân của các xác suất đã hiệu chỉnh, lấy trung bình trên các "
        "nhãn, nên một đoạn được gán đúng cũng có thể có mặt.</p>\n"
        "</section>"
    )


def _summary_table(predictions: SectionPredictions, marks: Mapping[str, SectionMark]) -> str:
    scores = predictions.scores()
    counts = count_errors(predictions)
    rows = [
        _row(
            _name(label, marks[label]),
            _percent(score.f1),
            _whole(score.support),
            _whole(counts[label].missed),
            _whole(counts[label].spurious),
        )
        for label, score in scores.per_label.items()
    ]
    missed = sum(count.missed for count in counts.values())
    spurious = sum(count.spurious for count in counts.values())
    mean_f1 = _percent(scores.macro_f1)
    rows.append(_row("F1 trung bình; tổng số lỗi", mean_f1, "", _whole(missed), _whole(spurious)))
    return _table(("Nhãn", "F1", "Đoạn có nhãn", "Thiếu", "Thừa"), rows)


def _error(error: SectionError, marks: Mapping[str, SectionMark], number: int) -> str:
    place = f"đoạn {error.index + 1} trong {len(error.article.passages)}"
    return "\n".join(
        (
            '<article class="phodang">',
            f'<h2 class="phodang-title">{number}. '
            f"<bdi>{escape(_beginning(error.title, _TITLE_CHARACTERS))}</bdi></h2>",
            f'<p class="errors-facts">Bài <bdi>{escape(error.article.id)}</bdi>, {place}, mất mát '
            f"{_decimal(error.loss, digits=2)}</p>",
            _verdict(error),
            _context("Đoạn trước", error.previous and _ending(error.previous), missing="Đầu bài."),
            f'<p class="phodang-passage" data-phodang="text">{escape(error.text)}</p>',
            _context(
                "Đoạn sau",
                error.following and _beginning(error.following, _CONTEXT_CHARACTERS),
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
            _row(
                _name(label, marks[label]),
                _yes_or_no(label in error.gold),
                _yes_or_no(label in error.predicted),
                _decimal(probability, digits=3),
                _decimal(error.thresholds[label], digits=3),
                _RIGHT if verdict == _RIGHT else _badge(verdict),
                verdict=verdict,
            )
        )
    columns = ("Nhãn", "Chú giải", "Mô hình", "Xác suất", "Ngưỡng", "Kết quả")
    return _table(columns, rows)


def _table(columns: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return (
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table>"
    )


def _row(head: str, *cells: str, verdict: str = _RIGHT) -> str:
    """A row of a table, of cells that are markup already."""
    style = "" if verdict == _RIGHT else f' class="{_class(verdict)}"'
    rest = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr{style}><th scope="row">{head}</th>{rest}</tr>'


def _badge(verdict: str) -> str:
    return f'<small class="phodang-label {_class(verdict)}">{verdict}</small>'


def _class(verdict: str) -> str:
    return "errors-missed" if verdict == _MISSED else "errors-spurious"


def _name(label: str, mark: SectionMark) -> str:
    """A label in words with its line, as articles show it."""
    return (
        f'<b class="phodang-section phodang-{mark.line}" style="--section: {mark.color}">'
        f"{escape(full_name(label))}</b>"
    )


def _beginning(text: str, characters: int) -> str:
    """The first words of a text in one line; of a word that is too long, its beginning."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    return (line[:characters].rpartition(" ")[0] or line[:characters]) + _ELLIPSIS


def _ending(text: str) -> str:
    """The last words of a text in one line: what leads to the passage behind it."""
    line = " ".join(text.split())
    if len(line) <= _CONTEXT_CHARACTERS:
        return line
    end = line[-_CONTEXT_CHARACTERS:]
    return _ELLIPSIS + (end.partition(" ")[2] or end)


def _yes_or_no(value: bool) -> str:
    return "có" if value else "không"


def _decimal(value: float, *, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")


def _percent(value: float) -> str:
    return f"{_decimal(100 * value, digits=2)}%"


def _whole(number: int) -> str:
    return f"{number:,}".replace(",", ".")

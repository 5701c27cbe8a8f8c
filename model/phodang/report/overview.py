"""The part of the page that says what is in the corpus."""

from __future__ import annotations

from phodang.html import label_name
from phodang.html_text import escape
from phodang.report.gathering import CorpusCounts, Examples
from phodang.report.markup import card, label_chip, note, section_chip, table
from phodang.report.words import number, share, shortened
from phodang.section_marks import section_marks

NO_SECTIONS = (
    "Không đoạn nào trong kho mang nhãn phần (thành tựu, nhiệm vụ, cảnh báo …): các bài chỉ được "
    "gán thực thể, hoặc mô hình không tìm thấy đoạn nào như vậy. Vì thế báo cáo không có mục về "
    "phần."
)
"""Said in place of what is told of sections."""
_LONGEST_EXAMPLE = 60


def overview(counts: CorpusCounts) -> str:
    """Make the part: sizes, entities by type, passages by section, what is empty."""
    sizes = (
        ("bài", counts.articles),
        ("đoạn", counts.passages),
        ("âm tiết (tách theo khoảng trắng)", counts.syllables),
        ("lượt nhắc thực thể", counts.mentions.total()),
    )
    tiles = "".join(f"<div><dt>{name}</dt><dd>{number(n)}</dd></div>" for name, n in sizes)
    return card(
        "tong-quan",
        "Trong kho có gì",
        f'<dl class="sizes">{tiles}</dl>',
        _empty(counts),
        f'<div class="columns">\n<div>{_entities(counts)}</div>\n<div>{_sections(counts)}</div>'
        "\n</div>",
    )


def listed_examples(examples: Examples) -> str:
    """The first examples, quoted, and whether there are more."""
    quoted = ", ".join(f"“{escape(shortened(e, _LONGEST_EXAMPLE))}”" for e in examples.first)
    return f"chẳng hạn {quoted}" if examples.count > len(examples.first) else quoted


def _empty(counts: CorpusCounts) -> str:
    if not counts.articles:
        return note("Kho không có bài nào.")
    if not counts.empty.count:
        return note("Bài nào cũng có ít nhất một thực thể hoặc một đoạn mang nhãn.")
    return note(
        f"{number(counts.empty.count)} bài ({share(counts.empty.count, counts.articles)}) không có "
        f"thực thể hay đoạn mang nhãn nào: {listed_examples(counts.empty)}."
    )


def _entities(counts: CorpusCounts) -> str:
    if not counts.mentions:
        return "<h3>Thực thể</h3>\n" + note("Không có thực thể nào.")
    total = counts.mentions.total()
    rows = [
        (
            f'<span class="type">{label_chip(label)} {label_name(label) or ""}</span>',
            number(counts.mentions[label]),
            share(counts.mentions[label], total),
            number(len(counts.names[label])) if label in counts.listed_labels else "–",
        )
        for label in counts.labels
    ]
    return "<h3>Thực thể</h3>\n" + table(("loại", "lượt nhắc", "tỉ lệ", "tên khác nhau"), rows)


def _sections(counts: CorpusCounts) -> str:
    if not counts.section_passages:
        return "<h3>Phần</h3>\n" + note(NO_SECTIONS)
    rows = [
        (
            section_chip(label, mark),
            number(counts.section_passages[label]),
            share(counts.section_passages[label], counts.passages),
            number(counts.section_articles[label]),
            share(counts.section_articles[label], counts.articles),
        )
        for label, mark in section_marks(counts.section_passages).items()
    ]
    background = (number(counts.background), share(counts.background, counts.passages))
    rows.append(("không mang nhãn (nền)", *background, "", ""))
    return (
        "<h3>Đoạn theo nhãn phần</h3>\n"
        + table(("nhãn", "đoạn", "tỉ lệ", "bài", "tỉ lệ"), rows)
        + note("Một đoạn có thể mang nhiều nhãn, nên tổng các tỉ lệ có thể quá 100%.")
    )

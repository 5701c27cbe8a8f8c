"""The part of the page that lists names, each with its passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from phodang.html import label_style
from phodang.html_text import escape
from phodang.report.concordance import Details, ListedName, Occurrence
from phodang.report.excerpt import excerpt
from phodang.report.gathering import CorpusCounts
from phodang.report.markup import card, note, section_chip
from phodang.report.names import by_frequency
from phodang.report.words import heading, number, share, shortened, type_name
from phodang.section_marks import SectionMark, section_marks

_MOST_SPELLINGS = 8
_LONGEST_TITLE = 120
_LONGEST_DATE = 40
_TOOLS = (
    '<div id="tools" hidden><label for="search">Tìm tên trong các danh sách (có dấu hay không dấu '
    'đều được)</label> <input id="search" type="search" autocomplete="off"> '
    '<button type="button" id="open-all">Mở tất cả</button> '
    '<button type="button" id="close-all">Đóng tất cả</button> '
    '<output id="found" for="search"></output></div>'
)


def anchors(details: Details) -> dict[tuple[str, str], str]:
    """The id of each listed name on the page, by its type and key."""
    names = (name for own in details.names.values() for name in own)
    return {(name.label, name.key): f"e{index}" for index, name in enumerate(names, start=1)}


def name_lists(counts: CorpusCounts, details: Details) -> str:
    """Make the part: the box that filters, and a list for each entity type."""
    if not details.names:
        return card("ten", "Tên", note("Kho không có tên nào để liệt kê."))
    ids = anchors(details)
    marks = section_marks(counts.section_passages)
    lists = "\n".join(
        _list(counts, label, names, ids, marks) for label, names in details.names.items()
    )
    told = note(
        "Mở một tên để đọc những đoạn có tên ấy. “Lượt” là số lần được nhắc, “bài” là số bài có "
        "tên."
    )
    tools = card("ten", "Tên được nhắc nhiều nhất", told, _TOOLS)
    return f'{tools}\n<div class="lists">\n{lists}\n</div>'


def _list(
    counts: CorpusCounts,
    label: str,
    names: Sequence[ListedName],
    ids: Mapping[tuple[str, str], str],
    marks: Mapping[str, SectionMark],
) -> str:
    most = names[0].mentions
    items = "\n".join(_item(name, ids[label, name.key], most, marks) for name in names)
    return (
        f'<section class="phodang" data-list style="{label_style(label)}">\n'
        f"<h3>{escape(heading(type_name(label)))}</h3>\n{_left_out(counts, label, names)}\n"
        f"<ol>\n{items}\n</ol>\n</section>"
    )


def _left_out(counts: CorpusCounts, label: str, names: Sequence[ListedName]) -> str:
    different, mentions = len(counts.names[label]), counts.mentions[label]
    told = f"{number(different)} tên khác nhau, {number(mentions)} lượt."
    if not (more := different - len(names)):
        return note(told + " Tất cả ở dưới đây.")
    rest = mentions - sum(name.mentions for name in names)
    return note(
        f"{told} Dưới đây là {number(len(names))} tên được nhắc nhiều nhất; không liệt kê "
        f"{number(more)} tên còn lại, chiếm {share(rest, mentions)} số lượt."
    )


def _item(name: ListedName, anchor: str, most: int, marks: Mapping[str, SectionMark]) -> str:
    spellings = by_frequency(name.spellings)
    find = " | ".join(spelling for spelling, _ in spellings[:_MOST_SPELLINGS])
    return (
        f'<li data-find="{escape(find)}"><details id="{anchor}"><summary>'
        f'<span class="name">{escape(name.shown)}</span> '
        f'<span class="count">{number(name.mentions)} lượt · {number(name.articles)} bài</span>'
        f'<span class="bar" style="width: {100 * name.mentions / most:.1f}%"></span></summary>\n'
        f"{_spellings(spellings)}{_passages(name, marks)}</details></li>"
    )


def _spellings(spellings: Sequence[tuple[str, int]]) -> str:
    if len(spellings) == 1:
        return ""
    shown = ", ".join(
        f"{escape(spelling)} ({number(count)})" for spelling, count in spellings[:_MOST_SPELLINGS]
    )
    more = len(spellings) - _MOST_SPELLINGS
    rest = f" và {number(more)} cách viết khác" if more > 0 else ""
    return note(f"Cách viết: {shown}{rest}.") + "\n"


def _passages(name: ListedName, marks: Mapping[str, SectionMark]) -> str:
    shown = name.sample.items
    quotations = "\n".join(_quotation(name, occurrence, marks) for occurrence in shown)
    more = name.sample.seen - len(shown)
    if not more:
        return quotations
    told = (
        f"Ở đây có {number(len(shown))} đoạn, trải đều theo thứ tự của kho; còn "
        f"{number(more)} đoạn khác có tên này không được in ra."
        if shown
        else f"{number(more)} đoạn có tên này không được in ra."
    )
    return f"{quotations}\n{note(told)}"


def _quotation(name: ListedName, occurrence: Occurrence, marks: Mapping[str, SectionMark]) -> str:
    passage = occurrence.passage
    place = [f"<cite>{escape(occurrence.article_id)}</cite>"]
    if occurrence.date is not None:
        place.append(escape(shortened(occurrence.date, _LONGEST_DATE)))
    place.append(f"đoạn {number(occurrence.number)}/{number(occurrence.passages)}")
    if occurrence.title is not None:
        place.append(f"“{escape(shortened(occurrence.title, _LONGEST_TITLE))}”")
    chips = " ".join(section_chip(label, marks[label], short=True) for label in passage.labels)
    return (
        f"<figure><blockquote>{_marked(passage.text, name.spans(passage))}</blockquote>"
        f"<figcaption>{' · '.join(place)} {chips}</figcaption></figure>"
    )


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    shown = excerpt(text, spans)
    parts = []
    position = shown.start
    for start, end in shown.spans:
        parts += [escape(text[position:start]), f"<mark>{escape(text[start:end])}</mark>"]
        position = end
    parts.append(escape(text[position : shown.end]))
    cut = '<span class="cut">[lược {} ký tự]</span>'
    if shown.start:
        parts.insert(0, cut.format(number(shown.start)) + " ")
    if shown.end < len(text):
        parts.append(" " + cut.format(number(len(text) - shown.end)))
    return "".join(parts)

"""The part of the page that tells who appears with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from phodang.html import label_color
from phodang.html_text import escape
from phodang.report.concordance import ORGANISATION, PERSON, Details, ListedName, Pair
from phodang.report.markup import card, figure, note, table
from phodang.report.name_lists import anchors
from phodang.report.plots import plot_matrix
from phodang.report.words import number

_MATRIX_SIDE = 12
"""So many names stand beside a matrix: more cannot be read on a page."""

_Names = Mapping[str, ListedName]


def company(details: Details, *, pairs: int) -> str:
    """Make the part: of each kind of pair a matrix of the most frequent, and a list.

    Args:
        details: What was gathered.
        pairs: How many pairs of each kind are listed.
    """
    persons = {name.key: name for name in details.names.get(PERSON, [])}
    organisations = {name.key: name for name in details.names.get(ORGANISATION, [])}
    ids = anchors(details)
    return card(
        "cung-nhau",
        "Ai xuất hiện cùng ai",
        note(
            f"Con số là số đoạn có cả hai tên. Chỉ xét {number(len(persons))} người và "
            f"{number(len(organisations))} tổ chức nằm trong các danh sách ở trên; cặp có tên "
            "ngoài danh sách không được đếm. Cùng một đoạn chưa có nghĩa là có quan hệ."
        ),
        '<div class="columns">',
        _pairs("Người với người", details.persons, persons, persons, ids, pairs),
        _pairs("Người với tổ chức", details.organisations, persons, organisations, ids, pairs),
        "</div>",
    )


def _pairs(
    title: str,
    counts: Counter[Pair],
    first: _Names,
    second: _Names,
    ids: Mapping[tuple[str, str], str],
    most: int,
) -> str:
    head = f"<div>\n<h3>{title}</h3>\n"
    if not counts:
        return f"{head}{note('Không đoạn nào có cặp như vậy.')}\n</div>"
    ordered = sorted(counts, key=lambda pair: (-counts[pair], pair))
    rows = [
        (_link(first[one], ids), _link(second[other], ids), number(counts[one, other]))
        for one, other in ordered[:most]
    ]
    kind = "tổ chức" if second is not first else "người"
    left_out = len(ordered) - len(rows)
    told = note(f"Không liệt kê {number(left_out)} cặp còn lại, ít đoạn hơn hoặc bằng.")
    return (
        f"{head}{_matrix(title, counts, first, second)}\n"
        f"{table(('người', kind, 'đoạn'), rows, names=2)}\n{told if left_out else ''}\n</div>"
    )


def _link(name: ListedName, ids: Mapping[tuple[str, str], str]) -> str:
    return f'<a href="#{ids[name.label, name.key]}">{escape(name.shown)}</a>'


def _matrix(title: str, counts: Counter[Pair], first: _Names, second: _Names) -> str:
    same = second is first
    if same:
        both_ways = {(other, one): count for (one, other), count in counts.items()}
        counts = Counter({**counts, **both_ways})
    rows = _most_frequent(counts, lambda pair: pair[0])
    columns = rows if same else _most_frequent(counts, lambda pair: pair[1])
    cells = {
        (row, column): counts[one, other]
        for row, one in enumerate(rows)
        for column, other in enumerate(columns)
        if counts[one, other]
    }
    beside = (
        f"{number(len(rows))} người có nhiều cặp nhất"
        if same
        else f"{number(len(rows))} người và {number(len(columns))} tổ chức có nhiều cặp nhất"
    )
    caption = f"{beside[:1].upper()}{beside[1:]}; ô trống là không cùng đoạn nào."
    svg = plot_matrix(
        [first[key].shown for key in rows],
        [second[key].shown for key in columns],
        cells,
        color=label_color(PERSON if same else ORGANISATION),
        name="persons" if same else "organisations",
        label=f"{title}: {caption} Các cặp nhiều nhất có trong bảng bên dưới.",
    )
    return figure(svg, caption)


def _most_frequent(counts: Counter[Pair], side: Callable[[Pair], str]) -> Sequence[str]:
    """The keys of the names on one side of pairs that have most passages with any of the others."""
    sums: Counter[str] = Counter()
    for pair, count in counts.items():
        sums[side(pair)] += count
    return sorted(sums, key=lambda key: (-sums[key], key))[:_MATRIX_SIDE]

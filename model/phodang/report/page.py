"""Counts → page: the parts of the report in one HTML document that loads nothing."""

from __future__ import annotations

from phodang.html_style import FRAGMENT_STYLE, PAGE_STYLE, SECTION_STYLE
from phodang.html_text import escape
from phodang.report.company import company
from phodang.report.concordance import ORGANISATION, PERSON, Details
from phodang.report.gathering import CorpusCounts
from phodang.report.name_lists import name_lists
from phodang.report.options import ReportOptions
from phodang.report.over_time import over_time
from phodang.report.overview import overview
from phodang.report.remarks import remarks
from phodang.report.script import CONTENT_SECURITY_POLICY, SCRIPT
from phodang.report.style import REPORT_STYLE

_PARTS = {
    "tong-quan": "Trong kho có gì",
    "thoi-gian": "Theo thời gian",
    "ten": "Tên",
    "cung-nhau": "Ai cùng ai",
    "cach-dem": "Cách đếm",
}


def report_page(counts: CorpusCounts, details: Details, options: ReportOptions) -> str:
    """Make the page.

    Args:
        counts: What the first reading of the corpus counted.
        details: What the second one gathered of the names that are listed.
        options: What is shown.

    Returns:
        An HTML document, to be written as UTF-8.
    """
    title = escape(options.title)
    parts = {
        "tong-quan": overview(counts),
        "thoi-gian": over_time(counts, date_field=options.date_field),
        "ten": name_lists(counts, details),
        "cung-nhau": company(details, pairs=options.pairs),
        "cach-dem": remarks(),
    }
    if not {PERSON, ORGANISATION} & details.names.keys():
        del parts["cung-nhau"]
    links = "\n".join(f'<a href="#{anchor}">{_PARTS[anchor]}</a>' for anchor in parts)
    body = "\n".join(parts.values())
    return (
        '<!doctype html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(CONTENT_SECURITY_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n"
        f"<style>{PAGE_STYLE}{FRAGMENT_STYLE}{SECTION_STYLE}{REPORT_STYLE}</style>\n</head>\n"
        f'<body class="report">\n<h1>{title}</h1>\n<nav>\n{links}\n</nav>\n<main>\n{body}\n'
        f"</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )

"""A report is one page that tells what was counted, shows where, and says what it leaves out."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Iterable

import pytest
from article_strategies import any_text, articles
from hypothesis import given, settings
from hypothesis import strategies as st
from isolated import run_python
from report_reader import VOID, Reader, labelled, passage

from phodang.article import Article
from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError, MissingDependencyError
from phodang.report import ReportOptions, build_report

HOSTILE = "$_{$</p></script></style><script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;"
NO_SECTIONS = "Không đoạn nào trong kho mang nhãn phần"
# fmt: off
TAGS = VOID | {
    "html", "head", "title", "style", "body", "h1", "h2", "h3", "nav", "a", "main", "section",
    "p", "dl", "dd", "dt", "div", "table", "thead", "tbody", "tr", "th", "td", "small", "b",
    "span", "code", "figure", "figcaption", "svg", "g", "path", "defs", "use", "text", "tspan",
    "clippath", "rect", "details", "summary", "ol", "ul", "li", "blockquote", "cite", "mark",
    "label", "button", "output", "script",
}
# fmt: on

GIAP = passage(
    "Đại tướng Võ Nguyên Giáp gặp Chủ tịch Hồ Chí Minh tại Hà Nội, Hồ Chí Minh nói.",
    ("TITLE", "Đại tướng"),
    ("PER", "Võ Nguyên Giáp"),
    ("TITLE", "Chủ tịch"),
    ("PER", "Hồ Chí Minh"),
    ("LOC", "Hà Nội"),
    ("PER", "Hồ Chí Minh"),
    sections=("achievement",),
)
POLITBURO = passage(
    "BỘ CHÍNH TRỊ ban hành Chỉ thị số 35-CT/TW, Hồ Chí Minh",
    ("ORG", "BỘ CHÍNH TRỊ"),
    ("DOC", "Chỉ thị số 35-CT/TW"),
    ("PER", "Hồ Chí Minh"),
    sections=("task", "warning"),
)
CORPUS = (
    labelled("bài/1", GIAP, POLITBURO, date="2/9/1945"),
    labelled("bài/2", passage("Bộ Chính trị họp.", ("ORG", "Bộ Chính trị")), date="1946-12-19"),
    labelled("bài/3", passage("Bộ Chính trị họp.", ("ORG", "Bộ Chính trị")), date="không rõ"),
    labelled("bài/4", passage("Trời đẹp.")),
)


def read(corpus: Iterable[LabelledArticle], **options: object) -> Reader:
    """Build a report and read it."""
    return Reader(page(corpus, **options))


def page(corpus: Iterable[LabelledArticle], **options: object) -> str:
    """Build a report."""
    kept = tuple(corpus)
    return build_report(lambda: kept, ReportOptions(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def html() -> str:
    return page(CORPUS)


@pytest.fixture(scope="module")
def report(html: str) -> Reader:
    return Reader(html)


def test_the_page_needs_no_other_file(html: str, report: Reader) -> None:
    assert html.startswith('<!doctype html>\n<html lang="vi">')
    assert '<meta charset="utf-8">' in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert not re.search(r"https?:|src=|url\((?!#)|@import|<link", html)
    assert all(target.startswith("#") for target in report.targets)


def test_a_browser_is_told_to_run_nothing_but_the_script(html: str, report: Reader) -> None:
    (script,) = report.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;; script-src " in html
    assert f"sha256-{digest}" in html
    assert report.handlers == set()


def test_every_link_leads_to_one_place(report: Reader) -> None:
    assert set(report.ids.values()) == {1}
    assert {target[1:] for target in report.targets} <= report.ids.keys()
    assert report.names["Bộ Chính trị"].anchor in {target[1:] for target in report.targets}


def test_the_same_corpus_gives_the_same_page(html: str) -> None:
    assert page(CORPUS) == html


def test_what_is_in_the_corpus_is_counted(report: Reader) -> None:
    for size in ("bài4", "đoạn5", "khoảng trắng)40", "lượt nhắc thực thể11"):
        assert size in report.text
    assert ["PER người", "4", "36,4%", "2"] in report.rows
    assert ["ORG tổ chức", "3", "27,3%", "1"] in report.rows
    assert ["thành tựu (achievement)", "1", "20,0%", "1", "25,0%"] in report.rows
    assert ["không mang nhãn (nền)", "3", "60,0%", "", ""] in report.rows
    assert "1 bài (25,0%) không có thực thể hay đoạn mang nhãn nào: “bài/4”." in report.text


def test_sections_over_time_are_counted_and_drawn(report: Reader) -> None:
    head = report.rows[[row[0] for row in report.rows].index("thời gian")]
    assert head == ["thời gian", "bài", "đoạn", "thành tựu", "nhiệm vụ", "cảnh báo"]
    assert ["9/1945", "1", "2", "1 (50,0%)", "1 (50,0%)", "1 (50,0%)"] in report.rows
    assert ["12/1946", "1", "1", "0 (0,0%)", "0 (0,0%)", "0 (0,0%)"] in report.rows
    assert "14 quãng không có bài nào" in report.text
    assert {"thành tựu", "nhiệm vụ", "cảnh báo", "9/1945"} <= set(report.plot_text)


def test_articles_without_readable_date_are_counted_and_told(report: Reader) -> None:
    assert "đọc được ở 2 trong 4 bài. 1 bài không có trường này" in report.text
    assert "1 bài có trường này nhưng không đọc được thành ngày: “không rõ”." in report.text


def test_spellings_are_counted_together_and_the_most_frequent_is_shown(report: Reader) -> None:
    name = report.names["Bộ Chính trị"]
    assert "3 lượt · 3 bài" in name.told
    assert "Cách viết: Bộ Chính trị (2), BỘ CHÍNH TRỊ (1)." in name.told
    assert "BỘ CHÍNH TRỊ" not in report.names


def test_a_name_comes_with_its_passages_in_which_it_is_marked(report: Reader) -> None:
    name = report.names["Hồ Chí Minh"]
    assert name.passages == [GIAP.text, POLITBURO.text]
    assert name.marks == [["Hồ Chí Minh", "Hồ Chí Minh"], ["Hồ Chí Minh"]]
    assert "bài/1 · 2/9/1945 · đoạn 1/2 thành tựu" in name.told
    assert "bài/1 · 2/9/1945 · đoạn 2/2 · “Đại tướng Võ Nguyên Giáp gặp" in name.told
    assert "nhiệm vụ cảnh báo" in name.told
    assert "không được in ra" not in name.told


def test_what_is_left_out_is_told() -> None:
    report = read(CORPUS, top=1, passages_per_entity=2, pairs=1)
    assert "Võ Nguyên Giáp" not in report.names
    assert "2 tên khác nhau, 4 lượt. Dưới đây là 1 tên được nhắc nhiều nhất" in report.text
    assert "không liệt kê 1 tên còn lại, chiếm 25,0% số lượt." in report.text
    name = report.names["Bộ Chính trị"]
    assert len(name.passages) == 2
    assert "Ở đây có 2 đoạn, trải đều theo thứ tự của kho; còn 1 đoạn khác" in name.told


def test_passages_can_be_left_out_altogether() -> None:
    report = read(CORPUS, passages_per_entity=0)
    assert "blockquote" not in report.tags
    assert "3 đoạn có tên này không được in ra." in report.names["Bộ Chính trị"].told


def test_a_long_passage_is_shown_around_the_name_and_what_is_cut_is_told() -> None:
    text = "xã " * 400 + "Bộ Chính trị" + " xã" * 400
    report = read([labelled("a", passage(text, ("ORG", "Bộ Chính trị")))])
    name = report.names["Bộ Chính trị"]
    (shown,) = name.passages
    before, after = (int(count.replace(".", "")) for count in re.findall(r"lược ([\d.]+)", shown))
    inner = re.sub(r"^\[.*?\] | \[[^]]*\]$", "", shown)
    assert inner == text[before : len(text) - after]
    assert name.marks == [["Bộ Chính trị"]]


def test_who_appears_with_whom_counts_passages_and_not_mentions(report: Reader) -> None:
    assert ["Hồ Chí Minh", "Võ Nguyên Giáp", "1"] in report.rows
    assert ["Hồ Chí Minh", "Bộ Chính trị", "1"] in report.rows
    assert not any(row[:2] == ["Hồ Chí Minh", "Hồ Chí Minh"] for row in report.rows)
    assert report.plot_text.count("Võ Nguyên Giáp") == 2
    assert "Chỉ xét 2 người và 1 tổ chức" in report.text


def test_a_corpus_of_entities_alone_has_no_parts_about_sections() -> None:
    plain = passage("Bộ Chính trị họp.", ("ORG", "Bộ Chính trị"))
    report = read([labelled("a", plain, date="2019"), labelled("b", plain, date=2020)])
    assert report.text.count(NO_SECTIONS) == 2
    assert "Đoạn theo nhãn phần" not in report.text
    assert ["thời gian", "bài", "đoạn"] in report.rows
    assert "% số đoạn" not in report.plot_text
    assert "số bài" in report.plot_text


def test_a_report_without_time_says_so() -> None:
    report = read(CORPUS, date_field=None)
    assert "Báo cáo được làm không dùng ngày của bài." in report.text
    assert "9/1945" not in report.text
    assert "bài/1 · đoạn 1/2" in report.names["Hồ Chí Minh"].told


def test_another_field_can_hold_the_date() -> None:
    report = read([labelled("a", GIAP, **{"<ngày>": "2/9/1945"})], date_field="<ngày>")
    assert "trường <ngày>: đọc được ở 1 trong 1 bài." in report.text


@pytest.mark.parametrize("corpus", [(), (LabelledArticle("a", Article("")),)])
def test_a_corpus_without_anything_gives_a_page_that_says_so(
    corpus: tuple[LabelledArticle, ...],
) -> None:
    report = read(corpus)
    assert "Không có thực thể nào." in report.text
    assert "Kho không có tên nào để liệt kê." in report.text
    assert report.names == {}


def test_nothing_of_the_corpus_becomes_markup() -> None:
    text = f"{HOSTILE} {HOSTILE} {HOSTILE}"
    hostile = passage(
        text, ("PER", HOSTILE), ("ORG", HOSTILE), (HOSTILE, HOSTILE), sections=(HOSTILE,)
    )
    corpus = [labelled(HOSTILE, hostile, hostile, **{HOSTILE: f"{HOSTILE} {y}"}) for y in (1, 2)]
    corpus += [labelled(HOSTILE, hostile, **{HOSTILE: f"{HOSTILE} 1/2/{y}"}) for y in (2020, 2021)]
    report = read(corpus, title=HOSTILE, date_field=HOSTILE)
    assert report.tags <= TAGS
    assert len(report.scripts) == 1
    assert report.handlers == set()
    assert report.text.count(HOSTILE) > 10
    # matplotlib would take the dollar signs for a formula.
    assert report.plot_text.count("$_{$</p></script></style><scr…") == 3


def test_a_few_names_of_any_length_can_be_drawn() -> None:
    people, long = "Hồ Chí Minh", "Ủy ban nhân dân " * 20 + "tỉnh"
    own = passage(f"{people} {long}", ("PER", people), ("ORG", long), sections=(long, long + "!"))
    report = read([labelled(str(year), own, date=year) for year in (2019, 2020)])
    assert report.plot_text.count("Ủy ban nhân dân Ủy ban nhân d…") == 3


@settings(max_examples=5)
@given(st.lists(st.tuples(any_text, articles()), max_size=3), any_text)
def test_any_corpus_gives_a_sound_page(corpus: list[tuple[str, Article]], title: str) -> None:
    made = [LabelledArticle(name, article, {"date": name}) for name, article in corpus]
    html = page(made, title=title, top=3)
    report = Reader(html.encode("utf-8").decode("utf-8"))
    assert report.tags <= TAGS
    assert set(report.ids.values()) == {1}
    assert {target[1:] for target in report.targets} <= report.ids.keys()


def test_a_reading_that_differs_from_the_first_is_refused() -> None:
    once = iter(CORPUS)
    with pytest.raises(InputError, match="4 with 11 entities, found 0 with 0"):
        build_report(lambda: once)


@pytest.mark.parametrize("options", [{"top": 0}, {"passages_per_entity": -1}, {"pairs": 0}])
def test_options_have_smallest_values(options: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"Expected {next(iter(options))} of at least"):
        ReportOptions(**options)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'phodang\[report\]'"):
        page(CORPUS)


def test_drawing_leaves_no_trace_and_nothing_is_loaded_before() -> None:
    printed = run_python(
        "import sys\n"
        "from phodang.article import Article\n"
        "from phodang.batch.labelled import LabelledArticle\n"
        "from phodang.report import build_report\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import matplotlib\n"
        "before = matplotlib.rcParams.copy()\n"
        "read = lambda: [LabelledArticle('a', Article(''), {'date': y}) for y in (2019, 2020)]\n"
        "assert '<svg' in build_report(read)\n"
        "assert matplotlib.rcParams.copy() == before\n"
        "print('matplotlib.pyplot' in sys.modules)\n"
    )
    assert printed == "False\n"

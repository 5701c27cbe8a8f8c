"""What a report counts: names in all their spellings, dates in all their forms, even samples."""

from __future__ import annotations

import datetime
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.report.concordance import EvenSample
from phodang.report.dates import Period, read_period, span_periods
from phodang.report.excerpt import excerpt
from phodang.report.gathering import count_corpus
from phodang.report.names import by_frequency, name_key

NAMES = ("Bộ Chính trị", "Ủy ban Kiểm tra Trung ương", "Quy định số 37-QĐ/TW", "Hòa Bình")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BỘ CHÍNH TRỊ", "Bộ Chính trị"),
        ("Uỷ ban Kiểm tra", "Ủy ban Kiểm tra"),
        ("tỉnh Hoà Bình", "tỉnh Hòa Bình"),
        ("Quy định 37–QĐ/TW", "Quy định 37 - QĐ/TW"),
        ("giải “Búa liềm vàng”", 'giải "Búa liềm vàng"'),
        ("Hà\u00a0 Nội", "Hà Nội"),
        ("Ðảng", "Đảng"),
        ("Hội nghị Trung ương 4 khóa XII.", "Hội nghị Trung ương 4 khóa XII"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("UBND", "Ủy ban nhân dân"),
        ("Quy định số 22-QĐ/TW", "Quy định số 23-QĐ/TW"),
        ("Hà Nam", "Hà Nạm"),
        ("Ban Bí thư", "Ban bi thư"),
    ],
)
def test_names_that_differ_in_more_than_form_are_two(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.sampled_from(NAMES), st.sampled_from(["NFC", "NFD"]), st.booleans(), st.integers(1, 3))
def test_form_does_not_matter(name: str, form: str, capitals: bool, spaces: int) -> None:
    written = unicodedata.normalize(form, name.upper() if capitals else name)  # type: ignore[arg-type]
    assert name_key(written.replace(" ", " " * spaces)) == name_key(name)


@given(st.text(min_size=1))
def test_every_surface_has_a_key(surface: str) -> None:
    assert name_key(surface)


def test_the_most_frequent_spelling_comes_first_and_capitals_last_of_equals() -> None:
    spellings = Counter({"BỘ CHÍNH TRỊ": 2, "bộ Chính trị": 1, "Bộ Chính trị": 2})
    assert [name for name, _ in by_frequency(spellings)] == [
        "Bộ Chính trị",
        "BỘ CHÍNH TRỊ",
        "bộ Chính trị",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "2020-03-25",
        "2020-03-25T08:00:00+07:00",
        "2020/3/25",
        "25/3/2020",
        "25-03-2020",
        "25.3.2020",
        "25 / 3 / 2020",
        "Thứ Tư, 25/03/2020, 08:15 (GMT+7)",
        "ngày 25 tháng 3 năm 2020",
        unicodedata.normalize("NFD", "25 tháng 3, năm 2020"),
        "2020-03",
        "3/2020",
        "tháng 3/2020",
        "25/3/2020 (25-03-2020)",
    ],
)
def test_dates_are_read_to_the_month(value: str) -> None:
    assert read_period(value) == Period(2020, 3)


@pytest.mark.parametrize("value", ["2020", "năm 2020", 2020, 2020.0])
def test_years_are_read(value: object) -> None:
    assert read_period(value) == Period(2020, 0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "không rõ",
        "31/2/2020",
        "2020-13-01",
        "13/2020",
        "3/25/2020",
        "25/3/20",
        "25/3/2020 - 26/3/2020",
        "9999",
        True,
        1585094400,
        2020.5,
        float("nan"),
        ["2020-03-25"],
        "trang 2020",
    ],
)
def test_what_is_no_date_is_not_guessed(value: object) -> None:
    assert read_period(value) is None


@given(st.dates(datetime.date(1800, 1, 1), datetime.date(2199, 12, 31)))
def test_all_forms_of_a_day_agree(date: datetime.date) -> None:
    forms = (date.isoformat(), f"{date:%d/%m/%Y}", f"{date.day}-{date.month}-{date.year}")
    assert {read_period(form) for form in forms} == {Period(date.year, date.month)}


def test_a_short_corpus_is_shown_by_months_without_gap() -> None:
    shown = span_periods([Period(2020, 2), Period(2019, 11)])
    assert [str(period) for period in shown] == ["11/2019", "12/2019", "1/2020", "2/2020"]


@pytest.mark.parametrize(
    "dates", [[Period(2017, 1), Period(2020, 1)], [Period(2018, 0), Period(2018, 5)]]
)
def test_a_long_corpus_or_one_with_bare_years_is_shown_by_years(dates: list[Period]) -> None:
    assert span_periods(dates) == [
        Period(year, 0) for year in range(dates[0].year, dates[-1].year + 1)
    ]


def test_bare_years_are_counted_together_with_the_months_of_their_year() -> None:
    articles = [LabelledArticle("a", Article(""), {"date": value}) for value in (2018, "2018-05")]
    (counted,) = count_corpus(articles, date_field="date").by_period().items()
    assert (counted[0], counted[1].articles) == (Period(2018, 0), 2)


@given(st.integers(0, 300), st.integers(0, 12))
def test_a_sample_is_even_and_keeps_little(count: int, size: int) -> None:
    sample: EvenSample[int] = EvenSample(size)
    for item in range(count):
        sample.offer(item)
    items = sample.items
    assert len(items) == min(count, size)
    assert sample.seen == count
    assert items == sorted(set(items))
    if count <= size:
        assert items == list(range(count))
    elif size:
        assert items[0] == 0
        gaps = [after - before for before, after in zip(items, [*items[1:], count], strict=True)]
        # Evenly spread: none of the gaps is more than four times the mean.
        assert max(gaps) <= 4 * count / size


@given(st.data())
def test_an_excerpt_shows_the_first_place_whole(data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(["xã ", "huyện", "tổ chức "]))
    before = word * data.draw(st.integers(0, 400))
    after = word * data.draw(st.integers(0, 400))
    text = f"{before}Bộ Chính trị{after}"
    spans = [(len(before), len(before) + 12)]
    shown = excerpt(text, spans)
    assert 0 <= shown.start <= spans[0][0] < spans[0][1] <= shown.end <= len(text)
    assert shown.spans == tuple(spans)
    assert shown.end - shown.start <= 900
    if len(text) <= 900:
        assert (shown.start, shown.end) == (0, len(text))


def test_dates_and_quantities_are_counted_but_not_listed() -> None:
    text = "năm 2020"
    passage = Passage(0, 8, text, (Entity(0, 8, "DATE", text, 1.0),))
    counts = count_corpus([LabelledArticle("a", Article(text, (passage,)))], date_field=None)
    assert counts.mentions == {"DATE": 1}
    assert counts.labels == ("DATE",)
    assert counts.listed_labels == ()
    assert not counts.names

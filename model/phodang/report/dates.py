"""Fields → dates: the forms of dates that archives of Vietnamese articles have.

Read are, also with a weekday, a time or a time zone beside them: ISO 8601 (``2020-03-25``,
``2020-03-25T08:00:00+07:00``), the day first (``25/3/2020``, ``25-03-2020``, ``25.3.2020``, ``25
tháng 3 năm 2020``); and alone in their field: months (``2020-03``, ``3/2020``) and years (``2020``,
also as a number). The day always comes before the month, as in Vietnam.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from phodang.batch.records import JsonValue

_FIRST_YEAR, _LAST_YEAR = 1800, 2199
"""A number outside is no year of an archive: it may be a time stamp, a page, a slip."""

_YEAR_FIRST = re.compile(r"(?<!\d)(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>\d{1,2}) ?([-/.]) ?(?P<month>\d{1,2}) ?\2 ?(?P<year>\d{4})(?!\d)"
)
_DAY_IN_WORDS = re.compile(
    r"(?<!\d)(?P<day>\d{1,2}) tháng (?P<month>\d{1,2}),? năm (?P<year>\d{4})(?!\d)"
)
_ALONE = (
    re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})"),
    re.compile(r"(?:tháng )?(?P<month>\d{1,2}) ?[-/.] ?(?P<year>\d{4})"),
    re.compile(r"(?:năm )?(?P<year>\d{4})"),
)

_MOST_MONTHS = 36
"""A corpus that spans more months is shown by years."""


class Period(NamedTuple):
    """A month, or a year.

    Attributes:
        year: The year.
        month: The month, from 1; 0 for the year.
    """

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.month}/{self.year}" if self.month else str(self.year)


def read_period(value: JsonValue) -> Period | None:
    """Read when an article is from.

    Args:
        value: What its date field holds.

    Returns:
        The month, or the year if nothing more is known; ``None`` if the value has none of the
        forms, is no day of the calendar, or holds several different dates.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        # A table with gaps holds years as 2020.0.
        value = int(value)
    if not isinstance(value, (int, str)):
        return None
    text = " ".join(unicodedata.normalize("NFC", str(value)).lower().split())
    if found := {
        (int(match["year"]), int(match["month"]), int(match["day"]))
        for form in (_YEAR_FIRST, _DAY_FIRST, _DAY_IN_WORDS)
        for match in form.finditer(text)
    }:
        return _period(*found.pop()) if len(found) == 1 else None
    for form in _ALONE:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            month = parts.get("month")
            return _period(int(parts["year"]), None if month is None else int(month))
    return None


def span_periods(dates: Iterable[Period]) -> list[Period]:
    """The periods by which a corpus is shown, without gap.

    Args:
        dates: When its articles are from.

    Returns:
        All months from the first to the last if the month of every article is known and there are
        at most 36, or else all years; none without articles.
    """
    known = sorted(dates)
    if not known:
        return []
    first, last = known[0], known[-1]
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    if count > _MOST_MONTHS or any(date.month == 0 for date in known):
        return [Period(year, 0) for year in range(first.year, last.year + 1)]
    begin = 12 * first.year + first.month - 1
    return [Period(index // 12, index % 12 + 1) for index in range(begin, begin + count)]


def _period(year: int, month: int | None, day: int = 1) -> Period | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    if month is None:
        return Period(year, 0)
    try:
        datetime.date(year, month, day)
    except ValueError:
        return None
    return Period(year, month)

"""What a report is asked to show."""

from __future__ import annotations

from dataclasses import dataclass

from phodang.errors import InputError


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report shows, and how much of it.

    Attributes:
        title: The title of the page.
        date_field: The field of an article that holds its date; see `phodang.report.dates` for
            the forms that are read. ``None`` for a report without time.
        top: How many names of each entity type are listed.
        passages_per_entity: How many passages are shown for each listed name; 0 for none.
        pairs: How many pairs of names are listed, of each kind of pair.

    Raises:
        InputError: A number is too small.
    """

    title: str = "Báo cáo về kho bài viết"
    date_field: str | None = "date"
    top: int = 30
    passages_per_entity: int = 5
    pairs: int = 30

    def __post_init__(self) -> None:
        for name, smallest in (("top", 1), ("passages_per_entity", 0), ("pairs", 1)):
            value = getattr(self, name)
            if value < smallest:
                raise InputError(f"Expected {name} of at least {smallest}, found {value}.")

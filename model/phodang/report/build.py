"""Labelled articles → report: the two readings of the corpus, and the page made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from phodang.batch.labelled import LabelledArticle
from phodang.errors import InputError
from phodang.report.concordance import read_again
from phodang.report.gathering import count_corpus
from phodang.report.options import ReportOptions
from phodang.report.page import report_page
from phodang.report.plots import require_matplotlib

_DEFAULTS = ReportOptions()


def build_report(
    read: Callable[[], Iterable[LabelledArticle]], options: ReportOptions = _DEFAULTS
) -> str:
    """Make the report of a labelled corpus.

    The corpus is read twice, article by article: first everything is counted, then spellings,
    passages and pairs are gathered of the names alone that are listed. So every number of the page
    is exact, and memory grows with the distinct names of the corpus and not with its texts. A
    single reading would have to keep passages and pairs of every name, or to guess which matter.

    Args:
        read: Begins a reading of the corpus, the same articles in the same order each time, such
            as ``lambda: read_labelled(folder)``.
        options: What is shown.

    Returns:
        The page, to be written as UTF-8. The same corpus and options give the same page with the
        same version of matplotlib.

    Raises:
        InputError: The second reading brought other articles than the first.
        MissingDependencyError: matplotlib is not installed.
    """
    require_matplotlib()
    counts = count_corpus(read(), date_field=options.date_field)
    listed = {label: counts.most_mentioned(label, options.top) for label in counts.listed_labels}
    details = read_again(
        read(),
        listed,
        passages_per_entity=options.passages_per_entity,
        date_field=options.date_field,
    )
    if (details.articles, details.mentions) != (counts.articles, counts.mentions.total()):
        raise InputError(
            f"Expected the same articles at the second reading: {counts.articles} with "
            f"{counts.mentions.total()} entities, found {details.articles} with "
            f"{details.mentions}. Give a function that begins a new reading at each call, and a "
            "corpus that nothing writes to meanwhile."
        )
    return report_page(counts, details, options)

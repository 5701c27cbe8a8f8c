"""A labelled corpus → a report: one HTML page for a browser, without any other file.

`build_report` is the way in. Nothing here is imported with `phodang` itself, and matplotlib, which
draws the plots, only when a report is built.
"""

from __future__ import annotations

from phodang.report.build import build_report
from phodang.report.options import ReportOptions

__all__ = ["ReportOptions", "build_report"]

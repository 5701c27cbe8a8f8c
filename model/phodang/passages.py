"""Raw text → passages: the paragraphs of an article, found at its line breaks."""

from __future__ import annotations

import re

# Every line boundary of str.splitlines, so that `\r\n` counts once and form feeds of converted
# documents separate paragraphs as they do on paper.
_LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


def passage_spans(text: str) -> list[tuple[int, int]]:
    """Find the passages of a text.

    A passage is a line without its surrounding white space; lines that hold only white space are no
    passages.

    Args:
        text: The raw text of an article.

    Returns:
        Spans ``(start, end)`` in Unicode code points of ``text``, end exclusive, in order, never
        empty and never overlapping.
    """
    spans = []
    line_start = 0
    for line_end, next_start in [
        *((match.start(), match.end()) for match in _LINE_BREAK.finditer(text)),
        (len(text), len(text)),
    ]:
        line = text[line_start:line_end]
        start = line_start + len(line) - len(line.lstrip())
        end = line_start + len(line.rstrip())
        if start < end:
            spans.append((start, end))
        line_start = next_start
    return spans

"""Text → HTML: any text so escaped that a browser shows just that text."""

from __future__ import annotations

import html
import re

# Parsers turn a carriage return into a line feed unless it is a reference, and no encoding can
# write half a surrogate pair; its reference shows as U+FFFD.
_NEEDS_REFERENCE = re.compile("[\r\ud800-\udfff]")


def escape(text: str) -> str:
    """Escape a text for an element's content or a quoted attribute, so that it reads back."""
    return _NEEDS_REFERENCE.sub(
        lambda match: f"&#{ord(match.group())};", html.escape(text, quote=True)
    )

"""Numbers and names as the page writes them, in Vietnamese."""

from __future__ import annotations

from phodang.html import label_name

_ELLIPSIS = "…"


def number(value: int) -> str:
    """A number with its thousands parted by dots, such as ``1.234``."""
    return f"{value:,}".replace(",", ".")


def share(part: int, whole: int) -> str:
    """A share in per cent with one decimal, such as ``12,5%``; ``–`` of nothing."""
    return f"{part / whole:.1%}".replace(".", ",") if whole else "–"


def type_name(label: str) -> str:
    """An entity type in words, with the label itself, such as ``tổ chức (ORG)``."""
    name = label_name(label)
    return f"{name} ({label})" if name else label


def heading(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def shortened(text: str, length: int) -> str:
    """The text on one line; the beginning of one longer than so many characters, and ``…``."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + _ELLIPSIS

"""Article → outline: its title and its sections as a small text, a line each."""

from __future__ import annotations

from phodang.article import Article
from phodang.errors import InputError
from phodang.sections import Section, section_name

_NO_SECTIONS = "Không tìm thấy đoạn nào mang nhãn."
_ELLIPSIS = "…"
_GAP = "  "
_NARROWEST = 60
"""Passage numbers, one of phodang's labels and the score take some 40 characters; fewer than 20
for words say nothing."""
_FEWEST = 20


def article_outline(article: Article, *, width: int) -> str:
    """Write an outline of an article.

    Args:
        article: The article.
        width: How many characters a line has at most, 60 or more. Only labels of other models,
            if their names are long, make lines longer, as no label is shortened.

    Returns:
        Lines without a line feed at the end: the first passage, which is the title; then for each
        section the numbers of its passages, counted from 1, its label in words, its score, and
        its first words. White space counts as one space; what is shortened is cut between words
        and ends in ``…``. Without sections, a line that says so. An empty article has no title.

    Raises:
        InputError: The width is too small.
    """
    if width < _NARROWEST:
        raise InputError(
            f"Expected a width of {_NARROWEST} characters or more, found {width}. Give a larger "
            "one; a narrow window wraps the lines."
        )
    lines = [_first_words(passage.text, width) for passage in article.passages[:1]]
    sections = article.sections
    if not sections:
        return "\n".join([*lines, _NO_SECTIONS])
    numbers = {passage.start: number for number, passage in enumerate(article.passages, start=1)}
    places = _aligned([_place(section, numbers) for section in sections])
    labels = _aligned([_label_in_words(section.label) for section in sections])
    for section, place, label in zip(sections, places, labels, strict=True):
        score = f"{section.score:.2f}".replace(".", ",")
        line = f"{place}{_GAP}{label}{_GAP}{score}{_GAP}"
        text = article.text[section.start : section.end]
        lines.append(line + _first_words(text, max(width - len(line), _FEWEST)))
    return "\n".join(lines)


def _place(section: Section, numbers: dict[int, int]) -> str:
    first, last = (numbers[section.passages[index].start] for index in (0, -1))
    return f"{first}" if first == last else f"{first}–{last}"


def _label_in_words(label: str) -> str:
    name = section_name(label)
    return f"{name} ({label})" if name else " ".join(label.split())


def _aligned(cells: list[str]) -> list[str]:
    width = max(map(len, cells))
    return [cell.ljust(width) for cell in cells]


def _first_words(text: str, width: int) -> str:
    """The words that fit; of a first word that does not fit, its beginning."""
    words = " ".join(text.split())
    if len(words) <= width:
        return words
    room = width - len(_ELLIPSIS)
    # One character more, so that a word that ends where the room does is kept.
    kept = words[: room + 1].rpartition(" ")[0] or words[:room]
    return kept + _ELLIPSIS

"""Articles made for tests of the report, and what a browser would make of the page."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from phodang.article import Article, Entity, Passage
from phodang.batch.labelled import LabelledArticle
from phodang.sections import PassageSection

VOID = {"meta", "input", "br"}
"""Elements without content."""


def passage(text: str, *entities: tuple[str, str], sections: tuple[str, ...] = ()) -> Passage:
    """A passage at 0, with entities ``(label, surface)`` in their order in the text."""
    position, made = 0, []
    for label, surface in entities:
        start = text.index(surface, position)
        position = start + len(surface)
        made.append(Entity(start, position, label, surface, 0.9))
    marks = tuple(PassageSection(0, len(text), label, 0.9) for label in sections)
    return Passage(0, len(text), text, tuple(made), marks)


def labelled(name: str, *passages: Passage, **fields: object) -> LabelledArticle:
    """An article of passages that were made at 0."""
    text, placed = "", []
    for own in passages:
        shift = len(text)
        record = Article(own.text, (own,)).to_dict()["passages"][0]
        entities = tuple(
            Entity(e["start"] + shift, e["end"] + shift, e["label"], e["text"], e["score"])
            for e in record["entities"]
        )
        sections = tuple(
            PassageSection(s["start"] + shift, s["end"] + shift, s["label"], s["score"])
            for s in record["sections"]
        )
        placed.append(Passage(shift, shift + len(own.text), own.text, entities, sections))
        text += own.text + "\n"
    return LabelledArticle(name, Article(text, tuple(placed)), fields)


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: Counter[str] = Counter()
        self.targets: set[str] = set()
        self.handlers: set[str] = set()
        self.scripts: list[str] = []
        self.text = ""
        self.plot_text: list[str] = []
        self.rows: list[list[str]] = []
        self.names: dict[str, Name] = {}
        self._name: Name | None = None
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.handlers.update(name for name in attributes if name.startswith("on"))
        if "id" in attributes:
            self.ids[attributes["id"]] += 1
        for name in ("href", "xlink:href"):
            if name in attributes:
                self.targets.add(attributes[name])
        self.targets.update(re.findall(r"(?<=url\()[^)]*", attributes.get("clip-path", "")))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "details":
            self._name = Name(attributes["id"])
        if tag == "blockquote" and self._name:
            self._name.passages.append("")
            self._name.marks.append([])
        if tag == "mark" and self._name:
            self._name.marks[-1].append("")
        if tag == "script":
            self.scripts.append("")
        if tag == "text":
            self.plot_text.append("")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "details" and self._name:
            self.names[self._name.shown] = self._name
            self._name = None

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            self.scripts[-1] += data
        elif "style" not in self._open:
            self.text += data
        if "text" in self._open:
            self.plot_text[-1] += data
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data
        if self._name:
            self._name.read(data, self._open)


class Name:
    """A name of a list, with what is shown of it."""

    def __init__(self, anchor: str) -> None:
        self.anchor = anchor
        self.shown = ""
        self.told = ""
        self.passages: list[str] = []
        self.marks: list[list[str]] = []

    def read(self, data: str, open_tags: list[str]) -> None:
        if "blockquote" in open_tags:
            self.passages[-1] += data
            if open_tags[-1] == "mark":
                self.marks[-1][-1] += data
        elif open_tags[-1] == "span" and not self.shown:
            self.shown = data
        else:
            self.told += data

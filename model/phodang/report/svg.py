"""matplotlib's SVG → SVG that stands inside an HTML page, among others."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from phodang.html_text import escape

INK = "#1c1e21"
"""The colour of all text and lines of a plot; on the page it is that of the text around it."""

_SMALLEST = 0.7
"""The least share of its width to which a plot is shrunk."""

_NAMESPACE = re.compile(r"\{[^}]*\}")
_LEFT_OUT = ("metadata", "style")
_REFERENCE = re.compile(r"(?<=url\(#)[^)]*")


def inline_svg(document: str, *, name: str, label: str) -> str:
    """Make an element of an HTML page of a document that matplotlib wrote.

    Namespaces, metadata and the style sheet, which would hold for the whole page, are left out;
    ids are made distinct from those of other plots; what is drawn in `INK` takes the colour of the
    page's text, in dark mode too.

    Args:
        document: The SVG document.
        name: What the ids of the plot begin with, distinct in the page.
        label: What the plot shows, for those who cannot see it.
    """
    # It is our own output, with the corpus in escaped text only: nothing that could expand.
    root = ET.fromstring(document)
    for parent in root.iter():
        for child in [c for c in parent if _NAMESPACE.sub("", c.tag) in _LEFT_OUT]:
            parent.remove(child)
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        element.attrib = {
            (key := _NAMESPACE.sub("", qualified)): _attribute(key, value, name)
            for qualified, value in element.attrib.items()
        }
    # What the style sheet says, here for this plot alone.
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
    # On a narrow screen it shrinks as long as its letters can be read.
    width = root.get("width", "")
    root.set("style", f"width: {width}; min-width: calc({width} * {_SMALLEST})")
    root.set("role", "img")
    root.set("aria-label", label)
    return _html(root)


def _attribute(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    return _REFERENCE.sub(lambda match: f"{name}-{match.group()}", value).replace(
        INK, "currentColor"
    )


def _html(element: ET.Element) -> str:
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.attrib.items())
    content = escape(element.text or "") + "".join(
        _html(child) + escape(child.tail or "") for child in element
    )
    return f"<{element.tag}{attributes}>{content}</{element.tag}>"

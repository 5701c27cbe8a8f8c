"""Labels ↔ the types of a brat project, and the configuration that lists them.

brat stores types of ASCII letters, digits, ``_`` and ``-``
(https://brat.nlplab.org/configuration.html). Any other character of a label is written as its code
point, ``Cơ`` as ``C_u01A1_``, and shown as it is by way of ``visual.conf``. The type of a section
label begins with ``Section_``; spans of such a type may lie over others, entities may not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from phodang.html import label_color
from phodang.sections import in_label_order

SECTION_PREFIX = "Section_"

_ESCAPED = re.compile(r"_u([0-9A-F]{4,6})_")
# What brat does not store; a hyphen at the start, as a line of hyphens is a separator; and an
# underscore that could be read as the beginning of an escape.
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9_-]|\A-|_(?=u[0-9A-F]{4})")
_LAST_CODE_POINT = 0x10FFFF
_SECTION_COLOR = "#dddddd"


def type_of(label: str, *, section: bool) -> str:
    """The type that stands for a label; `label_of` reads it back."""
    name = _TO_ESCAPE.sub(lambda match: _escape(match.group()), label)
    if section:
        return SECTION_PREFIX + name
    # An entity label of this kind must not be taken for a section's.
    return _escape(name[0]) + name[1:] if name.startswith(SECTION_PREFIX) else name


def label_of(type_name: str) -> tuple[str, bool]:
    """The label that a type stands for, and whether it is a section's."""
    section = type_name.startswith(SECTION_PREFIX)
    name = type_name.removeprefix(SECTION_PREFIX) if section else type_name
    return _ESCAPED.sub(_unescaped, name), section


def annotation_conf(entities: Iterable[str], sections: Iterable[str]) -> str:
    """Write ``annotation.conf``: which types there are, and which may lie over others."""
    section_types = [type_of(label, section=True) for label in in_label_order(sections)]
    types = [*(type_of(label, section=False) for label in entities), *section_types]
    overlaps = ""
    if section_types:
        outer = "|".join(section_types)
        overlaps = f"<OVERLAP>\tArg1:<ENTITY>, Arg2:{outer}, <OVL-TYPE>:<ANY>\n"
    listed = "".join(f"{name}\n" for name in types)
    return f"[entities]\n\n{listed}\n[relations]\n\n{overlaps}\n[events]\n\n[attributes]\n"


def visual_conf(entities: Collection[str], sections: Iterable[str]) -> str:
    """Write ``visual.conf``: what the types are called and which colours they have."""
    labels = ["[labels]\n\n"]
    drawing = ["\n[drawing]\n\n"]
    listed = [*((label, False) for label in entities)]
    listed += [(label, True) for label in in_label_order(sections)]
    for label, section in listed:
        name = type_of(label, section=section)
        # A bar parts the names of a type, a line break ends them, and < begins a macro.
        if label.isprintable() and not {"|", "<"}.intersection(label) and label.strip():
            labels.append(f"{name} | {label}\n")
        color = _SECTION_COLOR if section else label_color(label)
        drawing.append(f"{name}\tbgColor:{color}\n")
    return "".join(labels + drawing)


def _escape(character: str) -> str:
    return f"_u{ord(character):04X}_"


def _unescaped(match: re.Match[str]) -> str:
    code_point = int(match.group(1), 16)
    return chr(code_point) if code_point <= _LAST_CODE_POINT else match.group()

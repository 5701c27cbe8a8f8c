"""Other ways to write a Vietnamese letter: plain, in Telex keys, in fonts older than Unicode.

Each function takes one letter in composed form (NFC) and returns what stands for it: often several
characters, any other character unchanged. So it is known which letter each of them stands for.
"""

from __future__ import annotations

import unicodedata

_TONES = "\u0300\u0309\u0303\u0301\u0323"
"""Grave, hook above, tilde, acute and dot below, in the order of the tables here."""
_CIRCUMFLEX, _BREVE, _HORN = "\u0302", "\u0306", "\u031b"

_TELEX_TONES = dict(zip(_TONES, "frxsj", strict=True))

# TCVN 5712:1993, third character set, whose bytes a program without its fonts shows as those of
# ISO 8859-1. Capitals with a tone have no bytes of their own: fonts of capitals draw them.
_TCVN3 = {
    letter: code
    for letters, codes in (
        ("ĂÂÊÔƠƯĐăâêôơưđ", "¡¢£¤¥¦§¨©ª«¬\xad®"),
        ("àảãáạằẳẵắặầẩẫấậ", "µ¶·¸¹»¼½¾ÆÇÈÉÊË"),
        ("èẻẽéẹềểễếệ", "ÌÎÏÐÑÒÓÔÕÖ"),
        ("ìỉĩíị", "×ØÜÝÞ"),
        ("òỏõóọồổỗốộờởỡớợ", "ßáâãäåæçèéêëìíî"),
        ("ùủũúụừửữứựỳỷỹýỵ", "ïñòóôõö÷øùúûüýþ"),
    )
    for letter, code in zip(letters, codes, strict=True)
}

# VNI for Windows writes a vowel and behind it a character for its marks; these have one alone.
_VNI_LETTERS = dict(zip("ìỉĩíịỵđÌỈĨÍỊỴĐ", "ìæóíòîñÌÆÓÍÒÎÑ", strict=True))
_VNI_BASES = {"ơ": "ô", "ư": "ö", "Ơ": "Ô", "Ư": "Ö"}
_VNI_MARKS = {
    "": dict(zip(_TONES, "øûõùï", strict=True)),
    _CIRCUMFLEX: {"": "â", **dict(zip(_TONES, "àåãáä", strict=True))},
    _BREVE: {"": "ê", **dict(zip(_TONES, "èúüéë", strict=True))},
}


def plain(letter: str) -> str:
    """The letter without diacritics: ``ộ`` → ``o``, ``Đ`` → ``D``."""
    if letter in "đĐ":
        return "d" if letter == "đ" else "D"
    base = "".join(
        part
        for part in unicodedata.normalize("NFD", letter)
        if not unicodedata.category(part).startswith("M")
    )
    return base or letter


def telex(letter: str) -> str:
    """The keys that Telex makes the letter of: ``ộ`` → ``ooj``, ``Đ`` → ``DD``."""
    if letter in "đĐ":
        return letter.replace("đ", "dd").replace("Đ", "DD")
    base, shape, tone = _parts(letter)
    doubled = {"": "", _CIRCUMFLEX: base, _BREVE: "w", _HORN: "w"}
    if shape not in doubled or (tone and tone not in _TELEX_TONES):
        return letter
    keys = doubled[shape] + _TELEX_TONES.get(tone, "")
    return base + (keys.upper() if base.isupper() else keys)


def tcvn3(letter: str) -> str:
    """What is seen of the letter in TCVN3 where its font is missing: ``ộ`` → ``é``."""
    return _TCVN3.get(letter) or _TCVN3.get(letter.lower(), letter)


def vni(letter: str) -> str:
    """What is seen of the letter in VNI where its font is missing: ``ộ`` → ``oä``."""
    if letter in _VNI_LETTERS:
        return _VNI_LETTERS[letter]
    base, shape, tone = _parts(letter)
    if shape == _HORN:
        horned = unicodedata.normalize("NFC", base + shape)
        base, shape = _VNI_BASES.get(horned, horned), ""
    mark = _VNI_MARKS.get(shape, {}).get(tone)
    if mark is None:
        return base if shape == "" == tone else letter
    return base + (mark.upper() if base.isupper() else mark)


def _parts(letter: str) -> tuple[str, str, str]:
    """The base of a letter, the mark that makes it another letter, and its tone."""
    base, *marks = list(unicodedata.normalize("NFD", letter))
    tones = [mark for mark in marks if mark in _TONES]
    shapes = [mark for mark in marks if mark not in _TONES]
    return base, "".join(shapes), "".join(tones)

"""Texts that a reader may stumble over, made at random from a seed."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Sequence

from phodang_training.corpus.spellings import tcvn3, telex, vni

LENGTH = 100
"""Code points that a text has about, unless told otherwise."""

_SENTENCES = (
    "Sáng 12-3, tại Hà Nội, Ban Tổ chức Trung ương tổ chức hội nghị trực tuyến.",
    "Bộ Chính trị ban hành Quy định số 205-QĐ/TW ngày 23-9-2019 về kiểm soát quyền lực.",
    "Tỉnh ủy Quảng Ninh có 17 đảng bộ trực thuộc, 94,5% hoàn thành tốt nhiệm vụ.",
    "Tuy nhiên, một số cấp ủy chưa thật sự nêu gương; công tác kiểm tra còn hình thức.",
    "Thời gian tới, cần tập trung thực hiện Nghị quyết Trung ương 4 (khóa XII).",
    "“Phải làm thường xuyên!” - Ủy ban Kiểm tra Thành ủy Đà Nẵng yêu cầu…",
    "Đại hội đại biểu toàn quốc lần thứ XIII của Đảng họp tại Hà Nội.",
    "CÔNG TÁC XÂY DỰNG ĐẢNG Ở CƠ SỞ",
)
_SYLLABLES = tuple(syllable for sentence in _SENTENCES for syllable in sentence.split())

_MARKS = tuple(
    "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323\u0344\u0f71\u0f73\u09be\u093e\u20dd\u0489"
)
_INVISIBLE = tuple(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
    "\u00ad\ufeff\ufe0f\U000e0041\x00\x01\x07\x08\x1a\x1b\x7f\x9b"
)
_SPACES = tuple(" \t\u00a0\u1680\u2003\u2009\u202f\u205f\u3000\u200b")
_LINE_BREAKS = ("\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\n\n", "\n\r")
_MARKUP = (
    *("<b>", "</b>", "<script>alert(1)</script>", "<!--", "-->", "&amp;", "&#x202e;", "<br/>"),
    *("<![CDATA[", "]]>", '" onload="', "'", "\\u0041", "{{7*7}}", "%s", "$HOME", "](x)"),
)
_SPECIAL_TOKENS = ("<s>", "</s>", "<unk>", "<pad>", "<mask>", "@@", "</w>", "_", "O", "B-ORG")
_SIGNS = tuple(".,;:!?…-–—\"'“”‘’()[]{}«»/\\|*#@&%+=_~^`<>•·0123456789½²")
_EMOJI = ("😀", "👩🏽‍🏫", "🇻🇳", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "✊🏿", "1️⃣")


def _sentences(chance: random.Random, length: int) -> str:
    pieces: list[str] = []
    while sum(map(len, pieces)) < length:
        pieces.append(chance.choice(_SENTENCES))
        pieces.append(chance.choice((" ", " ", "\n")))
    return "".join(pieces)


def _letter_by_letter(
    change: Callable[[str], str],
) -> Callable[[random.Random, int], str]:
    return lambda chance, length: "".join(map(change, _sentences(chance, length)))


def _any_unicode(chance: random.Random, length: int) -> str:
    # A plane is as likely as another, though most have few characters.
    return "".join(
        chr(chance.randrange(17) << 16 | chance.randrange(1 << 16)) for _ in range(length)
    )


def _mixed_in(signs: Sequence[str], share: float) -> Callable[[random.Random, int], str]:
    """Sentences with signs behind some of their characters."""

    def make(chance: random.Random, length: int) -> str:
        return "".join(
            character + (chance.choice(signs) if chance.random() < share else "")
            for character in _sentences(chance, length)
        )

    return make


def _run_of(signs: Sequence[str]) -> Callable[[random.Random, int], str]:
    return lambda chance, length: "".join(chance.choice(signs) for _ in range(length))


def _stacked_marks(chance: random.Random, length: int) -> str:
    text = ""
    while len(text) < length:
        marks = chance.choices(_MARKS, k=chance.choice((1, 2, 5, length)))
        text += chance.choice("aơđ 1\u4e00") + "".join(marks)
    return text


def _lone_surrogates(chance: random.Random, length: int) -> str:
    return "".join(
        chr(chance.randrange(0xD800, 0xE000)) if chance.random() < 0.1 else character
        for character in _sentences(chance, length)
    )


def _mixed_forms(chance: random.Random, length: int) -> str:
    return "".join(
        unicodedata.normalize(chance.choice(("NFC", "NFD", "NFKD")), word) + " "
        for word in _sentences(chance, length).split(" ")
    )


def _read_wrongly(chance: random.Random, length: int) -> str:
    data = _sentences(chance, length).encode(chance.choice(("utf-8", "utf-16")))
    return data.decode(chance.choice(("latin-1", "cp1252", "ascii", "utf-7")), "replace")


def _one_line(chance: random.Random, length: int) -> str:
    return _sentences(chance, 5 * length).replace("\n", " ")


def _short_lines(chance: random.Random, length: int) -> str:
    lines = (chance.choice(_SIGNS + tuple("aăâđ")) for _ in range(length // 4))
    return "".join(line + chance.choice(_LINE_BREAKS) for line in lines)


def _long_words(chance: random.Random, length: int) -> str:
    words = []
    for _ in range(2):
        syllable = chance.choice((chance.choice(_SYLLABLES), "a", "_", "ộ", "\u1100"))
        words.append(syllable * (2 * length // len(syllable)))
    return chance.choice((" ", "\n", "-")).join(words)


def _segmented(chance: random.Random, length: int) -> str:
    return "".join(
        chance.choice(("_", " ", " _", "__")) if character == " " else character
        for character in _sentences(chance, length)
    )


def _mixture(chance: random.Random, length: int) -> str:
    kinds = [kind for name, kind in _KINDS.items() if name != "mixture"]
    pieces = []
    for _ in range(4):
        piece = chance.choice(kinds)(chance, length // 4)
        start = chance.randrange(len(piece) + 1)
        pieces.append(piece[start : start + length // 4])
    return chance.choice(("", " ", "\n")).join(pieces)


_KINDS: dict[str, Callable[[random.Random, int], str]] = {
    "any Unicode": _any_unicode,
    "stacked marks": _stacked_marks,
    "invisible": _mixed_in(_INVISIBLE, 0.2),
    "lone surrogates": _lone_surrogates,
    "decomposed": _letter_by_letter(lambda letter: unicodedata.normalize("NFD", letter)),
    "mixed forms": _mixed_forms,
    "TCVN3": _letter_by_letter(tcvn3),
    "VNI": _letter_by_letter(vni),
    "Telex": _letter_by_letter(telex),
    "capitals": _letter_by_letter(str.upper),
    "read wrongly": _read_wrongly,
    "one line": _one_line,
    "short lines": _short_lines,
    "long words": _long_words,
    "spaces": _run_of((*_SPACES, *_LINE_BREAKS)),
    "line breaks": _mixed_in((*_LINE_BREAKS, *_SPACES), 0.1),
    "markup": _mixed_in(_MARKUP, 0.1),
    "segmented": _segmented,
    "special tokens": _mixed_in(_SPECIAL_TOKENS, 0.1),
    "signs": _run_of(_SIGNS),
    "emoji": _mixed_in(_EMOJI, 0.1),
    "mixture": _mixture,
}

HOSTILE_KINDS = tuple(_KINDS)
"""Names of the kinds of text that `hostile_text` makes."""


def hostile_text(seed: int | str, *, kind: str | None = None, length: int = LENGTH) -> str:
    """Make a text.

    Args:
        seed: The same one always gives the same text.
        kind: One of `HOSTILE_KINDS`; by default one drawn by the seed.
        length: How many code points the text has about; some kinds have ten times as many.
    """
    chance = random.Random(str(seed))
    return _KINDS[kind or chance.choice(HOSTILE_KINDS)](chance, length)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang.labels import LabelSet
from phodang.spans import spans_on_text
from phodang.subwords import Subwords

LABELS = LabelSet(("ORG", "LOC"))


def subwords(offsets: list[tuple[int, int]]) -> Subwords:
    starts, ends = (np.array(side, np.int64) for side in zip(*offsets, strict=True))
    count = len(offsets)
    return Subwords(np.zeros(count, np.int64), starts, ends, np.zeros(count, np.bool_))


def tag_ids(*names: str) -> np.ndarray:
    return np.array([LABELS.tags.index(name) for name in names], np.int64)


def test_spans_cover_their_subwords() -> None:
    text = "Ban Dân vận, Hà Nội"
    offsets = [(0, 3), (4, 11), (11, 12), (13, 15), (15, 19)]
    tags = tag_ids("B-ORG", "I-ORG", "O", "B-LOC", "I-LOC")
    assert spans_on_text(text, subwords(offsets), tags, LABELS) == [
        (0, 11, "ORG", 0, 2),
        (13, 19, "LOC", 3, 5),
    ]


def test_white_space_at_the_edges_stays_outside() -> None:
    text = "ở Hà  Nội\u00a0nay"
    offsets = [(0, 1), (1, 4), (4, 6), (6, 10), (10, 13)]
    tags = tag_ids("O", "B-LOC", "I-LOC", "I-LOC", "O")
    [(start, end, label, first, last)] = spans_on_text(text, subwords(offsets), tags, LABELS)
    assert (text[start:end], label, first, last) == ("Hà  Nội", "LOC", 1, 4)


def test_an_entity_of_white_space_alone_is_none() -> None:
    tags = tag_ids("O", "B-LOC", "O")
    assert spans_on_text("a b", subwords([(0, 1), (1, 2), (2, 3)]), tags, LABELS) == []


@pytest.mark.parametrize(
    ("subword", "entity"),
    [
        ("TP.HCM.", "TP.HCM"),
        ("TP.HCM...", "TP.HCM"),
        ("VPQH.)", "VPQH"),
        ("22-11)", "22-11"),
        ("Nghị quyết Trung ương 4 (khóa XII)", "Nghị quyết Trung ương 4 (khóa XII)"),
        ("Nội,", "Nội"),
        ("XIII (", "XIII"),
        (") Hội", "Hội"),
        ("(BCH)", "(BCH)"),
        ("Giang.", "Giang"),
        ("Nguyễn Thị L.", "Nguyễn Thị L."),
        ("Lê Văn Th.", "Lê Văn Th."),
        ("Th..", "Th."),
        ("A.V.", "A.V."),
        ("LÊ VĂN TH.", "LÊ VĂN TH."),
        ("Ô\u0302ng Trần O\u0302.", "Ô\u0302ng Trần O\u0302."),
        ("Đại hội lần thứ V.", "Đại hội lần thứ V"),
        ("khóa X.", "khóa X"),
        ("300 m.", "300 m"),
        ("Bộ GTVT.", "Bộ GTVT"),
        ("12%", "12%"),
        ("...", None),
        ("", None),
    ],
)
def test_punctuation_of_the_sentence_stays_outside(subword: str, entity: str | None) -> None:
    text = f"a{subword}b"
    offsets = [(0, 1), (1, len(text) - 1), (len(text) - 1, len(text))]
    spans = spans_on_text(text, subwords(offsets), tag_ids("O", "B-ORG", "O"), LABELS)
    assert [text[start:end] for start, end, *_ in spans] == ([] if entity is None else [entity])


@given(st.text("aĐT. ,(\u00a0", min_size=1, max_size=20), st.data())
def test_spans_are_in_order_apart_and_trimmed(text: str, data: st.DataObject) -> None:
    offsets = [(position, position + 1) for position in range(len(text))]
    tags, previous = [], 0
    for _ in text:
        allowed = np.flatnonzero(LABELS.allowed_transitions()[previous])
        previous = data.draw(st.sampled_from(allowed.tolist()))
        tags.append(previous)
    position = 0
    for start, end, _, first, last in spans_on_text(
        text, subwords(offsets), np.array(tags, np.int64), LABELS
    ):
        assert position <= start < end
        assert text[start:end] == text[start:end].strip().strip(",").rstrip("(")
        assert first <= start
        assert end <= last
        position = end

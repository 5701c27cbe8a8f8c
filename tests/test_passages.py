from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from phodang.passages import passage_spans

lines_and_breaks = st.text(
    st.sampled_from("aĐ. \t\u00a0\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\u200b")
)


def passages(text: str) -> list[str]:
    return [text[start:end] for start, end in passage_spans(text)]


@given(st.text() | lines_and_breaks)
def test_passages_are_the_stripped_lines_that_hold_something(text: str) -> None:
    assert passages(text) == [line.strip() for line in text.splitlines() if line.strip()]


@given(st.text() | lines_and_breaks)
def test_spans_are_in_order_and_leave_only_white_space(text: str) -> None:
    position = 0
    for start, end in passage_spans(text):
        assert position <= start < end
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()


def test_a_title_and_two_paragraphs() -> None:
    text = "Hội nghị toàn quốc\r\n\r\n  Hà Nội, ngày 3-2.\n\tBan Tổ chức Trung ương.  "
    assert passages(text) == ["Hội nghị toàn quốc", "Hà Nội, ngày 3-2.", "Ban Tổ chức Trung ương."]
    assert passage_spans("Hà Nội\nHuế") == [(0, 6), (7, 10)]


def test_no_passages() -> None:
    assert passage_spans("") == []
    assert passage_spans(" \n\t\r\n\u00a0") == []

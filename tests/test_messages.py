"""What error messages are made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from phodang.messages import did_you_mean, quoted


def test_suggestions() -> None:
    assert did_you_mean("epoch", ["epochs", "dropout"]) == 'Did you mean "epochs"?'
    assert did_you_mean("x", ["epochs", "dropout"]) == "Known: epochs, dropout."


@given(st.text())
def test_a_quoted_text_is_one_visible_line(text: str) -> None:
    line = quoted(text)
    assert line.isprintable()
    assert line[0] == line[-1] == '"'
    if len(text) < 50 and text.isprintable() and not set(text) & set('"\\'):
        assert line == f'"{text}"'

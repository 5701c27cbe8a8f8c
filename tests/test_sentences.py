from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phodang.sentences import sentence_spans

Form = Literal["NFC", "NFD"]

MARKS = st.text(st.sampled_from("aĐÝ1 \t\u00a0\n.!?…\"'“”’)([-–;TP\u0301"), max_size=60)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@given(st.text() | MARKS)
def test_sentences_cover_the_text_in_order(text: str) -> None:
    spans = sentence_spans(text)
    assert [0, *(end for _, end in spans)] == [*(start for start, _ in spans), len(text)]
    assert all(start < end for start, end in spans)
    if text.strip():
        assert all(text[start:end].strip() for start, end in spans)


@given(st.text() | MARKS)
def test_white_space_stands_behind_a_sentence(text: str) -> None:
    assert all(not sentence[0].isspace() for sentence in sentences(text)[1:])


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "text",
    [
        "Hội nghị họp tại Hà Nội. |Ban Tổ chức Trung ương chủ trì! |Kết quả ra sao? |Tốt…  |Hết.",
        "Theo Quy định số 205-QĐ/TW. |Ngày 25.3. |Tăng 88,7%. |100% chi bộ đồng ý. |Vậy là xong",
        "Bác viết: “Việc gì có lợi cho dân, ta phải hết sức làm.” |Đảng ta ghi nhớ.",
        'Khẩu hiệu là "Đoàn kết". |"Quyết tâm cao!" |Hội nghị bế mạc (sáng 18-10). |Hết.',
        "Một là, kiểm tra. |- Hai là, giám sát. |+ Ba là, thi hành kỷ luật. |• Bốn là, báo cáo.",
        "Hoàn thành . |Tiếp tục ! |Xong",
        "Sinh hoạt chi bộ có hiệu quả.|Trong năm 2020.|Ủy ban Kiểm tra (khóa mới).|Đảng viên.",
    ],
)
def test_ends(text: str, form: Form) -> None:
    text = unicodedata.normalize(form, text)
    assert sentences(text.replace("|", "")) == text.split("|")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "text",
    [
        "Thành ủy TP. Hồ Chí Minh, TP.HCM, Tp.Hồ Chí Minh, tx. Sơn Tây và Q. Ba Đình",
        "GS. Trần Đại Nghĩa, các PGS.TS. Trường Đảng, các ThS. Trường Đảng",
        "C. Mác, Ph. Ăng-ghen, Ph.Ăng-ghen, V. I. Lê-nin và V.I. Lê-nin",
        "Tăng 1.200 tỷ đồng, ngày 25.3.2020, quý I.2020, số 205.QĐ, theo xaydungdang.org.vn nhé",
        "“Phải làm ngay!” - Chủ tịch Hồ Chí Minh căn dặn",
        "“Phải làm ngay!”, Ban Bí thư yêu cầu; “Ai làm?” là câu hỏi... cần trả lời… ngay",
        "1. Mục tiêu chung",
        "2.1. Mục tiêu chung",
        "IV. Giải pháp",
        "Điều 5. Tiêu chuẩn",
        "Trích (…) Bộ Chính trị và [...] Ban Bí thư",
        "Nghe . . . tiếp",
        "T.Ư Đảng, Ảnh: C.T.V",
    ],
)
def test_no_ends(text: str, form: Form) -> None:
    text = unicodedata.normalize(form, text)
    assert sentences(text) == [text]


def test_nothing_to_find() -> None:
    assert sentence_spans("") == []
    assert sentence_spans(" \n ") == [(0, 3)]
    assert sentence_spans("không dấu câu") == [(0, 13)]

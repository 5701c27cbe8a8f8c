"""The part of the page that says how things were counted and what they do not mean."""

from __future__ import annotations

from phodang.report.markup import card

_REMARKS = (
    "Nhãn thực thể và nhãn phần do mô hình gán tự động và có thể sai; hãy đọc đoạn văn trước khi "
    "kết luận.",
    "Các cách viết cùng một tên được đếm chung khi chỉ khác nhau ở chữ hoa và chữ thường (BỘ CHÍNH "
    "TRỊ, Bộ Chính trị), vị trí dấu thanh (uỷ, ủy; hoà, hòa), mã Unicode dựng sẵn và tổ hợp, "
    "khoảng trắng, loại gạch nối và khoảng trắng quanh nó (37-QĐ/TW, 37 – QĐ/TW), loại dấu ngoặc "
    "kép, dấu câu ở đầu và cuối. Tên được hiện theo cách viết gặp nhiều nhất.",
    "Ngoài hình thức chữ, máy không biết tên nào là của ai: viết tắt và viết đủ (UBND, Ủy ban nhân "
    "dân), có và không có chữ “số” (Quy định số 22, Quy định 22) là hai tên; hai người trùng tên "
    "là một tên; một người được gọi bằng hai cách là hai tên.",
    "Thời gian (DATE) và số lượng (QUANTITY) chỉ được đếm, không được liệt kê.",
    "Mọi con số đều được đếm trên toàn kho, không ước lượng.",
)


def remarks() -> str:
    """Make the part."""
    items = "\n".join(f"<li>{remark}</li>" for remark in _REMARKS)
    return card("cach-dem", "Cách đếm", f"<ul>\n{items}\n</ul>")

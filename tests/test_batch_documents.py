"""Documents give their text, a line for each paragraph, or the reason why they do not."""

from __future__ import annotations

import socket
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from batch_inputs import LETTER_WIDTH, docx, paragraph, pdf, read_bytes, reason, texts
from hypothesis import given
from hypothesis import strategies as st

from phodang.batch.readers.pdf_lines import Line, join_lines
from phodang.batch.reading import ReadingOptions, read_source
from phodang.batch.records import Record
from phodang.batch.sources import Source, SourceFormat
from phodang.errors import MissingDependencyError

trafilatura = pytest.importorskip("trafilatura")
pytest.importorskip("docx")
pytest.importorskip("pypdfium2")

TITLE = "Hội nghị toàn quốc tổng kết công tác xây dựng Đảng"
BODY = [
    f"Ngày {day}-3, tại Hà Nội, Ban Tổ chức Trung ương tổ chức hội nghị toàn quốc tổng kết công "
    "tác xây dựng Đảng, với đại biểu các tỉnh, thành phố trực thuộc Trung ương."
    for day in range(1, 6)
]


def page(body: str, *, head: str = f"<title>{TITLE}</title>", charset: str = "utf-8") -> bytes:
    markup = (
        f'<!doctype html><html lang="vi"><head><meta charset="{charset}">{head}</head><body>'
        '<nav><a href="/">Xem thêm</a> <a href="/a">Tin</a></nav>'
        f"<article>{body}</article><footer>Tin khác</footer></body></html>"
    )
    return markup.encode(charset, "xmlcharrefreplace")


def paragraphs(items: list[Any]) -> list[str]:
    (record,) = items
    assert isinstance(record, Record), record
    return record.text.split("\n")


@pytest.mark.parametrize("ending", [".txt", ".html", ".docx", ".pdf"])
@given(data=st.binary(max_size=60))
def test_any_bytes_are_one_article_or_one_rejection(ending: str, data: bytes) -> None:
    (item,) = read_bytes(data, ending)
    assert item.id == f"corpus{ending}"
    assert item.place.number == 1


def test_articles_of_a_folder_are_named_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "a.docx").write_bytes(docx(paragraph("Huế")))
    (tmp_path / "b.txt").write_text("Hà Nội", encoding="utf-8")
    from phodang.batch.sources import find_sources

    records = [
        record
        for source in find_sources([str(tmp_path)]).sources
        for record in read_source(source, ReadingOptions())
    ]
    assert [record.id for record in records] == ["2024/a.docx", "b.txt"]
    assert texts(records) == ["Huế", "Hà Nội"]


@pytest.mark.parametrize(
    ("ending", "library"), [(".html", "trafilatura"), (".docx", "docx"), (".pdf", "pypdfium2")]
)
def test_a_missing_library_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    source = Source("a", tmp_path / f"a{ending}", SourceFormat(ending[1:]))
    with pytest.raises(MissingDependencyError, match=r"pip install 'phodang\[documents\]'"):
        list(read_source(source, ReadingOptions()))


# HTML


def test_the_article_of_a_page_is_read_a_line_for_each_paragraph() -> None:
    body = "".join(f"<p>{text}</p>\n" for text in BODY)
    assert paragraphs(read_bytes(page(body), ".html")) == [TITLE, *BODY]


def test_the_title_is_there_once() -> None:
    body = "".join(f"<p>{text}</p>" for text in BODY)
    with_heading = page(f"<h1>{TITLE.replace(' ', '  ')}</h1>{body}")
    assert paragraphs(read_bytes(with_heading, ".htm")) == [TITLE, *BODY]
    assert paragraphs(read_bytes(page(body, head=""), ".html")) == BODY


def test_what_is_hidden_in_a_page_is_not_text() -> None:
    body = "".join(f"<p>{text}<!-- x --></p><script>alert(1)</script>" for text in BODY)
    assert paragraphs(read_bytes(page(body), ".html")) == [TITLE, *BODY]


@pytest.mark.parametrize(
    ("charset", "word"),
    [("windows-1258", "Hà Nô\u0323i"), ("utf-8", "Hà Nội"), ("cp1252", "à “b”")],
)
def test_the_encoding_of_a_page_is_the_one_it_declares(charset: str, word: str) -> None:
    body = f"<p>{' '.join([word] * 30)}.</p>" * 3
    data = page(body, head="<title>Title</title>", charset=charset)
    assert paragraphs(read_bytes(data, ".html"))[1] == " ".join([word] * 30) + "."


def test_pages_that_cannot_be_read_are_rejected() -> None:
    assert "found none" in reason(read_bytes(b"<html><body></body></html>", ".html"))
    assert "of UTF-16" in reason(read_bytes(page("").decode().encode("utf-16"), ".html"))
    undeclared = b"<html><body><p>H\xe0 N\xf4i</p></body></html>"
    assert "byte 0xe0" in reason(read_bytes(undeclared, ".html"))


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    body = (
        "".join(f"<p>{text}</p>" for text in BODY) + '<iframe src="http://example.org/"></iframe>'
    )
    head = '<link rel="canonical" href="http://example.org/a"><base href="http://example.org/">'
    assert paragraphs(read_bytes(page(body, head=head), ".html")) == BODY


# DOCX


def test_paragraphs_and_cells_are_lines_in_their_order() -> None:
    cell = "<w:tc>{}</w:tc>".format
    row = f"{cell(paragraph('Hà Nội'))}{cell(paragraph('12') + paragraph('xã'))}"
    body = (
        paragraph("Nghị quyết") + "<w:p/>" + f"<w:tbl><w:tr>{row}</w:tr>"
        f"<w:tr>{cell('<w:tbl><w:tr>' + cell(paragraph('Huế')) + '</w:tr></w:tbl>')}</w:tr></w:tbl>"
        + f"<w:sdt><w:sdtContent>{paragraph('Nơi nhận')}</w:sdtContent></w:sdt>"
        + paragraph(" Đà Nẵng. ")
    )
    expected = ["Nghị quyết", "Hà Nội", "12", "xã", "Huế", "Nơi nhận", " Đà Nẵng. "]
    assert paragraphs(read_bytes(docx(body), ".docx")) == expected


def test_what_paragraphs_hold() -> None:
    run = "<w:r>{}</w:r>".format
    body = (
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>"
        + run("<w:rPr/><w:t>Ban</w:t><w:tab/><w:t>Tổ&amp;chức</w:t><w:br/><w:t>Trung</w:t>")
        + run('<w:t xml:space="preserve"> </w:t>')
        + f"<w:ins>{run('<w:t>ương</w:t>')}</w:ins><w:del>{run('<w:delText>x</w:delText>')}</w:del>"
        + f"<w:moveFrom>{run('<w:t>y</w:t>')}</w:moveFrom>"
        + f"<w:hyperlink>{run('<w:t>, 12</w:t><w:noBreakHyphen/><w:t>3</w:t>')}</w:hyperlink>"
        + run("<w:instrText>PAGE</w:instrText>")
        + run(
            f"<mc:AlternateContent><mc:Choice><w:txbxContent>{paragraph('Khung')}</w:txbxContent>"
            f"</mc:Choice><mc:Fallback><w:txbxContent>{paragraph('Khung')}</w:txbxContent>"
            "</mc:Fallback></mc:AlternateContent>"
        )
        + "</w:p>"
    )
    expected = ["Ban\tTổ&chức", "Trung ương, 12-3", "Khung"]
    assert paragraphs(read_bytes(docx(body), ".docx")) == expected


@given(st.lists(st.text("aĐảng bộ<&\u00a0", min_size=1), min_size=1))
def test_paragraphs_are_as_written(written: list[str]) -> None:
    from xml.sax.saxutils import escape

    items = read_bytes(docx("".join(paragraph(escape(text)) for text in written)), ".docx")
    kept = [text for text in written if text.strip()]
    assert texts(items) == ["\n".join(kept) or None]


def test_documents_that_cannot_be_read_are_rejected() -> None:
    whole = docx(paragraph("Huế") * 500)
    for data in (b"PK\x03\x04", whole[:-30], whole[: len(whole) // 2], b"text"):
        assert "cannot be read as DOCX" in reason(read_bytes(data, ".docx"))
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert "locked by a password" in reason(read_bytes(locked, ".docx"))
    assert "cannot be read as DOCX" in reason(read_bytes(docx("<w:p>"), ".docx"))


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("bí mật", encoding="utf-8")
    prologue = f'<!DOCTYPE d [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    found = reason(read_bytes(docx(paragraph("Huế &e;"), prologue=prologue), ".docx"))
    assert "without document type declaration" in found
    assert "bí mật" not in found


def test_packages_that_would_fill_the_memory_are_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("phodang.batch.readers.docx._MOST_XML_BYTES", 1 << 16)
    large = docx(paragraph("Huế"), parts={"word/x.xml": bytes(200_000)})
    assert len(large) < 5_000
    assert "at most 65,536 bytes of XML, found 200," in reason(read_bytes(large, ".docx"))
    picture = docx(paragraph("Huế"), parts={"word/x.png": bytes(200_000)})
    assert texts(read_bytes(picture, ".docx")) == ["Huế"]
    monkeypatch.setattr("phodang.batch.readers.docx._MOST_BYTES", 1 << 16)
    assert "when unpacked" in reason(read_bytes(picture, ".docx"))


def test_a_package_that_hides_its_size_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(docx(paragraph("Huế" * 100_000)))
    with zipfile.ZipFile(path) as package:
        size = package.getinfo("word/document.xml").file_size
    data = path.read_bytes().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert "cannot be read as DOCX" in reason(read_bytes(data, ".docx"))


# PDF

LEFT, RIGHT, LEADING = 72, 522, 16


def wrapped(text: str, top: float, *, indent: float = 28) -> list[tuple[float, float, str]]:
    """The lines of a paragraph, as a word processor would set them."""
    lines: list[tuple[float, float, str]] = []
    x, line = LEFT + indent, ""
    for word in text.split():
        more = f"{line} {word}" if line else word
        if line and x + len(more) * LETTER_WIDTH > RIGHT:
            lines.append((x, top - LEADING * len(lines), line))
            x, line = LEFT, word
        else:
            line = more
    return [*lines, (x, top - LEADING * len(lines), line)]


def test_lines_of_a_page_are_joined_into_paragraphs() -> None:
    heading = [(200.0, 780.0, "NGHỊ QUYẾT"), (180.0, 760.0, "Về công tác cán bộ")]
    first = wrapped(BODY[0], 720)
    second = wrapped(BODY[1], 720 - LEADING * len(first))
    assert len(first) > 2
    place = [(LEFT, 500.0, "Nơi nhận:"), (LEFT, 484.0, "- Như trên;"), (LEFT, 468.0, "- Lưu.")]
    items = read_bytes(pdf([heading + first + second + place, wrapped(BODY[2], 780)]), ".pdf")
    assert paragraphs(items) == [
        "NGHỊ QUYẾT",
        "Về công tác cán bộ",
        BODY[0],
        BODY[1],
        "Nơi nhận:",
        "- Như trên;",
        "- Lưu.",
        BODY[2],
    ]


def test_letters_are_those_of_the_file() -> None:
    lines = [
        (72.0, 700.0, "Đảng bộ Thừa Thiên Huế 😀 1930"),
        (72.0, 650.0, "ký tự “lạ”: \u0110\u1ea1i"),
    ]
    assert paragraphs(read_bytes(pdf([lines]), ".pdf")) == [line for _, _, line in lines]


def test_a_hyphen_at_the_end_of_a_line_stays() -> None:
    lines = [(72.0, 700.0, "phát triển kinh tế-"), (72.0, 684.0, "xã hội của tỉnh")]
    assert paragraphs(read_bytes(pdf([lines]), ".pdf")) == ["phát triển kinh tế-xã hội của tỉnh"]


def test_lines_that_end_inside_a_word_are_joined_without_space() -> None:
    above = "Hội nghị toàn quốc về Nghị quyết số 18-"
    for end, text in ((above, "NQ/TW họp"), (above + "NQ/", "TW họp"), (above[:-1] + " -", "họp")):
        space = " " if end.endswith(" -") else ""
        lines = placed([(72.0, 700.0, end), (72.0, 684.0, text)])
        assert join_lines(lines) == [end + space + text]


def test_pdfs_that_cannot_be_read_are_rejected() -> None:
    lines = [(72.0, 700.0, "Huế")]
    scanned = reason(read_bytes(pdf([lines, lines], font=False), ".pdf"))
    assert "no text in it: scanned, 2 pages" in scanned
    locked = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'00' * 32}> /U <{'11' * 32}> >>"
    trailer = f"{locked} /ID [<00> <00>]"
    assert "password" in reason(read_bytes(pdf([lines], trailer=trailer), ".pdf"))
    assert "cannot be read as PDF" in reason(read_bytes(b"%PDF-1.7\n", ".pdf"))


def placed(lines: list[tuple[float, float, str]]) -> list[Line]:
    return [
        Line(text, x, x + len(text) * LETTER_WIDTH, y, 12.0, len(text.split()[0]) * LETTER_WIDTH)
        for x, y, text in lines
    ]


words = st.lists(st.text("abđếư", min_size=1, max_size=7), min_size=20, max_size=60)


@given(st.lists(words, min_size=1, max_size=4), st.sampled_from([(28.0, 0.0), (0.0, 8.0)]))
def test_paragraphs_that_are_indented_or_set_apart_are_found(
    written: list[list[str]], style: tuple[float, float]
) -> None:
    indent, space = style
    expected = [" ".join(text).capitalize() + "." for text in written]
    lines: list[tuple[float, float, str]] = []
    top = 800.0
    for text in expected:
        lines += wrapped(text, top, indent=indent)
        top = lines[-1][1] - LEADING - space
    assert join_lines(placed(lines)) == expected


@given(
    st.lists(
        st.builds(
            lambda text, x, y, height, hyphen: Line(
                text, x, x + 5 * len(text), y, height, 20, hyphen
            ),
            st.text("aĐ-.", min_size=1, max_size=60),
            st.floats(0, 500),
            st.floats(0, 800),
            st.floats(0, 20),
            st.booleans(),
        )
    )
)
def test_nothing_is_lost_wherever_lines_stand(lines: list[Line]) -> None:
    joined = "".join(join_lines(lines)).replace(" ", "")
    assert joined == "".join(line.text for line in lines)


@pytest.mark.parametrize(
    "lines",
    [
        # A heading of two lines, centred; the second is shorter.
        [(100.0, 700.0, "TĂNG CƯỜNG SỰ LÃNH ĐẠO CỦA ĐẢNG"), (130.0, 684.0, "TRONG TÌNH HÌNH MỚI")],
        # The same, of a heading that is not centred.
        [
            (72.0, 700.0, "Tăng cường sự lãnh đạo của Đảng"),
            (72.0, 684.0, "Trong tình hình mới" * 2),
        ],
        # Items of a list.
        [(72.0, 700.0, "- " + "a" * 70), (72.0, 684.0, "- " + "a" * 70)],
        [(72.0, 700.0, "1. " + "a" * 70), (72.0, 684.0, "2) " + "a" * 70)],
        # The next word would have fitted.
        [(72.0, 700.0, "a " * 20 + "a"), (72.0, 684.0, "b " + "a " * 40 + "a")],
        # Sentences, without a sign that the edge is one.
        [(72.0, 700.0, "A" * 40 + "."), (72.0, 684.0, "B" * 40 + ".")],
        # Two columns, one below the other in the file.
        [(72.0, 100.0, "a" * 35), (310.0, 700.0, "b" * 35)],
        # Further apart than the lines of the block.
        [(72.0, 700.0, "a" * 70), (72.0, 684.0, "a." + "a" * 67 + "."), (72.0, 660.0, "b" * 70)],
    ],
)
def test_in_doubt_the_break_stays(lines: list[tuple[float, float, str]]) -> None:
    assert join_lines(placed(lines))[-1] == lines[-1][2]


def test_lines_of_another_size_are_not_joined() -> None:
    heading, text = placed([(72.0, 700.0, "a" * 70), (72.0, 684.0, "b" * 70)])
    larger = Line(heading.text, heading.left, heading.right, heading.baseline, 16.0, 40.0)
    assert join_lines([larger, text]) == [heading.text, text.text]

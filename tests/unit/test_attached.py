"""Attached files: what is read of them, what is named as unread, and that none of them costs more than it may."""

from __future__ import annotations

import base64
import io
import time
import zipfile
import zlib

import pytest

from bot.inbox import attached
from bot.inbox.attached import Unread, text_of
from bot.inbox.guard import inspect
from bot.inbox.message import parse
from bot.inbox.trust import Trust
from bot.types import Message

TRUST = Trust(consortium=("carli.example.edu",), own_address="digest@library.example.edu")
SHEET = "xl/worksheets/sheet1.xml"
BOMB = 100_000_000
BARCODE = "21234003456789"


def package(**members: bytes) -> bytes:
    """A ZIP of these members; `__` in a name stands for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "/") + ".xml", data)
    return out.getvalue()


def sheet(rows: str) -> bytes:
    return f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()


def pdf(pages: int, content: bytes = b"BT /F1 12 Tf 72 700 Td (Call 5) Tj ET") -> bytes:
    """A .pdf whose pages all show the same stream."""
    packed = zlib.compress(content)
    kids = " ".join(f"{number} 0 R" for number in range(5, 5 + pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {pages}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed)]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F1 3 0 R>>>>/Contents 4 0 R>>"
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate([*objects, *[page] * pages], 1):
        places.append(len(out))
        out += b"%d 0 obj%b endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    return out + head + b"startxref\n%d\n%%%%EOF" % len(out)


def mail(name: str, raw: bytes, text: str = "See the file.", media: str = "application/octet-stream") -> Message:
    packed = base64.encodebytes(raw).decode()
    return parse((
        "From: Ann <ann@carli.example.edu>\r\nSubject: The file\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n\r\n{text}\r\n--b\r\nContent-Type: {media}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{packed}\r\n--b--\r\n").encode())


def kind(message: Message) -> str | None:
    verdicts = inspect(message, TRUST)
    return verdicts[0].kind if verdicts else None


def test_a_message_carries_the_text_of_its_files() -> None:
    raw = package(xl__worksheets__sheet1=sheet("<row><c t='inlineStr'><is><t>Totes</t></is></c><c><v>12</v></c></row>"))
    assert mail("count.xlsx", raw).attached == ("count.xlsx\nTotes\t12\n",)
    assert mail("count.csv", b"Totes,12").attached == ("count.csv\nTotes,12",)


def test_a_barcode_is_read_in_every_form_in_which_a_workbook_stores_it() -> None:
    strings = b"<sst><si><r><t>21234</t></r><r><t>003456789</t></r></si></sst>"
    cells = "<c t='s'><v>0</v></c>", "<c><v>2.1234003456789E13</v></c>", "<c><v>21234003456789</v></c>"
    rows = "".join(f"<row>{cell}</row>" for cell in cells)
    raw = package(xl__sharedStrings=strings, xl__worksheets__sheet1=sheet(rows))
    assert text_of("x.xlsx", raw) == ("\n".join([BARCODE] * 3) + "\n", True)
    assert kind(mail("x.xlsx", raw)) == "patron-data"


def test_a_document_gives_its_text_its_tables_and_its_comments() -> None:
    cell = b"<w:tc><w:p><w:t>%b</w:t></w:p></w:tc>"
    row = b"<w:tr>" + cell % b"a" + cell % b"b" + b"</w:tr>"
    body = b"<w xmlns:w='w'><w:p><w:t>One</w:t></w:p>" + row + b"</w>"
    raw = package(word__document=body, word__comments=b"<w xmlns:w='w'><w:p><w:t>Two</w:t></w:p></w>")
    assert text_of("x.docx", raw)[0].split() == ["One", "a", "b", "Two"]


@pytest.mark.parametrize(("name", "raw", "why"), [
    ("x.xlsx", b"PK\x03\x04 broken", "damaged"),
    ("x.pdf", b"%PDF-1.7 broken", "damaged"),
    ("x.zip", package(a=b"x"), "of a kind"),
    ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "of a kind"),
    ("x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(attached.LARGEST_OLD_WORKBOOK), "too large"),
    ("x.pdf", pdf(10_000), "too large"),
])
def test_what_cannot_be_read_is_named(name: str, raw: bytes, why: str) -> None:
    with pytest.raises(Unread, match=why):
        text_of(name, raw)
    assert any(f"the attached file {name} is" in defect for defect in mail(name, raw).defects)


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("x.zip", "The list of blocked patrons is attached.", "patron-data"),
    ("patrons_march.zip", "As promised.", "patron-data"),
    ("x.zip", "The new logos are attached.", None),
])
def test_an_unread_file_is_held_when_it_is_announced_as_patrons(name: str, text: str, expected: str | None) -> None:
    assert kind(mail(name, package(a=b"x"), text)) == expected


def test_the_why_masks_a_file_that_bears_a_persons_name() -> None:
    (verdict,) = inspect(mail("Marcus_Webb_21234003456789.csv", b"name,barcode\nMarcus Webb,21234003456789"), TRUST)
    assert "Webb" not in verdict.why
    assert BARCODE not in verdict.why


def test_a_file_that_is_cut_is_named() -> None:
    long = package(xl__worksheets__sheet1=sheet("<row><c><v>31234003456789</v></c></row>" * 30_000))
    assert "the attached file x.xlsx is long; only its beginning was read" in mail("x.xlsx", long).defects
    assert "the attached file x.pdf is long; only its beginning was read" in mail("x.pdf", pdf(60)).defects
    assert not mail("x.pdf", pdf(3)).defects[1:]


ROW = f"<row>{'<c><v>1</v></c>' * 50}</row>"
ENTITIES = b"<!ENTITY a '%b'>" % (b"x" * 9_000) + b"".join(
    b"<!ENTITY %c '%b'>" % (code, b"&%c;" % (code - 1) * 50) for code in range(98, 106))
HOSTILE = {
    "workbook-bomb.xlsx": package(xl__worksheets__sheet1=b"<worksheet>" + b" " * BOMB),
    "strings-bomb.xlsx": package(
        xl__sharedStrings=b"<sst>" + b"<si><t>x</t></si>" * 6_000_000, xl__worksheets__sheet1=sheet(ROW)),
    "one-row.xlsx": package(xl__worksheets__sheet1=sheet("<row>" + "<c><v>1</v></c>" * 4_000_000)),
    "document-bomb.docx": package(word__document=b"<w>" + b"<p><t>x</t></p>" * 7_000_000),
    "entities.docx": package(word__document=b"<!DOCTYPE w [%b]><w><t>&i;</t></w>" % ENTITIES),
    "members.xlsx": package(**{f"xl__worksheets__s{number}": sheet(ROW * 20) for number in range(2_000)}),
    "pages.pdf": pdf(10_000),
    "stream-bomb.pdf": pdf(20, b" " * BOMB),
    "operators.pdf": pdf(20, b"BT /F1 1 Tf (x) Tj ET\n" * 15_000),
    "operands.pdf": pdf(20, b"1 " * 190_000),
    "long.csv": (f"Ann Bee,3{BARCODE[1:]},owes\n" * 200_000).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_take_no_time(name: str) -> None:
    started = time.process_time()
    inspect(mail(name, HOSTILE[name]), TRUST)
    assert time.process_time() - started < 2

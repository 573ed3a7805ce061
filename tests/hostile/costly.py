"""Messages made to cost time or memory, by name: each a case that was slow once, or that other programs fall over."""

from __future__ import annotations

import base64
import io
import random
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

HEAD = (b"Authentication-Results: mx.library.example.edu; dmarc=pass header.from=carli.example.org\r\n"
        b"From: Ann <ann@carli.example.org>\r\nTo: techserv-ig@carli.example.org\r\n"
        b"Date: Tue, 24 Nov 2026 08:30:00 -0600\r\nList-Id: <techserv-ig.carli.example.org>\r\n"
        b"MIME-Version: 1.0\r\n")
M = 1_000_000
ROW = b"<row>" + b'<c t="n"><v>1</v></c>' * 100 + b"</row>"
PNG = b"\x89PNG\r\n\x1a\n"


def _bytes(count: int) -> bytes:
    """Bytes that do not shrink, the same each time."""
    return random.Random(5).randbytes(count)


def _of(kind: bytes, body: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Type: " + kind + b"\r\n\r\n" + body


def _plain(text: bytes, more: bytes = b"") -> bytes:
    return _of(b"text/plain; charset=utf-8", text, more)


def _html(markup: bytes) -> bytes:
    return _of(b"text/html; charset=utf-8", b"<html><body>" + markup)


def _parts(*parts: bytes) -> bytes:
    return _of(b"multipart/mixed; boundary=b", b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n")


def _files(name: bytes, raw: bytes, count: int = 1) -> bytes:
    text = b"Content-Type: text/plain\r\n\r\nSee the file.\r\n"
    return _parts(text, *(
        b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" + b"%d" % number
        + name + b"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(raw)
        for number in range(count)))


def _zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, content in members.items():
            package.writestr(name.replace("__", "/") + ".xml", content)
    return file.getvalue()


def _pdf(content: bytes, pages: int = 1) -> bytes:
    """A file of so many pages that all show one stream."""
    packed = zlib.compress(content, 9)
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream"
    kids = b" ".join(b"%d 0 R" % (5 + page) for page in range(pages))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 4 0 R>>>>/Contents 3 0 R>>"
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % pages, stream,
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", *[page] * pages]
    file, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return (file + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
            + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(file)))


def _calendar(rule: bytes, start: bytes = b"20100101T160000Z") -> bytes:
    return _of(b"text/calendar; charset=utf-8", b"\r\n".join((
        b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", b"UID:1", b"SUMMARY:A meeting", b"DTSTART:" + start, b"RRULE:" + rule,
        b"END:VEVENT", b"END:VCALENDAR", b"")))


def _nested(depth: int, lines: int = 0) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return HEAD + head + b"\r\nx\r\n" * (lines or 1)


def _pictures() -> bytes:
    shown = b"".join(b"<img src=cid:p%d>" % (number % 60) for number in range(6_000))
    page = b"Content-Type: text/html\r\n\r\n<p>See</p>" + shown
    picture = (b"Content-Type: image/png\r\nContent-ID: <p%d>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
               + base64.encodebytes(PNG + _bytes(900_000)).replace(b"%", b""))
    return _parts(page, *(picture % number for number in range(8))).replace(b"multipart/mixed", b"multipart/related")


COSTLY: dict[str, Callable[[], bytes]] = {
    "a-line-of-10-mb": lambda: _plain(b"a" * 10 * M),
    "three-million-empty-lines": lambda: _plain(b"\n" * 3 * M),
    "lines-that-end-with-a-carriage-return-alone": lambda: _plain(b"x\r" * M),
    "half-a-million-from-lines": lambda: b"From \n" * 500_000,
    "a-header-of-5-mb": lambda: _plain(b"Hello.", b"X-A: " + b"a" * 5 * M + b"\r\n"),
    "a-header-folded-300000-times": lambda: _plain(b"Hello.", b"X-A: y" + b"\r\n y" * 300_000 + b"\r\n"),
    "fifty-thousand-recipients": lambda: _plain(b"Hello.", b"Cc: " + b", ".join(
        b"A%d <a%d@example.org>" % (n, n) for n in range(50_000)) + b"\r\n"),
    "20-mb-of-base64": lambda: _of(b"application/octet-stream", base64.encodebytes(_bytes(15 * M)),
                                   b"Content-Transfer-Encoding: base64\r\n"),
    "10-mb-of-text-in-base64": lambda: _of(b"text/plain", base64.encodebytes(_bytes(10 * M)),
                                           b"Content-Transfer-Encoding: base64\r\n"),
    "soft-line-ends": lambda: _of(b"text/plain", b"=\r\n" * 2 * M, b"Content-Transfer-Encoding: quoted-printable\r\n"),
    "random-bytes": lambda: _bytes(5 * M),
    "a-hundred-thousand-parts": lambda: _parts(*[b"\r\nx"] * 100_000),
    "parts-in-parts-in-parts": lambda: _nested(500),
    "nested-and-long": lambda: _nested(90, 60_000),
    "three-hundred-pages-of-html": lambda: _parts(*[
        b"Content-Type: text/html\r\n\r\n" + b"<p>x <b>y</b></p>" * 3_000] * 290),
    "a-hundred-tables-of-text": lambda: _parts(*[
        b"Content-Type: text/csv; name=\"a.csv\"\r\n\r\n" + b"21234,John,a@b.c\r\n" * 6_000] * 100),
    "elements-in-elements": lambda: _html(b"<em>" * 60_000 + b"x"),
    "ninety-thousand-line-breaks": lambda: _html(b"<br>" * 90_000),
    "an-element-of-50000-attributes": lambda: _html(b"<p " + b" ".join(b"a%d=1" % n for n in range(50_000)) + b">x"),
    "style-sheets-without-an-end": lambda: _html(b"<style" * 60_000),
    "style-sheets-that-grow": lambda: _html(
        b"<style>p{" + b"".join(b"--a%d:1;" % n for n in range(3_000)) + b"}</style>" + b"<p>x</p>" * 5_000),
    "the-same-pictures-again-and-again": _pictures,
    "a-zip-bomb": lambda: _files(b"a.xlsx", _zip(xl__worksheets__sheet1=b"<worksheet>" + ROW * 30_000)),
    "many-workbooks": lambda: _files(b"a.xlsx", _zip(xl__worksheets__sheet1=b"<worksheet>" + ROW * 30_000), 40),
    "a-billion-laughs": lambda: _files(b"a.docx", _zip(word__document=(
        b"<!DOCTYPE a [<!ENTITY a0 \"" + b"x" * 1_000 + b"\">"
        + b"".join(b"<!ENTITY a%d \"%s\">" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
        + b"]><d><t>&a9;</t></d>"))),
    "a-pdf-that-swells": lambda: _files(b"a.pdf", _pdf(b" " * 100 * M)),
    "pdfs-full-of-text": lambda: _files(b"a.pdf", _pdf(b"BT /F 9 Tf " + b"(Jo) Tj 0 -9 Td " * 1_200 + b"ET", 20), 12),
    "a-pdf-of-200000-objects": lambda: _files(b"a.pdf", b"%PDF-1.4\n" + b"".join(
        b"%d 0 obj\n<</A 1>>\nendobj\n" % n for n in range(200_000)) + b"trailer\n<</Root 1 0 R>>"),
    "a-rule-that-stands-still": lambda: _calendar(b"FREQ=YEARLY;BYEASTER=1;INTERVAL=0"),
    "a-rule-that-never-comes-true": lambda: _calendar(b"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
    "a-rule-since-the-year-1": lambda: _calendar(b"FREQ=DAILY", b"00010101T000000"),
}


def written(folder: Path) -> list[Path]:
    """All of them as files."""
    paths = []
    for name, build in COSTLY.items():
        paths.append(folder / f"{name}.eml")
        paths[-1].write_bytes(build())
    return paths

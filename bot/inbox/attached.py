"""The text of attached files: workbooks (.xlsx, .xls), documents (.docx, .pptx), .pdf, so that the guards can read it.

Pure, and bounded by work instead of time: bytes, cells, pages and decoded streams are counted, so the same file always
gives the same text. What cannot be read is named (`Unread`). The libraries are imported when such a file is there.
"""

from __future__ import annotations

import io
import logging
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import LiaisonError

if TYPE_CHECKING:
    from pypdf import PdfReader

#: A larger file is not opened.
LARGEST_FILE = 8_000_000
#: xlrd builds the whole workbook before it gives the first cell.
LARGEST_OLD_WORKBOOK = 1_500_000
LONGEST_TEXT = 100_000
MOST_CELLS = 20_000
MOST_PAGES = 20
#: XML that is decompressed of one file and of all files of a message, and the share of shared strings in it.
MOST_XML, MOST_XML_OF_ALL = 3_000_000, 6_000_000
MOST_STRINGS = 1_000_000
#: Decoded page streams that the .pdf files of one message may cost, and objects that one of them may have.
MOST_PDF_WORK = 400_000
MOST_PDF_OBJECTS = 40_000
_MOST_MEMBERS, _MOST_TEXTS = 2_000, 100
#: What stands in the place of text that the caps took away.
_CUT = "\0"
_STRINGS = "xl/sharedStrings.xml"
_CHUNK = 65_536

_ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
#: Files that hold text which cannot be had here. Pictures hold none, and are no reason to tell anything.
_SEALED = re.compile(r"\.(?:zip|7z|rar|gz|ods|odt|xlsb|numbers|pages|doc|rtf|mdb|accdb|gpg|pgp|p7m|msg|sav|dta)$",
    re.IGNORECASE)
_KNOWN = re.compile(r"\.(?:xlsx|xlsm|xltx|xls|docx|docm|pptx|pdf)$", re.IGNORECASE)
_KNOWN_TYPES = ("application/pdf", "application/vnd.ms-excel", "application/vnd.openxmlformats", "application/msexcel")
_SHEET = re.compile(r"^xl/worksheets/[^/]{1,80}\.xml$", re.IGNORECASE)
_PROSE = re.compile(r"^(?:word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments)|ppt/slides/slide\d+)\.xml$")

#: What broken files make the readers raise.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, LookupError, TypeError, AttributeError, AssertionError,
    ArithmeticError, EOFError, OSError, RuntimeError, SyntaxError)


# pypdf logs what it finds wrong with a file; what mail holds never belongs in a log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)


class Unread(LiaisonError):  # noqa: N818
    """An attached file whose text cannot be had; `str()` ends the sentence "the attached file x …"."""


@dataclass(slots=True)
class Budget:
    """What is left of the work that one message's files may cost."""

    pdf: int = MOST_PDF_WORK
    xml: int = MOST_XML_OF_ALL


def is_readable(name: str, media_type: str) -> bool:
    """Whether there may be a text in a file of this name and type that `text_of` can give, or must tell it cannot."""
    return bool(_KNOWN.search(name) or _SEALED.search(name)) or media_type.startswith(_KNOWN_TYPES)


def text_of(name: str, raw: bytes, budget: Budget | None = None) -> tuple[str, bool]:
    """The text of a file, cells separated by tabs, at most LONGEST_TEXT characters; and whether that is all of it.

    `budget` is what the files of one message share. Raises Unread.
    """
    try:
        if raw.startswith(_OLE):
            return _old_workbook(raw)
        if raw.startswith(_ZIP):
            return _package(raw, budget or Budget())
        if _PDF in raw[:1024]:
            return _pdf(raw, budget or Budget())
    except _BROKEN as error:
        raise Unread("is damaged and cannot be read") from error
    if _SEALED.search(name) or b"\0" in raw[:4_000]:
        raise Unread("is of a kind that cannot be read")
    return _joined([raw[:4 * LONGEST_TEXT].decode("utf-8", "replace")])


# ── Office Open XML (ECMA-376): XML in a ZIP ──────────────────────────────────────────────────────────────────────


def _package(raw: bytes, budget: Budget) -> tuple[str, bool]:
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        members = package.infolist()[:_MOST_MEMBERS]
        if any(member.flag_bits & 1 for member in members):
            raise Unread("is encrypted")
        sizes = {member.filename: member.file_size for member in members}
        sheets = [name for name in sizes if _SHEET.match(name)][:_MOST_TEXTS]
        found = sheets or [name for name in sizes if _PROSE.match(name)][:_MOST_TEXTS]
        if not found:
            raise Unread("is of a kind that cannot be read")
        most = MOST_XML // len(found)
        budget.xml -= sum(min(sizes[name], most) for name in found) + min(sizes.get(_STRINGS, 0), MOST_STRINGS)
        if budget.xml < 0:
            raise Unread("is too large to be read")
        text, whole = _joined(_workbook(package, sheets, most) if sheets else _paragraphs(package, found, most))
        return text, whole and all(sizes[name] <= most for name in found) and sizes.get(_STRINGS, 0) <= MOST_STRINGS


def _joined(pieces: Iterable[str]) -> tuple[str, bool]:
    """The pieces up to the longest text or to the mark of a cut, and whether that is all."""
    kept: list[str] = []
    left = LONGEST_TEXT
    for piece in pieces:
        if piece == _CUT or left <= 0:
            return "".join(kept), False
        kept.append(piece[:left])
        left -= len(piece)
    return "".join(kept), left >= 0


def _elements(package: zipfile.ZipFile, name: str, most: int) -> Iterator[tuple[str, str, Any]]:
    """(event, local name, element) for each element of a member's first `most` bytes; what was read is let go."""
    from lxml.etree import XMLPullParser

    parser = XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, recover=True,
        remove_comments=True, remove_pis=True)
    with package.open(name) as stream:
        while most > 0 and (chunk := stream.read(min(_CHUNK, most))):
            most -= len(chunk)
            parser.feed(chunk)
            for event, element in parser.read_events():
                if isinstance(element.tag, str):
                    yield event, element.tag.rpartition("}")[2], element
                    if event == "end":
                        element.clear(keep_tail=True)


def _paragraphs(package: zipfile.ZipFile, names: list[str], most: int) -> Iterator[str]:
    """Text runs of a document or a slide; a table's row is a line, its cells stand between tabs."""
    for name in names:
        cells = 0
        for event, tag, element in _elements(package, name, most):
            if tag == "tc":
                cells += 1 if event == "start" else -1
                if event == "end":
                    yield "\t"
            elif event == "end" and tag == "t":
                yield str(element.text or "")
            elif event == "end" and tag in ("tab", "br"):
                yield "\t" if tag == "tab" else "\n"
            elif event == "end" and tag in ("p", "tr"):
                yield " " if tag == "p" and cells else "\n"


def _workbook(package: zipfile.ZipFile, sheets: list[str], most: int) -> Iterator[str]:
    strings = _strings(package) if _STRINGS in package.namelist() else []
    for sheet in sheets:
        left = MOST_CELLS // len(sheets)
        for row in _rows(package, sheet, strings, most):
            left -= len(row)
            if left < 0:
                yield _CUT
            yield "\t".join(row) + "\n"


def _strings(package: zipfile.ZipFile) -> list[str]:
    """The shared strings (18.4.8), each put together of its runs."""
    found: list[str] = []
    runs: list[str] = []
    for event, tag, element in _elements(package, _STRINGS, MOST_STRINGS):
        if event == "end" and tag == "t":
            runs.append(str(element.text or ""))
        elif event == "end" and tag == "si":
            found.append("".join(runs))
            runs = []
    return found


def _rows(package: zipfile.ZipFile, sheet: str, strings: list[str], most: int) -> Iterator[list[str]]:
    """The rows of a worksheet (18.3.1) as their filled cells' texts; one of more cells than any has is broken off."""
    row: list[str] = []
    value = kind = ""
    for event, tag, element in _elements(package, sheet, most):
        if event == "start" and tag == "c":
            kind, value = str(element.get("t") or "n"), ""
        elif event == "end" and tag in ("v", "t"):
            value += str(element.text or "")
        elif event == "end" and tag == "c" and value:
            row.append(_cell(value, kind, strings))
        if row and (len(row) >= MOST_CELLS or (event == "end" and tag == "row")):
            yield row
            row = []


def _cell(value: str, kind: str, strings: list[str]) -> str:
    """A cell's text: shared strings looked up, whole numbers written out (2.1E13 is how a barcode is stored)."""
    if kind == "s":
        return strings[int(value)] if value.isdigit() and len(value) < 9 and int(value) < len(strings) else ""
    return _number(value) if kind == "n" and ("E" in value or value.endswith(".0")) else value


def _number(value: str) -> str:
    try:
        number = float(value[:30])
    except ValueError:
        return value
    return str(int(number)) if abs(number) < 1e18 and number == int(number) else value


# ── older workbooks, .pdf ─────────────────────────────────────────────────────────────────────────────────────────


def _old_workbook(raw: bytes) -> tuple[str, bool]:
    """BIFF workbooks by xlrd; Office packages under a password come in the same container (MS-OFFCRYPTO)."""
    if _ENCRYPTED_PACKAGE in raw:
        raise Unread("is encrypted")
    if len(raw) > LARGEST_OLD_WORKBOOK:
        raise Unread("is too large to be read")
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=raw, on_demand=True, ragged_rows=True, logfile=io.StringIO())
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
        sealed = "encrypted" in str(error).lower() or "password" in str(error).lower()
        raise Unread("is encrypted" if sealed else "is of a kind that cannot be read") from error
    sheets = (book.sheet_by_index(place) for place in range(min(book.nsheets, 20)))
    rows = (sheet.row_values(place) for sheet in sheets for place in range(min(sheet.nrows, MOST_CELLS // 10)))
    return _joined("\t".join(_written(cell) for cell in row if cell != "") + "\n" for row in rows)


def _written(cell: object) -> str:
    return _number(repr(cell)) if isinstance(cell, float) else str(cell)


def _pdf(raw: bytes, budget: Budget) -> tuple[str, bool]:
    """The text of the first pages by pypdf, under limits far below its own."""
    if budget.pdf <= 0 or raw.count(b" obj") > MOST_PDF_OBJECTS:
        raise Unread("is too large to be read")
    import pypdf
    from pypdf.errors import DependencyError, LimitReachedError, PyPdfError

    limits: dict[str, Any] = dict.fromkeys((
        "zlib_maximum_output_length", "lzw_maximum_output_length", "run_length_maximum_output_length",
        "array_based_stream_maximum_output_length", "zlib_maximum_recovery_input_length"), MOST_PDF_WORK)
    try:
        with pypdf.apply_configuration(
                **limits, stream_decoding_work_maximum_length=2 * MOST_PDF_WORK, page_tree_maximum_entries=2_000,
                stream_parsing_work_maximum_count=40_000, xform_maximum_invocations_per_extraction=20):
            reader = pypdf.PdfReader(
                io.BytesIO(raw), root_object_recovery_limit=100, xref_stream_maximum_entries=50_000)
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unread("is encrypted")
            return _joined(_pages(reader, budget))
    except DependencyError as error:
        raise Unread("is encrypted") from error
    except LimitReachedError as error:
        raise Unread("is too large to be read") from error
    except PyPdfError as error:
        raise Unread("is damaged and cannot be read") from error


def _pages(reader: PdfReader, budget: Budget) -> Iterator[str]:
    for number, page in enumerate(reader.pages):
        contents = page.get_contents() if number < MOST_PAGES else None
        budget.pdf -= len(contents.get_data()) if contents is not None else 0
        if budget.pdf < 0 or number >= MOST_PAGES:
            yield _CUT
        yield page.extract_text() + "\n"

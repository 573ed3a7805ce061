"""The tree of a message (RFC 2045-2047): raw bytes → stdlib message, trimmed so that nothing hostile costs much.

Owns the caps, the decoding of payloads, the repair of charsets, and what is said of an attachment. The stdlib message
is the one that mail-parser works on too, so nothing is parsed twice. Nothing here raises on bad mail.
"""

from __future__ import annotations

import binascii
import email
import quopri
import re
import unicodedata
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.message import Message as Part
from itertools import islice

from bot import headers
from bot.types import Attachment
from bot.unseen import visible

MOST_PARTS = 300
DEEPEST = 25
MOST_HEADERS = 500
LONGEST_HEADER = 16_000
LONGEST_HEADERS = 128_000
LONGEST_PART_HEADER = 1_000
#: Lines times nested boundaries: the stdlib tries each open boundary on each line.
MOST_LINE_TESTS = 4_000_000
MOST_LINES = 350_000
#: So many lines that hold next to nothing: each costs the parser as much as a full one.
MOST_SHORT_LINES, SHORT_LINE = 60_000, 30
LONGEST_NAME = 120

_BAD_PARSE = (ValueError, TypeError, AttributeError, LookupError, RecursionError, HeaderParseError, AssertionError)
_LINE_END = re.compile(rb"\r\n|\n|\r")
_HEAD_END = re.compile(rb"\r?\n\r?\n|\r\r")
_MBOX_FROM = re.compile(rb"\A>?From [^\r\n]*\r?\n")
_FIELD = re.compile(rb"(?m)^[!-9;-~]+[ \t]*:")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')


class Tree:
    """A parsed message and what was found wrong while trimming it."""

    def __init__(self, root: Part, defects: list[str]) -> None:
        self.root = root
        self.defects = defects


def read_tree(raw: bytes) -> Tree:
    """The stdlib message of raw bytes, trimmed to the caps; every trim is a defect. Never raises."""
    defects: list[str] = []
    sound = _trimmed_head(_trimmed_lines(_MBOX_FROM.sub(b"", raw, count=1).lstrip(b"\r\n"), defects), defects)
    try:
        root = email.message_from_bytes(sound)
    except _BAD_PARSE:
        defects.append("the parts of this message are nested too deeply or broken; its body was read as plain text")
        root = _flat(sound)
    _prune(root, defects)
    return Tree(root, defects)


def _trimmed_lines(raw: bytes, defects: list[str]) -> bytes:
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    boundaries = raw.lower().count(b"boundary=") if lines > 5_000 else 0
    most = MOST_SHORT_LINES if len(raw) < lines * SHORT_LINE else MOST_LINES
    most = min(most, MOST_LINE_TESTS // (1 + boundaries))
    if lines <= most:
        return raw
    defects.append(f"the message has {lines} lines; only the first {most} were read")
    last = next(islice(_LINE_END.finditer(raw), most - 1, None))
    return raw[:last.end()]


def _trimmed_head(raw: bytes, defects: list[str]) -> bytes:
    """Fold lines of hostile headers cost the parser dearly, so the head is cut before it is parsed."""
    end = _HEAD_END.search(raw)
    stop = end.start() if end else len(raw)
    if stop <= LONGEST_HEADERS:
        return raw
    if end is None and not _FIELD.match(raw[:1000]):
        return raw
    cut = raw.rfind(b"\n", 0, LONGEST_HEADERS)
    defects.append("the header is longer than any honest one; its end was not read")
    return raw[:cut if cut > 0 else LONGEST_HEADERS] + (raw[stop:] if end else b"\r\n\r\n")


def _flat(raw: bytes) -> Part:
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    part = email.message_from_bytes(head + b"\n\n")
    for name in ("content-type", "content-transfer-encoding", "content-disposition"):
        del part[name]
    part.set_payload(body.decode("ascii", "surrogateescape"))
    return part


def _prune(root: Part, defects: list[str]) -> None:
    """Cut parts and headers beyond the caps in place, breadth first, before mail-parser looks at any of them."""
    level: list[Part] = [root]
    seen = 1
    _clip_headers(root, MOST_HEADERS, LONGEST_HEADER, defects)
    for depth in range(DEEPEST + 1):
        below: list[Part] = []
        for part in level:
            found = children(part)
            kept = found[:0 if depth == DEEPEST else max(0, MOST_PARTS - seen)]
            if len(kept) < len(found):
                part.set_payload([*kept])
                defects.append(f"{len(found) - len(kept)} parts beyond the limits were not read")
            seen += len(kept)
            below.extend(kept)
        for child in below:
            _clip_headers(child, 100, LONGEST_PART_HEADER, defects)
            _put_away_disposition(child)
        level = below


def _put_away_disposition(part: Part) -> None:
    """mail-parser writes attached containers out as strings, in quadratic time; it need not know that they are."""
    value = part.get("content-disposition") if part.is_multipart() else None
    if value is not None:
        del part["content-disposition"]
        part[_PUT_AWAY] = "attachment" if str(value).strip().lower().startswith("attachment") else "inline"


_PUT_AWAY = "X-Kept-Disposition"


def children(part: Part) -> list[Part]:
    """The parts directly inside a multipart or message/rfc822 part."""
    held = inside(part)
    return [child for child in held if isinstance(child, Part)] if isinstance(held, list) else []


def inside(part: Part) -> object:
    """The payload as the stdlib stored it; get_payload() decodes it on the way, by a charset that may be broken."""
    return getattr(part, "_payload", None)


def _clip_headers(part: Part, most: int, longest: int, defects: list[str]) -> None:
    pairs = list(part.raw_items())
    clipped = [(name, _sound(name, value, longest)) for name, value in pairs[:most]]
    if clipped == pairs:
        return
    defects.append("a header was longer or stranger than any honest one and was cut")
    part._headers = clipped  # type: ignore[attr-defined]  # deleting name by name takes quadratic time, which is what such headers are made for


def _sound(name: str, value: object, longest: int) -> str:
    """A value that mail-parser can bear: NUL in a charset and codecs of quadratic time are struck out."""
    text = str(value) if len(str(value)) <= longest else str(value)[:longest]
    lower = name.lower()
    if lower.startswith("content-"):
        text = text[:LONGEST_PART_HEADER].replace("\0", "")
        if re.search(r"punycode|idna|undefined|unicode_escape", text, re.IGNORECASE):
            text = re.sub(r"(?i)(raw.)?unicode.escape|punycode|idna|undefined", "utf-8", text)
    return text


# ── walking ───────────────────────────────────────────────────────────────────────────────────────────────────────


def media_type(part: Part) -> str:
    """The media type, lower-cased; `text/plain` where it is broken (RFC 2045, 5.2)."""
    try:
        return part.get_content_type()
    except _BAD_PARSE:
        return "text/plain"


def is_attached(part: Part) -> bool:
    """Whether a part stands beside the text (RFC 2183): it says so, or it has a file name and does not say inline."""
    said = disposition(part)
    return said == "attachment" or (bool(file_name(part)) and not (said == "inline" and media_type(part) in _BODIES))


_BODIES = frozenset({"text/plain", "text/html"})


def disposition(part: Part) -> str:
    """"inline", "attachment", or the empty string."""
    try:
        return str(part.get(_PUT_AWAY) or part.get_content_disposition() or "").strip()
    except _BAD_PARSE:
        return ""


def file_name(part: Part) -> str:
    """The file name as given (RFC 2183, RFC 2231), decoded, or the empty string."""
    try:
        name = part.get_filename()
    except _BAD_PARSE:
        return ""
    return headers.decode(name) if name else ""


def safe_name(name: str) -> str:
    """A file name fit for display and for a file: no path, no NUL, no control or direction-changing character."""
    last = re.split(r"[/\\]", name.replace("\0", ""))[-1]
    seen = "".join(char for char in last if unicodedata.category(char) not in _UNSEEN)
    plain = " ".join(_NOT_IN_NAMES.sub("_", seen).split()).strip(". ")
    if len(plain) <= LONGEST_NAME:
        return plain or "unnamed"
    stem, dot, ending = plain.rpartition(".")
    return plain[:LONGEST_NAME] if not dot or len(ending) > 10 else stem[:LONGEST_NAME - len(ending) - 1] + dot + ending


def attachment(part: Part) -> Attachment:
    """What is said of an attached part."""
    return Attachment(name=safe_name(file_name(part)), media_type=media_type(part), size=decoded_size(part))


def decoded_size(part: Part) -> int:
    """The size after decoding. Base64 is counted, not decoded: attachments are large."""
    held = inside(part)
    if isinstance(held, list):
        return sum(decoded_size(child) for child in children(part)) if len(held) <= MOST_PARTS else 0
    text = str(held or "")
    if transfer_encoding(part) == "base64" and text.isascii():
        signs = len(text) - text.count("\n") - text.count("\r") - text.count(" ")
        return max(0, signs * 3 // 4 - text[-8:].count("="))
    return len(payload(part))


def transfer_encoding(part: Part) -> str:
    """The Content-Transfer-Encoding, lower-cased (RFC 2045, 6)."""
    return str(part.get("content-transfer-encoding", "")).strip().lower()


def payload(part: Part) -> bytes:
    """A leaf's bytes after its transfer encoding; what cannot be decoded comes as it stands."""
    try:
        decoded = part.get_payload(decode=True)
    except (*_BAD_PARSE, UnicodeError):
        decoded = None
    if isinstance(decoded, bytes):
        cut = any(type(defect).__name__ == "InvalidBase64LengthDefect" for defect in part.defects)
        return _whole_quads(decoded) if cut else decoded
    held = inside(part)
    return held.encode("utf-8", "surrogateescape") if isinstance(held, str) else b""


def _whole_quads(undecoded: bytes) -> bytes:
    """Base64 with one sign too many, which the stdlib leaves undecoded, without its last signs."""
    signs = re.sub(rb"[^A-Za-z0-9+/]", b"", undecoded)
    return binascii.a2b_base64(signs[:len(signs) // 4 * 4])


def damage(part: Part) -> Iterator[str]:
    """What the stdlib found wrong with a part, in words."""
    for defect in part.defects:
        known = _DAMAGE.get(type(defect).__name__)
        if known:
            yield known


_DAMAGE = {
    "InvalidBase64PaddingDefect": "a base64 part is cut short or damaged",
    "InvalidBase64CharactersDefect": "a base64 part holds characters that do not belong there",
    "InvalidBase64LengthDefect": "a base64 part is cut short or damaged",
    "StartBoundaryNotFoundDefect": "the boundary between the parts is missing",
    "NoBoundaryInMultipartDefect": "the boundary between the parts is not named",
    "CloseBoundaryNotFoundDefect": "the message ends before its last part does",
    "MultipartInvariantViolationDefect": "the message says it has parts and has none",
    "MissingHeaderBodySeparatorDefect": "there is no blank line between header and body",
    "MalformedHeaderDefect": "a header line is malformed",
    "FirstHeaderLineIsContinuationDefect": "the first header line is a continuation",
}


# ── text ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def part_text(part: Part, limit: int) -> tuple[str, tuple[str, ...]]:
    """A text part decoded, line ends plain, at most `limit` characters; and the defects met."""
    raw, twice = _unquoted(payload(part)[:limit * 4])
    text, wrong = read_text(raw, declared_charset(part))
    return clean(text)[:limit], (*damage(part), *twice, *wrong)


_SOFT_END = re.compile(rb"=\r?\n")
_CODED = re.compile(rb"=(?:0[AD]|20|3D|A0|C[23]|E2)")


def _unquoted(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A text that still stands in quoted-printable (RFC 2045, 6.7): a list program or its sender encoded it twice."""
    head = raw[:20_000]
    if len(_SOFT_END.findall(head)) < 2 or len(_CODED.findall(head)) < 2:
        return raw, ()
    return quopri.decodestring(raw), ("its text was encoded twice",)


def declared_charset(part: Part) -> str | None:
    """The charset label as given (RFC 2046, 4.1.2), or None."""
    try:
        value = part.get_param("charset")
    except _BAD_PARSE:
        return None
    text = value[-1] if isinstance(value, tuple) else value
    return str(text).strip() or None if text else None


def read_text(raw: bytes, label: str | None) -> tuple[str, tuple[str, ...]]:
    """Bytes as text under their label, where the label can be believed; else UTF-8, else cp1252, and a defect."""
    codec = headers.charset_name(label)
    if codec in _EIGHT_BIT or codec is None:
        return _eight_bit(raw, label, codec)
    try:
        return headers.repaired(raw.decode(codec)), ()
    except (UnicodeError, ValueError):
        return _broken(raw, codec)


_EIGHT_BIT = frozenset({"ascii", "iso8859-1", "cp1252", "latin-1"})


def _eight_bit(raw: bytes, label: str | None, codec: str | None) -> tuple[str, tuple[str, ...]]:
    """Labels that programs put on anything: believe the bytes (as browsers do, WHATWG Encoding 4.2)."""
    text = headers.read_bytes(raw)
    if raw.isascii():
        return text, () if codec or not label else (f"the charset {label[:40]!r} is unknown",)
    if codec in ("iso8859-1", "cp1252") and not any(byte in raw for byte in _C1):
        return text, ()
    said = f"labelled {label[:40]!r}" if label else "without a charset"
    return text, (f"8-bit text {said} was read by its bytes",)


_C1 = tuple(bytes([code]) for code in range(0x80, 0xA0))


def _broken(raw: bytes, codec: str) -> tuple[str, tuple[str, ...]]:
    if codec != "utf-8":
        return headers.repaired(raw.decode(codec, "replace")), (f"some characters are not valid {codec}",)
    text = raw.decode("utf-8", "replace")
    whole = sum(not char.isascii() for char in text) - text.count("\ufffd")
    if whole == 0 and not _cut_at_end(raw):
        return raw.decode("cp1252", "replace"), ("text labelled 'utf-8' is not; it was read as cp1252",)
    return text, ("some characters are not valid utf-8",)


def _cut_at_end(raw: bytes) -> bool:
    return raw[:-4].isascii()


#: Word processors write U+2028 and U+2029 where a line, or a paragraph, ends.
_ENDS = dict.fromkeys((0x85, 0x2028, 0x2029), "\n")
_CONTROL: dict[int, str | None] = {**dict.fromkeys((*range(9), 11, *range(14, 32), *range(127, 160))), **_ENDS}


def clean(text: str) -> str:
    """Plain line ends, no control characters, and nothing that has no width; form feeds and Unicode's own
    separators end a line."""
    return visible(text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").translate(_CONTROL))

"""Spelling and meaning of mail headers, with their RFC numbers. Pure; nothing here raises on bad input.

What cannot be read comes back as `None` or empty: nothing is invented. Names of headers are compared lower-cased.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.types import Address
from bot.unseen import visible

#: On everything the bot sends: whoever sees it on the way in must not take it in again.
LOOP_MARK = "X-Liaison-Loop"
AUTO_SUBMITTED = "Auto-Submitted"  # RFC 3834, 5
AUTO_GENERATED = "auto-generated"  # RFC 3834, 5.1: not an answer to anything
AUTO_RESPONSE_SUPPRESS = "X-Auto-Response-Suppress"  # Exchange: no out-of-office answers, please
PRECEDENCE = "Precedence"  # RFC 2076, 3.9
LIST_ID = "List-Id"  # RFC 2919
LIST_UNSUBSCRIBE = "List-Unsubscribe"  # RFC 2369
LIST_UNSUBSCRIBE_POST = "List-Unsubscribe-Post"  # RFC 8058
ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058, 3.1
NULL_REVERSE_PATH = "<>"  # RFC 5321, 4.5.5

#: Machine-read headers: an encoded word in them is text, not code, so decoding one would let a sender forge the rest.
MACHINE_HEADERS = frozenset({
    "authentication-results", "received", "received-spf", "dkim-signature", "message-id", "references", "in-reply-to",
    "content-type", "content-transfer-encoding", "return-path", "list-post", "list-unsubscribe", "list-help",
    "list-subscribe", "list-owner", "list-archive", "date", "auto-submitted", "precedence", "x-beenthere",
    "x-liaison-loop", "delivered-to", "x-original-to",
})

LONGEST_VALUE = 64_000

_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if code not in (9, 10, 13)}
_FOLD = re.compile(r"[\r\n\t]+ ?")
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,4000})\?=")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_BARE_ID = re.compile(r"[^\s<>,;]{1,400}@[^\s<>,;]{1,400}")
_OBFUSCATED = re.compile(r"^\s*([\w.+-]{1,64}) at ([\w.-]{1,200})\s*(?:\(([^()]{0,200})\))?\s*$")
_IN_ANGLES = re.compile(r"<([^<>]{0,400})>")
_REPLY_PREFIX = re.compile(
    r"^\s*(?:(?:re|fwd?|fw|aw|wg|antw|sv|vs|tr|rif|réf|automatic reply|tagged)(?:\s?[\[(]\d{1,3}[\])])?\s?:\s*"
    r"|\[[^\[\]]{1,40}\]\s*:?\s*)", re.IGNORECASE)
_FORWARD_SUFFIX = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)
#: Codecs that Python knows and mail does not; some of them take quadratic time.
_NO_CHARSETS = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})


def unfold(value: object) -> str:
    """A header's value on one line (RFC 5322, 2.2.3): folds and control characters gone, bare 8 bit repaired."""
    text = str(value)[:LONGEST_VALUE]
    if not text.isascii():
        text = visible(repaired(text))
    if not text.isprintable():
        text = _FOLD.sub(" ", text).translate(_CONTROLS)
    return text.strip()


def repaired(text: str) -> str:
    """The same text, where bytes that were carried as surrogates are read as UTF-8, or else as cp1252."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return read_bytes(text.encode("utf-8", "surrogateescape" if _only_bytes(text) else "replace"))
    return text


def _only_bytes(text: str) -> bool:
    return not any("\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in text)


def read_bytes(raw: bytes) -> str:
    """Bytes of no known charset: UTF-8 when they are, else cp1252, which every byte sequence nearly is."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def charset_name(name: str | None) -> str | None:
    """The codec that a charset label means, or None for an invented or unfit one (RFC 2045, 5.1; RFC 2978)."""
    if not name or len(name) > 60 or "\0" in name:
        return None
    try:
        codec = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError, UnicodeError):
        return None
    fit = getattr(codec, "_is_text_encoding", True) and codec.name.replace("-", "_") not in _NO_CHARSETS
    return codec.name if fit else None


def decode(value: object) -> str:
    """An unstructured header as text (RFC 2047); encoded words that cannot be read stay as they stand."""
    text = unfold(value)
    return unfold(_decode_words(text)) if "=?" in text else text


def _decode_words(text: str) -> str:
    """Neighbouring words of one charset are joined as bytes first: mailers split characters between them."""
    out: list[str] = []
    run: list[tuple[str, bytes]] = []
    end = 0
    for match in _ENCODED_WORD.finditer(text):
        gap = text[end:match.start()]
        word = _word_bytes(match)
        if gap.strip() or word is None or (run and run[-1][0] != match[1].lower()):
            out.append(_read_run(run))
            run = []
            out.append(gap if gap.strip() or not out or end == 0 else "")
        if word is None:
            out.append(match[0])
        else:
            run.append((match[1].lower(), word))
        end = match.end()
    return "".join((*out, _read_run(run), text[end:]))


def _word_bytes(match: re.Match[str]) -> bytes | None:
    charset, encoding, body = match.groups()
    if charset_name(charset.partition("*")[0]) is None and not body.isascii():
        return None
    raw = body.encode("ascii", "replace")
    try:
        if encoding in "bB":
            return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
        return binascii.a2b_qp(raw, header=True)
    except (binascii.Error, ValueError):
        return None


def _read_run(run: list[tuple[str, bytes]]) -> str:
    if not run:
        return ""
    raw = b"".join(part for _, part in run)
    codec = charset_name(run[0][0].partition("*")[0])
    if codec is None or codec == "ascii":
        return read_bytes(raw)
    try:
        return repaired(raw.decode("cp1252" if codec == "iso8859-1" else codec))
    except (UnicodeError, ValueError):
        return read_bytes(raw)


# ── addresses (RFC 5322, 3.4) ─────────────────────────────────────────────────────────────────────────────────────


def addresses(value: object) -> tuple[Address, ...]:
    """The mailboxes of an address header; group names are dropped, "a at b (Name)" is understood."""
    found = (_mailbox(piece) for piece in _pieces(unfold(value)[:LONGEST_VALUE // 2]))
    return tuple(address for address in found if address is not None)


def address(local_at_domain: str, name: str = "") -> Address | None:
    """One mailbox from its parts as they stand in a header, or None where there is no address in it."""
    return mailbox(local_at_domain, decode(name))


def mailbox(local_at_domain: str, name: str = "") -> Address | None:
    """One mailbox from an address and a name that is decoded already, or None where there is no address in it."""
    spec = local_at_domain.strip().strip("<>\"'").strip().lower()
    if "@" not in spec or any(char.isspace() for char in spec) or spec.endswith("@") or spec.startswith("@"):
        return None
    return Address(address=spec, name=unfold(name).strip("\"'").strip())


def _pieces(text: str) -> Iterator[str]:
    """The text cut at commas, semicolons and group names that stand outside quotes, comments and angles."""
    piece: list[str] = []
    depth, quoted, angled, escaped = 0, False, False, False
    for char in text:
        if char in ",;" and not (depth or quoted or angled):
            yield "".join(piece)
            piece = []
            continue
        if char == ":" and not (depth or quoted or angled):
            piece = []
            continue
        piece.append(char)
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif not quoted:
            depth = max(0, depth + (char == "(") - (char == ")"))
            angled = (angled or char == "<") and char != ">"
    yield "".join(piece)


def _mailbox(piece: str) -> Address | None:
    if not piece.strip():
        return None
    angles = [match for match in _IN_ANGLES.finditer(piece) if "@" in match[1]]
    if angles:
        return address(angles[-1][1].rpartition(":")[2], _phrase(piece[:angles[-1].start()]) or _comment(piece))
    if plain := _OBFUSCATED.match(piece):
        return address(f"{plain[1]}@{plain[2]}", plain[3] or "")
    spec = piece.partition("(")[0].strip()
    return address(spec, _comment(piece)) or next(iter(_bare(piece)), None)


def _bare(piece: str) -> Iterator[Address]:
    for match in _BARE_ID.finditer(piece[:1000]):
        if found := address(match[0].strip("()[]\"'")):
            yield found


def _phrase(text: str) -> str:
    return text.strip().strip('"').replace('\\"', '"').replace("\\\\", "\\").strip()


def _comment(piece: str) -> str:
    start, end = piece.find("("), piece.rfind(")")
    return piece[start + 1:end].strip() if 0 <= start < end else ""


# ── identity, threads, dates ──────────────────────────────────────────────────────────────────────────────────────


def message_ids(value: object) -> tuple[str, ...]:
    """The msg-ids of Message-ID, In-Reply-To or References (RFC 5322, 3.6.4), angles and all, in order, once each."""
    text = unfold(value)
    found = _MESSAGE_ID.findall(text) or [f"<{bare}>" for bare in _BARE_ID.findall(text)]
    return tuple(dict.fromkeys(found))


def parse_date(value: object) -> datetime | None:
    """A Date header (RFC 5322, 3.3) as an aware datetime in its own offset; without a zone it is read as UTC."""
    text = unfold(value)[:100]
    try:
        date = parsedate_to_datetime(text)
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
        year = date.astimezone(UTC).year
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError):
        return None
    return date if 1970 <= year < 2200 else None


# ── lists (RFC 2919, RFC 2369) ────────────────────────────────────────────────────────────────────────────────────


def list_identifier(value: object) -> str | None:
    """The identifier of a List-Id ("techserv-ig.lists.example.edu") or the address of a List-Post, lower-cased."""
    text = unfold(value)
    inside = _IN_ANGLES.findall(text)
    token = (inside[-1] if inside else text.split()[-1] if text.split() else "").strip().lower()
    token = token.removeprefix("mailto:").partition("?")[0].strip()
    return token if token and token != "no" and not any(char.isspace() for char in token) else None


def list_name(identifier: str) -> str:
    """The short name of a list: what stands before the @ of its address or before the first dot of its identifier."""
    local, at, _ = identifier.strip().lower().partition("@")
    return local if at else local.partition(".")[0]


def list_host(identifier: str) -> str:
    """The host that a list lives on: what stands behind the @ or behind the first dot."""
    local, at, domain = identifier.strip().lower().partition("@")
    return domain if at else local.partition(".")[2]


# ── subjects ──────────────────────────────────────────────────────────────────────────────────────────────────────


def base_subject(subject: str) -> str:
    """The subject without reply and forward marks, list prefixes and "[EXTERNAL]" (after RFC 5256, 2.1)."""
    text = _FORWARD_SUFFIX.sub("", " ".join(subject[:2000].split()))
    for _ in range(20):
        rest = _REPLY_PREFIX.sub("", text, count=1)
        if rest == text or not rest.strip():
            break
        text = rest
    return text.strip()


def subject_prefixes(subject: str) -> tuple[str, ...]:
    """What stands in square brackets at the head of a subject, lower-cased: where lists put their names."""
    head = re.match(r"(?:\s*(?:\[[^\[\]]{1,40}\]|[A-Za-z]{2,4}:))*", subject[:400])
    return tuple(found.strip().lower() for found in re.findall(r"\[([^\[\]]{1,40})\]", head[0] if head else ""))

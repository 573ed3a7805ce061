"""Mail made worse, by a seed: headers, boundaries, charsets, transfer encodings, cuts, nesting, HTML, dates, files.

The messages that are made worse are the project's own (`originals`). `python -m tests.hostile.mutate SEED NUMBER`
writes one of them to standard output.
"""

from __future__ import annotations

import base64
import random
import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
Change = Callable[[bytes, random.Random], bytes]

HTML = (
    b"<script>alert(1)</script>", b"<img src=http://t.example.com/x.gif>", b"</td></tr></table></div></div>",
    b"<table>",
    b"<style>*{display:none}", b"<!--", b"<![CDATA[", b"<a href=\"javascript:x\">", b"<svg onload=x>", b"<math><mi>",
    b"<form action=x><input>", b"<iframe srcdoc='<p>'>", b"<p style=\"background:url(//x)\" onclick=y>",
    b"<base href=x>",
    b"<div style='display:none'>", b"<template><p>", b"<noscript><p title='</noscript><img src=x onerror=x>'>",
    b"&#x202e;&#0;&#27;[31m", b"<x" + b" a=1" * 60 + b">", b"<p>" * 300, b"<select><template>", b"</body></html>",
    b"<frameset>", b"<plaintext>", b"<textarea>", b"<title>", b"<xmp>", b"<a id=x><a id=x>", b"\0<\0s\0c", b"<?php ?>",
)
HEADERS = (
    b"Content-Type: multipart/mixed", b"Content-Type: text/html; charset=utf-7", b"Content-Type: x",
    b"Content-Type: message/rfc822", b"Content-Type: multipart/alternative; boundary=\"\"",
    b"Content-Type: text/plain; charset*0*=''%FF; charset*1=x", b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: x-uuencode", b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Disposition: attachment; filename=\"../../etc/passwd\"", b"Subject: =?utf-8?b?DQpCY2M6IHhAeS56?=",
    b"Subject: =?utf-8?q?=00=1B=5B31m?=", b"Subject: {{ 7*7 }}{% include 'x' %}", b"From: ",
    b"From: \"a\r\n b\" <a@b.c>",
    b"From: a@b.c, d@e.f", b"Sender: =?x?y?z?=", b"Reply-To: <>", b"Message-ID: <a@b\0>", b"Message-ID: <[x]@[y]>",
    b"In-Reply-To: <<<>>>", b"References: " + b"<a@b> " * 400, b"Date: Tue, 99 Nov 9999 99:99:99 +9999", b"Date: ",
    b"Date: Thu, 1 Jan 1970 00:00:00 -2400", b"List-Id: =?utf-8?q?=0A=0Dx?= <a..b>", b"List-Post: NO",
    b"List-Id: \x1b]0;x\x07 <x.y>", b"MIME-Version: 9", b"X-\xff: \xfe", b": ", b"no colon at all", b" folded first",
    b"Auto-Submitted: auto-replied", b"Authentication-Results: ;;;", b"Received: " + b"(" * 90,
)
CHARSETS = (b"utf-7", b"utf-16", b"utf-32", b"iso-2022-jp", b"iso-2022-kr", b"hz", b"big5", b"gb18030", b"cp1252", b"x",
            b"us-ascii", b"punycode", b"unicode_escape", b"rot13", b"utf-8\0", b"\"utf-8", b"cp037", b"utf-8-sig")
TEXTS = (
    b"on February 30, 2027 at 25:61 p.m.", b"12/31/9999 to 1/1/0001", b"Monday the 99th", b"noon to midnight CST-99",
    "\u202ecod.exe\u2066\u200b\u00ad".encode(), b"\x1b[2J\x1b]0;owned\x07\x9b31m", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT",
    b"{{ config }}{% for x in y %}", b"From me to you\r\n>From you", b".\r\n", b"\r", b"--\r\n", b"--=\r\n",
    b"=\r\n=\r\n",
    b"Please answer by 31.12.10000!", b"%s%n%(x)s{0}", "İIıſ\u1e9e\ufb03\u0130".encode(), b"\xed\xa0\x80\xff\xfe",
    "𝒜𝓁𝓂𝒶 \U000e0041\U000e0042".encode(), b"a" * 3_000, b"> " * 200, b"http://" + b"a." * 300,
)
CALENDAR = (
    b"DTSTART:99999999T999999Z", b"DTSTART;TZID=/x/y:20261201T100000", b"RRULE:FREQ=SECONDLY;COUNT=99999999",
    b"RRULE:FREQ=YEARLY;BYEASTER=1;INTERVAL=0", b"DURATION:-P9999999D",
    b"SUMMARY:x\\nBEGIN:VEVENT\\nATTENDEE:mailto:a@b.c",
    b"UID:\x1b[31m", b"SEQUENCE:99999999999999999999", b"BEGIN:VEVENT", b"END:VCALENDAR", b"METHOD:REQUEST", b"\xff",
    b"EXDATE:x,y,z", b"RECURRENCE-ID:20261201", b"DTEND:00010101", b"SUMMARY;LANGUAGE=\"\":", b" folded",
)
FILES = (
    ("../../x.pdf", b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>\nendobj\ntrailer<</Root 1 0 R>>"),
    ("a.xlsx", b"PK\x03\x04" + b"\0" * 60), ("con.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 2_000),
    ("a.csv\0.exe", b"a,b\r\n=cmd|' /C calc'!A0,\x1b[31m\r\n"), ("\u202ecod.exe", b"MZ"),
    ("a.eml", b"From: x\r\n\r\ny"),
    ("x.ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:x\r\nEND:VEVENT\r\nEND:VCALENDAR"), ("", b""), (".", b"x"),
)


@lru_cache(maxsize=1)
def originals() -> tuple[bytes, ...]:
    """The messages that the project carries."""
    paths = sorted((*TESTS.joinpath("corpus").glob("*.eml"), *TESTS.joinpath("mails").rglob("*.eml")))
    return tuple(path.read_bytes() for path in paths)


def mutated(seed: int, number: int) -> bytes:
    """One message made worse, once to six times: the same for the same seed and number."""
    chance = random.Random(seed * 1_000_003 + number)
    raw = chance.choice(originals())
    for _ in range(chance.choice((1, 1, 2, 3, 4, 6))):
        raw = chance.choice(CHANGES)(raw, chance)
    return raw[:400_000]


# ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _split(raw: bytes) -> tuple[list[bytes], bytes, bytes]:
    end = b"\r\n\r\n" if b"\r\n\r\n" in raw[:20_000] else b"\n\n"
    head, sign, body = raw.partition(end)
    return head.split(end[:len(end) // 2]), sign, body


def _joined(lines: list[bytes], sign: bytes, body: bytes) -> bytes:
    return (sign[:len(sign) // 2] or b"\n").join(lines) + (sign or b"\n\n") + body


def _put_in(raw: bytes, piece: bytes, chance: random.Random, least: int = 0) -> bytes:
    at = chance.randint(min(least, len(raw)), len(raw))
    return raw[:at] + piece + raw[at:]


def header_added(raw: bytes, chance: random.Random) -> bytes:
    lines, sign, body = _split(raw)
    lines.insert(chance.randint(0, len(lines)), chance.choice(HEADERS))
    return _joined(lines, sign, body)


def header_gone(raw: bytes, chance: random.Random) -> bytes:
    lines, sign, body = _split(raw)
    del lines[chance.randrange(len(lines))]
    return _joined(lines, sign, body)


def header_swapped(raw: bytes, chance: random.Random) -> bytes:
    lines, sign, body = _split(raw)
    one, other = (chance.randrange(len(lines)) for _ in range(2))
    name, _, _ = lines[one].partition(b":")
    lines[one] = name + b":" + lines[other].partition(b":")[2]
    return _joined(lines, sign, body)


def header_bytes(raw: bytes, chance: random.Random) -> bytes:
    lines, sign, body = _split(raw)
    at = chance.randrange(len(lines))
    lines[at] = _put_in(lines[at], bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9))), chance)
    return _joined(lines, sign, body)


def charset_changed(raw: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"(?i)charset=\"?[\w-]+", b"charset=" + chance.choice(CHARSETS), raw, count=chance.randint(1, 3))


def encoding_changed(raw: bytes, chance: random.Random) -> bytes:
    said = chance.choice((b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"binary", b"x"))
    return re.sub(rb"(?im)^(content-transfer-encoding:)[^\r\n]*", rb"\1 " + said, raw, count=chance.randint(1, 3))


def boundary_changed(raw: bytes, chance: random.Random) -> bytes:
    found = re.search(rb"boundary=\"?([^\"\r\n;]+)", raw)
    if found is None:
        return _nested(raw, chance)
    said = chance.choice((b"", b"x" * 200, found[1] + b"--", found[1][:-1], b"--", b"\xff"))
    return raw.replace(found[1], said, chance.randint(1, 3))


def _nested(raw: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((2, 5, 30, 120))
    kind = chance.choice((b"multipart/mixed", b"multipart/alternative", b"multipart/related", b"message/rfc822"))
    inner = raw
    for level in range(depth):
        edge = b"e%d" % (level % 7 if chance.random() < 0.1 else level)
        head = b"From: a@b.c\r\nContent-Type: " + kind
        inner = (head + b"\r\n\r\n" + inner if kind == b"message/rfc822" else
                 head + b"; boundary=" + edge + b"\r\n\r\n--" + edge + b"\r\n\r\n" + inner
                 + b"\r\n--" + edge + b"--\r\n")
    return inner


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[:chance.randrange(len(raw) + 1)]


def hole(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + raw[at + chance.randrange(1, 400):]


def doubled(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + raw[at:at + 300] * chance.randrange(2, 40) + raw[at:]


def noise(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.randrange(1, 60) if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def ends_changed(raw: bytes, chance: random.Random) -> bytes:
    plain = raw.replace(b"\r\n", b"\n")
    return plain.replace(b"\n", chance.choice((b"\r", b"\n", b"\r\n", b"\r\r\n", b"\n\r", b"\x85", b"\x0b\n")))


def text_put_in(raw: bytes, chance: random.Random) -> bytes:
    return _put_in(raw, chance.choice(TEXTS), chance, len(raw) // 3)


def html_put_in(raw: bytes, chance: random.Random) -> bytes:
    if b"<html" not in raw.lower() and b"<p" not in raw.lower():
        lines, sign, body = _split(raw)
        kept = [line for line in lines if not line.lower().startswith((b"content-", b" ", b"\t"))]
        raw = _joined([*kept, b"Content-Type: text/html; charset=utf-8"], sign or b"\n\n",
                      b"<html><body><p>" + body[:3_000].replace(b"\n\n", b"</p><p>") + b"</body></html>")
    for _ in range(chance.randrange(1, 5)):
        raw = _put_in(raw, chance.choice(HTML), chance, raw.find(b"<p"))
    return raw


def calendar_put_in(raw: bytes, chance: random.Random) -> bytes:
    lines = [b"BEGIN:VCALENDAR", b"METHOD:PUBLISH", b"BEGIN:VEVENT", b"UID:1", b"SUMMARY:A meeting",
             b"DTSTART:20261201T160000Z", b"DTEND:20261201T170000Z", b"END:VEVENT", b"END:VCALENDAR"]
    for _ in range(chance.randrange(1, 4)):
        lines.insert(chance.randrange(len(lines)), chance.choice(CALENDAR))
    return _with_part(raw, b"text/calendar; charset=utf-8", "", b"\r\n".join(lines))


def file_put_in(raw: bytes, chance: random.Random) -> bytes:
    name, content = chance.choice(FILES)
    content = noise(content, chance) if chance.random() < 0.5 else content
    return _with_part(raw, b"application/octet-stream", name, content)


def _with_part(raw: bytes, kind: bytes, name: str, content: bytes) -> bytes:
    lines, sign, body = _split(raw)
    own = [line for line in lines if not line.lower().startswith((b"content-", b" ", b"\t"))]
    rest = [line for line in lines if line not in own]
    place = b"attachment; filename=\"" + name.encode("utf-8", "surrogateescape") + b"\"" if name else b"inline"
    inner = b"--w\r\n" + b"\r\n".join(rest) + b"\r\n\r\n" + body
    beside = (b"\r\n--w\r\nContent-Type: " + kind + b"\r\nContent-Disposition: " + place
              + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content) + b"--w--\r\n")
    return _joined([*own, b"Content-Type: multipart/mixed; boundary=w"], sign or b"\n\n", inner + beside)


def married(raw: bytes, chance: random.Random) -> bytes:
    """The head of one message on the body of another."""
    lines, sign, _ = _split(raw)
    return _joined(lines, sign, _split(chance.choice(originals()))[2])


CHANGES: tuple[Change, ...] = (
    header_added, header_added, header_gone, header_swapped, header_bytes, charset_changed, encoding_changed,
    boundary_changed, _nested, cut, hole, doubled, noise, ends_changed, text_put_in, text_put_in, html_put_in,
    html_put_in, calendar_put_in, file_put_in, married,
)


def every(seed: int, count: int) -> Iterator[bytes]:
    """So many messages of a seed."""
    return (mutated(seed, number) for number in range(count))


if __name__ == "__main__":
    sys.stdout.buffer.write(mutated(int(sys.argv[1]), int(sys.argv[2])))

"""One small case for each way in which a message may try to act. What none of them may leave behind is GONE or a host
below example.com; what must still be there is the word that the case's reader should read.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

#: Stands wherever something hidden or active is; it must be found nowhere.
GONE = "GONEGONE"
#: Stands in honest words around it; it must be found in every mail.
KEPT = "Overlay"
HOST = "t.example.com"

MARKUP = {
    "script": f"<script>alert('{GONE}')</script>",
    "script-in-upper-case": f"<SCRIPT SRC=//{HOST}/{GONE}.js></SCRIPT>",
    "script-by-a-slash": f"<script/x>{GONE}</script>",
    "form": f'<form action="https://{HOST}/{GONE}"><input name={GONE} value={GONE}><button>x</button></form>',
    "remote-picture": f'<img src="https://{HOST}/{GONE}.png">',
    "picture-set": f'<img srcset="https://{HOST}/{GONE}.png 2x"><picture><source srcset="//{HOST}/{GONE}"></picture>',
    "tracking-pixel": f'<img src="https://{HOST}/o.gif?id={GONE}" width=1 height=1>',
    "picture-as-data": f'<img src="data:image/svg+xml,<svg onload=alert({GONE})>">',
    "link-javascript": f'<a href="javascript:alert(\'{GONE}\')">x</a>',
    "link-javascript-disguised": f'<a href=" java&#10;script&colon;alert(\'{GONE}\')">x</a>',
    "link-data": f'<a href="data:text/html,<script>{GONE}</script>">x</a>',
    "link-vbscript": f'<a href="VBScript:{GONE}">x</a>',
    "link-file": f'<a href="file:///etc/{GONE}">x</a>',
    "style-url": f'<div style="background:url(https://{HOST}/{GONE})">x</div>',
    "style-expression": f'<div style="width:expression(alert(\'{GONE}\'))">x</div>',
    "style-import": f"<style>@import url(https://{HOST}/{GONE}.css);p{{background:url(//{HOST}/{GONE})}}</style>",
    "svg": f'<svg onload="alert(\'{GONE}\')"><image href="//{HOST}/{GONE}"/><text>{GONE}</text></svg>',
    "math": f'<math><mtext><table><mglyph><style><img src=x onerror="{GONE}">',
    "meta-refresh": f'<meta http-equiv="refresh" content="0;url=https://{HOST}/{GONE}">',
    "base": f'<base href="https://{HOST}/{GONE}/"><a href="x">x</a>',
    "link-element": f'<link rel=stylesheet href="//{HOST}/{GONE}.css"><link rel=dns-prefetch href="//{HOST}">',
    "iframe": f'<iframe src="//{HOST}/{GONE}" srcdoc="<p>{GONE}"></iframe>',
    "object": f'<object data="//{HOST}/{GONE}">{GONE}</object><embed src="//{HOST}/{GONE}"><applet code={GONE}>',
    "media": f'<video src="//{HOST}/{GONE}" poster="//{HOST}/{GONE}"></video><audio src="//{HOST}/{GONE}"></audio>',
    "event": f'<p onclick="{GONE}" onmouseover="{GONE}" onfocus={GONE} tabindex=0 autofocus>x</p>',
    "hidden-display": f'<div style="display:none">{GONE}</div>',
    "hidden-by-a-sheet": f"<style>.q{{display:none}}</style><div class=q>{GONE}</div>",
    "hidden-white": f'<span style="color:#fff">{GONE}</span>',
    "hidden-size": f'<span style="font-size:0">{GONE}</span>',
    "hidden-far": f'<p style="position:absolute;left:-9999px">{GONE}</p>',
    "hidden-attribute": f"<div hidden>{GONE}</div>",
    "noscript": f'<noscript><p title="</noscript><img src=//{HOST}/{GONE} onerror={GONE}>"></noscript>',
    "template": f"<template><script>{GONE}</script></template>",
    "comment": f"<!-- {GONE} --><!--[if mso]><img src=//{HOST}/{GONE}><![endif]-->",
    "unclosed-comment": f"<p>x</p><!-- {GONE}",
    "cdata": f"<![CDATA[<img src=//{HOST}/{GONE}>]]>",
    "out-of-the-card": "</p></div></td></tr></table></div></body></html><div role=main class=card>x</div>",
    "unclosed-table": "<table><tr><td><div><div><table><td>x",
    "unclosed-style": f"<p>x</p><style>body{{display:none}} {GONE}",
    "unclosed-attribute": f'<p>x</p><a title="{GONE}',
    "plaintext": "<p>x</p><plaintext></div>",
    "frameset": f"<frameset><frame src=//{HOST}/{GONE}></frameset>",
    "class-of-ours": '<div class="card end preheader" id=main role=contentinfo style="color:red">x</div>',
}

HEADERS = {
    "subject-with-a-header": "Subject: {kept}=?utf-8?b?" + b64encode(b"\r\nBcc: all@t.example.com\r\n").decode() + "?=",
    "subject-with-a-blank-line": "Subject: {kept} =?utf-8?q?=0D=0A=0D=0A<script>GONE()</script>?=",
    "subject-with-a-terminal": "Subject: {kept} =?utf-8?q?=1B]0;owned=07=1B[2J=C2=9B31m?=",
    "subject-turned-around": "Subject: {kept} =?utf-8?b?"
                             + b64encode("\u202ecod.exe\u2066\u200b".encode()).decode() + "?=",
    "subject-for-jinja": "Subject: {kept} {{{{ 7191*7 }}}}{{% include 'style.css' %}}{{{{ house }}}}",
    "subject-for-rich": "Subject: {kept} [bold red]x[/] [link=https://t.example.com]",
    "subject-as-html": "Subject: {kept} </h3></div><img src=//t.example.com/x onerror=GONE>",
    "name-with-a-header": "From: =?utf-8?b?" + b64encode(b"Ann\r\nBcc: all@t.example.com").decode()
                          + "?= <ann@carli.example.org>",
    "name-for-jinja": "From: \"{{{{ 7191*7 }}}} Ann\" <ann@carli.example.org>",
    "name-as-html": "From: \"<script>GONE</script>\" <ann@carli.example.org>",
    "address-with-a-header": "Reply-To: \"a\"\r\n <ann@carli.example.org>, <x\r\n Bcc: y@t.example.com>",
    "message-id-with-a-header": "Message-ID: <=?utf-8?q?x=0D=0ABcc:_y?=@t.example.com>",
    "references-that-go-on": "References: " + "<a@b> " * 300,
    "list-with-a-header": "List-Id: =?utf-8?q?x=0D=0ABcc:_y?= <an\x1b[31mnounce.carli.example.org>",
    "a-bare-carriage-return": "X-Odd: x\rBcc: all@t.example.com",
}

FILES = {
    "up": "../../../../etc/cron.d/GONE", "absolute": "/etc/passwd", "windows": "..\\..\\GONE.exe",
    "drive": "C:\\x.exe",
    "nul": "a.pdf\0.exe", "device": "CON.txt", "hidden": ".bashrc", "turned": "\u202egpj.exe",
    "terminal": "\x1b[31mx.pdf",
    "header": "x.pdf\r\nBcc: all@t.example.com", "markup": "<img src=x onerror=alert(1)>.pdf",
    "jinja": "{{ 7191*7 }}.pdf",
    "long": "x" * 3_000 + ".pdf", "dots": "....", "blank": " ",
}

CALENDAR = {
    "summary-with-an-event": r"SUMMARY:Overlay\nEND:VEVENT\nBEGIN:VEVENT\nATTENDEE:mailto:all@t.example.com",
    "summary-with-controls": "SUMMARY:Overlay \x1b[31m\u202ex\u200b",
    "summary-for-jinja": "SUMMARY:Overlay {{ 7191*7 }}{% raw %}",
    "summary-as-html": "SUMMARY:Overlay </td></tr></table><script>alert('GONEGONE')</script>",
    "description-with-lines": r"DESCRIPTION:Overlay\r\nBEGIN:VALARM\r\nACTION:PROCEDURE",
    "invites": "ATTENDEE;RSVP=TRUE:mailto:all@t.example.com",
    "organizes": "ORGANIZER;CN=\"x\r\n y\":mailto:boss@t.example.com",
    "alarms": "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:GONEGONE\r\nEND:VALARM",
    "attaches": "ATTACH:https://t.example.com/GONEGONE",
    "links": "URL:javascript:GONEGONE",
}


@dataclass(frozen=True)
class Case:
    """A case by name, as raw bytes."""

    name: str
    raw: bytes


TEXT = f"{KEPT} of bib records changed on Wednesday, December 2, 2026 at 10 a.m. Central Time. Please look at yours."


def _head(number: int, *lines: str, subject: str = f"{KEPT} news") -> str:
    own = "\r\n".join(lines).lower()
    given = {"from": "From: Ann <ann@carli.example.org>", "subject": f"Subject: {subject} {number}",
             "message-id": f"Message-ID: <case{number}@carli.example.org>",
             "list-id": "List-Id: <techserv-ig.carli.example.org>"}
    more = [line for name, line in given.items() if f"{name}:" not in own]
    return "\r\n".join((
        "Authentication-Results: mx.library.example.edu; dmarc=pass header.from=carli.example.org",
        "To: techserv-ig@carli.example.org", "Date: Tue, 24 Nov 2026 08:30:00 -0600", "MIME-Version: 1.0", *more,
        *lines, ""))


def _case(name: str, number: int, head: str, body: str) -> Case:
    return Case(name, (head + body).replace("{number}", str(number)).encode("utf-8", "surrogateescape"))


def cases() -> list[Case]:
    """All of them."""
    found: list[Case] = []
    html = "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>{}</p>{}<p>The end of {}.</p></body></html>"
    for name, markup in MARKUP.items():
        found.append(_case(f"html-{name}", len(found), _head(len(found)), html.format(TEXT, markup, name)))
    plain = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\r\n"
    for name, line in HEADERS.items():
        said = line.format(kept=f"{KEPT} {len(found)}")
        found.append(_case(f"head-{name}", len(found), _head(len(found), said), f"{plain}{name}\r\n"))
    odd = "{{ 7191*7 }} {% include 'style.css' %} \x1b[31m \u202e \u200b [bold]x[/] %(x)s {0} <<<>>>"
    found.append(_case("text-of-markup", len(found), _head(len(found)),
                       f"{plain}{odd}\r\n" + "\r\n".join(MARKUP.values())))
    for name, file in FILES.items():
        said = b64encode(file.encode("utf-8", "surrogateescape")).decode()
        parts = (f"--b\r\n{plain}{name}\r\n--b\r\nContent-Type: application/octet-stream\r\n"
                 f"Content-Disposition: attachment; filename=\"=?utf-8?b?{said}?=\"\r\n\r\nx\r\n--b--\r\n")
        found.append(_case(f"file-{name}", len(found), _head(len(found), "Content-Type: multipart/mixed; boundary=b"),
                           "\r\n" + parts))
    for name, line in CALENDAR.items():
        summary = () if line.startswith("SUMMARY") else (f"SUMMARY:{KEPT} {len(found)}",)
        entry = "\r\n".join(("BEGIN:VCALENDAR", "METHOD:REQUEST", "BEGIN:VEVENT", f"UID:{len(found)}", *summary, line,
                             "DTSTART:20261202T160000Z", "DTEND:20261202T170000Z", "END:VEVENT", "END:VCALENDAR", ""))
        parts = f"--b\r\n{plain}{name}\r\n--b\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\n{entry}--b--\r\n"
        found.append(_case(f"calendar-{name}", len(found),
                           _head(len(found), "Content-Type: multipart/mixed; boundary=b"), "\r\n" + parts))
    return found + _references(len(found))


def _references(number: int) -> list[Case]:
    """What names something to be fetched."""
    dtd = (f'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY % y SYSTEM "http://{HOST}/y.dtd">%y;]>'
           "<d><p><t>&x;</t></p></d>")
    bodies = {
        "external-body": ("message/external-body; access-type=URL; URL=\"http://t.example.com/x\"",
                          "Content-Type: text/plain\r\n\r\nphantom"),
        "content-location": (f"text/html\r\nContent-Location: http://{HOST}/", f"<p>{TEXT}<img src=x.png>"),
        "html-with-a-dtd": ("text/html", f"{dtd}<p>{TEXT}"),
        "xhtml-with-a-dtd": ("application/xhtml+xml", f"{dtd}<p>{TEXT}"),
    }
    return [_case(f"fetch-{name}", number + at, _head(number + at), f"Content-Type: {kind}\r\n\r\n{body}\r\n")
            for at, (name, (kind, body)) in enumerate(bodies.items())]

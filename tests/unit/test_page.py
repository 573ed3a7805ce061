"""A post's own HTML in a mail of ours: what stays, what is dropped, and when the plain text is better."""

from __future__ import annotations

import base64
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.mail import build
from bot.digests.render import Rendered
from bot.inbox.inline import LARGEST, MOST, width_of
from bot.inbox.message import parse
from bot.inbox.page import page_of
from bot.page import Page
from bot.types import Address
from tests.unit.builders import NOW
from tests.unit.test_atonce import DOWN, Desk, rulebook

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
GIF = b"GIF89a" + b"\0" * 60


def part(kind: str, body: bytes, *more: str) -> str:
    head = "".join(f"{line}\r\n" for line in more)
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n{head}\r\n{base64.encodebytes(body).decode()}"


def mail(markup: str, *pictures: tuple[str, str, bytes], plain: str = "") -> bytes:
    """A post with an HTML body and pictures of (Content-ID, media type, bytes)."""
    parts = [part("text/html; charset=utf-8", markup.encode())]
    parts += [part(f'{kind}; name="{cid}.bin"', raw, f"Content-ID: <{cid}>", "Content-Disposition: inline")
              for cid, kind, raw in pictures]
    related = "Content-Type: multipart/related; boundary=r\r\n\r\n" + "".join(
        f"--r\r\n{one}\r\n" for one in parts) + "--r--\r\n"
    if plain:
        text = part("text/plain; charset=utf-8", plain.encode())
        related = (f"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n{text}\r\n--a\r\n{related}\r\n"
                   "--a--\r\n")
    return f"From: Ann <ann@carli.example.org>\r\nSubject: Alma\r\nMIME-Version: 1.0\r\n{related}".encode()


def page(markup: str, *pictures: tuple[str, str, bytes], plain: str = "") -> Page:
    raw = mail(markup, *pictures, plain=plain)
    found = page_of(raw, parse(raw))
    assert found is not None
    return found


@pytest.mark.parametrize(("markup", "html"), [
    ("<p>Alma is <b>down</b>.</p>", "<p>Alma is <b>down</b>.</p>"),
    ("<h1>Alma</h1><p>x</p>", "<h3>Alma</h3><p>x</p>"),
    ('<p style="color:red;font-size:30px" class="foot" id="a" onclick="x()">x</p>', "<p>x</p>"),
    ('<p>a <span style="font-weight:bold">b</span></p>', "<p>a <strong>b</strong></p>"),
    ('<p><a href="https://example.org/a" style="color:red">x</a></p>',
     '<p><a href="https://example.org/a">x</a></p>'),
    ('<p><a href="https://x.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2F&amp;d=1">x</a></p>',
     '<p><a href="https://example.org/">x</a></p>'),
    ('<p>x</p><p class="MsoNormal"><o:p>&nbsp;</o:p></p>', "<p>x</p>"),
    ("<table><tr><td><table><tr><td><p>x</p></td></tr></table></td></tr></table>",
     "<div><div><div><div><p>x</p></div></div></div></div>"),
    ("<table><tr><td><table><tr><th>a</th></tr></table></td></tr></table>",
     "<div><div><table><tbody><tr><th>a</th></tr></tbody></table></div></div>"),
    ("<table border=1 width=900><tr><th>a</th></tr><tr><td>b</td></tr></table>",
     "<table><tbody><tr><th>a</th></tr><tr><td>b</td></tr></tbody></table>"),
])
def test_what_stays(markup: str, html: str) -> None:
    assert page(f"<html><body>{markup}</body></html>").html == html


@pytest.mark.parametrize("gone", [
    "<script>GONE()</script>", "<style>p{content:'GONE'}</style>", "<!-- GONE -->", "<iframe src='x'>GONE</iframe>",
    "<svg><text>GONE</text></svg>", "<select><option>GONE</option></select>", "<textarea>GONE</textarea>",
    "<button>GONE</button>", '<input value="GONE">', '<div style="display:none">GONE</div>',
    '<div style="DISPLAY: none !important">GONE</div>', '<span style="font-size:0">GONE</span>',
    '<span style="font-size:1px">GONE</span>', '<div hidden>GONE</div>', '<div style="visibility:hidden">GONE</div>',
    '<div style="opacity:0">GONE</div>', '<div style="max-height:0;overflow:hidden">GONE</div>',
    '<span style="mso-hide:all">GONE</span>', '<span style="color:#FFFFFF">GONE</span>',
    '<font color="white">GONE</font>',
    '<span style="color:#123456;background-color:#123456">GONE</span>', '<p style="text-indent:-9999px">GONE</p>',
    '<style>.pre{display:none}</style><div class="pre">GONE</div>',
    '<img src="https://t.example.com/GONE.png">', '<img src="data:image/png;base64,GONE">',
    '<img src="https://t.example.com/o.gif" width="1" height="1" alt="GONE">',
    '<a href="javascript:GONE()">x</a>',
    '<a href="data:text/html,GONE">x</a>', '<div style="background:url(https://t.example.com/GONE)">x</div>',
    '<blockquote type="cite">GONE</blockquote>', '<div class="gmail_quote">GONE</div>',
    '<div id="divRplyFwdMsg">From: x</div><div>GONE</div>', '<form action="https://GONE.example.com/">x</form>',
    '<link rel="stylesheet" href="https://GONE.example.com/x.css">', '<meta http-equiv="refresh" content="0;GONE">',
    '<base href="https://GONE.example.com/">', '<object data="GONE">GONE</object>', '<p onmouseover="GONE">x</p>',
])
def test_what_is_dropped(gone: str) -> None:
    found = page(f"<html><body><p>Alma is down.</p>{gone}<p>The end.</p></body></html>")
    assert "GONE" not in found.html
    assert "Alma is down." in found.html
    assert "The end." in found.html or "divRplyFwdMsg" in gone


def test_a_white_word_on_a_dark_ground_is_meant_to_be_read() -> None:
    assert "Alma" in page('<table><tr><td bgcolor="#003366"><b style="color:#fff">Alma</b></td></tr></table>').html


def test_a_remote_picture_leaves_its_own_words() -> None:
    assert page('<p>See <img src="https://example.org/a.png" alt="the map"></p>').html == "<p>See the map</p>"


def test_pictures_that_came_with_it_travel_on() -> None:
    found = page('<p><img src="cid:one" alt="screen" width="400" height="300"><img src="cid:two" width="4000"></p>',
                 ("one", "image/png", PNG), ("two", "image/gif", GIF), ("three", "image/png", PNG + b"1"))
    first, second = found.pictures
    assert (first.media_type, first.raw, second.media_type) == ("image/png", PNG, "image/gif")
    assert f'<img src="cid:{first.cid}" alt="screen" width="400">' in found.html
    assert f'<img src="cid:{second.cid}" width="552" alt="picture">' in found.html


@pytest.mark.parametrize(("raw", "width"), [
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x90\0\0\0\x10", 400), (b"GIF89a\x90\x01\x10\0", 400),
    (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x10\x01\x90\x03", 400), (b"\xff\xd8\xff\xe0\0\0", 0),
    (b"\xff\xd8\xff", 0),
])
def test_how_wide_a_picture_is(raw: bytes, width: int) -> None:
    assert width_of(raw) == width


@pytest.mark.parametrize(("kind", "raw"), [
    ("image/png", b"<svg onload=alert(1)>"), ("image/svg+xml", b"<svg/>"), ("image/png", b""),
    ("image/png", PNG + b"\0" * LARGEST),
])
def test_what_is_no_picture_or_too_large_is_named(kind: str, raw: bytes) -> None:
    found = page('<p>See <img src="cid:one"></p>', ("one", kind, raw))
    assert found.pictures == ()
    assert "[picture left out: one.bin" in found.html


def test_so_many_pictures_at_most() -> None:
    many = [(f"p{n}", "image/png", PNG + bytes([n])) for n in range(MOST + 3)]
    found = page("<p>x</p>" + "".join(f'<img src="cid:{cid}">' for cid, _, _ in many), *many)
    assert len(found.pictures) == MOST


def test_what_the_plain_text_knows_as_quoted_or_as_a_footer_goes() -> None:
    plain = ("It is back.\n\nAnn\n\nOn Mon, Nov 23, 2026, Kim Larsen <kim@example.org> wrote:\n"
             "> Alma has been down since this morning for all of us.\n\n"
             "_______________________________________________\nannounce mailing list\n"
             "To unsubscribe send a mail to announce-leave@lists.example.org\n")
    markup = ("<p>It is back.</p><p>Ann</p><p>Alma has been down since this morning for all of us.</p>"
              "<p>announce mailing list<br>To unsubscribe send a mail to announce-leave@lists.example.org</p>")
    assert page(markup, plain=plain).html == "<p>It is back.</p><p>Ann</p>"


@pytest.mark.parametrize("markup", [
    "", "<html><body></body></html>", "<p>" + "x" * 60_000 + "</p>", "<div>" * 3_000 + "x",
    '<div style="display:none">all of it</div>',
])
def test_where_the_plain_text_is_better(markup: str) -> None:
    raw = mail(markup, plain="Alma is down.")
    assert page_of(raw, parse(raw)) is None


def test_a_page_that_says_far_more_than_the_text_is_none() -> None:
    raw = mail("<p>It is back.</p>" + "<p>Some older words of somebody else.</p>" * 30, plain="It is back.")
    assert page_of(raw, parse(raw)) is None


@given(st.lists(st.sampled_from([
    "<p>", "</p>", "<b", ">", "<img src=cid:x>", "<script>", "</script>", "<table>", "<td>", "</table>", "x", "&lt;",
    "<a href='javascript:x'>", "<div style='display:none'>", "</div>", "<style>", "</style>", "<svg>", "<!--", "-->",
    "<math>", "<noscript>", "<![CDATA[", "<p onclick=x>", "\"", "'", "<blockquote type=cite>",
]), max_size=30))
def test_no_markup_breaks_it_or_gets_through(pieces: list[str]) -> None:
    raw = mail("".join(pieces), ("x", "image/png", PNG))
    found = page_of(raw, parse(raw))
    if found is not None:
        lower = found.html.lower()
        assert not any(f"<{tag}" in lower for tag in ("script", "style", "svg", "math", "noscript", "iframe"))
        assert "javascript" not in lower.replace("&lt;", "<").split("href")[-1] or "<a href" not in lower


def test_the_mail_holds_the_page_with_its_pictures_as_related(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook())
    head = ("Authentication-Results: mx.library.example.edu; dmarc=pass header.from=carli.example.org\r\n"
            "Date: Mon, 23 Nov 2026 10:00:00 -0600\r\nList-Id: <announce.carli.example.org>\r\n"
            "Message-ID: <h1@carli.example.org>\r\n")
    desk.take("2026-11-23T10:00", head.encode() + mail(
        f'<p>{DOWN}</p><p><img src="cid:one" alt="the error"></p><script>x</script>',
        ("one", "image/png", PNG)).replace(b"Subject: Alma", b"Subject: Alma is down"))
    assert desk.go("2026-11-23T10:01") == 2
    found = desk.to("dana")[0]
    assert found.get_content_type() == "multipart/alternative"
    plain, related = found.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    page_, picture = related.iter_parts()
    cid = picture["Content-ID"].strip("<>")
    assert f'src="cid:{cid}"' in page_.get_content()
    assert picture.get_content() == PNG
    assert "<script" not in page_.get_content()
    assert "one.bin" not in page_.get_content()          # it is seen; it need not be named as a file
    assert "What to do now" not in plain.get_content() or "Alma is down since" in plain.get_content()


def test_the_mail_is_the_same_twice() -> None:
    shown = page('<p><img src="cid:one"></p>', ("one", "image/png", PNG))
    made = [build(
        Rendered(subject="s", preheader="p", text="t", html=shown.html, pictures=shown.pictures),
        sender=Address(address="a@example.edu"),
        recipient=Address(address="b@example.edu"), reply_to=Address(address="l@example.org"), date=NOW,
        message_id="<x@example.edu>", list_id="digest.example.edu",
        references=["<one@example.edu>", "<two@example.edu>"], liaison=Address(address="r@example.edu"),
    ) for _ in range(2)]
    assert made[0] == made[1]
    parsed = email.message_from_bytes(made[0], policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed["In-Reply-To"] == "<two@example.edu>"
    assert parsed["References"] == "<one@example.edu> <two@example.edu>"
    assert "r@example.edu" in parsed["List-Unsubscribe"]

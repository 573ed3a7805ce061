"""XML that names a DTD, a schema, a style sheet or an entity elsewhere, in attachments and in HTML: nothing is fetched
and nothing is read from disk. A real server on the loopback counts who comes, and the kernel says who opens the file.
"""

from __future__ import annotations

import ctypes
import io
import os
import select
import threading
import urllib.request
import zipfile
from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from lxml import etree

from bot.inbox.attached import text_of
from tests.hostile.line import Line

SECRET = "xyzzy-of-this-machine"
_NONBLOCK, _OPENED = 0o4000, 0x20
KEPT = "The overlay of bib records begins tonight"


@dataclass
class Ears:
    """What was asked of the server, and a file of this machine's own."""

    base: str
    file: Path
    asked: list[str] = field(default_factory=list)
    inotify: int = -1

    def heard(self) -> list[str]:
        """Requests, and openings of the file, since it was asked last."""
        opened = ["the file"] if select.select([self.inotify], [], [], 0)[0] and os.read(self.inotify, 65_536) else []
        found, self.asked[:] = [*self.asked, *opened], []
        return found


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ears]:
    """A server that answers everything with a DTD, and a file that nobody is to open."""
    file = tmp_path_factory.mktemp("machine") / "secret.txt"
    file.write_text(SECRET)
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f'<!ENTITY fetched "{SECRET}">'.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    libc = ctypes.CDLL(None)
    inotify = libc.inotify_init1(_NONBLOCK)
    assert libc.inotify_add_watch(inotify, os.fsencode(file), _OPENED) > 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield Ears(f"http://127.0.0.1:{server.server_address[1]}", file, asked, inotify)
        server.shutdown()
        thread.join()
    os.close(inotify)


# ── the ways to try ──

XML = {
    "entity-of-a-file": '<!DOCTYPE d [<!ENTITY x SYSTEM "{file}">]>{open}&x;{close}',
    "entity-of-a-server": '<!DOCTYPE d [<!ENTITY x SYSTEM "{base}/entity">]>{open}&x;{close}',
    "remote-dtd": '<!DOCTYPE d SYSTEM "{base}/d.dtd">{open}&fetched;{close}',
    "public-dtd": '<!DOCTYPE d PUBLIC "-//X//DTD X//EN" "{base}/d.dtd">{open}&fetched;{close}',
    "parameter-entity": '<!DOCTYPE d [<!ENTITY % y SYSTEM "{base}/y.dtd">%y;]>{open}&fetched;{close}',
    "parameter-entity-of-a-file": '<!DOCTYPE d [<!ENTITY % y SYSTEM "{file}">%y;]>{open}x{close}',
    "style-sheet": '<?xml-stylesheet type="text/xsl" href="{base}/s.xsl"?>{open}x{close}',
    "schema": '{open}<s xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
              'xsi:noNamespaceSchemaLocation="{base}/s.xsd"/>{close}',
    "xinclude": '{open}<i xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{file}" parse="text"/>'
                '<xi:include href="{base}/i"/></i>{close}',
}
WORD = "<document><body><p><r><t>" + KEPT + " ", "</t></r></p></body></document>"
SHEET = ("<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>" + KEPT + " ",
         "</t></is></c></row></sheetData></worksheet>")
STRINGS = "<sst><si><t>" + KEPT + " ", "</t></si></sst>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><image href="{base}/p.png"/><text>' + KEPT + " ", "</text></svg>"
HTML = "<html><body><p>" + KEPT + " ", "</p><img src='{base}/p.png'><object data='{file}'></object></body></html>"
#: Media type, name, and how the XML lies in it.
FILES = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx", WORD,
             "word/document.xml"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "a.xlsx", SHEET,
             "xl/worksheets/sheet1.xml"),
    "strings": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "b.xlsx", STRINGS,
                "xl/sharedStrings.xml"),
    "relations": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "c.docx",
                  ("<Relationships><Relationship TargetMode='External' Target='{base}/r'/>", "</Relationships>"),
                  "word/_rels/document.xml.rels"),
    "xml": ("application/xml", "a.xml", WORD, ""),
    "svg": ("image/svg+xml", "a.svg", SVG, ""),
    "html-file": ("text/html", "a.html", HTML, ""),
}
INLINE = {"html": ("text/html", HTML), "xhtml": ("application/xhtml+xml", HTML), "svg": ("image/svg+xml", SVG),
          "xml": ("text/xml", WORD)}


def written(ears: Ears, way: str, lies_in: tuple[str, str]) -> bytes:
    before, after = lies_in
    said = XML[way].replace("{open}", before).replace("{close}", after)
    return said.replace("{base}", ears.base).replace("{file}", ears.file.as_uri()).encode()


def packed(member: str, xml: bytes) -> bytes:
    """An Office package with one member of harm, and what else it needs to be read."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr(member, xml)
        if member.endswith(".rels"):
            package.writestr("word/document.xml", "".join(WORD))
        if "sharedStrings" in member:
            package.writestr("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></row>"
                                                         "</sheetData></worksheet>")
    return file.getvalue()


def head(name: str) -> bytes:
    return (f"Authentication-Results: mx.library.example.edu; dmarc=pass header.from=carli.example.org\r\n"
            f"From: Kim Larsen <kim@carli.example.org>\r\nTo: techserv-ig@carli.example.org\r\nSubject: {name}\r\n"
            f"Date: Tue, 24 Nov 2026 08:30:00 -0600\r\nMessage-ID: <{name}@carli.example.org>\r\n"
            "List-Id: <techserv-ig.carli.example.org>\r\nMIME-Version: 1.0\r\n").encode()


def attached(name: str, kind: str, file: str, content: bytes) -> bytes:
    return head(name) + (
        f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{KEPT}: {name}.\r\n"
        f"--b\r\nContent-Type: {kind}; name={file}\r\nContent-Disposition: attachment; filename={file}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n").encode() + encodebytes(content) + b"--b--\r\n"


def mails(ears: Ears) -> Iterator[tuple[str, bytes]]:
    """Every way in every file, and as the message's own body."""
    for way in XML:
        for kind, (media_type, file, lies_in, member) in FILES.items():
            xml = written(ears, way, lies_in)
            yield f"{kind}-{way}", attached(f"{kind}-{way}", media_type, file, packed(member, xml) if member else xml)
        for kind, (media_type, lies_in) in INLINE.items():
            name = f"inline-{kind}-{way}"
            yield name, head(name) + f"Content-Type: {media_type}\r\n\r\n".encode() + written(ears, way, lies_in)


def test_nothing_is_fetched_and_nothing_read_from_disk(ears: Ears, tmp_path: Path) -> None:
    line, heard, leaves = Line(tmp_path), dict[str, list[str]](), list[bytes]()
    ears.heard()
    for name, raw in mails(ears):
        number = line.take(raw).id
        if (laid := line.forced(number, raw)) is not None:
            leaves += [laid.urgent, *laid.digests]
        if found := ears.heard():
            heard[name] = found
        stored = line.stored(number)
        assert SECRET not in str(stored.message), name
    line.publish()
    assert heard == {} and ears.heard() == []
    leaves += [raw for _, _, raw in line.mails()] + line.calendars()
    line.close()
    assert len(leaves) > 200
    assert not any(SECRET.encode() in raw for raw in leaves)


def test_what_is_harmless_in_such_a_file_is_read(ears: Ears) -> None:
    """The guards of patron data see the words around the entity: nobody hides a file by a DTD."""
    for way in XML:
        said, _ = text_of("a.docx", packed("word/document.xml", written(ears, way, WORD)))
        assert KEPT in said, way
    assert ears.heard() == []


def test_the_ears_hear(ears: Ears) -> None:
    ears.heard()
    with urllib.request.urlopen(f"{ears.base}/d.dtd", timeout=5) as answer:
        answer.read()
    careless = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    found = etree.fromstring(written(ears, "entity-of-a-file", WORD), careless)
    assert SECRET in str(etree.tostring(found))
    assert ears.heard() == ["/d.dtd", "the file"]

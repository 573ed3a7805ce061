"""Mail made to choke a reader: how long the whole of it takes, from raw bytes to stored, in processor time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.figures import Figure
from benchmarks.parts import Bench
from bot.commands.read import read_config
from bot.pipeline.judges import InForce
from bot.pipeline.receive import Receiver
from bot.store.store import Store
from bot.types import Arrival, Batch, Position

_HEAD = ("From: Ann <ann@oak.example.edu>\r\nTo: i-share@lists.carli.example.edu\r\nSubject: {subject}\r\n"
         "Date: Mon, 2 Mar 2026 09:00:00 -0600\r\nMessage-ID: <{name}@oak.example.edu>\r\n"
         "Content-Type: text/{kind}; charset=utf-8\r\n\r\n")
_FIVE_MB = 5_000_000


def hostile() -> Iterator[tuple[str, bytes]]:
    """Names and raw messages: many links, long texts, texts that make patterns backtrack, dates without end."""
    yield "20,000 links", _mail("links", "".join(f"<a href='https://a{n}.example.com/x'>https://b{n}.example.org</a> "
                                                 for n in range(20_000)), "html")
    yield "5 MB of prose", _mail("prose", "The patrons of the library asked for the loan records on Monday. " * 77_000)
    yield "5 MB without a space", _mail("solid", "a" * _FIVE_MB)
    yield "5 MB of digits", _mail("digits", "2" * _FIVE_MB)
    yield "5 MB of open brackets", _mail("brackets", "(" * _FIVE_MB)
    yield "a million quote marks", _mail("quotes", "> " * 1_000_000)
    yield "200,000 dates", _mail("dates", "Mon, March 3, 10-11 am, then 2:30 pm to 4 p.m. CT; " * 40_000)
    yield "100,000 headings", _mail("newsletter", "".join(f"HEADING {n}\n\nSome text follows here.\n\n"
                                                          for n in range(100_000)))
    yield "100,000 numbered items", _mail("minutes", "".join(f"{n}. Topic. Text.\n" for n in range(100_000)))
    yield "almost addresses", _mail("addresses", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@" * 150_000)
    yield "nested tags", _mail("nested", "<div>" * 200_000 + "x", "html")
    yield "please, please", _mail("please", "please " * 700_000)


def _mail(name: str, body: str, kind: str = "plain") -> bytes:
    return (_HEAD.format(subject=f"Newsletter: {name}", name=name, kind=kind) + body).encode()


def measure(bench: Bench) -> list[Figure]:
    """Each message by itself, on a store in memory; none may take two seconds."""
    now = datetime.now(UTC)
    config, store = read_config(None), Store.in_memory()
    receiver = Receiver(store, InForce(config, store, now))
    figures = []
    for uid, (name, raw) in enumerate(hostile(), 1):
        started = time.process_time()
        take_in(receiver, uid, raw, now)
        figures.append(Figure(part="hostile", what=name, measured=time.process_time() - started, unit="s", at_most=2.0,
                              note=f"{len(raw) / 1e6:.1f} MB"))
    store.close()
    return figures


def take_in(receiver: Receiver, uid: int, raw: bytes, now: datetime) -> None:
    """One message through the live code."""
    arrival = Arrival(account="bench", folder="INBOX", uid_validity=1, uid=uid, raw=raw, size=len(raw))
    position = Position(account="bench", folder="INBOX", uid_validity=1, uid=uid)
    receiver.receive(Batch(arrivals=(arrival,), position=position), now)

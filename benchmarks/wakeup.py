"""From the line that tells of new mail to the server's 250 for an urgent message, against a bare loop that forwards."""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, datetime

from benchmarks.bare import bare
from benchmarks.figures import Figure, spread
from benchmarks.generate import generate, urgent
from benchmarks.library import Library, fill
from benchmarks.line import Line
from benchmarks.parts import Bench
from benchmarks.sink import Sink, sink
from tests.servers import MailServers, until


def measure(bench: Bench) -> list[Figure]:
    """The same message into two mailboxes, one after the other in changing order: one is the bot's, one the loop's."""
    servers, now = bench.servers, datetime.now(UTC)
    ours, theirs = bench.user(), bench.user()
    for user in (ours, theirs):
        fill(servers, user, generate(50, now))
    with (Line(servers.imap_plain_port) as bot_line, Line(servers.imap_plain_port) as bare_line, sink() as smtp,
          bare(bare_line.port, theirs, smtp.port)):
        library = Library(bench.folder(), imap_port=bot_line.port, user=ours, smtp_port=smtp.port)
        with library.daemon():
            until(lambda: (library.folder / "health.json").exists(), 60, "the bot's first look")
            first, last, loop = [], [], []
            for number in range(bench.sizes.repeats + 1):
                pairs = [(ours, bot_line), (theirs, bare_line)]
                random.Random(number).shuffle(pairs)
                taken = {user: _taken(servers, smtp, user, line, number) for user, line in pairs}
                first.append(taken[ours][0])
                last.append(taken[ours][-1])
                loop.append(taken[theirs][0])
    # The first pair warms both: connections to the SMTP server are made, templates are read.
    return _figures(first[1:], last[1:], loop[1:])


def _taken(servers: MailServers, smtp: Sink, user: str, line: Line, number: int) -> list[float]:
    line.news.clear()
    servers.append(user, urgent(number, datetime.now(UTC)))
    mails = smtp.burst()
    time.sleep(0.3)
    return [1000 * (mail.at - line.news[0]) for mail in mails]


def _figures(first: list[float], last: list[float], loop: list[float]) -> list[Figure]:
    more = [bot - other for bot, other in zip(first, loop, strict=True)]
    return [
        Figure(part="wakeup", what="IDLE line to first 250, more than the bare loop", measured=statistics.median(more),
               unit="ms", at_most=100, note=f"{len(more)} pairs, {spread(more)}"),
        Figure(part="wakeup", what="the bot, to the first reader's 250", measured=statistics.median(first), unit="ms",
               note=f"bare loop {statistics.median(loop):.0f} ms"),
        Figure(part="wakeup", what="the bot, to the eighth reader's 250", measured=statistics.median(last), unit="ms",
               note="without the limit on mails per minute"),
    ]

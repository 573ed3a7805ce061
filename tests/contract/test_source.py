"""What every source promises, asked of IMAP on Dovecot, Cyrus and pymap, of a Maildir and of an mbox file alike."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from imapclient import IMAPClient

from bot.config import Backfill, ImapServer, Mailbox
from bot.errors import MailboxError
from bot.inbox.source import Source
from bot.inbox.sources import open_source
from bot.types import Arrival, Batch, Position
from tests.otherservers import Door, cyrus, no_cyrus, no_pymap, pymap
from tests.servers import MailServers


def post(number: int, body: str = "Good morning.", padding: int = 0) -> bytes:
    """A small post; its number is its Message-ID and subject."""
    text = f"From: kim@example.org\r\nSubject: post {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n{body}\r\n"
    return text.encode() + (b"x" * 70 + b"\r\n") * (padding // 72)


def subjects(batches: list[Batch]) -> list[str]:
    """The subjects of all arrivals, in order."""
    lines = [arrival.raw.replace(b"\r\n", b"\n").split(b"\n") for batch in batches for arrival in batch.arrivals]
    return [next(line for line in message if line.startswith(b"Subject")).decode()[9:] for message in lines]


def posts(*numbers: int) -> list[str]:
    """The subjects of the posts with these numbers."""
    return [f"post {number}" for number in numbers]


class Box(Protocol):
    """A mailbox of one kind that a test fills and reads."""

    stored: set[int]

    def deliver(self, raw: bytes, when: datetime | None = None) -> None: ...

    def source(self, **settings: object) -> Source: ...

    def absent(self) -> Source: ...

    def state(self) -> object: ...


class FileBox:
    """What the boxes of files share."""

    kind = ""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stored: set[int] = set()

    def seen(self, account: str, folder: str, uid_validity: int, uids: Collection[int]) -> set[int]:
        """What a store would say."""
        return self.stored & set(uids)

    def source(self, **settings: object) -> Source:
        """A source of the box."""
        mailbox = Mailbox.model_validate({"name": "lists", self.kind: self.path} | settings)
        return open_source(mailbox, "INBOX", None, self.seen)

    def absent(self) -> Source:
        """A source whose place does not exist."""
        mailbox = Mailbox.model_validate({"name": "lists", self.kind: self.path.parent / "nowhere"})
        return open_source(mailbox, "INBOX", None, self.seen)


class MaildirBox(FileBox):
    """A Maildir that is written as RFC-abiding deliverers do."""

    kind = "maildir"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._count = 0
        for name in ("new", "cur", "tmp"):
            (path / name).mkdir(parents=True)

    def deliver(self, raw: bytes, when: datetime | None = None) -> None:
        """Write to tmp, rename into new."""
        self._count += 1
        name = f"{self._count:05}.M{self._count}.host"
        (self.path / "tmp" / name).write_bytes(raw)
        seconds = when.timestamp() if when else time.time() + self._count / 1000
        os.utime(self.path / "tmp" / name, (seconds, seconds))
        (self.path / "tmp" / name).rename(self.path / "new" / name)

    def state(self) -> object:
        """All names, contents and times of change."""
        return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in self.path.rglob("*"))


class MboxBox(FileBox):
    """An mbox file that is appended to."""

    kind = "mbox"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        path.touch()

    def deliver(self, raw: bytes, when: datetime | None = None) -> None:
        """Append as mboxrd."""
        came = when or datetime.now(UTC)
        quoted = raw.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
        with self.path.open("ab") as handle:
            handle.write(f"From kim@example.org {came:%a %b %d %H:%M:%S %Y}\n".encode() + quoted + b"\n")

    def state(self) -> object:
        """Content and time of change."""
        return self.path.read_bytes(), self.path.stat().st_mtime_ns


class ImapBox:
    """A user's INBOX on the private Dovecot."""

    def __init__(self, servers: MailServers, user: str) -> None:
        self.servers, self.user = servers, user
        self.stored: set[int] = set()
        self._open: list[Source] = []

    def deliver(self, raw: bytes, when: datetime | None = None) -> None:
        """APPEND."""
        self.servers.append(self.user, raw, when=when)

    def source(self, **settings: object) -> Source:
        """A source over TLS."""
        return self._source("INBOX", settings)

    def absent(self) -> Source:
        """A source of a folder that is not there."""
        return self._source("Nowhere", {})

    def _source(self, folder: str, settings: dict[str, object]) -> Source:
        servers = self.servers
        server = ImapServer(host=servers.host, port=servers.imap_port, user=self.user, ca_file=servers.ca_file)
        mailbox = Mailbox.model_validate({"name": "lists", "imap": server} | settings)
        source = open_source(mailbox, folder, servers.password, lambda *_: set())
        self._open.append(source)
        return source

    def state(self) -> object:
        """All messages with their flags, by a second client."""
        return self.servers.mailbox(self.user), self.servers.flags(self.user)

    def close(self) -> None:
        """End all connections."""
        for source in self._open:
            source.close()


class OtherImapBox:
    """An INBOX on another server, or a folder of its own where all share one user."""

    def __init__(self, door: Door, user: str) -> None:
        self.door, self.user = door, door.user or user
        self.folder = user if door.shared else "INBOX"
        self.stored: set[int] = set()
        self._open: list[Source] = []
        self._writer = self._client()
        if door.shared:
            self._writer.create_folder(self.folder)

    def _client(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.door.port, ssl=False, timeout=30)
        client.login(self.user, self.door.password)
        return client

    def deliver(self, raw: bytes, when: datetime | None = None) -> None:
        """APPEND."""
        self._writer.append(self.folder, raw, msg_time=when)

    def source(self, **settings: object) -> Source:
        """A source in clear text."""
        return self._source(self.folder, settings)

    def absent(self) -> Source:
        """A source of a folder that is not there."""
        return self._source("Nowhere", {})

    def _source(self, folder: str, settings: dict[str, object]) -> Source:
        server = ImapServer(host="127.0.0.1", port=self.door.port, user=self.user, security="none")
        mailbox = Mailbox.model_validate({"name": "lists", "imap": server} | settings)
        source = open_source(mailbox, folder, self.door.password, lambda *_: set())
        self._open.append(source)
        return source

    def state(self) -> object:
        """All messages with their flags, by a second client."""
        with self._client() as client:
            client.select_folder(self.folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]", "FLAGS"])
            return [(found[uid][b"BODY[]"], set(found[uid][b"FLAGS"]) - {b"\\Recent"}) for uid in sorted(found)]

    def close(self) -> None:
        """End all connections."""
        for source in self._open:
            source.close()
        self._writer.logout()


@pytest.fixture(scope="module")
def doors() -> Iterator[Callable[[str], Door]]:
    """Other servers, each started when a test first asks for it."""
    ways = {"cyrus": (no_cyrus, cyrus), "pymap": (no_pymap, pymap)}
    opened: dict[str, Door] = {}
    with ExitStack() as stack:
        def door(name: str) -> Door:
            why_not, start = ways[name]
            if reason := why_not():
                pytest.skip(f"{name} {reason}")
            if name not in opened:
                opened[name] = stack.enter_context(start())
            return opened[name]

        yield door


@pytest.fixture(params=["imap", "cyrus", "pymap", "maildir", "mbox"])
def box(request: pytest.FixtureRequest, tmp_path: Path, user: str) -> Iterator[Box]:
    """An empty mailbox of each kind."""
    if request.param == "maildir":
        yield MaildirBox(tmp_path / "box")
    elif request.param == "mbox":
        yield MboxBox(tmp_path / "box")
    elif request.param in ("cyrus", "pymap"):
        other = OtherImapBox(request.getfixturevalue("doors")(request.param), user)
        yield other
        other.close()
    else:
        imap = ImapBox(request.getfixturevalue("mail_servers"), user)
        yield imap
        imap.close()


def read(box: Box, source: Source, after: Position | None = None) -> tuple[list[Batch], Position | None]:
    """All batches, stored as the pipeline does, and the position then."""
    batches = []
    for batch in source.batches(after, datetime.now(UTC)):
        batches.append(batch)
        box.stored |= {arrival.uid for arrival in batch.arrivals}
        after = batch.position
    return batches, after


def arrivals(batches: list[Batch]) -> list[Arrival]:
    """All arrivals, in order."""
    return [arrival for batch in batches for arrival in batch.arrivals]


def test_an_empty_mailbox_has_no_arrivals(box: Box) -> None:
    batches, after = read(box, box.source())
    assert arrivals(batches) == []
    box.deliver(post(1))
    assert subjects(read(box, box.source(), after)[0]) == posts(1)


def test_the_first_start_takes_what_is_there_in_order(box: Box) -> None:
    for number in (1, 2, 3):
        box.deliver(post(number))
    batches, after = read(box, box.source())
    assert subjects(batches) == posts(1, 2, 3)
    folder = getattr(box, "folder", "INBOX")
    assert after is not None and (after.account, after.folder) == ("lists", folder)
    places = {(arrival.account, arrival.folder, arrival.uid_validity) for arrival in arrivals(batches)}
    assert places == {("lists", folder, after.uid_validity)}
    assert len({arrival.uid for arrival in arrivals(batches)}) == 3


def test_raw_bytes_are_the_message(box: Box) -> None:
    body = "caf\u00e9\r\n.\r\n..two\r\nFrom the desk of Kim\r\n\r\nlast"
    box.deliver(post(1, body))
    (arrival,) = arrivals(read(box, box.source())[0])
    assert arrival.raw.replace(b"\r\n", b"\n") == post(1, body).replace(b"\r\n", b"\n")
    assert arrival.size == len(arrival.raw) and not arrival.truncated


def test_what_is_read_comes_once(box: Box) -> None:
    box.deliver(post(1))
    source = box.source()
    _, after = read(box, source)
    assert arrivals(read(box, source, after)[0]) == []
    box.deliver(post(2))
    batches, after = read(box, source, after)
    assert subjects(batches) == posts(2)
    assert arrivals(read(box, source, after)[0]) == []


def test_a_restart_goes_on_where_the_position_stands(box: Box) -> None:
    box.deliver(post(1))
    _, after = read(box, box.source())
    box.deliver(post(2))
    assert subjects(read(box, box.source(), after)[0]) == posts(2)


def test_a_crash_between_batches_loses_nothing(box: Box) -> None:
    for number in range(1, 6):
        box.deliver(post(number))
    first = next(iter(box.source(batch=2).batches(None, datetime.now(UTC))))
    box.stored |= {arrival.uid for arrival in first.arrivals}
    assert subjects([first]) == posts(1, 2)
    assert subjects(read(box, box.source(batch=2), first.position)[0]) == posts(3, 4, 5)


def test_a_batch_that_was_not_stored_comes_again(box: Box) -> None:
    box.deliver(post(1))
    source = box.source()
    _, after = read(box, source)
    box.deliver(post(2))
    for _ in source.batches(after, datetime.now(UTC)):
        break
    assert subjects(read(box, source, after)[0]) == posts(2)


def test_batches_are_bounded_and_counted(box: Box) -> None:
    for number in range(1, 8):
        box.deliver(post(number))
    batches, _ = read(box, box.source(batch=3))
    assert [len(batch.arrivals) for batch in batches] == [3, 3, 1]
    assert [batch.remaining for batch in batches] == [4, 1, 0]
    assert {batch.total for batch in batches} == {7}


def test_the_backfill_takes_only_the_newest(box: Box) -> None:
    for number in range(1, 6):
        box.deliver(post(number))
    source = box.source(backfill=Backfill(messages=2))
    batches, after = read(box, source)
    assert subjects(batches) == posts(4, 5)
    box.deliver(post(6))
    batches, after = read(box, source, after)
    assert subjects(batches) == posts(6)
    assert subjects(read(box, box.source(), after)[0]) == []


def test_the_backfill_takes_only_the_young(box: Box) -> None:
    box.deliver(post(1), when=datetime.now(UTC) - timedelta(days=40))
    box.deliver(post(2), when=datetime.now(UTC) - timedelta(days=3))
    assert subjects(read(box, box.source())[0]) == posts(2)


@pytest.mark.parametrize("backfill", [Backfill(days=0), Backfill(messages=0)])
def test_without_backfill_only_what_comes_later_is_taken(box: Box, backfill: Backfill) -> None:
    box.deliver(post(1), when=datetime.now(UTC) - timedelta(minutes=2))
    source = box.source(backfill=backfill)
    batches, after = read(box, source)
    assert arrivals(batches) == [] and after is not None
    box.deliver(post(2))
    assert subjects(read(box, box.source(backfill=backfill), after)[0]) == posts(2)


def test_an_over_long_message_comes_as_its_header_block(box: Box) -> None:
    box.deliver(post(1, padding=200_000))
    box.deliver(post(2))
    first, second = arrivals(read(box, box.source(largest_message_mb=0.1))[0])
    assert first.truncated and first.size >= 190_000
    assert first.raw.replace(b"\r\n", b"\n").endswith(b"Message-ID: <1@example.org>\n\n")
    assert not second.truncated


def test_reading_changes_nothing(box: Box) -> None:
    for number in (1, 2):
        box.deliver(post(number, padding=50_000 * number))
    before = box.state()
    source = box.source(largest_message_mb=0.08)
    _, after = read(box, source)
    source.wait(0.1, lambda: False)
    read(box, source, after)
    source.close()
    assert box.state() == before


def test_waiting_ends_soon_after_news(box: Box) -> None:
    box.deliver(post(1))
    source = box.source()
    _, after = read(box, source)
    while source.wait(1, lambda: False):
        _, after = read(box, source, after)
    timer = threading.Timer(0.5, box.deliver, [post(2)])
    timer.start()
    began = time.monotonic()
    assert source.wait(20, lambda: False) is True
    assert time.monotonic() - began < 0.5 + 3
    timer.join()
    assert subjects(read(box, source, after)[0]) == posts(2)


def test_waiting_ends_when_stopped(box: Box) -> None:
    source = box.source()
    read(box, source)
    began = time.monotonic()
    while source.wait(20, lambda: time.monotonic() - began > 2.5):
        read(box, source)
    assert 2.4 < time.monotonic() - began < 4.5


def test_waiting_ends_with_its_time(box: Box) -> None:
    source = box.source()
    _, after = read(box, source)
    time.sleep(2)
    read(box, source, after)
    began = time.monotonic()
    source.wait(1.5, lambda: False)
    assert time.monotonic() - began < 2.5


def test_a_mailbox_that_is_not_there_is_named(box: Box) -> None:
    source = box.absent()
    with pytest.raises(MailboxError) as caught:
        read(box, source)
    assert "owhere" in caught.value.what and caught.value.mend


def test_two_messages_within_one_tick_are_both_seen(tmp_path: Path) -> None:
    box = MaildirBox(tmp_path / "box")
    source = box.source()
    _, after = read(box, source)
    box.deliver(post(1))
    times = [(path, path.stat().st_mtime_ns) for path in (box.path / "new", box.path / "cur")]
    batches, after = read(box, source, after)
    box.deliver(post(2))
    for path, changed in times:
        os.utime(path, ns=(changed, changed))
    assert source.wait(2, lambda: False) is True
    assert subjects([*batches, *read(box, source, after)[0]]) == posts(1, 2)


def test_a_file_that_is_still_growing_is_left_until_it_is_whole(tmp_path: Path) -> None:
    box = MaildirBox(tmp_path / "box")
    source = box.source()
    _, after = read(box, source)
    whole = post(1, padding=72 * 30)

    def copy() -> None:
        with (box.path / "new" / "copied").open("wb", buffering=0) as handle:
            for start in range(0, len(whole), 400):
                handle.write(whole[start:start + 400])
                time.sleep(0.1)

    copying = threading.Thread(target=copy)
    copying.start()
    found: list[Batch] = []
    while not arrivals(found):
        source.wait(2, lambda: False)
        found, after = read(box, source, after)
    copying.join()
    assert [arrival.raw for arrival in arrivals(found)] == [whole]


def test_a_moved_or_flagged_file_is_the_same_message(tmp_path: Path) -> None:
    box = MaildirBox(tmp_path / "box")
    box.deliver(post(1))
    source = box.source()
    _, after = read(box, source)
    (file,) = (box.path / "new").iterdir()
    file.rename(box.path / "cur" / f"{file.name}:2,S")
    assert arrivals(read(box, source, after)[0]) == []
    assert arrivals(read(box, box.source(), after)[0]) == []


def test_a_rewritten_archive_is_read_anew_under_a_new_uidvalidity(tmp_path: Path) -> None:
    box = MboxBox(tmp_path / "box")
    for number in (1, 2, 3):
        box.deliver(post(number, padding=200))
    _, after = read(box, box.source())
    whole = box.path.read_bytes()
    second = whole.index(b"\nFrom kim", 5) + 1
    third = whole.index(b"\nFrom kim", second) + 1
    box.path.write_bytes(whole[:second] + whole[third:])
    batches, renewed = read(box, box.source(), after)
    assert subjects(batches) == posts(1, 3)
    assert after and renewed and after.uid_validity != renewed.uid_validity
    assert arrivals(read(box, box.source(), renewed)[0]) == []


def test_a_line_that_only_looks_like_a_separator_splits_nothing(tmp_path: Path) -> None:
    box = MboxBox(tmp_path / "box")
    text = "From a@example.org Mon Nov 16 10:00:00 2026\nSubject: post 1\n\nHi.\n\nFrom here on all is well.\n\n"
    box.path.write_text(text)
    (arrival,) = arrivals(read(box, box.source())[0])
    assert arrival.raw.endswith(b"From here on all is well.\n")


def test_what_is_no_mbox_is_refused(tmp_path: Path) -> None:
    box = MboxBox(tmp_path / "box")
    box.path.write_text("Dear diary,\n")
    with pytest.raises(MailboxError, match="not an mbox"):
        read(box, box.source())


def test_close_never_raises(box: Box) -> None:
    source = box.source()
    source.close()
    read(box, source)
    source.close()
    source.close()

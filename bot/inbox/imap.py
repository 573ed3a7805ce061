"""One IMAP folder as a source: read-only, by UID, a bounded step at a time (RFC 9051).

The folder is opened with EXAMINE and bodies are fetched with BODY.PEEK[], so no flag changes. An idle folder costs one
NOOP (a STATUS of the selected folder does not show new mail on Dovecot). When that tells of news, the folder is
examined anew, for only then are UIDNEXT and the messages that a FETCH can see of one moment; so it is after every
pass that fetched something, for news told during a FETCH is not told again. The new messages are found from the top
by sequence number, which has no gaps, and fetched by UID. Every failure closes the connection and raises MailboxError;
the next call connects anew.

A message that breaks its own fetch: after two failures of its batch the messages are fetched one by one, and one that
fails twice more is handed over with empty bytes, so that it is counted and the position moves on.
"""

from __future__ import annotations

import contextlib
import difflib
import logging
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError

from bot.config import ImapServer, Mailbox
from bot.errors import ConfigError, MailboxError
from bot.inbox.idle import idle, is_news, rest
from bot.inbox.patient import PatientClient
from bot.inbox.source import Stopped
from bot.login import Credential, imap_login, network_trouble, scrub, tls_context
from bot.patience import begin
from bot.types import Arrival, Batch, Position

log = logging.getLogger("bot.inbox.imap")

#: How many messages are listed at once, by sequence number (a command line stays below 4,000 bytes).
LISTED_AT_ONCE = 500
#: A batch ends when its messages have so many bytes together.
BATCH_BYTES = 8_000_000
#: So much of an over-long message's header block is fetched.
HEADER_BYTES = 256_000
#: Every so many quiet polls the folder is examined all the same.
EXAMINE_EVERY = 12
#: Failures of a message's fetch before it is fetched alone, and before it is given up.
ALONE, GIVEN_UP = 2, 4

#: However soon a token ends, in seconds.
_SHORTEST_WAIT = 1.0

#: What imapclient, imaplib and the socket raise, also on answers that are not IMAP.
_FOREIGN = (IMAPClientError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A message that the folder holds: its UID, its size in bytes, when it came in (aware), if the server says."""

    uid: int
    size: int
    came: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """A folder as EXAMINE showed it."""

    uid_validity: int
    uid_next: int
    exists: int


class ImapSource:
    """One folder of one IMAP account (the Source protocol)."""

    def __init__(self, mailbox: Mailbox, folder: str, credential: Credential) -> None:
        if mailbox.imap is None:
            raise ConfigError(f"Mailbox `{mailbox.name}` has no `imap` section.")
        self.account = mailbox.name
        self.folder = folder
        self._mailbox = mailbox
        self._server: ImapServer = mailbox.imap
        self._credential = credential
        self._client: IMAPClient | None = None
        self._good_until = math.inf
        self._shown: Folder | None = None
        self._heard = False
        self._quiet = 0
        self._unlisted = 0
        self._failures: Counter[int] = Counter()

    # ── what lies above the mark ──

    def batches(self, after: Position | None, now: datetime) -> Iterator[Batch]:
        """What lies above `after`, in UID order; the bounded backfill when there is no such position (any more)."""
        self._renew()
        shown = self._news(after)
        if shown is None:
            return
        if after is not None and after.uid_validity != shown.uid_validity:
            log.warning("uidvalidity-changed account=%s folder=%s", self.account, self.folder)
            self._failures.clear()
            after = None
        listed = self._backfill(shown, now) if after is None else self._above(shown, after.uid, shown.exists)
        yield from self._fetched(shown, listed)

    def _news(self, after: Position | None) -> Folder | None:
        """The folder as it is now, or None when it holds nothing above `after`: mostly that is one round trip."""
        if self._is_quiet(after):
            return None
        self._shown = shown = self._examine()
        self._quiet = 0
        self._heard = _has_news(shown, after)
        return shown if self._heard else None

    def _is_quiet(self, after: Position | None) -> bool:
        """Whether nothing came since the folder was examined, as far as the server tells without being asked anew."""
        if self._client is None or self._shown is None or self._heard or _has_news(self._shown, after):
            return False
        self._quiet += 1
        if self._quiet >= EXAMINE_EVERY:
            return False
        with self._guarded() as client:
            return not any(is_news(response) for response in client.noop()[1])

    def _examine(self) -> Folder:
        with self._guarded() as client:
            try:
                shown = client.select_folder(self.folder, readonly=True)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                raise self._no_folder(client, error) from None
            if b"UIDNEXT" not in shown:
                shown |= client.folder_status(self.folder, ["UIDNEXT"])
            return Folder(
                uid_validity=int(shown[b"UIDVALIDITY"]),
                uid_next=int(shown[b"UIDNEXT"]),
                exists=int(shown[b"EXISTS"]),
            )

    def _no_folder(self, client: IMAPClient, error: IMAPClientError) -> MailboxError:
        names = sorted(str(name) for _flags, _separator, name in client.list_folders())
        if self.folder in names:
            return MailboxError(f"The folder `{self.folder}` of {self.account} cannot be opened ({_said(error)}).")
        near = difflib.get_close_matches(self.folder, names, 1)
        meant = f"Did you mean `{near[0]}`? " if near else ""
        return MailboxError(
            f"The folder `{self.folder}` is not in {self.account}.", f"{meant}There are: {', '.join(names[:20])}."
        )

    # ── listing ──

    def _backfill(self, shown: Folder, now: datetime) -> list[Listed]:
        backfill = self._mailbox.backfill
        if not backfill.days:
            return []
        oldest = now - timedelta(days=backfill.days)
        listed = self._above(shown, 0, backfill.messages)
        return [message for message in listed if message.came is None or message.came >= oldest]

    def _above(self, shown: Folder, mark: int, most: int) -> list[Listed]:
        """The newest messages with UIDs above `mark`, at most `most`, in UID order.

        Sequence numbers hold still here: a server announces no removal while it answers FETCH (RFC 9051, 7.5.1).
        """
        found: list[Listed] = []
        last = shown.exists
        # No more than so many can be new, and mostly it is one.
        most = min(most, shown.uid_next - 1 - mark)
        while last > 0 and len(found) < most:
            step = min(LISTED_AT_ONCE, most - len(found))
            chunk = self._list(range(max(1, last - step + 1), last + 1))
            found[:0] = [message for message in chunk if message.uid > mark]
            if chunk and chunk[0].uid <= mark:
                break
            last -= step
        return found

    def _list(self, numbers: range) -> list[Listed]:
        # Sizes and dates that the server cannot tell without breaking are done without.
        wanted = ["UID", "RFC822.SIZE", "INTERNALDATE"] if self._unlisted < ALONE else ["UID"]
        self._unlisted += 1
        with self._guarded() as client:
            client.use_uid = client.normalise_times = False
            answers = client.fetch(numbers, wanted)
            client.use_uid = True
        self._unlisted = 0
        listed = (_listed(answer) for answer in answers.values())
        return sorted((message for message in listed if message), key=lambda message: message.uid)

    # ── fetching ──

    def _fetched(self, shown: Folder, listed: Sequence[Listed]) -> Iterator[Batch]:
        """The messages in batches; the last position stands below UIDNEXT, whatever lay between was removed."""
        last, done = shown.uid_next - 1, 0
        for group in self._groups(listed):
            arrivals = self._arrivals(shown.uid_validity, group)
            done += len(group)
            uid = group[-1].uid if done < len(listed) else max(last, group[-1].uid)
            yield self._batch(arrivals, shown.uid_validity, uid, len(listed) - done, len(listed))
        if not listed:
            yield self._batch((), shown.uid_validity, last, 0, 0)

    def _batch(self, arrivals: tuple[Arrival, ...], validity: int, uid: int, remaining: int, total: int) -> Batch:
        position = Position(account=self.account, folder=self.folder, uid_validity=validity, uid=uid)
        return Batch(arrivals=arrivals, position=position, remaining=remaining, total=total)

    def _groups(self, listed: Sequence[Listed]) -> Iterator[list[Listed]]:
        group: list[Listed] = []
        size = 0
        for message in listed:
            bytes_ = 0 if self._is_over_long(message) else message.size
            alone = self._failures[message.uid] >= ALONE or (group and self._failures[group[-1].uid] >= ALONE)
            if group and (alone or len(group) >= self._mailbox.batch or size + bytes_ > BATCH_BYTES):
                yield group
                group, size = [], 0
            group.append(message)
            size += bytes_
        if group:
            yield group

    def _is_over_long(self, message: Listed) -> bool:
        return message.size > self._mailbox.largest_bytes

    def _arrivals(self, validity: int, group: Sequence[Listed]) -> tuple[Arrival, ...]:
        """The messages of a group that still exist. A failure is remembered against all of the group."""
        if len(group) == 1 and self._failures[group[0].uid] >= GIVEN_UP:
            return (self._given_up(validity, group[0]),)
        try:
            bodies = self._bodies(group)
        except MailboxError:
            self._failures.update(message.uid for message in group)
            raise
        for message in group:
            self._failures.pop(message.uid, None)
        return tuple(self._arrival(validity, item, bodies[item.uid]) for item in group if item.uid in bodies)

    def _bodies(self, group: Sequence[Listed]) -> dict[int, bytes]:
        whole = [message.uid for message in group if not self._is_over_long(message)]
        long = [message.uid for message in group if self._is_over_long(message)]
        return self._fetch(whole, "BODY.PEEK[]") | self._fetch(long, f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>")

    def _fetch(self, uids: list[int], what: str) -> dict[int, bytes]:
        if not uids:
            return {}
        with self._guarded() as client:
            answers = client.fetch(uids, [what])
            bodies = {uid: body for uid, answer in answers.items() if (body := _body(answer)) is not None}
            absent = [uid for uid in uids if uid not in bodies]
            if absent and self._still_there(client, absent):
                raise MailboxError(f"{self._server.host} did not hand over a message of {self.account}.")
        return bodies

    def _still_there(self, client: IMAPClient, uids: list[int]) -> bool:
        """Removed in between, or kept back by the server? Only what is gone may be passed over."""
        client.noop()
        return bool(client.fetch(uids, ["UID"]))

    def _arrival(self, validity: int, message: Listed, raw: bytes) -> Arrival:
        return Arrival(
            account=self.account, folder=self.folder, uid_validity=validity, uid=message.uid, raw=raw,
            size=message.size or len(raw), truncated=self._is_over_long(message),
        )

    def _given_up(self, validity: int, message: Listed) -> Arrival:
        log.error("fetch-given-up account=%s folder=%s uid=%d", self.account, self.folder, message.uid)
        del self._failures[message.uid]
        return self._arrival(validity, message, b"")

    # ── waiting ──

    def wait(self, seconds: float, stopped: Stopped) -> bool:
        """Wait for news by IDLE if the server has it, else let the time pass. Not connected, it only rests."""
        if self._client is None or not self._mailbox.idle:
            return rest(seconds, stopped)
        with self._guarded() as client:
            if not client.has_capability("IDLE"):
                return rest(seconds, stopped)
            seconds = min(seconds, max(_SHORTEST_WAIT, self._good_until - time.monotonic()))
            heard = idle(client, seconds, stopped, self._server.timeout_seconds)
        if heard is None:
            self._drop()
        self._heard = self._heard or bool(heard)
        return bool(heard)

    # ── the connection ──

    def sign_in(self) -> None:
        """Connect and sign in, if that is not done yet. Raises MailboxError or LoginError."""
        with self._guarded():
            pass

    def _renew(self) -> None:
        """A connection whose token ends soon is closed between two looks, before the server cuts it in one. IMAP signs
        in only once on a connection (RFC 9051, 6.2)."""
        if self._client is not None and time.monotonic() >= self._good_until:
            self.close()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[IMAPClient]:
        """The connection, made if need be. Whatever fails inside closes it and comes out as MailboxError."""
        try:
            client = self._client or self._connect()
            begin(client.socket())
            yield client
        except MailboxError:
            self._drop()
            raise
        except _FOREIGN as error:
            self._drop()
            # What imaplib and imapclient say may quote lines of the protocol, and so of messages.
            raise self._trouble(error) from (error if isinstance(error, OSError) else None)

    def _trouble(self, error: Exception) -> MailboxError:
        if isinstance(error, IMAPClientAbortError):
            error = ConnectionError()
        if isinstance(error, OSError):
            return MailboxError(*network_trouble(error, self._server))
        if isinstance(error, IMAPClientError) and not isinstance(error, ProtocolError):
            return MailboxError(f"{self._server.host} refused a command for {self.account} ({_said(error)}).")
        return MailboxError(f"{self._server.host} gave an answer that is not IMAP ({type(error).__name__}).")

    def _connect(self) -> IMAPClient:
        server, context = self._server, tls_context(self._server)
        limit = SocketTimeout(connect=server.timeout_seconds, read=server.timeout_seconds)
        self._client = client = PatientClient(
            server.host, server.port, ssl=server.security == "tls", ssl_context=context, timeout=limit
        )
        if server.security == "starttls":
            if not client.has_capability("STARTTLS"):
                raise MailboxError(
                    f"{server.host}:{server.port} offers no STARTTLS.", "Use port 993 with `security: tls`."
                )
            client.starttls(context)
        self._good_until = imap_login(client, server, self._credential)
        return client

    def _drop(self) -> None:
        """Close the connection without a word."""
        client, self._client, self._shown = self._client, None, None
        if client is not None:
            with contextlib.suppress(OSError, ValueError):
                client.shutdown()

    def close(self) -> None:
        """Sign out, without waiting long for the server's goodbye. Never raises."""
        if self._client is not None:
            with contextlib.suppress(*_FOREIGN):
                self._client.socket().settimeout(2)
                self._client.logout()
        self._drop()


def _has_news(shown: Folder, after: Position | None) -> bool:
    return after is None or shown.uid_validity != after.uid_validity or shown.uid_next - 1 > after.uid


def _listed(answer: dict[bytes, Any]) -> Listed | None:
    uid, size, came = answer.get(b"UID"), answer.get(b"RFC822.SIZE"), answer.get(b"INTERNALDATE")
    if not isinstance(uid, int):
        return None
    aware = came if isinstance(came, datetime) and came.tzinfo else None
    return Listed(uid=uid, size=size if isinstance(size, int) else 0, came=aware)


def _body(answer: dict[bytes, Any]) -> bytes | None:
    """The bytes of the one body section in a FETCH answer; None when there is none, or NIL as for a removed message."""
    return next((value for key, value in answer.items() if key.startswith(b"BODY[")), None)


def _said(error: BaseException) -> str:
    return scrub(str(error), None)

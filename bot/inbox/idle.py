"""Waiting for news: IMAP IDLE (RFC 2177) on a signed-in connection, and plain waiting in slices.

IDLE is only a hint: whoever waits asks afterwards what lies above the mark, whatever came of the wait. Here the socket
is watched with `select`, and every reading is done by commands with a time limit (`idle`, `idle_done`): imapclient's
own `idle_check` sees neither a closed connection nor a line that came in two halves.
"""

from __future__ import annotations

import select
import ssl
import time

from imapclient import IMAPClient

from bot.inbox.source import Stopped

#: How quickly `stopped()` is noticed, in seconds. Each look costs 0.1 ms, much of what an idle bot uses.
SLICE = 2.0
#: Servers may end an IDLE after 30 minutes (RFC 2177), and routers forget a silent connection sooner.
LONGEST_IDLE = 540.0


def rest(seconds: float, stopped: Stopped) -> bool:
    """Sleep for `seconds` or until `stopped()`. Always False: nothing can be heard."""
    end = time.monotonic() + seconds
    while not stopped() and (left := end - time.monotonic()) > 0:
        time.sleep(min(SLICE, left))
    return False


def idle(client: IMAPClient, seconds: float, stopped: Stopped, limit: float) -> bool | None:
    """Wait in IDLE until a message may have come (True), `seconds` are over (False), or `stopped()` holds (None).

    After None the connection is still in IDLE and only good for closing. `limit` is the connection's time limit in
    seconds. Raises what imapclient and the socket raise when the connection is lost.
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        client.idle()
        if not _buffered(client, limit) and not _readable(client, min(left, LONGEST_IDLE), stopped):
            return None
        if any(is_news(response) for response in client.idle_done()[1]):
            return True
    return False


def _readable(client: IMAPClient, seconds: float, stopped: Stopped) -> bool:
    """Wait until the server says something or the time is over: True; False as soon as `stopped()` holds."""
    end = time.monotonic() + seconds
    poller = select.poll()
    poller.register(client.socket().fileno(), select.POLLIN)
    while not stopped():
        left = end - time.monotonic()
        if left <= 0 or poller.poll(min(SLICE, left) * 1000):
            return True
    return False


def _buffered(client: IMAPClient, limit: float) -> bool:
    """Whether the server's next words came along with its last ones, where the socket shows them no more."""
    sock = client.socket()
    sock.settimeout(0)
    try:
        return bool(client._imap.file.peek(1))
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    finally:
        sock.settimeout(limit)


def is_news(response: object) -> bool:
    """Whether an untagged response tells of a new message."""
    return isinstance(response, tuple) and len(response) > 1 and response[1] in (b"EXISTS", b"RECENT")

"""What the bot is measured against: a loop that waits in IDLE, fetches what came, and hands it to an SMTP server.

`python -m benchmarks.bare IMAP-PORT USER [SMTP-PORT]`; without an SMTP port it only waits.
"""

from __future__ import annotations

import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient import IMAPClient

from tests.servers import PASSWORD

RECIPIENT = "forward@library.example.edu"


def _loop(imap_port: int, user: str, smtp_port: int | None) -> None:
    smtp = smtplib.SMTP("127.0.0.1", smtp_port, "[127.0.0.1]") if smtp_port else None
    client = IMAPClient("localhost", imap_port, ssl=False, timeout=30)
    client.login(user, PASSWORD)
    seen = int(client.select_folder("INBOX", readonly=True)[b"UIDNEXT"]) - 1
    print("ready", flush=True)
    while True:
        client.idle()
        client.idle_check(timeout=540)
        client.idle_done()
        new = [uid for uid in client.search(["UID", f"{seen + 1}:*"]) if uid > seen]
        for uid, answer in client.fetch(new, ["BODY.PEEK[]"]).items() if new else ():
            seen = max(seen, uid)
            if smtp is not None:
                smtp.sendmail("bare@library.example.edu", [RECIPIENT], answer[b"BODY[]"])


@contextmanager
def bare(imap_port: int, user: str, smtp_port: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """The loop as a process of its own, waiting."""
    ports = [str(port) for port in (imap_port, user, smtp_port) if port is not None]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare", *ports], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise RuntimeError("the bare loop did not start")
        yield process
    finally:
        process.kill()
        process.wait(20)


if __name__ == "__main__":
    _loop(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)

"""The sample mailbox: messages.yaml as raw list mail as a server would have taken it in by `now`, laid as a Maildir.

`posts` owns the meaning of messages.yaml, `letters` the look of a message. No clock is read and no lots are drawn: the
same `now` gives the same bytes.
"""

from __future__ import annotations

import os
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.sample.letters import raw_message
from bot.sample.posts import OUR_SERVER, Laying, last_workday, read_sample, sent_times


def compose(now: datetime, zone: ZoneInfo) -> list[tuple[str, bytes]]:
    """All messages as (file-name stem, raw message), oldest first; none lies after `now`."""
    sample = read_sample()
    day = last_workday(now.astimezone(zone).date())
    laying = Laying(sample=sample, zone=zone, day=day, sent=sent_times(sample, day, now, zone))
    return [
        (f"{number:03d}-{slug}", raw_message(laying, sample.posts[slug]))
        for number, slug in enumerate(laying.sent, start=1)
    ]


def lay(folder: Path, now: datetime, zone: ZoneInfo) -> int:
    """Write the sample as a Maildir and say how many messages; 0, and nothing written, where mail lies already."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if any((folder / "cur").iterdir()) or any((folder / "new").iterdir()):
        return 0
    messages = compose(now, zone)
    for stem, raw in messages:
        _deliver(folder, stem, raw)
    return len(messages)


def _deliver(folder: Path, stem: str, raw: bytes) -> None:
    head = BytesHeaderParser(policy=SMTP).parsebytes(raw)
    sent = parsedate_to_datetime(head["Date"]).timestamp()
    # Named by arrival, the topmost Received: a copy that kept its original's Date still stands in its own place.
    arrived = parsedate_to_datetime(head["Received"].rpartition(";")[2]).timestamp()
    name = f"{int(arrived)}.{stem}.{OUR_SERVER}"
    (folder / "tmp" / name).write_bytes(raw)
    os.utime(folder / "tmp" / name, (sent, sent))
    (folder / "tmp" / name).rename(folder / "new" / name)

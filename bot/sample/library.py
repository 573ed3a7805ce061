"""The embedded sample library: a whole configuration below one folder, for a first look and for dry runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from bot.config import Backfill, Config, Library, Log, Mailbox, Sender, Sending, Trust
from bot.sample.lay import lay
from bot.shipped import shipped


def sample_config(folder: Path) -> Config:
    """Everything below `folder`; the rules are those of the working directory, else the shipped ones."""
    own = folder.parent / "rules"
    return Config(
        library=Library(name="Prairie Lakes College Library", liaison="robin"),
        mailboxes=[Mailbox(name="sample", maildir=folder / "mail", backfill=Backfill(days=30, messages=2000))],
        sending=Sending(**{"from": Sender(address="digest@library.example.edu")}, folder=folder / "outbox"),
        trust=Trust(
            authentication_server="mx.library.example.edu", consortium=["carli.example.edu"],
            vendors=["example.com"], members=["example.edu"],
        ),
        store=str(folder / "store.db"), rules=own if own.is_dir() else shipped("rules"),
        health_file=folder / "health.json", log=Log(file=folder / "liaison.log"),
    )


def lay_sample(config: Config, now: datetime) -> int:
    """Lay the sample mailbox where it is not yet; returns how many messages were laid."""
    mailbox = config.mailboxes[0].maildir
    return lay(mailbox, now, config.library.zone) if mailbox else 0

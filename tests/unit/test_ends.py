"""What ends soon is told 30, 14, 7 and 1 days before, once each; it stands in report and status until it is renewed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import load_config
from bot.logins import Logins
from bot.oauth import Ending
from bot.pipeline.ends import announce, step
from bot.pulse import write_health
from bot.store.store import Store
from tests.unit.builders import CHICAGO, CONFIG, NOW, config, write_config

END = datetime(2027, 1, 10, 18, tzinfo=UTC)


@dataclass
class Told:
    """Notices, once for each key, as the outbox has it."""

    keys: dict[str, list[str]] = field(default_factory=dict)

    def __call__(self, key: str, title: str, paragraphs: list[str], now: datetime) -> bool:
        is_news = key not in self.keys
        self.keys.setdefault(key, [title, *paragraphs])
        return is_news


def ending(when: datetime = END) -> Ending:
    return Ending(name="secret:x", what="The secret of the app c", when=when, mend="Make a new one.")


@pytest.mark.parametrize(("days", "expected"), [
    (31, None), (30, 30), (15, 30), (14, 14), (8, 14), (7, 7), (1.5, 7), (1, 1), (0.5, 1), (0, 0), (-3, 0),
])
def test_each_step_has_its_days(days: float, expected: int | None) -> None:
    assert step(END, END - timedelta(days=days)) == expected


def test_it_is_told_at_each_step_and_stands_until_it_is_renewed(tmp_path: Path) -> None:
    store, told = Store.open(str(tmp_path / "store.db")), Told()
    news = [day for day in range(40, -3, -1)
            if announce([ending()], store, told, CHICAGO, END - timedelta(days=day))]
    assert news == [30, 14, 7, 1, 0]
    titles = [lines[0] for lines in told.keys.values()]
    assert titles == ["A login of the bot ends soon"] * 4 + ["A login of the bot has ended"]
    (fault,) = store.health.faults()
    assert fault.is_ending and "January 10, 2027" in fault.what
    write_health(tmp_path / "health.json", store, config(tmp_path), END)
    assert '"ok": true' in (tmp_path / "health.json").read_text()

    assert not announce([ending(END + timedelta(days=700))], store, told, CHICAGO, END)
    assert store.health.faults() == []
    store.close()


def test_what_ends_is_known_from_the_config_and_the_consent(tmp_path: Path) -> None:
    box = ("{name: lists, imap: {host: imap.example.edu, user: u, oauth: {provider: other, client_id: c, "
           "token_url: 'https://login.example.edu/token', secret: {file: s}, secret_expires: 2027-01-10}}}")
    (tmp_path / "s").write_text("x")
    config = load_config(write_config(tmp_path, CONFIG.replace("{name: lists, maildir: mail}", box)))
    (found,) = Logins(config).endings()
    assert (found.when, found.what) == (END, "The secret of the app c for u")
    assert config.mailboxes[0].imap is not None and config.mailboxes[0].imap.oauth is not None
    assert config.mailboxes[0].imap.oauth.secret_expires == date(2027, 1, 10)
    assert NOW < END

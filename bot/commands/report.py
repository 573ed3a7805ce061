"""`liaison report`: any of the reports in the terminal; sends and marks nothing."""

from __future__ import annotations

import base64
import re
from datetime import UTC, date, datetime
from pathlib import Path

from bot.assemble import load_templates, stationery
from bot.commands.setting import find_setting
from bot.digests.render import Rendered
from bot.errors import ConfigError
from bot.pipeline.judges import InForce
from bot.pipeline.publish import Publisher
from bot.store.store import Store

_MONTH = re.compile(r"([1-9][0-9]{3})-(0[1-9]|1[0-2])")


def report(named: Path | None, *, day: str | None = None, week: bool = False, month: str | None = None) -> Rendered:
    """The report that is asked for; without any of the three, what has come since the last one.

    Raises ConfigError for a day or month that is none, or when the bot has never run here.
    """
    if sum((day is not None, week, month is not None)) > 1:
        raise ConfigError("Only one of --day, --week and --month can be shown at a time.", "Leave the others out.")
    config, now = find_setting(named).config, datetime.now(UTC)
    if "://" not in config.store and not Path(config.store).exists():
        raise ConfigError("The bot has never run here, so there is nothing to report.", "Start it: liaison run")
    store = Store.open(config.store)
    try:
        paper = stationery(config, load_templates(config, store, now))
        reports = Publisher(store, InForce(config, store, now, keep=False), paper, eager=False).reports
        today = now.astimezone(config.library.zone).date()
        if month is not None:
            return reports.month(_month(month, today), now)
        if day is not None:
            return reports.day(_day(day, today), now)
        return reports.week(now) if week else reports.now(now)
    finally:
        store.close()


def standing_alone(rendered: Rendered) -> str:
    """The HTML with its pictures inside, so that a browser shows it."""
    html = rendered.html
    for picture in rendered.pictures:
        inside = base64.b64encode(picture.raw).decode()
        html = html.replace(f"cid:{picture.cid}", f"data:{picture.media_type};base64,{inside}")
    return html


def _month(text: str, today: date) -> date:
    found = _MONTH.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"`{text}` is not a month.", "Write it as in 2026-11.")
    return _come(date(int(found[1]), int(found[2]), 1), today)


def _day(text: str, today: date) -> date:
    try:
        return _come(date.fromisoformat(text.strip()), today)
    except ValueError as wrong:
        raise ConfigError(f"`{text}` is not a day.", "Write it as in 2026-11-23.") from wrong


def _come(day: date, today: date) -> date:
    if day > today:
        raise ConfigError(f"{day} has not come yet.", "Name a day or a month that has begun.")
    return day

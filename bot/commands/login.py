"""`liaison login`: get every token that the config wants, a person's consent first where it takes one; then try both
servers by the daemon's own code. Running it again changes nothing that is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from bot.commands.setting import find_setting
from bot.config import Config
from bot.errors import LiaisonError, TokenError
from bot.logins import Login, Logins, try_imap, try_smtp

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that was done or tried: what, and what is wrong with it (empty when it went well) with its mend."""

    what: str
    wrong: str = ""
    mend: str = ""


def login(named: Path | None, say: Say, typed: TextIO, *, again: bool) -> list[Step]:
    """All steps, in order. `again` asks for a consent that is there already. Raises ConfigError."""
    config = find_setting(named).config
    logins = Logins(config)
    steps = [_consent(one, say, typed, again=again) for one in logins.by_tokens()]
    # A server whose token could not be had would only say so again.
    broken = {place for one, step in zip(logins.by_tokens(), steps, strict=True) if step.wrong for place in one.places}
    return [*steps, *_tried(config, logins, broken)]


def _consent(one: Login, say: Say, typed: TextIO, *, again: bool) -> Step:
    what = f"Token of {one.oauth.provider} for {one.user} ({', '.join(one.places)})"
    try:
        if one.oauth.wants_consent and (again or not _is_good(one)):
            fetched = one.provider.consent(say, typed)
            if fetched.account is not None and fetched.account.lower() != one.user.lower():
                raise TokenError(f"The consent was given by {fetched.account}, but `user` is {one.user}.",
                                 f"Nothing was kept. Sign out in the browser, or use a private window, and sign in as "
                                 f"{one.user}: liaison login")
            one.tokens.consent(fetched)
            return Step(what=f"{what}: consent given, and kept")
        one.tokens.token()
    except LiaisonError as wrong:
        return Step(what=what, wrong=wrong.what, mend=wrong.mend)
    return Step(what=f"{what}: good")


def _is_good(one: Login) -> bool:
    """Whether there is a consent that still gives tokens. A login server that is down says nothing about it."""
    try:
        one.tokens.token()
    except TokenError as wrong:
        if wrong.temporary:
            raise
        return False
    return True


def _tried(config: Config, logins: Logins, broken: set[str]) -> list[Step]:
    tries: list[tuple[str, str, Callable[[], None]]] = [
        (f"IMAP {box.name}", f"IMAP login of {box.name} at {box.imap.host}", partial(try_imap, config, box, logins))
        for box in config.mailboxes if box.imap is not None
    ]
    if config.sending.smtp is not None:
        tries.append(("SMTP", f"SMTP login at {config.sending.smtp.host}", partial(try_smtp, config, logins)))
    return [_try(what, work) for place, what, work in tries if place not in broken]


def _try(what: str, work: Callable[[], None]) -> Step:
    try:
        work()
    except LiaisonError as wrong:
        return Step(what=what, wrong=wrong.what, mend=wrong.mend)
    return Step(what=f"{what}: good")

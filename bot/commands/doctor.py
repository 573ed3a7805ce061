"""`liaison doctor`: every step on the way to the mail and back, what it saw, and what to do. Without `mail` it sends
nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dns.exception import DNSException

from bot.assemble import open_transport
from bot.commands.check import check
from bot.commands.setting import find_setting
from bot.config import Config
from bot.doctor.here import here_course
from bot.doctor.letter import Letter
from bot.doctor.names import Texts, from_course, resolver
from bot.doctor.servers import ImapCourse, smtp_course
from bot.doctor.steps import Finding, Step, walk
from bot.errors import LiaisonError
from bot.logins import Login, Logins
from bot.outbox.smtp import SmtpTransport
from bot.rulebook import open_rules


def doctor(named: Path | None, *, mail: bool = False, texts: Texts | None = None) -> Iterator[Finding]:
    """All findings, as they are made. Without a config to go by there are none but those about the config."""
    yield from _checked(named)
    try:
        config, now = find_setting(named).config, datetime.now(UTC)
    except LiaisonError:
        return
    logins = Logins(config)
    yield from _tokens(logins)
    for box in config.mailboxes:
        if box.imap is not None:
            course = ImapCourse(box, box.imap, partial(logins.imap, box), now)
            yield from walk(f"mailbox {box.name}", course.steps())
            course.close()
    yield from _sending(config, logins, now, mail=mail)
    if config.sending.smtp is not None:
        yield from walk("From address", from_course(config.sending.sender, config.sending.dkim, texts or _resolver()))
    yield from walk("this machine", here_course(config, now))


def exit_code(findings: list[Finding]) -> int:
    """0 all is well, 1 something is wrong, 2 nothing but doubts."""
    states = {one.state for one in findings}
    return 1 if "wrong" in states else 2 if "doubt" in states else 0


def _tokens(logins: Logins) -> Iterator[Finding]:
    """Each login server is asked for a token, by the code that the bot asks by."""
    if not logins.has_tokens:
        return
    try:
        known = logins.by_tokens()
    except LiaisonError as wrong:
        yield Finding(course="login servers", step="set up", state="wrong", saw=wrong.what, mend=wrong.mend)
        return
    for login in known:
        yield from walk(f"login of {login.user or 'the app'}", [Step(name="token", work=partial(_token, login))])


def _token(login: Login) -> str:
    login.tokens.token()
    return f"The login server gives a token, for {' and '.join(login.places)}."


def _checked(named: Path | None) -> Iterator[Finding]:
    """What `liaison check` says of config, rules, model and templates."""
    checked = check(named)
    for line in checked.well:
        name, _, said = line.partition(": ")
        yield Finding(course="files", step=name, state="well", saw=said)
    for one in checked.mistakes:
        place = f"Line {one.line}: " if one.line else ""
        yield Finding(course="files", step=one.file.name if one.file else one.kind, state="wrong",
                      saw=f"{place}{one.what}", mend=one.mend or "liaison check shows the place.")


def _sending(config: Config, logins: Logins, now: datetime, *, mail: bool) -> Iterator[Finding]:
    server, sender = config.sending.smtp, config.sending.sender
    if server is None:
        yield Finding(course="sending", step="folder", state="doubt", saw=f"Mails go into {config.sending.folder} and "
                      "to nobody.", mend="Write `smtp` instead of `folder` when you want them sent.")
        return
    try:
        transport = open_transport(config, logins)
    except LiaisonError as wrong:
        yield Finding(course="sending", step="set up", state="wrong", saw=wrong.what or str(wrong), mend=wrong.mend)
        return
    liaison = _liaison(config)
    try:
        if isinstance(transport, SmtpTransport):
            found = list(walk("sending", smtp_course(server, transport, sender.bounces, liaison, now)))
            yield from found
            if mail and liaison is not None and all(one.state != "wrong" for one in found):
                letter = Letter(config=config, transport=transport, liaison=liaison, credential=logins.imap,
                                clock=lambda: datetime.now(UTC))
                yield from walk("test mail", letter.course())
    finally:
        transport.close()


def _liaison(config: Config) -> str | None:
    """The liaison's address; None while the rules are broken, which is told of the files."""
    try:
        book = open_rules(config.rules, config.library.liaison, config.templates)[0]
    except LiaisonError:
        return None
    return book.people[config.library.liaison].address


def _resolver() -> Texts | None:
    try:
        return resolver()
    except (OSError, DNSException):
        return None

"""A library whose servers take tokens: the daemon goes on over many of them, and tells what is wrong with a login."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.flow.house import House, alert, post, text
from tests.flow.test_imap_trouble import has_looked
from tests.loginserver import SECRET, LoginServer, Trouble
from tests.servers import until


@pytest.fixture
def login(house: House) -> Iterator[LoginServer]:
    """A login server for the house's mailbox."""
    with LoginServer(house.servers) as server:
        server.state.user = house.account
        (house.folder / "app.secret").write_text(SECRET)
        (house.folder / "app.secret").chmod(0o600)
        yield server


def by_tokens(house: House, login: LoginServer, *, smtp: bool = True, **changed: object) -> None:
    """The config with `oauth` instead of passwords."""
    section = json.dumps(login.microsoft(secret={"file": str(house.folder / "app.secret")}, **changed))
    house.configure(imap_by=f"oauth: {section}")
    if smtp:
        house.configure(smtp=f"{{host: localhost, port: {house.servers.smtp_port}, user: {house.account}, oauth: same, "
                             f"ca_file: {house.servers.ca_file}, timeout_seconds: 5}}")


def found(house: House, login: LoginServer, *said: str) -> list[str]:
    """Secrets that stand where none may stand: in what was said, the log, the store, the health file, a mail."""
    kept = {house.folder / "app.secret", house.folder / "var/store.db.tokens"}
    files = [path.read_bytes() for path in house.folder.rglob("*") if path.is_file() and path not in kept]
    mails = [mail.as_bytes() for who in house.addresses for mail in house.mails(who)]
    places = [*files, *mails, *(one.encode() for one in said)]
    return [secret for secret in login.secrets() if any(secret.encode() in place for place in places)]


def test_it_goes_on_over_many_tokens_and_loses_and_doubles_nothing(house: House, login: LoginServer) -> None:
    login.state.lifetime = 3
    by_tokens(house, login)
    bot = house.start()
    count = 0
    while len(set(login.state.shown)) < 4:
        seen = len(set(login.state.shown))
        house.deliver(alert(f"flood{count}", house.now()))
        count += 1
        house.wait_received(count)
        house.pass_time(timedelta(minutes=15))
        until(lambda seen=seen: len(set(login.state.shown)) > seen, 20, "the next token")  # type: ignore[misc]
    login.revoke()
    house.deliver(alert("last", house.now()))
    house.wait_received(count + 1)
    house.wait_all_sent()
    for reader in ("ana", "ben", "cleo"):
        names = [mail["Message-ID"] for mail in house.wait_for(reader, "urgent", count + 1)]
        assert len(names) == len(set(names)) == count + 1
    assert len(house.received()) == count + 1
    # Only what was revoked before its end was ever refused, and nothing was a fault.
    assert login.state.stale <= 2
    assert "poll-failed" not in house.log() and "sending-trouble" not in house.log()
    status = house.status()
    assert status.process.returncode == 0, status.said
    assert stat.S_IMODE((house.folder / "var/store.db.tokens").stat().st_mode) == 0o600
    assert bot.end() == 0
    assert found(house, login, bot.said, status.said) == []


_REFUSED = Trouble(status=401, error={"error": "invalid_client", "error_codes": [7000222],
                                      "error_description": f"AADSTS7000222: {SECRET}"})


@pytest.mark.parametrize(("trouble", "words", "mend"), [
    (_REFUSED, "AADSTS7000222", "make a new client secret"),
    (Trouble(down=True), "Microsoft's login server (localhost", "tries again by itself"),
    (None, "did not take the token", "New-ServicePrincipal -AppId"),
], ids=["refused", "down", "wrong-user"])
def test_what_is_wrong_with_a_login_is_told_and_over_when_it_is_mended(
    house: House, login: LoginServer, trouble: Trouble | None, words: str, mend: str
) -> None:
    by_tokens(house, login, smtp=False)
    if trouble is None:
        login.state.user = "somebody-else"
    else:
        login.state.trouble = trouble
    house.deliver(post("one", house.now()))
    bot = house.start()
    status = house.status()
    assert status.process.returncode == 1
    assert words in status.said and mend in status.said
    if trouble is not None and trouble.down:
        for _ in range(4):
            house.pass_time(timedelta(minutes=10))
            until(lambda: has_looked(house), 20, "a look by the new clock")
    (notice,) = house.wait_for("robin", "notice")
    assert words in text(notice)
    assert "Traceback" not in house.log() + status.said
    assert found(house, login, bot.said, status.said) == []

    login.state.trouble, login.state.user = Trouble(), house.account
    house.wait_received(1, 60)
    with house.store() as store:
        until(lambda: not store.health.faults(), 10, "the end of the fault")


def test_mail_waits_while_no_token_for_sending_can_be_had(house: House, login: LoginServer) -> None:
    by_tokens(house, login)
    house.configure(imap_by="password: {env: LIAISON_IMAP_PASSWORD}")
    section = json.dumps(login.other(secret={"file": str(house.folder / "app.secret")}))
    house.configure(smtp=str(house.settings["smtp"]).replace("oauth: same", f"oauth: {section}"))
    login.state.trouble = Trouble(status=503)
    house.start()
    house.deliver(alert("flood", house.now()))
    until(lambda: "sending-trouble" in house.log(), 20, "the trouble")
    assert "is out of order just now (HTTP 503)" in house.status().said
    login.state.trouble = Trouble()
    house.pass_time(timedelta(minutes=6))
    house.wait_all_sent()
    for reader in ("ana", "ben", "cleo"):
        house.wait_for(reader, "urgent")
        assert len(house.of_kind(reader, "urgent")) == 1
    assert {one.attempts for one in house.deliveries()} == {1}


def test_the_end_of_a_secret_is_told_weeks_before(house: House, login: LoginServer) -> None:
    day = (house.now() + timedelta(days=10)).date()
    by_tokens(house, login, secret_expires=day.isoformat())
    house.start()
    (notice,) = house.wait_for("robin", "notice")
    assert "ends soon" in str(notice["Subject"]) and "make a new client secret" in text(notice).lower()
    status = house.status()
    assert status.process.returncode == 0, status.said
    assert "Ends soon" in status.said
    house.pass_to_slot()
    (report,) = house.wait_for("robin", "report")
    assert "ENDS SOON" in text(report)

"""The bot's own mail, and machines' answers to it, come back into the mailbox that it reads: neither goes round."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from bot.types import Disposition
from tests.flow.house import PEOPLE, House, parsed, post, steady, sums, text
from tests.servers import PASSWORD


def answer(house: House, to: EmailMessage, subject: str, said: str, *, is_marked: bool) -> None:
    """What a reader's mail program writes back while they are away, through the real mail server."""
    reply = EmailMessage()
    reply["From"] = house.addresses["ana"]
    reply["To"] = f"{house.account}@example.edu"
    reply["Subject"] = subject
    reply["Date"] = format_datetime(house.now())
    reply["Message-ID"] = make_msgid(domain="example.edu")
    reply["In-Reply-To"] = to["Message-ID"]
    reply["References"] = to["Message-ID"]
    if is_marked:
        reply["Auto-Submitted"] = "auto-replied"
    reply.set_content(said)
    with smtplib.SMTP("localhost", house.servers.smtp_port) as smtp:
        smtp.starttls(context=ssl.create_default_context(cafile=str(house.servers.ca_file)))
        smtp.login(house.account, PASSWORD)
        smtp.send_message(reply, from_addr="" if is_marked else house.addresses["ana"])


def kinds(house: House) -> list[str]:
    """What was set aside, and as what."""
    return sorted(one.kind for one in house.received() if one.disposition is Disposition.SET_ASIDE)


def test_own_mail_and_automatic_answers_are_set_aside(house: House) -> None:
    # The liaison's own address is the very mailbox that the bot reads.
    house.rule("people.yaml", PEOPLE.format(**{**house.addresses, "robin": f"{house.account}@example.edu"}))
    house.deliver(post("one", house.now()), post("own", house.now(), to="nobodys-list", subject="A question"))
    house.start()
    house.wait_received(2)
    house.pass_to_slot()
    (digest,) = house.wait_for("ana", "digest")
    # The liaison's digest and report come back at once.
    house.wait_received(4)
    assert kinds(house) == ["own-mail", "own-mail"]

    answer(house, digest, "Automatic reply: Library digest", "I am away.", is_marked=True)
    answer(house, digest, "Out of office", "I am out of the office until Monday and will reply then.", is_marked=False)
    house.wait_received(6)
    assert kinds(house) == ["auto-reply", "auto-reply", "own-mail", "own-mail"]
    steady(lambda: (len(house.received()), len(house.deliveries())))

    house.pass_to_slot()
    house.wait_received(7)
    report = house.servers.mailbox(house.account)[-1]
    total, parts = sums(parsed(report))
    assert (total, parts) == (4, [0, 0, 0, 4, 0])
    assert "2 automatic replies" in text(parsed(report))
    assert len(house.of_kind("ana", "digest")) == 1
    assert len(house.received()) == 7

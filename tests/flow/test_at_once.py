"""What goes at once, read back from the readers' real mailboxes: threads, pictures, quiet hours, a storm, answers."""

from __future__ import annotations

import smtplib
import ssl
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from bot.types import Disposition
from tests.flow.house import CHICAGO, PEOPLE, House, html, parsed, post, steady, sums, text
from tests.servers import PASSWORD
from tests.unit.test_page import PNG
from tests.unit.test_page import mail as html_mail

ROUTING = """\
slots:
  daily: {{at: "07:30", on: every day}}
rules:
  - rule: outages
    when: {{subject: [alma]}}
    tag: [downtime]
    to: [ana, ben]
    send: now
    {more}
    why: an outage concerns the desks
  - rule: red-alert
    when: {{subject: [red alert]}}
    to: [ana, ben]
    send: now
    stop: true
    why: nobody must miss an alert
"""


def rule(house: House, more: str = "reply-to: liaison") -> None:
    house.rule("routing.yaml", ROUTING.format(more=more))


def down(house: House, key: str = "down") -> bytes:
    return post(key, house.now(), subject="Alma is down", to="announce",
                text="Alma is down since this morning. Nobody can log in. The vendor is investigating right now.")


def still(house: House) -> bytes:
    return post("still", house.now(), subject="Update: Alma is still down", to="announce",
                text="Alma is still down for everybody. No change, no estimate yet; we are working on it right now.")


def back(house: House) -> bytes:
    return post("back", house.now(), subject="Alma restored", to="announce",
                text="Alma has been restored and works again for all libraries. Thank you for your patience today.")


def test_an_outage_is_one_thread_of_two_mails(house: House) -> None:
    rule(house)
    house.deliver(down(house))
    house.start()
    for reader in ("ana", "ben"):
        house.wait_for(reader, "urgent")
    house.deliver(still(house))
    house.wait_received(2)
    house.pass_time(timedelta(minutes=20))
    house.deliver(back(house))
    for reader in ("ana", "ben"):
        first, second = house.wait_for(reader, "urgent", 2)
        assert first["Subject"].startswith("Going on now: Alma is down")
        assert second["Subject"].startswith("Resolved: Alma restored")
        assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
        assert "CARLI announce via Library Digest" in first["From"]
    steady(lambda: len(house.deliveries()))
    house.pass_to_slot()
    digest = text(house.wait_for("ana", "digest")[0])
    assert "overtaken by a newer post" in " ".join(digest.split())
    assert "still down for everybody" not in digest
    assert [len(house.of_kind(reader, "urgent")) for reader in ("ana", "ben", "cleo")] == [2, 2, 0]


def test_pictures_reach_the_reader_inside_the_page(house: House) -> None:
    rule(house)
    head = (f"Authentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n"
            f"Date: {format_datetime(house.now())}\r\nMessage-ID: <page@example.org>\r\n"
            "List-Id: <announce.lists.example.org>\r\nTo: announce@lists.example.org\r\n").encode()
    page = ('<p>Alma is down since this morning; nobody can log in.</p><p><img src="cid:shot" alt="the error"></p>'
            '<img src="https://track.example.com/p.gif" width="1" height="1"><script>x()</script>')
    house.deliver(head + html_mail(page, ("shot", "image/png", PNG)).replace(
        b"From: Ann <ann@carli.example.org>\r\nSubject: Alma", b"From: Kim <kim@example.org>\r\nSubject: Alma is down"))
    house.start()
    (got,) = house.wait_for("ana", "urgent")
    (picture,) = (part for part in got.walk() if part.get_content_type() == "image/png")
    assert picture.get_content() == PNG
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html(got)
    assert "track.example.com" not in html(got)
    assert "<script" not in html(got)
    assert "nobody can log in" in text(got)


def test_quiet_hours_hold_and_then_deliver(house: House) -> None:
    now = house.now().astimezone(CHICAGO)
    start, end = now - timedelta(hours=1), now + timedelta(hours=1)
    quiet = f'quiet: {{from: "{start:%H:%M}", until: "{end:%H:%M}"}}'
    house.rule("people.yaml", PEOPLE.format(**house.addresses).replace("name: Ana Ruiz", f"{quiet}, name: Ana Ruiz"))
    rule(house)
    house.deliver(post("lamp", house.now(), subject="Red alert lamp", to="announce",
                       text="The lamp over the returns desk is gone. Please bring a new one when you pass."))
    house.start()
    house.wait_for("ben", "urgent")
    house.deliver(down(house))                                   # going on now: it breaks through
    (critical,) = house.wait_for("ana", "urgent")
    assert "Alma is down" in critical["Subject"]
    house.pass_time(timedelta(hours=1, minutes=1))
    assert [one["Subject"] for one in house.wait_for("ana", "urgent", 2)][1] == "Red alert lamp"
    steady(lambda: len(house.deliveries()))
    assert [len(house.of_kind(reader, "urgent")) for reader in ("ana", "ben")] == [2, 2]


def test_a_storm_is_six_mails_and_one_list(house: House) -> None:
    rule(house)
    house.deliver(*(post(f"storm{n}", house.now(), subject=f"Red alert storm{n}", to="announce") for n in range(10)))
    house.start()
    house.wait_for("ana", "urgent", 6)
    steady(lambda: len(house.of_kind("ana", "urgent")))
    house.pass_time(timedelta(minutes=10))
    *single, gathered = house.wait_for("ana", "urgent", 7)
    assert gathered["Subject"].startswith("4 more messages marked urgent")
    told = " ".join([*(one["Subject"] for one in single), text(gathered)]).lower()
    assert all(f"red alert storm{n}" in told for n in range(10))
    (notice,) = house.of_kind("robin", "notice")
    assert "within an hour" in notice["Subject"]
    steady(lambda: len(house.deliveries()))


def answer(house: House, to: EmailMessage, who: str) -> None:
    """A reader's answer, through the real mail server, to where the mail says."""
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = house.addresses[who], to["Reply-To"], f"Re: {to['Subject']}"
    reply["Date"], reply["Message-ID"] = format_datetime(house.now()), make_msgid(domain="example.edu")
    reply["In-Reply-To"] = reply["References"] = to["Message-ID"]
    reply.set_content("Got it.")
    with smtplib.SMTP("localhost", house.servers.smtp_port) as smtp:
        smtp.starttls(context=ssl.create_default_context(cafile=str(house.servers.ca_file)))
        smtp.login(house.account, PASSWORD)
        smtp.send_message(reply, from_addr=house.addresses[who])


def asking(house: House) -> None:
    """A library whose rule wants an answer within half an hour; the liaison's mailbox is the one that the bot reads."""
    people = PEOPLE.format(**{**house.addresses, "robin": f"{house.account}@example.edu"})
    house.rule("people.yaml", people.replace("name: Ana Ruiz", "deputy: cleo, name: Ana Ruiz")
               .replace("name: Ben Oduya", "deputy: cleo, name: Ben Oduya"))
    rule(house, "acknowledge: 30m")


def test_nobody_answers_and_the_deputy_gets_it(house: House) -> None:
    asking(house)
    house.deliver(down(house))
    house.start()
    (mail,) = house.wait_for("ana", "urgent")
    house.wait_for("ben", "urgent")
    house.wait_all_sent()
    assert "one word is enough" in text(mail)
    house.pass_time(timedelta(minutes=31))
    (second,) = house.wait_for("cleo", "urgent")
    assert second["Subject"].startswith("No answer yet:")
    steady(lambda: len(house.deliveries()))
    assert len(house.of_kind("cleo", "urgent")) == 1             # deputy of both


def test_an_answer_is_enough_and_adds_up(house: House) -> None:
    asking(house)
    house.deliver(down(house))
    house.start()
    (mail,) = house.wait_for("ana", "urgent")
    house.wait_for("ben", "urgent")
    house.wait_all_sent()
    assert mail["Reply-To"].endswith(f"<{house.account}@example.edu>")
    answer(house, mail, "ana")
    house.wait_received(2)
    (reply,) = (one for one in house.received() if one.disposition is Disposition.SET_ASIDE)
    assert reply.kind == "reply"
    house.pass_time(timedelta(minutes=31))
    steady(lambda: len(house.deliveries()))
    assert house.of_kind("cleo", "urgent") == []
    house.pass_to_slot()
    house.wait_received(3)
    report = next(parsed(raw) for raw in reversed(house.servers.mailbox(house.account))
                  if parsed(raw)["Subject"].startswith("Liaison report"))
    total, parts = sums(report)
    assert total == sum(parts) == 2
    assert "1 reply to the bot" in text(report)

"""Reports of many servers, read: which of our mails they name, and what became of it; none raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inbox.returned import Report, read_report

OURS = "<digest.0123456789abcdef0123456789abcdef@library.example.edu>"
OLDER = "<urgent.ffffffffffffffffffffffffffffffff@library.example.edu>"
DANA = "dana@campus.example.edu"


def report(status: str, *, returned: str = "", kind: str = "message/rfc822", said: str = "It was not delivered.",
           head: str = "", status_kind: str = "message/delivery-status") -> bytes:
    """A report of RFC 3464 with these fields of the recipient."""
    returned = returned or f"From: digest@library.example.edu\nTo: {DANA}\nSubject: Digest\nMessage-ID: {OURS}\n\nHi.\n"
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\n{head}"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{said}\n--b\nContent-Type: {status_kind}\n\n"
        f"Reporting-MTA: dns; mx.example.net\nArrival-Date: Mon, 23 Nov 2026 07:30:05 -0600\n\n{status}\n\n"
        f"--b\nContent-Type: {kind}\n\n{returned}\n--b--\n"
    ).replace("\n", "\r\n").encode()


def failed(address: str = DANA, text: str = "smtp; 550 5.1.1 user unknown", status: str = "5.1.1") -> str:
    """The fields of a recipient."""
    return f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}\nDiagnostic-Code: {text}"


def only(found: Report | None) -> tuple[str, frozenset[str], str, str]:
    """The likeliest name, and the only recipient."""
    assert found is not None
    (one,) = found.recipients
    return found.names[0], one.addresses, one.action, one.text


def test_a_report_as_the_rfc_has_it() -> None:
    name, addresses, action, text = only(read_report(report(failed())))
    assert (name, addresses, action) == (OURS, {DANA}, "failed")
    assert text == "550 5.1.1 user unknown"


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/global-headers", "message/rfc822", "message/global"])
def test_the_mail_is_known_by_its_headers_alone(kind: str) -> None:
    returned = f"To: {DANA}\nReferences: {OLDER}\nIn-Reply-To: {OLDER}\nMessage-ID:\n {OURS}\nSubject: Digest\n"
    assert only(read_report(report(failed(), returned=returned, kind=kind)))[0] == OURS


def test_a_whole_mail_of_several_parts_is_known() -> None:
    returned = f"Message-ID: {OURS}\nContent-Type: multipart/alternative; boundary=q\n\n--q\n\nHi.\n--q--\n"
    assert only(read_report(report(failed(), returned=returned)))[0] == OURS


def test_a_report_for_international_addresses_is_read() -> None:
    status = failed("dåna@campus.example.edu").replace("rfc822;", "utf-8;")
    found = only(read_report(report(status, status_kind="message/global-delivery-status")))
    assert found[2:] == ("failed", "550 5.1.1 user unknown")


def test_both_spellings_of_an_address_are_known() -> None:
    status = f"Original-Recipient: rfc822; Dana@Campus.example.edu\n{failed('dana.ortiz@hosted.example.com')}"
    assert only(read_report(report(status)))[1] == {DANA, "dana.ortiz@hosted.example.com"}


def test_a_delay_is_none() -> None:
    status = f"Final-Recipient: rfc822; {DANA}\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: tomorrow"
    assert only(read_report(report(status)))[2] == "delayed"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", ""])
def test_that_a_mail_arrived_is_no_failure(action: str) -> None:
    assert read_report(report(f"Final-Recipient: rfc822; {DANA}\nAction: {action}\nStatus: 2.0.0")) is None


def test_what_the_server_said_counts_more_than_the_reporters_own_code() -> None:
    assert only(read_report(report(failed(status="5.0.0"))))[3] == "550 5.1.1 user unknown"
    assert only(read_report(report(failed(text="x-mail; gone", status="5.1.1"))))[3] == "5.1.1 gone"
    assert only(read_report(report(failed(text="", status="5.2.2"))))[3] == "5.2.2"


EXCHANGE = (
    "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@campus.example.edu>\n"
    f"Subject: Undeliverable: Digest\nIn-Reply-To: {OURS}\nX-MS-Exchange-Message-Is-Ndr:\nMIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\n"
    f"Your message to {DANA} couldn't be delivered.\nOriginal Message Headers\nMessage-ID: {OURS}\n"
    "--c--\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;BN8.example.com\n\n"
    f"Final-Recipient: rfc822;{DANA}\nAction: failed\nStatus: 5.1.10\n"
    "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP lookup\n\n--b--\n"
)
GMAIL = (
    "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nX-Failed-Recipients: " + DANA + "\n"
    f"Subject: Delivery Status Notification (Failure)\nReferences: {OLDER}\nMIME-Version: 1.0\n"
    "Content-Type: multipart/report; boundary=b; report-type=delivery-status\n\n--b\nContent-Type: text/html\n\n"
    "<p>Address not found</p>\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; googlemail.com\n"
    f"X-Original-Message-ID: {OURS}\n\nFinal-Recipient: rfc822; {DANA}\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n\n--b--\n"
)
QMAIL = (
    f"From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\n"
    "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the "
    f"following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<{DANA}>:\n"
    "192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 No such user\n\n"
    f"--- Below this line is a copy of the message.\n\nTo: {DANA}\nMessage-ID: {OURS}\nSubject: Digest\n\nHi.\n"
)
EXIM = (
    f"X-Failed-Recipients: {DANA}\nAuto-Submitted: auto-replied\nFrom: Mailer-Daemon@mx.example.net\n"
    "Subject: Mail delivery failed: returning message to sender\n\n"
    "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
    f"delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n"
    f"\n  {DANA}\n"
    "    host mail.campus.example.edu [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:\n"
    "    552 5.2.2 mailbox full\n\n------ This is a copy of the message, including all the headers. ------\n\n"
    f"To: {DANA}\nMessage-ID: {OURS}\nSubject: Digest\n\nHi.\n"
)


@pytest.mark.parametrize(("mail", "said"), [
    (EXCHANGE, "5.1.10"), (GMAIL, "5.1.1"), (QMAIL, "550 5.1.1 No such user"), (EXIM, "552 5.2.2 mailbox full"),
])
def test_servers_of_other_habits_are_understood(mail: str, said: str) -> None:
    name, addresses, action, text = only(read_report(mail.replace("\n", "\r\n").encode()))
    assert (name, addresses, action) == (OURS, {DANA}, "failed")
    assert said in text and "Digest" not in text


@pytest.mark.parametrize("mail", [
    b"", b"Subject: hi\r\n\r\nhi", report(failed()).replace(OURS.encode(), b"<someone.elses@example.org>"),
    report("Action: failed"), report(""),
])
def test_what_names_no_mail_of_ours_or_no_failure_is_none(mail: bytes) -> None:
    assert read_report(mail) is None


def test_a_mail_within_the_returned_mail_is_not_meant() -> None:
    inner = f"Content-Type: message/rfc822\n\nMessage-ID: {OLDER}\nSubject: x\n\nx"
    head = "Message-ID: <other@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q"
    returned = f"{head}\n\n--q\n{inner}\n--q--"
    assert read_report(report(failed(), returned=returned)) is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_that_anybody_sends_raises(data: st.DataObject) -> None:
    mail = bytearray(data.draw(st.sampled_from([report(failed()), EXCHANGE.encode(), QMAIL.encode(), EXIM.encode()])))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(mail) - 1))
        mail[at:at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
        if not mail:
            break
    read_report(bytes(mail))

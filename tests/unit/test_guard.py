"""The guards: what is noise, what is held, what must pass; and what the why must never say."""

from __future__ import annotations

import dataclasses
import time

import pytest

from bot.config import Sender
from bot.config import Trust as TrustSection
from bot.inbox import patron
from bot.inbox.domains import imitated
from bot.inbox.guard import GUARDS, inspect
from bot.inbox.message import parse
from bot.inbox.trust import Trust, authenticated, results
from bot.types import Disposition, Message
from tests.unit.builders import patron_data_in

TRUST = Trust(
    authentication_server="mx.library.example.edu", consortium=("carli.example.edu",),
    vendors=("exlibrisgroup.example.com", "oclc.example.org"), members=("northlake.example.edu", "prairie.example.org"),
    own_address="digest@library.example.edu", own_list="digest.library.example.edu",
    known_lists=frozenset({"i-share", "techserv-ig"}))
OURS = "Authentication-Results: mx.library.example.edu; "
PASS = "spf=pass smtp.mailfrom=carli.example.edu; dkim=pass header.d=carli.example.edu"
LIST = "List-Id: <techserv-ig.carli.example.edu>\nList-Post: <mailto:techserv-ig@carli.example.edu>\n"
BY_LIST = (
    "spf=pass smtp.mailfrom=techserv-ig-bounces@carli.example.edu; dkim=fail header.d=northlake.example.edu; "
    "dmarc=fail header.from=northlake.example.edu")
BAIT = "Your mailbox is full. Click here to verify your account within 24 hours: http://x.example/y\n"


def mail(
    sender: str = "Support <support@carli.example.edu>", subject: str = "Notice", body: str = "The zone changed.\n",
    found: str = PASS, extra: str = "",
) -> Message:
    head = f"From: {sender}\nTo: x@library.example.edu\nSubject: {subject}\n{OURS + found if found else 'X-None: 1'}\n"
    raw = f"{head}{extra}\n{body}".encode()
    return parse(raw, known_lists=TRUST.known_lists)


def kind(message: Message, trust: Trust = TRUST) -> str | None:
    verdicts = inspect(message, trust)
    return verdicts[0].kind if verdicts else None


ANN = "Ann Arbogast <ann@northlake.example.edu>"
SPOOF = "spf=fail smtp.mailfrom=carli.example.edu; dkim=none; dmarc=fail header.from=carli.example.edu"


@pytest.mark.parametrize(("message", "expected"), [
    (mail(), None),
    (mail(found=""), None),
    (mail(ANN, found=BY_LIST, extra=LIST), None),
    (mail(ANN, found="spf=pass smtp.mailfrom=evil.example; dmarc=fail header.from=northlake.example.edu", extra=LIST),
     "unauthenticated"),
    (mail(ANN, found="spf=pass smtp.mailfrom=carli.example.edu; dmarc=fail header.from=northlake.example.edu",
          extra="List-Id: <x.carli.example.edu>\nList-Post: <mailto:x@evil.example>\n"), "unauthenticated"),
    (mail(found=SPOOF), "unauthenticated"),
    (mail(found="spf=softfail smtp.mailfrom=carli.example.edu; dkim=none"), "unauthenticated"),
    (mail(found="dmarc=pass header.from=evil.example; spf=pass smtp.mailfrom=evil.example"), "unauthenticated"),
    (mail(found="dmarc=pass action=none header.from=carli.example.edu;compauth=pass reason=100"), None),
    (mail("It <it@quota.example>", "Verify your mailbox", BAIT, "spf=pass smtp.mailfrom=quota.example"), "fraud"),
    (mail(subject="Verify your mailbox", body=BAIT, found=""), "fraud"),
    (mail(subject="Verify your mailbox", body=BAIT), None),
    (mail(subject="Phishing", body="Beware of phishing such as this, do not click: " + BAIT), None),
    (mail(subject="Phishing", body="Beware of phishing such as this, do not click: " + BAIT, found=""), None),
    (mail('"Ex Libris Support" <x@gmail.com>', found="dmarc=pass header.from=gmail.com"), "fraud"),
    (mail('"support@carli.example.edu" <x@gmail.com>', found="dmarc=pass header.from=gmail.com"), "fraud"),
    (mail('"Jo Poe (CARLI Board)" <jo@gmail.com>', found=BY_LIST, extra=LIST), None),
    (mail("Dean <d@gmail.com>", "Quick", "Are you free? Buy gift cards and send the codes.\n", "spf=pass smtp.mailfrom="
          "gmail.com"), "fraud"),
    (mail("HR <hr@pay.example>", body="We have updated the direct deposit information; review your payroll account.\n",
          found="spf=pass smtp.mailfrom=pay.example"), "fraud"),
    (mail(ANN, "Invoices", "How do you fulfil FY20 invoices? They must be paid by June.\n", BY_LIST, LIST), None),
])
def test_senders(message: Message, expected: str | None) -> None:
    assert kind(message) == expected


@pytest.mark.parametrize(("message", "expected"), [
    (mail(subject="Automatic reply: [TECHSERV-IG] Upgrade", body="I am away."), "auto-reply"),
    (mail(subject="Out of Office: Ann", body="I am out of the office until Monday."), "auto-reply"),
    (mail(subject="Shelf list", extra="Auto-Submitted: auto-replied\n"), "auto-reply"),
    (mail(subject="Shelf list", extra="Precedence: auto_reply\n"), "auto-reply"),
    (mail(subject="Out of office coverage for reserves", body="How do you all cover the desk in summer?"), None),
    (mail(subject="Alma maintenance", extra="Auto-Submitted: auto-generated\n" + LIST), None),
    (mail(subject="Alma maintenance", extra="Auto-Submitted: no\nX-Auto-Response-Suppress: All\n"), None),
    (mail("Mail <MAILER-DAEMON@x.example>", "Undelivered Mail Returned to Sender"), "delivery-report"),
    (mail(extra="Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"), "delivery-report"),
    (mail("Microsoft Outlook <MicrosoftExchange329e71ec88@x.example>", "Undeliverable: Hi"), "delivery-report"),
    (mail("techserv-ig-owner@carli.example.edu", "3 TechServ-IG moderator request(s) waiting"), "administrivia"),
    (mail("x-request@carli.example.edu", "confirm 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"), "administrivia"),
    (mail(extra="X-List-Administrivia: yes\n"), "administrivia"),
    (mail("Q <q@messaging.microsoft.com>", "Microsoft 365 security: You have messages in quarantine",
          found="spf=pass smtp.mailfrom=messaging.microsoft.com"), "administrivia"),
    (mail("Q <q@evil.example>", "You have 3 quarantined messages", "Click here to release: http://x.example",
          "spf=pass smtp.mailfrom=evil.example"), "fraud"),
    (mail(subject="[TechServ-IG] test", body="Testing, please ignore.\n\nAnn"), "test-post"),
    (mail(subject="Testing the new release", body="Please test the release in the sandbox and tell us."), None),
    (mail(subject="test", body="We run the test of course reserves by Friday at every library; ask Dana."), None),
    (mail("Digest <digest@library.example.edu>", extra="List-Id: <digest.library.example.edu>\n"), "own-mail"),
    (mail(extra="X-Liaison-Loop: digest.library.example.edu\n"), "loop"),
])
def test_noise(message: Message, expected: str | None) -> None:
    assert kind(message) == expected


@pytest.mark.parametrize("domain", [
    "carli-support.example", "car1i.example.edu", "carli.example.edu.evil.example", "xn--crli-53d.example.edu",
    "exlibrisgr0up.example.com", "support-carli.example", "carli.example", "carlii.example.edu"])
def test_look_alike_domains(domain: str) -> None:
    assert imitated(domain, TRUST.inside) is not None


@pytest.mark.parametrize("domain", [
    "carli.example.edu", "lists.carli.example.edu", "southlake.example.edu", "library.example.org", "gmail.com", "",
    "charlie.example.edu", "prairie.example.org"])
def test_other_domains_imitate_nobody(domain: str) -> None:
    assert imitated(domain, TRUST.inside) is None


def test_link_that_shows_another_host_counts_only_from_strangers() -> None:
    html = '<p>See <a href="http://evil.example/">https://carli.example.edu/login</a></p>'
    as_html = "Content-Type: text/html\n"
    stranger = mail("V <v@vendor.example>", body=html, found="spf=pass smtp.mailfrom=vendor.example", extra=as_html)
    assert kind(stranger) == "fraud"
    assert kind(mail(body=html, extra=as_html)) is None


VOUCHED = "spf=pass smtp.mailfrom={0}; dkim=pass header.d={0}; dmarc=pass header.from={0}"
SHARED = "Ann Lee shared a file with you.\nMinutes.pdf\nGo to file: {}\n"


def stranger(name: str, domain: str, subject: str, body: str) -> Message:
    return mail(f"{name} <post@{domain}>", subject, body, VOUCHED.format(domain))


@pytest.mark.parametrize(("message", "expected"), [
    (stranger("Box", "box-files.example", "Ann Lee shared a file", SHARED.format("https://box-files.example/1")),
     "fraud"),
    (stranger("Box", "box.com", "Ann Lee shared a file", SHARED.format("https://app.box.com/1")), None),
    (stranger("Ann Lee", "college.example", "Minutes", "I shared the minutes with you on Box: https://app.box.com/1\n"),
     None),
    (stranger("Vmail", "pbx.example", "Voicemail", "You have a new voicemail. Play: https://pbx.example/1\n"), "fraud"),
    (stranger("Library IT", "mfa.example", "MFA", "Your MFA expires today. Scan the QR code below.\n"), "fraud"),
    (stranger("OCLC Status", "oclc.statuspage.example", "Maintenance", "WorldShare will be unavailable on March 8 from "
              "1 to 4 AM; users cannot sign in.\n"), None),
    (stranger("OCLC Support", "portal.example", "Case", "Please log in to read our answer: https://portal.example\n"),
     "fraud"),
    (stranger("Ann Lee", "gmail.com", "Lunch", "It was good to meet you all at the forum last week. Are you free for "
              "lunch at the annual meeting in May? I would love to hear how the new sharing system goes.\n"), None),
])
def test_strangers_are_held_for_what_they_ask(message: Message, expected: str | None) -> None:
    assert kind(message) == expected


def test_a_foreign_list_that_breaks_signatures_is_no_fraud() -> None:
    found = "spf=pass smtp.mailfrom=b@lists.binders.example; dkim=fail; dmarc=fail header.from=wprice.example"
    extra = "List-Id: <binders.lists.binders.example>\nList-Post: <mailto:binders@lists.binders.example>\n"
    assert kind(mail("W <w@wprice.example>", body="The paste recipe.\n", found=found, extra=extra)) is None
    assert kind(mail("W <w@wprice.example>", body="The paste recipe.\n", found=found)) == "unauthenticated"


@pytest.mark.parametrize(("subject", "body", "expected"), [
    ("test", "This is a test, please ignore. We changed our mail server and I want to see if my posts arrive.",
     "test-post"),
    ("Listserv check", "Test, please ignore. My last two posts never showed up in the archive.", "test-post"),
    ("Please ignore - test", "IT asked me to send a message while they watch the logs.", "test-post"),
    ("Test your connection", "This is a test that every library has to run by Friday. Do not reply.", None),
    ("Test records", "Please ignore the records titled TEST; we delete them tonight.", None),
])
def test_trials_with_some_words_around(subject: str, body: str, expected: str | None) -> None:
    assert kind(mail(ANN, subject, body + "\n", BY_LIST, LIST)) == expected


@pytest.mark.parametrize("text", [
    "barcode 2-1345-00045-9921", "2134 5000 4599 21", "barcode is 21234-\n567890123", "| barcode | 21345 | 000459921 |",
    "The patron, Delphine\n> Okafor, has two overdue books", "the UIN of this one is 654982311", "DOB 4/12/2003",
    "Dear Delphine Okafor,\nthese items are overdue", "Our patron Ms. Okafor cannot renew her loans",
    "book for Delphine Okafor, 412 W Oak St, Apt 3, Urbana"])
def test_patron_data_in_many_writings(text: str) -> None:
    assert patron_data_in(text) is not None


@pytest.mark.parametrize("text", [
    "items 3 1345 0004 5992 3 and 31345-00045-9921", "2023 2024 2025 2026", "Call 217 555 0142 2170",
    "set ID 23456780005867", "Student Jonah Feld won the award for a paper on fees",
    "Lincoln Hall, 200 W Green St, Unit B"])
def test_numbers_and_names_in_many_writings_that_are_nobodys_secret(text: str) -> None:
    assert patron.find(text) is None


@pytest.mark.parametrize("text", ["2 " * 50_000, "2-\n> " * 20_000, "Dear Ann Bee, " * 5_000, "a@" * 50_000])
def test_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    patron_data_in(text)
    assert time.process_time() - started < 3


# ── authentication ────────────────────────────────────────────────────────────────────────────────────────────────


def test_forged_results_below_ours_do_not_count() -> None:
    forged = f"{OURS}{PASS}\n"
    assert authenticated(mail(found=SPOOF, extra=forged), TRUST)[0] is False
    assert authenticated(mail(found="spf=fail smtp.mailfrom=x.example; dkim=none", extra=forged), TRUST)[0] is False


def test_results_of_other_servers_are_not_read() -> None:
    message = mail(found="", extra=f"Authentication-Results: mx.other.example; {PASS}\n")
    assert results(message, TRUST) is None
    assert authenticated(message, TRUST)[0] is False


def test_results_without_a_server_id_are_no_error() -> None:
    assert results(mail(found="", extra="Authentication-Results: ;;;(((\n"), TRUST) is None


def test_microsoft_writes_no_server_id() -> None:
    trust = dataclasses.replace(TRUST, authentication_server="protection.outlook.com")
    line = (
        "Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=carli.example.edu; dkim=none "
        "header.d=none;dmarc={} action=none header.from=carli.example.edu;compauth=pass reason=100\n")
    assert authenticated(mail(found="", extra=line.format("pass")), trust)[0] is True
    forged = line.format("fail").replace("spf=pass", "spf=fail") + line.format("pass")
    assert authenticated(mail(found="", extra=forged), trust)[0] is False


def test_encoded_word_in_a_result_stays_a_word() -> None:
    found = 'spf=fail smtp.mailfrom="=?us-ascii?q?x=3B_dkim=3Dpass_header.d=3Dcarli.example.edu?="@evil.example'
    assert authenticated(mail(found=found), TRUST)[0] is False


def test_why_is_a_sentence() -> None:
    for trust in (TRUST, dataclasses.replace(TRUST, authentication_server=None)):
        for found in (PASS, SPOOF, "", "none"):
            assert authenticated(mail(found=found), trust)[1].endswith(".")


def test_trust_is_built_from_config() -> None:
    trust = Trust.of(
        TrustSection(authentication_server="MX.Library.example.edu", consortium=["@CARLI.example.edu"]),
        Sender(address="digest@library.example.edu"), frozenset({"i-share"}))
    assert trust.authentication_server == "mx.library.example.edu"
    assert trust.consortium == ("carli.example.edu",)
    assert trust.own_list == "digest.library.example.edu"


# ── patron data ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", [
    "Patron Marcus Webb (21234003456789) owes", "SSN 123-45-6789", "UIN: 654321987", "barcode 2 1234 00345 6789",
    "ID number 000123456 for the student", "<primary_id>jdoe12</primary_id><first_name>Jo</first_name>",
    "<barcode>21234003456789</barcode>", "&lt;primary_id&gt;A00123456&lt;/primary_id&gt;",
    "The patron Marcus Webb still has two overdue books", "Marcus Webb owes $45.00", "Jane Smith's fines were waived",
    "Home address of Marcus Webb: 12 Oak St", "Our student, Priya Nair, cannot renew her loans",
    "Patron: Nair, Priya  Fines: $3.50", "Marcus Webb has two overdue books", "account of patron Lena Ruiz is blocked"])
def test_patron_data_is_found_and_masked(text: str) -> None:
    found = patron_data_in(text)
    assert found is not None
    secrets = "21234003456789 123-45-6789 654321987 000123456 A00123456 Webb Priya Ruiz Smith"
    assert not any(secret in found for secret in secrets.split())


@pytest.mark.parametrize("text", [
    "item 31234003456789 is overdue", "MMS ID 991234567890123456", "Call 217-555-0101", "order ID number 12345678",
    "meeting ID number: 123 456 7890", "<barcode>31234003456789</barcode>", "<primary_id>xxx</primary_id>",
    "Patron Services Team will bill lost items", "Patron record loads run on Sunday, loans are due",
    "Dana Ortiz checked out the new feature", "Job 20260114093000 is done", "https://x.example/21234003456789",
    "User Group meeting: loans", "POL-123456, invoice 2123456789", "Main Library owes $45",
    "Patron barcodes have 14 digits and begin with 2", "Our mailing address is\n12 Oak Street"])
def test_other_numbers_and_names_are_no_patron_data(text: str) -> None:
    assert patron_data_in(text) is None


@pytest.mark.parametrize(("message", "place"), [
    (mail(subject="Patron 21234003456789"), "its subject"),
    (mail(body="See 21234003456789.\n"), "its text"),
    (mail(body="Thanks.\n\n> barcode 21234003456789\n"), "quoted"),
    (mail(extra="Content-Type: message/rfc822\n", body="Subject: x\n\nno. 21234003456789\n"), "an attached message"),
])
def test_patron_data_is_looked_for_everywhere(message: Message, place: str) -> None:
    verdict = inspect(message, TRUST)[0]
    assert verdict.kind == "patron-data"
    assert verdict.disposition is Disposition.HELD
    assert place in verdict.why


def test_all_guards_that_speak_are_told_and_noise_decides() -> None:
    message = mail(subject="Automatic reply: x", body="barcode 21234003456789\n", found=SPOOF)
    assert [verdict.kind for verdict in inspect(message, TRUST)] == ["auto-reply", "unauthenticated", "patron-data"]


def test_the_order_can_be_read_aloud() -> None:
    assert [guard.__name__ for guard in GUARDS] == [
        "own_mail", "loop", "delivery_report", "auto_reply", "administrivia", "test_post", "unauthenticated", "fraud"]

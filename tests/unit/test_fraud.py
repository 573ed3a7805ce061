"""Fraud: what impostors try, each in a mail; what genuine senders write that looks so; and mail made to cost time."""

from __future__ import annotations

import time

import pytest

from bot.inbox.guard import inspect
from bot.inbox.message import parse
from bot.inbox.trust import Trust

TRUST = Trust(
    authentication_server="mx.library.example.edu", consortium=("carli.example.edu",),
    vendors=("exlibrisgroup.example.com",), members=("northlake.example.edu",),
    own_address="digest@library.example.edu", own_list="digest.library.example.edu",
    known_lists=frozenset({"i-share"}))
OURS = "Authentication-Results: mx.library.example.edu; "
LIST = "List-Id: <i-share.carli.example.edu>\nList-Post: <mailto:i-share@carli.example.edu>\n"
#: The common case: the list's footer broke the writer's signature, and the list's own server is vouched for.
BY_LIST = (
    f"{OURS}spf=pass smtp.mailfrom=i-share-bounces@carli.example.edu; dkim=fail header.d=northlake.example.edu; "
    f"dmarc=fail header.from=northlake.example.edu\n{LIST}")
STRANGER = (
    f"{OURS}spf=pass smtp.mailfrom=new.example; dkim=pass header.d=new.example; dmarc=pass header.from=new.example\n")
ANN = "Ann Bee <ann@northlake.example.edu>"


def kind(body: str, sender: str = ANN, head: str = BY_LIST, subject: str = "A") -> str | None:
    raw = f"{head}From: {sender}\nTo: x@library.example.edu\nSubject: {subject}\n\n{body}\n".encode()
    verdicts = inspect(parse(raw, known_lists=TRUST.known_lists), TRUST)
    return next((verdict.kind for verdict in verdicts if verdict.kind in ("fraud", "unauthenticated")), None)


@pytest.mark.parametrize(("body", "sender"), [
    ("I can't take calls. Get six $100 cards from any store, scratch them and send me the codes.", "D <d@new.example>"),
    ("Are you at your desk? I'm in a meeting and can't talk, reply with a number.", "Head <h@new.example>"),
    ("Return the form with the number of a credit card and the three digits on the back.", "Rooms <r@new.example>"),
    ("Upload the private key and the admin password of the proxy to our portal.", "Renewals <r@new.example>"),
    ("Have your phone ready for the approval code, which our agent will ask you to read out.", "Desk <d@new.example>"),
    ("See the amendment in the zip (password: 2023). Press Enable Editing and then Enable Content.", "T <t@n.example>"),
    ("Your mailbox is full, verify your account at http://new.example/x within 24 hours.", "Help <h@new.example>"),
    ("We changed our bank details; pay the invoice to the new account.", "Billing <b@new.example>"),
    ("The window is on Sunday.", "Systems <s@alma-login.example>"),
    ("The window is on Sunday.", "CARLI Support <s@carli-members.example>"),
    ("Sign in at https://ishare-verify.example/x before Friday.", "Ann Bee <a@new.example>"),
])
def test_what_impostors_try_is_held(body: str, sender: str) -> None:
    assert kind(body, sender, STRANGER) == "fraud"


@pytest.mark.parametrize(("sender", "head"), [
    (ANN, f"{OURS}spf=pass smtp.mailfrom=evil.example; dmarc=fail header.from=northlake.example.edu\n{LIST}"),
    (ANN, f"{OURS}dkim=pass header.d=evil.example; dmarc=fail header.from=northlake.example.edu\n"
     f"Received: from evil.example\n{BY_LIST}"),
    ("CARLI <office@carli.example.edu>", f"{OURS}spf=none; dkim=none\n{LIST}"),
    ("CARLI <office@carli.example.edu>", f"{OURS}spf=pass smtp.mailfrom=evil.example; dkim=none\n{LIST}"),
])
def test_list_headers_on_a_mail_that_no_list_server_sent_vouch_for_nothing(sender: str, head: str) -> None:
    assert kind("The window is on Sunday.", sender, head) == "unauthenticated"


@pytest.mark.parametrize(("subject", "body"), [
    ("Window on Sunday", "Alma is down for maintenance on Sunday. Users cannot sign in.\n_____\ni-share mailing list"),
    ("Phishing in my inbox", "Did you get this one too?\n\n> Your mailbox is full. Click http://evil.example/x "
        "within 24 "
     "hours to verify your account or it will be suspended."),
    ("Beware", "Somebody pretends to be our director: 'buy gift cards and send me the codes'. Do not reply to it."),
    ("Agreement", "All signatures must be in by Friday, as SFTP accounts without one are suspended the day after."),
    ("EDI invoices doubled", "Since April the file arrives on the old vendor account and on the new one. Has somebody "
     "set up the connection anew? Each invoice must be paid once."),
    ("IP ranges", "Half of the tickets come from a new wireless range. Return the sheet by September 22."),
    ("Passwords", "From June on campus passwords expire every year; update your SIP2 account's password in Alma."),
])
@pytest.mark.parametrize("head", [BY_LIST, LIST], ids=["vouched", "silent"])
def test_genuine_posts_whose_signature_a_footer_broke_pass(subject: str, body: str, head: str) -> None:
    assert kind(body, subject=subject, head=head) is None


def test_a_link_that_lies_is_told_from_one_that_counts_clicks() -> None:
    html = "Content-Type: text/html\n"
    link = '<p>Sign in: <a href="http://{}/x">{}</a> to verify your account.</p>'
    lie = link.format("evil.example", "https://carli.example.edu/login")
    assert kind(lie, "N <n@new.example>", STRANGER + html) == "fraud"
    news = '<p>Our news: <a href="http://click.new.example/x">www.new.example/news</a></p>'
    assert kind(news, "N <n@new.example>", STRANGER + html) is None


LINKS = "".join(f"http://h{number}.example/x " for number in range(20_000))
ANCHORS = "".join(f'<a href="http://h{number}.example/">http://g{number}.example/</a> ' for number in range(20_000))
HOSTILE = {
    "links": (STRANGER, LINKS),
    "anchors": (STRANGER + "Content-Type: text/html\n", ANCHORS),
    "text-of-5-mb": (STRANGER, "Verify your account and the loan of Ann Bee, please. " * 100_000),
    "html-of-5-mb": (STRANGER + "Content-Type: text/html\n", "<p>Her <b>fines</b> of $5, Ann Bee</p>" * 150_000),
    "alternatives": (STRANGER + "Content-Type: text/html\n", '<img alt="Ann Bee owes $5 for it">' * 60_000),
    "accounts": (STRANGER, "account " * 100_000),
    "verbs": (STRANGER, "verify confirm update " * 50_000),
    "invoices": (STRANGER, "invoice attached new " * 50_000),
    "styles": (STRANGER + "Content-Type: text/html\n", "<style" * 60_000),
    "brackets": (STRANGER + "Content-Type: text/html\n", "<" * 400_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_takes_no_time(name: str) -> None:
    head, body = HOSTILE[name]
    started = time.process_time()
    kind(body, "N <n@new.example>", head)
    assert time.process_time() - started < 2

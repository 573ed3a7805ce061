"""Near-copies of one announcement fold; an update with news in it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.inbox.message import parse
from bot.reading.folding import Earlier, find_copy, signature
from bot.types import Message

TEXT = (
    "Dear colleagues,\n\nThe Technical Services Interest Group invites proposals for its spring forum, to be held "
    "online on March 9.\nWe are looking for short talks on authority control, duplicate records and serials "
    "check-in. Send "
    "a title and a few sentences to the address below.\nEverybody is welcome, newcomers most of all.\n")
SUBJECT = "Call for proposals: spring forum"
FORWARDED = (
    "Forwarding on behalf of the interest group.\n\n-----Original Message-----\nFrom: Mira Delgado\n"
    "Sent: Tuesday, March 3, 2026 9:00 AM\nTo: techserv-ig\nSubject: Call for proposals: spring forum\n\n")


def post(body: str = TEXT, subject: str = SUBJECT, sender: str = "mira@northlake.example.edu", kind: str = "plain",
         number: int = 2) -> Message:
    raw = (
        f"From: {sender}\nSubject: {subject}\nMessage-ID: <{number}@northlake.example.edu>\n"
        f"Content-Type: text/{kind}\n\n{body}")
    return parse(raw.encode())


def folds(later: Message, first: Message | None = None) -> bool:
    """Whether the store would find the earlier post by a band, and folding calls the later one its copy."""
    earlier = first or post(subject=f"[techserv-ig] {SUBJECT}", number=1)
    (packed, bands), (mine, own_bands) = signature(earlier), signature(later)
    candidate = Earlier(id=1, message=earlier, signature=packed, bytes_hash="")
    return bool({*bands} & {*own_bands}) and find_copy(later, mine, "", [candidate]) is not None


@pytest.mark.parametrize("later", [
    post(subject=f"[I-Share] {SUBJECT}"),
    post("Apologies for cross-posting.\n\n" + TEXT),
    post("** Posted to several lists; please excuse any duplication **\n\n" + TEXT),
    post(TEXT.replace("Dear colleagues,", "Hello I-Share liaisons,")),
    post(TEXT.replace("a few sentences", "a short abstract")),
    post(TEXT + "\nMira Delgado\nTechnical Services\n(217) 555-0129\n"),
    post(TEXT + "\n-----------------------\nYou receive this post as a subscriber of ANNOUNCE, the broadcast list.\n"
         "Suite 3, (217) 555-0100\n"),
    post("".join(f"<p>{part}</p>" for part in TEXT.split("\n\n")), kind="html"),
    post(FORWARDED + TEXT, subject=f"FW: {SUBJECT}", sender="support@carli.example.edu"),
])
def test_the_same_announcement_folds(later: Message) -> None:
    assert folds(later)


@pytest.mark.parametrize("later", [
    post(TEXT.replace("March 9", "March 16")),
    post(TEXT.replace("on March 9", "on Friday, March 9")),
    post(subject=f"Reminder: {SUBJECT}"),
    post(subject=f"SECOND NOTICE: {SUBJECT}"),
    post(TEXT.replace("invites proposals", "no longer invites proposals")),
    post(TEXT.replace("Technical Services", "Access Services")),
    post("The forum is called off, see the portal; please ignore the mail below.\n\n" + FORWARDED + TEXT,
         subject=f"FW: {SUBJECT}"),
    post("Is a talk on labels welcome too? We could show our new way with spine labels.\n\n> "
         + TEXT.replace("\n", "\n> "), subject=f"Re: {SUBJECT}"),
])
def test_news_does_not_fold(later: Message) -> None:
    assert not folds(later)


NOTE = "\nFor ResShare members: two more slots are kept open for talks about lending until Friday.\n"
SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def cross_posted(body: str, to: str, hours: int) -> Message:
    return replace(post(body), lists=(to,), date=SENT + timedelta(hours=hours))


@pytest.mark.parametrize(("later", "folded"), [
    (cross_posted(TEXT + NOTE, "resshare-ig", 1), True),
    (cross_posted(TEXT + NOTE, "techserv-ig", 1), False),
    (cross_posted(TEXT + NOTE, "resshare-ig", 30), False),
    (cross_posted(TEXT.replace("March 9", "March 16") + NOTE, "resshare-ig", 1), False),
    (cross_posted(TEXT + NOTE * 4, "resshare-ig", 1), False),
    (replace(cross_posted(TEXT + NOTE, "resshare-ig", 1), date=None), False),
])
def test_a_cross_post_may_add_a_word_for_its_own_list(later: Message, folded: bool) -> None:
    first = replace(post(number=1), lists=("techserv-ig",), date=SENT)
    assert folds(later, first) is folded


def test_a_short_post_folds_only_word_for_word_and_from_the_same_hand() -> None:
    first = post("The old catalog server is off for good.\n", number=1)
    assert folds(post("The old catalog server is off for good.\n"), first)
    assert not folds(post("The old catalog server is on again.\n"), first)
    assert not folds(post("The old catalog server is off for good.\n", sender="tom@prairie.example.org"), first)

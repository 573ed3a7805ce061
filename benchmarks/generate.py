"""List mail by the thousand: texts put together from word lists, headers as Mailman and a mail server leave them.

The same seed and `now` give the same bytes. About one post in four answers an earlier one and quotes it, one in twenty
is a copy through another list, three in ten have an HTML part beside the plain one, one in thirteen is HTML alone.
"""

from __future__ import annotations

import hashlib
import random
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from html import escape

SERVER = "mx.library.example.edu"
DOMAIN = "carli.example.edu"
READER = "liaison@library.example.edu"
LISTS = ("i-share", "i-shareliaisons", "announce", "ResShare-ig", "PubServ-ig", "Rpt-ig", "TechServ-ig",
         "E-Resource_Contacts", "PVE-ig")

_FIRST = ("Ana", "Ben", "Carla", "Devi", "Elliot", "Farah", "Grace", "Hugo", "Inez", "Jonas", "Keiko", "Lena",
          "Mateo", "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Stefan", "Tara", "Umar", "Vera", "Yusuf", "Zoë")
_LAST = ("Albright", "Brandt", "Castillo", "Dunmore", "Eskildsen", "Fairweather", "Grzyb", "Halloran", "Ibarra",
         "Kowalczyk", "Lindqvist", "Marchetti", "Novák", "Okafor", "Pemberton", "Quigley", "Szabo", "Thibault")
_PLACES = ("northfield", "prairieview", "lakemont", "riverbend", "oakhollow", "stonebridge", "maplecrest",
           "westhaven")
_TOPICS: dict[str, tuple[str, ...]] = {
    "cataloging": ("bibliographic records", "the import profile", "authority records", "holdings records",
                   "call numbers", "duplicate records", "the normalization rule", "OCLC numbers",
                   "subject headings", "serials check-in"),
    "fulfillment": ("resource sharing requests", "due dates", "the hold shelf", "courtesy letters", "patron groups",
                    "interlibrary loan", "delivery bags", "lost items", "renewal limits", "course reserves"),
    "training": ("the webinar series", "office hours", "the recording and slides", "a workshop", "registration",
                 "the spring forum", "drop-in sessions", "certification", "the open house"),
    "e-resources": ("subscription renewals", "the link resolver", "the database trial", "the licence",
                    "COUNTER reports", "EZproxy stanzas", "e-book packages", "electronic collections",
                    "vendor invoices", "IP ranges"),
    "discovery": ("the Primo VE view", "search results", "facets", "the central index", "display labels",
                  "the resource recommender", "search scopes", "full display", "brief results"),
    "analytics": ("annual statistics", "the dashboard", "usage reports", "Alma Analytics", "the subject area",
                  "the ACRL survey", "prompt filters", "pivot tables", "circulation figures", "the report folder"),
    "systems": ("single sign-on", "the SFTP account", "API keys", "the patron load", "the certificate", "user roles",
                "the firewall", "the integration profile", "self-check machines", "the identity provider"),
    "downtime": ("the maintenance window", "the sandbox refresh", "slow response", "scheduled maintenance",
                 "degraded performance", "intermittent errors", "the service", "the outage of last month"),
    "collections": ("the digital collection", "open textbooks", "shared print", "weeding", "the retention commitment",
                    "preservation supplies", "last copies", "digitization", "special collections"),
    "administration": ("the board meeting", "committee elections", "the bylaws", "the directory", "membership dues",
                       "the strategic plan", "nominations", "the annual meeting", "minutes of the meeting"),
}
_OPENINGS = (
    "I am writing about {a} at our library.", "We have been looking into {a} for a while now.",
    "This is a note on {a} for everybody who works with {b}.", "As announced last month, {a} will change.",
    "Thank you to all who answered our questions about {a}.", "Has anyone else seen trouble with {a} lately?",
)
_SENTENCES = (
    "We found that {a} and {b} do not always agree when a file of {n} lines is loaded overnight.",
    "Please review {a} by {day} and tell us whether {b} should stay as they are.",
    "The working group met on {day} and went through {a}, {b} and {c} in some detail.",
    "In our experience {a} takes about {n} minutes, and {b} hardly longer.",
    "A session on {a} will be held on {day} from {hour}:00 to {hour}:45 Central time.",
    "If your library uses {a}, have a look at {b} before the end of the term.",
    "Documentation of {a} is at https://www.carli.example.edu/docs/{n} and covers {b} too.",
    "Several colleagues asked how {a} relates to {b}; the short answer is that it depends on {c}.",
    "We counted {n} cases of {a} since {day}, most of them connected with {b}.",
    "The vendor says that {a} will be mended in the release of {day}.",
    "Would somebody share their procedure for {a}, perhaps with a word on {b}?",
    "For libraries with more than {n} titles, {a} needs a little more care than {b}.",
    "Nothing needs to be done for {a} unless {b} were changed by hand.",
    "Our student workers check {a} every {week}, and once a term they compare them with {b}.",
    "Let me know by {day} if {a} should be on the agenda together with {c}.",
    "The numbers for {a} went from {n} to {m} within a year, which nobody expected of {b}.",
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "September", "October", "November")
_FOOTER = "_______________________________________________\n{name} mailing list\n{address}\n" \
          "https://lists.carli.example.edu/mailman/listinfo/{name}\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One post before it becomes bytes."""

    number: int
    list: str
    name: str
    address: str
    subject: str
    text: str
    message_id: str
    date: datetime
    parents: tuple[str, ...] = ()
    form: str = "plain"


def generate(count: int, now: datetime, seed: int = 1, span: timedelta = timedelta(days=20)) -> Iterator[bytes]:
    """`count` messages as raw bytes with CRLF, oldest first, spread over the `span` before `now`."""
    dice = random.Random(seed)
    known: list[Post] = []
    for number in range(count):
        when = now - span + span * (number / max(count, 1))
        post = _draw(dice, number, when, known, seed)
        known = [*known[-200:], post]
        yield render(post)


def _draw(dice: random.Random, number: int, when: datetime, known: list[Post], seed: int) -> Post:
    lot = dice.random()
    if known and lot < 0.05:
        original = dice.choice(known[-40:])
        return replace(original, number=number, list=dice.choice(LISTS), date=when)
    post = _fresh(dice, number, when, seed)
    return _answer(dice.choice(known), post) if known and lot < 0.3 else post


def _fresh(dice: random.Random, number: int, when: datetime, seed: int) -> Post:
    topic = dice.choice(list(_TOPICS))
    first, last, place = dice.choice(_FIRST), dice.choice(_LAST), dice.choice(_PLACES)
    member = f"{first[0]}{last}@{place}.example.edu".lower().translate(str.maketrans("ëá", "ea"))
    staff = dice.random() < 0.4
    subject = f"{dice.choice(_TOPICS[topic])} and {dice.choice(_TOPICS[topic])}, {_day(dice)}"
    return Post(
        number=number, list=dice.choice(LISTS), name=f"{first} {last}", subject=subject[0].upper() + subject[1:],
        address=f"{first}.{last}@{DOMAIN}".lower().translate(str.maketrans("ëá", "ea")) if staff else member,
        text=_text(dice, topic, first, last, place),
        message_id=f"<{seed}.{number}.{dice.getrandbits(40):x}@{place}.example.edu>",
        date=when, form=dice.choices(("plain", "alternative", "html"), (5, 4, 1))[0],
    )


def _answer(parent: Post, post: Post) -> Post:
    quoted = "\n".join(f"> {line}" for line in parent.text.splitlines()[:12])
    subject = parent.subject if parent.subject.startswith("Re: ") else f"Re: {parent.subject}"
    cut = post.text[:len(post.text) // 2].rpartition("\n\n")[0]
    said = f"On {parent.date:%a, %b %d, %Y}, {parent.name} wrote:\n{quoted}"
    text = f"{cut or post.text[:300]}\n\n{post.name}\n\n{said}\n"
    return replace(post, subject=subject, text=text, list=parent.list, form="plain",
                   parents=(*parent.parents[-5:], parent.message_id))


def _text(dice: random.Random, topic: str, first: str, last: str, place: str) -> str:
    paragraphs = [textwrap.fill(_fill(dice, dice.choice(_OPENINGS), topic), 76)]
    for _ in range(dice.randint(1, 3)):
        chosen = dice.sample(_SENTENCES, dice.randint(2, 5))
        paragraphs.append(textwrap.fill(" ".join(_fill(dice, part, topic) for part in chosen), 76))
    signed = f"{dice.choice(('Best', 'Thank you', 'Regards', 'Many thanks'))},\n{first}"
    block = f"-- \n{first} {last}\n{place.title()} College Library\n(555) 010-{dice.randint(1000, 9999)}"
    return "\n\n".join(["Dear colleagues,", *paragraphs, signed, block])


def _fill(dice: random.Random, sentence: str, topic: str) -> str:
    other = dice.choice(list(_TOPICS)) if dice.random() < 0.2 else topic
    a, b, c = (dice.choice(_TOPICS[name]) for name in (topic, topic, other))
    return sentence.format(a=a, b=b, c=c, n=dice.randint(12, 9000), m=dice.randint(12, 9000), day=_day(dice),
                           hour=dice.randint(9, 11), week=dice.choice(_WEEKDAYS))


def _day(dice: random.Random) -> str:
    return f"{dice.choice(_WEEKDAYS)}, {dice.choice(_MONTHS)} {dice.randint(1, 28)}"


# ── bytes ──


def render(post: Post) -> bytes:
    """The post as a mailbox holds it."""
    return "\r\n".join([*_headers(post), *_body(post)]).replace("\r\n", "\n").replace("\n", "\r\n").encode()


def _headers(post: Post) -> list[str]:
    address = f"{post.list}@{DOMAIN}".lower()
    lists, date = f"lists.{DOMAIN}", format_datetime(post.date)
    seal, host = hashlib.sha256(post.message_id.encode()).hexdigest(), post.address.rpartition("@")[2]
    marks = [f"In-Reply-To: {post.parents[-1]}", "References: " + "\n ".join(post.parents)] if post.parents else []
    return [
        f"Return-Path: <{post.list.lower()}-bounces@{DOMAIN}>",
        f"Received: from {lists} ({lists} [192.0.2.10])\n by {SERVER} (Postfix) with ESMTPS id {post.number:08X}\n"
        f" for <{READER}>; {date}",
        f"Authentication-Results: {SERVER};\n spf=pass smtp.mailfrom={DOMAIN};\n"
        f" dkim=pass header.d={DOMAIN} header.i=@{DOMAIN} header.b={seal[:8]}",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d={DOMAIN}; s=lists;\n"
        f" t={post.date.timestamp():.0f};\n b={seal}",
        f"Received: from {lists} (localhost [127.0.0.1])\n by {lists} (Postfix) with ESMTP id"
        f" {post.number * 7:08X};\n {date}",
        f"Received: from mail.{host} (mail.{host} [198.51.100.{post.number % 250}])\n by {lists} (Postfix) with ESMTPS"
        f" id {post.number * 11:08X}\n for <{address}>; {date}",
        f"From: {_encoded(post.name)} <{post.address}>", f"To: {address}",
        f"Subject: {_encoded(f'[{post.list}] {post.subject}')}", f"Date: {date}", f"Message-ID: {post.message_id}",
        *marks, "X-Mailman-Version: 2.1.39", f"X-BeenThere: {address}", "Precedence: list",
        f"List-Id: {post.list} discussion <{post.list.lower()}.{lists}>", f"List-Post: <mailto:{address}>",
        f"List-Unsubscribe: <https://{lists}/mailman/options/{post.list.lower()}>,\n"
        f" <mailto:{post.list.lower()}-request@{DOMAIN}?subject=unsubscribe>",
        f"List-Archive: <https://{lists}/pipermail/{post.list.lower()}/>",
        f"List-Help: <mailto:{post.list.lower()}-request@{DOMAIN}?subject=help>",
        f"Errors-To: {post.list.lower()}-bounces@{DOMAIN}",
        f"Sender: \"{post.list}\" <{post.list.lower()}-bounces@{DOMAIN}>",
        "MIME-Version: 1.0",
    ]


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="\n")


def _body(post: Post) -> list[str]:
    plain = f"{post.text}\n{_FOOTER.format(name=post.list, address=f'{post.list}@{DOMAIN}')}"
    charset, eight = 'charset="utf-8"', "Content-Transfer-Encoding: 8bit"
    if post.form == "plain":
        return [f"Content-Type: text/plain; {charset}", eight, "", plain]
    if post.form == "html":
        return [f"Content-Type: text/html; {charset}", eight, "", _html(plain)]
    mark = f"=_{post.number:x}_part"
    return [
        f'Content-Type: multipart/alternative; boundary="{mark}"', "", f"--{mark}",
        f"Content-Type: text/plain; {charset}", eight, "", plain, f"--{mark}",
        f"Content-Type: text/html; {charset}", eight, "", _html(plain), f"--{mark}--", "",
    ]


def _html(text: str) -> str:
    parts = "\n".join(f'<p class="MsoNormal">{escape(part).replace(chr(10), "<br>" + chr(10))}</p>'
                      for part in text.split("\n\n"))
    style = '<meta charset="utf-8"><style>p.MsoNormal {margin:0}</style>'
    return f"<html><head>{style}</head><body>\n{parts}\n</body></html>"


# ── one that cannot wait ──


def urgent(number: int, now: datetime) -> bytes:
    """An outage told as present by the consortium's staff; each number has a text of its own."""
    dice = random.Random(number)
    what, where = dice.choice(("Alma", "Primo VE")), dice.choice(_PLACES).title()
    text = (f"{what} is down right now for all libraries, case {dice.randint(10_000, 99_999)}. Nobody can sign in "
            f"since this morning, first seen at {where}. The vendor has confirmed the outage and is working on it. "
            f"We will post again as soon as there is word.")
    post = Post(number=number, list="announce", name="Oscar Halloran", address=f"o.halloran@{DOMAIN}",
                subject=f"{what} is down for all libraries ({where} {dice.randint(100, 999)})",
                text=textwrap.fill(text, 76), message_id=f"<urgent.{number}.{int(now.timestamp())}@{DOMAIN}>", date=now)
    return render(post)

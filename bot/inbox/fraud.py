"""Guards that hold a message because its sender is not who the message says, or wants what no colleague wants. Pure.

Suspicious words alone hold nothing: a consortium warns of phishing in the same words. They count together with a sender
whom our mail server does not vouch for, or a stranger. That our server said nothing is no proof of fraud by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from bot import headers
from bot.inbox import bait
from bot.inbox.domains import (
    aligned,
    borrowed,
    look_alike,
    lure,
    name_of,
    registered_name,
    same_organization,
    skeleton,
    within,
)
from bot.inbox.trust import Result, Trust, is_inside, judged, list_host, listed_by, results
from bot.types import Disposition, Message, Verdict, VerdictKind

_SEEN = 20_000
_NEAR = 300
_FAILS = frozenset({"fail", "hardfail", "permerror", "softfail", "reject"})


def held(kind: VerdictKind, why: str) -> Verdict:
    """A verdict that keeps the message from everybody but the liaison."""
    return Verdict(disposition=Disposition.HELD, kind=kind, why=why)


def unauthenticated(message: Message, trust: Trust) -> Verdict | None:
    """Our server checked the sender, and the check failed; or the message claims the consortium and nobody vouches."""
    found = results(message, trust)
    if not found:
        return None
    genuine, why = judged(message, trust, found)
    if genuine:
        return None
    domain = message.sender.domain if message.sender else ""
    claims = within(domain, (*trust.consortium, *trust.vendors, trust.own_domain))
    if claims or (_failed(found) and not _by_foreign_list(message, trust, found)):
        return held("unauthenticated", why)
    return None


def _failed(found: tuple[Result, ...]) -> bool:
    """DMARC or Microsoft's sum of all says no; or SPF says no outright and no signature holds."""
    said = {(result.method, result.result) for result in found}
    if any(method in ("dmarc", "compauth") and result in ("fail", "reject") for method, result in said):
        return True
    return (("spf", "fail") in said or ("spf", "hardfail") in said) and ("dkim", "pass") not in said


def _by_foreign_list(message: Message, trust: Trust, found: tuple[Result, ...]) -> bool:
    """A list that we do not know, vouched for itself: its footer broke its writer's signature, that is no fraud."""
    host = list_host(message)
    vouched = any(
        result.result == "pass" and result.method in ("spf", "dkim") and same_organization(result.domain, host)
        for result in found)
    return bool(host) and vouched and _keeps_to_list(message) and not is_inside(message, trust)


class _Case:
    """What the signs look at, worked out once; what costs more, when it is first asked for."""

    def __init__(self, message: Message, trust: Trust) -> None:
        self.message = message
        self.trust = trust
        self.found = results(message, trust)
        self.domain = message.sender.domain if message.sender else ""
        self.genuine = bool(self.found) and judged(message, trust, self.found or ())[0]
        self.listed = bool(self.found) and bool(listed_by(message, trust, self.found or ()))
        unjudged = self.found is None and within(list_host(message), trust.inside)
        self.outside = not (is_inside(message, trust) or self.listed or (unjudged and _keeps_to_list(message)))
        self.words = f"{message.subject}\n{message.text}"[:_SEEN]

    @property
    def known(self) -> bool:
        """A sender of ours whom our server vouches for."""
        return self.genuine and not self.outside

    @cached_property
    def warns(self) -> bool:
        """A warning about fraud by someone inside whom our server did not find false."""
        return not self.outside and (self.genuine or self.found is None) and bool(bait.WARNING.search(self.words))

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the links in the text, each once."""
        found = (match[1].lower().rpartition("@")[2] for match in bait.LINK.finditer(self.words))
        return tuple(dict.fromkeys(found))[:50] if "://" in self.words else ()

    @cached_property
    def harmless(self) -> bool:
        """Our server vouches for the sender's own domain (no free one) or is silent; the message asks for nothing."""
        own = (self.genuine or self.found is None) and not self.listed and not within(self.domain, bait.FREE)
        return own and not (self.bait or bait.ASKS.search(self.words) or _dangerous(self.message) or self.hidden_link)

    @cached_property
    def bait(self) -> str | None:
        """The first bait in the text."""
        return next(_baits(self), None)

    @cached_property
    def away(self) -> bool:
        """Somewhere to fall into: a foreign link, a file, a form to fill in, an answer that is wanted."""
        foreign = any(not within(host, self.trust.inside) for host in self.hosts)
        return foreign or bool(self.message.attachments) or bait.ANSWER.search(self.words) is not None

    @cached_property
    def hidden_link(self) -> str | None:
        """A link whose target nobody can read: a bare IP address or a shortener."""
        return next((host for host in self.hosts if host in bait.SHORT or bait.IP_HOST.match(host)), None)


def _keeps_to_list(message: Message) -> bool:
    return bool(message.lists) and message.header("list-post") is not None


def fraud(message: Message, trust: Trust) -> Verdict | None:
    """Imitated domains and names, links that lie, and bait from strangers or senders nobody vouches for."""
    case = _Case(message, trust)
    if case.known and not message.reply_to:
        return None
    why = next((found for sign in _SIGNS if (found := sign(case)) is not None), None)
    return held("fraud", why) if why else None


def _imitated_sender(case: _Case) -> str | None:
    for address in (case.message.sender, *case.message.reply_to):
        if address is None:
            continue
        if case.outside and lure(address.domain):
            return f"It comes from {address.domain}, which bears the name of our system and is nobody's that we know."
        known = look_alike(address.domain, case.trust.inside)
        if known is None:
            known = _bearer(case, address.domain, case.trust.inside)
        if known:
            return f"It comes from {address.domain}, which looks like {known} but is another domain."
    return None


def _bearer(case: _Case, domain: str, genuine: tuple[str, ...]) -> str | None:
    """Whose name a domain bears. A vendor has domains that we don't know; the consortium but its status page."""
    known = borrowed(domain, genuine)
    if known is None or not case.harmless:
        return known
    ours = within(known, (*case.trust.consortium, case.trust.own_domain))
    return known if ours and not bait.STATUS.search(domain) else None


def _borrowed_name(case: _Case) -> str | None:
    """The display name claims the consortium or a vendor, or shows another address; the address is a stranger's."""
    sender = case.message.sender
    if sender is None or within(sender.domain, case.trust.inside):
        return None
    for shown in headers.addresses(sender.name) if "@" in sender.name else ():
        if within(shown.domain, case.trust.inside) and not aligned(shown.domain, sender.domain):
            return f"Its sender's name shows {shown.address}, but the address behind it is at {sender.domain}."
    claimed = _claimed(sender.name, (*case.trust.consortium, *case.trust.vendors))
    if not claimed or case.harmless or (case.listed and not _claims_office(sender.name, claimed)):
        return None
    if case.genuine and _is_service(sender.domain):
        return None
    return f"Its sender calls itself “{sender.name[:60]}”, but the address is at {sender.domain}."


def _claims_office(name: str, claimed: str) -> bool:
    return bait.ROLE.search(name) is not None or skeleton(name).replace(" ", "") == skeleton(claimed)


def _claimed(name: str, domains: tuple[str, ...]) -> str | None:
    words = re.findall(r"[a-z0-9]+", skeleton(name[:200]))
    joined = {"".join(words[at:at + span]) for at in range(len(words)) for span in (1, 2, 3)}
    names = (name_of(domain) for domain in domains)
    return next((known for known in names if known and skeleton(known) in joined), None)


def _lying_links(case: _Case) -> str | None:
    """A vendor's mailing counts its readers' clicks through its own host; showing one of ours is another matter."""
    if case.known:
        return None
    for defect in case.message.defects:
        found = bait.LINK_DEFECT.match(defect)
        if found and not within(found[2], case.trust.inside) and not _only_counts(case, found[1], found[2]):
            return f"A link shows {found[1]} but leads to {found[2]}."
    return None


def _only_counts(case: _Case, shown: str, target: str) -> bool:
    if not case.genuine or _service_in(shown) or not case.harmless:
        return False
    return same_organization(target, case.domain) or not within(
        shown, (*case.trust.consortium, case.trust.own_domain))


def _imitated_link(case: _Case) -> str | None:
    if case.known or not case.outside:
        return None
    genuine = (*case.trust.consortium, *case.trust.vendors, case.trust.own_domain)
    for host in case.hosts:
        bare = host.partition(":")[0]
        known = look_alike(bare, genuine) or _bearer(case, bare, genuine)
        if lure(bare) and not within(bare, genuine):
            return f"It links to {host[:80]}, which bears the name of our system and is nobody's that we know."
        if known:
            return f"It links to {host[:80]}, which looks like {known} but is another domain."
    return None


def _service_in(text: str) -> str | None:
    found = bait.SERVICE.search(text)
    return found[0].lower() if found else None


def _lives_at(domain: str, service: str | None) -> bool:
    return service is not None and registered_name(domain) in bait.SERVICES[service]


def _is_service(domain: str) -> bool:
    """A well-known service itself, as against the free addresses that it gives to everybody."""
    return not within(domain, bait.FREE) and any(_lives_at(domain, name) for name in bait.SERVICES)


def _borrowed_service(case: _Case) -> str | None:
    """A notice in the dress of Box, Microsoft or the like, whose sender and links are not theirs."""
    if case.known or case.warns or case.message.lists or case.message.in_reply_to:
        return None
    name = case.message.sender.name.strip() if case.message.sender else ""
    worn = bait.SERVICE_NAME.search(name) is not None
    dressed = bait.SHARED.search(case.words) or bait.VOICE.search(case.words) or case.bait
    said = bait.SERVICE_SAID.search(case.words[:3_000]) if dressed and not worn else None
    service = _service_in(name if worn else said[0] if said else "")
    if service is None or _is_served(case, service, worn):
        return None
    sender = case.domain or "nowhere"
    return f"It dresses as a notice of {service.title()}, but comes from {sender} and links elsewhere."


def _is_served(case: _Case, service: str, worn: bool) -> bool:
    """The service sent it itself, or all that it links to is the service's or our own: nothing to fall into."""
    if _lives_at(case.domain, service) and _is_service(case.domain) and (case.genuine or not case.found):
        return True
    if not case.hosts:
        return not (case.message.attachments or case.bait) and case.genuine
    foreign = [host for host in case.hosts if not within(host, case.trust.inside) and not _lives_at(host, service)]
    return case.genuine and (not foreign or (not worn and not case.bait and len(foreign) < len(case.hosts)))


def _sent_file(case: _Case) -> str | None:
    """A shared file, a call or a parcel that a stranger announces, with a link and some pressure."""
    if case.known or case.warns or not case.outside or case.message.lists or case.message.in_reply_to:
        return None
    if not (case.hosts or case.message.attachments) or _is_service(case.domain):
        return None
    if bait.VOICE.search(case.words) and (_dangerous(case.message) or case.hosts):
        return "A stranger announces a voice message or a fax, to be fetched by a link or a file."
    if bait.PARCEL.search(case.words) and case.hosts and bait.FORCED.search(case.words):
        return "A stranger announces a parcel and presses to follow a link."
    served = any(_lives_at(host, name) for host in case.hosts for name in bait.SERVICES)
    if bait.SHARED.search(case.words) and bait.FORCED.search(case.words) and not served:
        return "A stranger announces a shared document and presses to open it."
    return None


def _bait(case: _Case) -> str | None:
    if case.known or case.warns:
        return None
    who = "a stranger" if case.outside else "a sender whom our mail server does not vouch for"
    return f"{who[:1].upper()}{who[1:]} {case.bait}." if case.bait else None


def _baits(case: _Case) -> Iterator[str]:
    words, message = case.words, case.message
    wanted = (case.away or case.outside) and not bait.WARNING.search(message.subject)
    if wanted and _together(bait.CREDENTIALS, bait.PRESSURE, words, pictured=_pictured(case)):
        yield "asks for account data or a password, and presses for it"
    if bait.GIFT.search(words) and bait.GIFT_ASK.search(words):
        yield "asks for gift cards"
    if bait.SECRETS.search(words):
        yield "asks for the secret part of a card, a key or a code"
    foreign = not is_inside(message, case.trust)
    if foreign and bait.MACROS.search(words):
        yield "wants macros switched on, or a file opened that is locked against filters"
    if foreign and len(message.new_text) < 600 and _asks_favour(message, words[:1_500]):
        yield "asks for a quick favor and gives no reason"
    if bait.PAYROLL.search(words):
        yield "wants bank or payroll details changed"
    if _together(bait.INVOICE, bait.PAY_NOW, words, pictured=_dangerous(message)):
        yield "presses for the payment of an invoice"
    if _dangerous(message) and bait.PRESSURE.search(words) and not message.lists:
        yield "sends a file of a kind that can do harm, and presses to open it"


def _together(want: re.Pattern[str], press: re.Pattern[str], words: str, *, pictured: bool) -> bool:
    """Whether what is wanted and what presses for it stand near each other, or the bait is in a picture or a file.

    In a long letter both are somewhere: every newsletter has links, and many speak of accounts.
    """
    for found, _ in zip(want.finditer(words), range(20), strict=False):
        if pictured or press.search(words, max(0, found.start() - _NEAR), found.end() + _NEAR):
            return True
    return False


def _pictured(case: _Case) -> bool:
    """Bait in a picture: a QR code has no link that a filter could read."""
    return any(bait.PICTURE.search(file.name) for file in case.message.attachments) or "QR" in case.words


def _asks_favour(message: Message, words: str) -> bool:
    """One such phrase may be a lunch date; two, a very short note, or an office beside a free address is bait."""
    found = {match[0].lower() for match in bait.FAVOUR.finditer(words)}
    if not _is_stranger(message):
        return len(found) > 1
    name = message.sender.name if message.sender else ""
    return bool(found) and (len(found) > 1 or len(message.new_text) < 120 or bait.HEAD.search(name) is not None)


def _is_stranger(message: Message) -> bool:
    return message.sender is not None and within(message.sender.domain, bait.FREE)


def _dangerous(message: Message) -> bool:
    return any(bait.DANGEROUS.search(file.name) for file in message.attachments)


def _diverted_reply(case: _Case) -> str | None:
    """From one of ours, answers to a free mail address, and nobody vouches for it."""
    if not case.message.reply_to or case.genuine or not within(case.domain, case.trust.inside):
        return None
    away = next((address for address in case.message.reply_to if within(address.domain, bait.FREE)), None)
    if away and (bait.FAVOUR.search(case.words) or bait.WIRE.search(case.words) or case.bait):
        return f"It names {case.domain} as its sender, but answers go to {away.domain}."
    return None


_SIGNS: tuple[Callable[[_Case], str | None], ...] = (
    _imitated_sender, _borrowed_name, _lying_links, _imitated_link, _diverted_reply, _bait, _borrowed_service,
    _sent_file)

"""Guards that hold a message because its sender is not who the message says, or wants what no colleague wants. Pure.

Suspicious words alone hold nothing: a consortium warns of phishing in the same words. They count together with a sender
whom our mail server does not vouch for, or a stranger. That our server said nothing is no proof of fraud by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot import headers
from bot.inbox.domains import aligned, imitated, name_of, skeleton, within
from bot.inbox.trust import Result, Trust, is_inside, judged, list_host, listed_by, results
from bot.types import Disposition, Message, Verdict, VerdictKind

_SEEN = 20_000
_FAILS = frozenset({"fail", "hardfail", "permerror", "softfail", "reject"})

_ACCOUNT = (
    r"(?:mail ?box|e-?mail|web ?mail|account|password|pass ?word|credentials?|log-?in|sign-?in|identity|net ?id"
    r"|user ?name|mfa|profile)")
_CREDENTIALS = re.compile(
    rf"\b(?:verify|validate|re-?validate|confirm|re-?confirm|update|upgrade|re-?activate|restore|unlock|unblock"
    rf"|authenticate|secure|submit|provide|enter|keep)\b[^.!?\n]{{0,50}}\b{_ACCOUNT}"
    rf"|\b{_ACCOUNT}s?\b[^.!?\n]{{0,50}}\b(?:suspend|deactivat|disabl|terminat|expir|clos|lock|restrict|limit|block"
    rf"|shut ?down|delet|compromis|quota|storage|full|exceed|verif|validat|over its)\w{{0,6}}"
    r"|\b(?:quota|storage)\b[^.!?\n]{0,40}\b(?:exceed|full|limit|reached|almost)\w{0,6}|\b\d{1,3} (?:quarantined"
    r"|undelivered|held|pending|blocked) (?:incoming )?(?:messages?|e-?mails?)\b"
    r"|\bunusual (?:sign-?in|login|activity)|\bshared (?:a )?(?:secure )?(?:document"
    r"|file)s? with you\b[^.!?\n]{0,60}\b(?:sign|log) ?in", re.IGNORECASE)
_PRESSURE = re.compile(
    r"\b(?:click|follow|use|visit|open|tap)\b[^.!?\n]{0,30}\b(?:here|below|link|button|attach\w{0,4})|https?://"
    r"|<\S{4,300}>|\bwithin (?:the next )?(?:\d{1,3}|twenty|forty)[- ]?\w{0,6} ?hours?\b|\bimmediate(?:ly)?\b"
    r"|\b(?:avoid|prevent)\b[^.!?\n]{0,40}\b(?:los|suspen|deactiv|interrup|terminat|clos|lock)\w{0,8}|\bfailure to\b"
    r"|\bpermanent(?:ly)?\b|\breply (?:with|to this)\b|\burgent", re.IGNORECASE)
_GIFT = re.compile(r"\bgift ?cards?\b", re.IGNORECASE)
_GIFT_ASK = re.compile(r"\b(?:buy|purchase|get|pick up|need|scratch|codes?|reimburse|send (?:me|them)|amazon|itunes"
    r"|apple|google play|steam|ebay|discreet|surprise|favou?r)\b", re.IGNORECASE)
_FAVOUR = re.compile(
    r"\b(?:are you (?:available|free|at your desk|in the office|on campus|around)|quick (?:favou?r|task|request)"
    r"|need (?:you to (?:do|run|handle|take care of)|a favou?r)|(?:can't|cannot|can not) (?:talk|call)"
    r"|in a meeting (?:right now|and)"
    r"|send me your (?:cell|personal|mobile|phone)|your (?:cell|personal|mobile) (?:phone )?number)\b", re.IGNORECASE)
_PAYROLL = re.compile(
    r"\b(?:(?:direct deposit|payroll|bank(?:ing)?|wire|ach|routing|remittance|payment"
    r"|account)\b[^.!?\n]{0,40}\b(?:information|details?|instructions?|number|account)?\b[^.!?\n]{0,30}\b(?:chang|updat"
    r"|new\b|switch|transfer|revis)\w{0,5}"
    r"|(?:chang|updat|new\b|switch|revis)\w{0,5}\b[^.!?\n]{0,30}\b(?:direct deposit|payroll|bank(?:ing)? (?:account"
    r"|details?|information)|wire|ach|routing number|remittance (?:details|information|address))"
    r"|salary (?:increase|adjustment|review)\b[^.!?\n]{0,60}\b(?:view|review|click|open|attach|sign"
    r"|log)\w{0,4})", re.IGNORECASE)
_INVOICE = re.compile(
    r"\b(?:(?:overdue|past due|unpaid|outstanding|final|attached|pending|new)\b[^.!?\n]{0,20}\binvoices?"
    r"|invoices?\b[^.!?\n]{0,40}\b(?:attached|overdue|past due|unpaid|outstanding|pay(?:able|ment)?"
    r"|immediate))", re.IGNORECASE)
_PAY_NOW = re.compile(r"\b(?:wire|bank (?:account|details|transfer)|routing|remit|pay (?:now|immediately|today|by)"
    r"|click|download|open the attach\w{0,4}|collections?|immediate|urgent\w{0,2})\b|https?://", re.IGNORECASE)
_WARNING = re.compile(
    r"\b(?:phishing|scams?|spoof(?:ed|ing)|fraudulent|fake (?:e-?mail|message)|suspicious (?:e-?mail|message)"
    r"|do not (?:click|respond|reply|open)|impersonat\w{0,6}|security awareness)\b", re.IGNORECASE)
_DANGEROUS = re.compile(r"\.(?:html?|shtml|svg|iso|img|exe|scr|js|vbs|lnk|bat|cmd|hta|jar|docm|xlsm|one|zip|rar|7z"
    r"|ace)$", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:support|help ?desk|help|admin(?:istrator)?|office|team|services?|billing|accounts?|security|it"
    r"|notifications?|no-?reply|alerts?|center|desk|director|staff|web ?master|postmaster|mail)\b", re.IGNORECASE)
_FREE = (
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "aol.com", "icloud.com", "proton.me", "protonmail.com",
    "gmx.com", "mail.com", "live.com", "yandex.com", "mail.ru", "zoho.com",
)
_LINK = re.compile(r"https?://([^\s/<>()\"'\]]{3,253})", re.IGNORECASE)
_LINK_DEFECT = re.compile(r"^a link shows (\S+) but leads to (\S+)$")


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
    if _failed(found) or claims:
        return held("unauthenticated", why)
    return None


def _failed(found: tuple[Result, ...]) -> bool:
    """DMARC or Microsoft's sum of all says no; or SPF says no outright and no signature holds."""
    said = {(result.method, result.result) for result in found}
    if any(method in ("dmarc", "compauth") and result in ("fail", "reject") for method, result in said):
        return True
    return (("spf", "fail") in said or ("spf", "hardfail") in said) and ("dkim", "pass") not in said


class _Case:
    """What the signs look at, worked out once."""

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

    @property
    def warns(self) -> bool:
        """A warning about fraud by someone inside whom our server did not find false."""
        return not self.outside and (self.genuine or self.found is None) and bool(_WARNING.search(self.words))


def _keeps_to_list(message: Message) -> bool:
    return bool(message.lists) and message.header("list-post") is not None


def fraud(message: Message, trust: Trust) -> Verdict | None:
    """Imitated domains and names, links that lie, and bait from strangers or senders nobody vouches for."""
    case = _Case(message, trust)
    why = next((found for sign in _SIGNS if (found := sign(case)) is not None), None)
    return held("fraud", why) if why else None


def _imitated_sender(case: _Case) -> str | None:
    senders = [case.message.sender, *case.message.reply_to]
    for address in senders:
        known = imitated(address.domain, case.trust.inside) if address else None
        if address and known:
            return f"It comes from {address.domain}, which looks like {known} but is another domain."
    return None


def _borrowed_name(case: _Case) -> str | None:
    """The display name claims the consortium or a vendor, or shows another address; the address is a stranger's."""
    sender = case.message.sender
    if sender is None or within(sender.domain, case.trust.inside):
        return None
    for shown in headers.addresses(sender.name) if "@" in sender.name else ():
        if within(shown.domain, case.trust.inside) and not aligned(shown.domain, sender.domain):
            return f"Its sender's name shows {shown.address}, but the address behind it is at {sender.domain}."
    claimed = _claimed(sender.name, (*case.trust.consortium, *case.trust.vendors))
    bare = skeleton(sender.name).replace(" ", "")
    if claimed and (not case.listed or _ROLE.search(sender.name) or bare == skeleton(claimed)):
        return f"Its sender calls itself “{sender.name[:60]}”, but the address is at {sender.domain}."
    return None


def _claimed(name: str, domains: tuple[str, ...]) -> str | None:
    words = re.findall(r"[a-z0-9]+", skeleton(name[:200]))
    joined = {"".join(words[at:at + span]) for at in range(len(words)) for span in (1, 2, 3)}
    names = (name_of(domain) for domain in domains)
    return next((known for known in names if known and skeleton(known) in joined), None)


def _lying_links(case: _Case) -> str | None:
    if case.known:
        return None
    for defect in case.message.defects:
        found = _LINK_DEFECT.match(defect)
        if found and not within(found[2], case.trust.inside):
            return f"A link shows {found[1]} but leads to {found[2]}."
    return None


def _imitated_link(case: _Case) -> str | None:
    if case.known:
        return None
    hosts = dict.fromkeys(match[1].lower().partition(
        "@")[2] or match[1].lower() for match in _LINK.finditer(case.words))
    for host in list(hosts)[:50]:
        known = imitated(host.partition(":")[0], (*case.trust.consortium, *case.trust.vendors, case.trust.own_domain))
        if known and case.outside:
            return f"It links to {host[:80]}, which looks like {known} but is another domain."
    return None


def _bait(case: _Case) -> str | None:
    if case.known or case.warns:
        return None
    who = "a stranger" if case.outside else "a sender whom our mail server does not vouch for"
    found = next(_baits(case.words, case.message), None)
    return f"{who[:1].upper()}{who[1:]} {found}." if found else None


def _baits(words: str, message: Message) -> Iterator[str]:
    if _CREDENTIALS.search(words) and _PRESSURE.search(words) and not _WARNING.search(message.subject):
        yield "asks for account data or a password, and presses for it"
    if _GIFT.search(words) and _GIFT_ASK.search(words):
        yield "asks for gift cards"
    if _FAVOUR.search(words[:1_500]) and len(message.new_text) < 600 and _stranger(message):
        yield "asks for a quick favor from a free mail address"
    if _PAYROLL.search(words):
        yield "wants bank or payroll details changed"
    if _INVOICE.search(words) and (_PAY_NOW.search(words) or _dangerous(message)):
        yield "presses for the payment of an invoice"
    if _dangerous(message) and _PRESSURE.search(words) and not message.lists:
        yield "sends a file of a kind that can do harm, and presses to open it"


def _stranger(message: Message) -> bool:
    return message.sender is not None and within(message.sender.domain, _FREE)


def _dangerous(message: Message) -> bool:
    return any(_DANGEROUS.search(file.name) for file in message.attachments)


def _diverted_reply(case: _Case) -> str | None:
    """From one of ours, answers to a free mail address, and nobody vouches for it."""
    inside = within(case.domain, case.trust.inside)
    away = next((address for address in case.message.reply_to if within(address.domain, _FREE)), None)
    asks = _FAVOUR.search(case.words) or next(_baits(case.words, case.message), None)
    if inside and away and not case.genuine and asks:
        return f"It names {case.domain} as its sender, but answers go to {away.domain}."
    return None


_SIGNS: tuple[Callable[[_Case], str | None], ...] = (
    _imitated_sender, _borrowed_name, _lying_links, _imitated_link, _diverted_reply, _bait)

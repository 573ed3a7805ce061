"""Guards that hold a message because its sender is not who the message says, or wants what no colleague wants. Pure.

Suspicious words alone hold nothing: a consortium warns of phishing in the same words. They count together with a sender
whom our mail server does not vouch for, or a stranger. That our server said nothing is no proof of fraud by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from bot import headers
from bot.inbox.domains import aligned, borrowed, look_alike, name_of, registered_name, same_organization, skeleton, within, word_set
from bot.inbox.trust import Result, Trust, is_inside, judged, list_host, listed_by, results
from bot.types import Disposition, Message, Verdict, VerdictKind

_SEEN = 20_000
_MICROSOFT = (
    "microsoft", "microsoftonline", "sharepoint", "sharepointonline", "live", "office", "office365", "outlook", "1drv",
    "onedrive", "windows", "skype")
_GOOGLE = ("google", "googlemail", "gmail", "youtube", "goo", "withgoogle")
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
    r"|\b(?:multi-?factor|two-?factor|mfa|2fa|authenticator)\b[^.!?\n]{0,60}\b(?:expir|re-?enrol|scan|requir|updat"
    r"|verif|confirm|activat)\w{0,6}|\bscan (?:the|this) (?:qr|code)|\bqr code (?:below|attached|to (?:sign|log|verify))"
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
#: Notices in the dress of services that pass on files, calls and parcels.
_SHARED = re.compile(
    r"\b(?:shared|sent|invited you to (?:view|edit|open|download|collaborate)|wants to share|is sharing|uploaded)\b"
    r"[^.!?\n]{0,40}(?:\b(?:files?|documents?|folders?|items?|links?|pdf|spreadsheet|scan|pages?|attachment)\b"
    r"|[\"“'«][^\"”»\n]{1,100}[\"”'»])|\b(?:files?|documents?|folders?|[\"”'»]) (?:has been |have been |was |were )?"
    r"(?:shared|sent) (?:with|to|for) you|\b(?:document|file|agreement|contract|envelope)s? (?:is |are )?(?:ready |waiting )?"
    r"(?:for|to|awaiting) (?:you to |your )?(?:review|signature|sign|e-?sign|download)|\breview (?:and|&) (?:e-?)?sign\b"
    r"|\bdocument(?:s)? to (?:review|sign)|\bcomplete with docusign|\b(?:review|view|open|access|download) "
    r"(?:the )?(?:shared )?(?:secure )?(?:documents?|files?|folder)\b", re.IGNORECASE)
_VOICE = re.compile(
    r"\b(?:new|missed|received|unheard|incoming|secure|you have (?:a|1|one|\d+))\b[^.!?\n]{0,30}"
    r"\b(?:voice ?mails?|voice ?messages?|audio messages?|e?-?fax(?:es)?|fax messages?)\b"
    r"|\b(?:listen to|play) (?:the |your |this )?(?:voice ?mail|voice ?message|message|audio)", re.IGNORECASE)
_PARCEL = re.compile(
    r"\b(?:parcel|package|shipment|delivery)\b[^.!?\n]{0,60}\b(?:held|on hold|failed|undeliver\w{0,4}|customs|redeliver\w{0,3}"
    r"|unpaid|reschedule|confirm your address|shipping fee)", re.IGNORECASE)
_FORCED = re.compile(
    r"\b(?:log|sign)[- ]?(?:in|on)\b|\bpasswords?\b|\bexpir\w{1,5}\b|\bconfidential\b|\burgent\w{0,2}\b|\bimmediate\w{0,2}\b"
    r"|\bsalar(?:y|ies)\b|\bpayroll\b|\bbonus\b|\binvoices?\b|\bremittance\b|\bbenefits?\b|\bverify\b|\bcredentials?\b"
    r"|\bwithin \d{1,3} (?:hours?|days?)\b|\bonly works? for\b|\bsecure (?:message|document|file|link|portal)\b", re.IGNORECASE)
#: What asks for something that an impostor wants; a notice of an outage has none of it.
_ASKS = re.compile(
    r"\b(?:please|must|need to|required to|to|click|now|here|and) (?:re-?)?(?:log|sign)[- ]?(?:in|on)\b"
    r"|^\W{0,4}(?:log|sign)[- ]?(?:in|on) (?:to|at|here|now|with|using|below)\b"
    r"|\b(?:verify|validate|confirm|update|reset|enter|provide|submit|unlock|restore) (?:your|the|all|access|user)\b"
    r"|\bpasswords?\b|\bcredentials?\b|\bpayments?\b|\bremit\b|\bbank\b|\bgift\b|\bwire\b|\binvoices?\b"
    r"|\b(?:see|open|review|download|view)\b[^.!?\n]{0,20}\battach\w{0,6}|\bqr\b|\burgent\w{0,2}\b|\bwithin \d{1,2} hours\b"
    r"|\bsuspend\w{0,4}\b", re.IGNORECASE | re.MULTILINE)
#: Services that impostors like to wear, by the word that people know, and the registered names they send and link from.
_SERVICES: Mapping[str, tuple[str, ...]] = {
    "microsoft": _MICROSOFT, "onedrive": _MICROSOFT, "sharepoint": _MICROSOFT, "office 365": _MICROSOFT,
    "microsoft 365": _MICROSOFT, "office365": _MICROSOFT, "outlook": _MICROSOFT, "microsoft teams": _MICROSOFT,
    "google": _GOOGLE, "google drive": _GOOGLE, "google docs": _GOOGLE, "gmail": _GOOGLE,
    "box": ("box", "boxenterprise"), "dropbox": ("dropbox", "dropboxmail", "hellosign"),
    "docusign": ("docusign",), "adobe": ("adobe", "adobesign", "echosign", "documentcloud"), "wetransfer": ("wetransfer",),
    "zoom": ("zoom", "zoomgov"), "paypal": ("paypal",), "dhl": ("dhl",), "fedex": ("fedex",), "ups": ("ups",),
    "usps": ("usps",), "amazon": ("amazon", "amazonaws", "amazonses"), "apple": ("apple", "icloud"),
    "citrix": ("citrix", "sharefile"), "sharefile": ("citrix", "sharefile"), "egnyte": ("egnyte",),
    "smartsheet": ("smartsheet",), "linkedin": ("linkedin",), "norton": ("norton",), "mcafee": ("mcafee",),
}
_SERVICE = re.compile(rf"\b(?:{'|'.join(sorted(_SERVICES, key=len, reverse=True))})\b", re.IGNORECASE)
_SHORT = word_set("bit.ly tinyurl.com t.co goo.gl ow.ly is.gd buff.ly rebrand.ly cutt.ly rb.gy shorturl.at t.ly tiny.cc")
_IP_HOST = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$")
_WARNING = re.compile(
    r"\b(?:phishing|scams?|spoof(?:ed|ing)|fraudulent|fake (?:e-?mail|message)|suspicious (?:e-?mail|message)"
    r"|do not (?:click|respond|reply|open)|impersonat\w{0,6}|security awareness)\b", re.IGNORECASE)
_DANGEROUS = re.compile(r"\.(?:html?|shtml|svg|iso|img|exe|scr|js|vbs|lnk|bat|cmd|hta|jar|docm|xlsm|one|zip|rar|7z"
    r"|ace)$", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:support|help ?desk|help|admin(?:istrator)?|office|team|services?|billing|accounts?|security|it"
    r"|notifications?|no-?reply|alerts?|center|desk|director|staff|web ?master|postmaster|mail)\b", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|bmp|svg|pdf)$", re.IGNORECASE)
_HEAD = re.compile(
    r"\b(?:director|dean|president|provost|chancellor|chair|executive|head|office|manager|librarian)\b", re.IGNORECASE)
_WIRE = re.compile(r"\b(?:wire transfer|bank transfer|gift cards?|payment|vendor)\b", re.IGNORECASE)
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
    vouched = any(r.result == "pass" and r.method in ("spf", "dkim") and same_organization(r.domain, host) for r in found)
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
        return not self.outside and (self.genuine or self.found is None) and bool(_WARNING.search(self.words))

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the links in the text, each once."""
        found = (match[1].lower().rpartition("@")[2] for match in _LINK.finditer(self.words))
        return tuple(dict.fromkeys(found))[:50] if "://" in self.words else ()

    @cached_property
    def harmless(self) -> bool:
        """Our server vouches for the sender's own domain (no free one), and the message asks for nothing."""
        own = self.genuine and not self.listed and not within(self.domain, _FREE)
        return own and not (self.bait or _ASKS.search(self.words) or _dangerous(self.message) or self.hidden_link)

    @cached_property
    def bait(self) -> str | None:
        """The first bait in the text."""
        return next(_baits(self), None)

    @cached_property
    def hidden_link(self) -> str | None:
        """A link whose target nobody can read: a bare IP address or a shortener."""
        return next((host for host in self.hosts if host in _SHORT or _IP_HOST.match(host)), None)


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
        known = look_alike(address.domain, case.trust.inside)
        if known is None and not case.harmless:
            known = borrowed(address.domain, case.trust.inside)
        if known:
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
    if not claimed or case.harmless or (case.listed and not _claims_office(sender.name, claimed)):
        return None
    if _lives_at(sender.domain, _service_in(sender.name) or _service_in(sender.domain)):
        return None
    return f"Its sender calls itself “{sender.name[:60]}”, but the address is at {sender.domain}."


def _claims_office(name: str, claimed: str) -> bool:
    return _ROLE.search(name) is not None or skeleton(name).replace(" ", "") == skeleton(claimed)


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
        found = _LINK_DEFECT.match(defect)
        if found and not within(found[2], case.trust.inside) and not _only_counts(case, found[1], found[2]):
            return f"A link shows {found[1]} but leads to {found[2]}."
    return None


def _only_counts(case: _Case, shown: str, target: str) -> bool:
    if not case.genuine or _service_in(shown) or not case.harmless:
        return False
    return same_organization(target, case.domain) or not within(shown, case.trust.inside)


def _imitated_link(case: _Case) -> str | None:
    if case.known or not case.outside:
        return None
    genuine = (*case.trust.consortium, *case.trust.vendors, case.trust.own_domain)
    for host in case.hosts:
        bare = host.partition(":")[0]
        known = look_alike(bare, genuine) or (None if case.harmless else borrowed(bare, genuine))
        if known:
            return f"It links to {host[:80]}, which looks like {known} but is another domain."
    return None


def _service_in(text: str) -> str | None:
    found = _SERVICE.search(text)
    return found[0].lower() if found else None


def _lives_at(domain: str, service: str | None) -> bool:
    return service is not None and registered_name(domain) in _SERVICES[service]


def _borrowed_service(case: _Case) -> str | None:
    """A notice in the dress of Box, Microsoft or the like, whose sender and links are not theirs."""
    if case.known or case.warns or case.message.lists or case.message.in_reply_to:
        return None
    name = case.message.sender.name if case.message.sender else ""
    dressed = _SHARED.search(case.words) or _VOICE.search(case.words) or _PARCEL.search(case.words) or case.bait
    service = _service_in(name) or (_service_in(case.words[:3_000]) if dressed else None)
    if service is None or not (dressed or _ASKS.search(case.words)) or _is_served(case, service):
        return None
    return f"It dresses as a notice of {service.title()}, but comes from {case.domain or 'nowhere'} and links elsewhere."


def _is_served(case: _Case, service: str) -> bool:
    """The service sent it itself, or all that it links to is the service's or our own: nothing to fall into."""
    if _lives_at(case.domain, service) and (case.genuine or not case.found):
        return True
    foreign = [host for host in case.hosts if not within(host, case.trust.inside) and not _lives_at(host, service)]
    return not foreign and not case.message.attachments and bool(case.hosts) and case.genuine


def _sent_file(case: _Case) -> str | None:
    """A shared file, a call or a parcel that a stranger announces, with a link and some pressure."""
    if case.known or case.warns or not case.outside or case.message.lists or case.message.in_reply_to:
        return None
    if not (case.hosts or case.message.attachments) or any(_lives_at(case.domain, name) for name in _SERVICES):
        return None
    if _VOICE.search(case.words) and (_dangerous(case.message) or case.hosts):
        return "A stranger announces a voice message or a fax, to be fetched by a link or a file."
    if _PARCEL.search(case.words) and case.hosts and _FORCED.search(case.words):
        return "A stranger announces a parcel and presses to follow a link."
    served = any(_lives_at(host, name) for host in case.hosts for name in _SERVICES)
    if _SHARED.search(case.words) and _FORCED.search(case.words) and not served:
        return "A stranger announces a shared document and presses to open it."
    return None


def _bait(case: _Case) -> str | None:
    if case.known or case.warns:
        return None
    who = "a stranger" if case.outside else "a sender whom our mail server does not vouch for"
    return f"{who[:1].upper()}{who[1:]} {case.bait}." if case.bait else None


def _baits(case: _Case) -> Iterator[str]:
    words, message = case.words, case.message
    if _CREDENTIALS.search(words) and not _WARNING.search(message.subject) and (_PRESSURE.search(words) or _pictured(case)):
        yield "asks for account data or a password, and presses for it"
    if _GIFT.search(words) and _GIFT_ASK.search(words):
        yield "asks for gift cards"
    if _is_stranger(message) and len(message.new_text) < 600 and _asks_favour(message, words[:1_500]):
        yield "asks for a quick favor from a free mail address"
    if _PAYROLL.search(words):
        yield "wants bank or payroll details changed"
    if _INVOICE.search(words) and (_PAY_NOW.search(words) or _dangerous(message)):
        yield "presses for the payment of an invoice"
    if _dangerous(message) and _PRESSURE.search(words) and not message.lists:
        yield "sends a file of a kind that can do harm, and presses to open it"


def _pictured(case: _Case) -> bool:
    """Bait in a picture: a QR code has no link that a filter could read."""
    return any(_PICTURE.search(file.name) for file in case.message.attachments) or "QR" in case.words


def _asks_favour(message: Message, words: str) -> bool:
    """One such phrase may be a lunch date; two, a very short note, or an office in the name of a free address is bait."""
    found = {match[0].lower() for match in _FAVOUR.finditer(words)}
    name = message.sender.name if message.sender else ""
    return bool(found) and (len(found) > 1 or len(message.new_text) < 120 or _HEAD.search(name) is not None)


def _is_stranger(message: Message) -> bool:
    return message.sender is not None and within(message.sender.domain, _FREE)


def _dangerous(message: Message) -> bool:
    return any(_DANGEROUS.search(file.name) for file in message.attachments)


def _diverted_reply(case: _Case) -> str | None:
    """From one of ours, answers to a free mail address, and nobody vouches for it."""
    if not case.message.reply_to or case.genuine or not within(case.domain, case.trust.inside):
        return None
    away = next((address for address in case.message.reply_to if within(address.domain, _FREE)), None)
    if away and (_FAVOUR.search(case.words) or _WIRE.search(case.words) or case.bait):
        return f"It names {case.domain} as its sender, but answers go to {away.domain}."
    return None


_SIGNS: tuple[Callable[[_Case], str | None], ...] = (
    _imitated_sender, _borrowed_name, _lying_links, _imitated_link, _diverted_reply, _bait, _borrowed_service, _sent_file)

"""Guards that count a message as machine noise: set aside, listed to the liaison, sent to nobody. Pure.

A notice that a machine wrote for people (a status service, through a list) is no noise: Auto-Submitted: auto-generated
alone sets nothing aside (RFC 3834, 5: it says how a message came to be, not that nobody wants it).
"""

from __future__ import annotations

import re

from bot import headers
from bot.inbox.domains import within, word_set
from bot.inbox.trust import Trust, authenticated, is_inside
from bot.types import Disposition, Message, Verdict, VerdictKind

_OUT_OF_OFFICE = re.compile(
    r"^(?:(?:re|aw|sv)\s?:\s*|\[[^\]]{1,40}\]\s*)*(?:(?:automatic|automated|auto)[- ]?(?:reply|response|answer)\b"
    r"|autoreply\b|autoresponder\b|autoresponse\b"
    r"|out[- ]of[- ](?:the )?office\b|ooo\b|(?:i am |i'm )?(?:away|out) (?:from|of) (?:the |my )?(?:office|mail|desk"
    r"|library)\b|on (?:vacation|leave|sabbatical|holiday)\b"
    r"|vacation (?:reply|response|message|auto)|away (?:message|notice)|automatische antwort|abwesenheitsnotiz"
    r"|réponse automatique|respuesta automática)", re.IGNORECASE)
_AUTOMATIC = re.compile(
    r"^(?:\[[^\]]{1,40}\]\s*)*(?:re\s?:\s*)?(?:(?:automatic|automated|auto)[- ]?(?:reply|response)|autoreply"
    r"|autoresponse|automatische antwort|réponse automatique)\b",
    re.IGNORECASE)
_AWAY_TEXT = re.compile(
    r"\b(?:(?:i am|i'm|i will be|i'll be|we are) (?:currently |now )?(?:out of|away|on (?:vacation|leave|sabbatical"
    r"|holiday|pto))|out of (?:the )?office"
    r"|(?:limited|no|intermittent) access to (?:e-?mail|my e-?mail)|will (?:respond|reply|return)"
    r"|thank you for your (?:message|e-?mail))", re.IGNORECASE)
_ANSWERERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from")
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|microsoftexchange[0-9a-f]*)$")
_UNDELIVERED = re.compile(
    r"^(?:undeliver(?:able|ed)\b|undelivered mail|mail delivery (?:failed|failure|subsystem|status)"
    r"|delivery (?:status notification|has failed|failure|delayed|incomplete)"
    r"|returned mail|failure notice|message (?:undeliverable|not delivered|delayed)|warning: could not send"
    r"|could not deliver|non-?delivery|unzustellbar|nicht zugestellt|delayed mail)",
    re.IGNORECASE)
_ADMIN_SUBJECT = re.compile(
    r"^(?:confirm [0-9a-f]{8,64}\b|confirm(?:ation)? (?:of |your )?(?:subscription|unsubscription)"
    r"|your confirmation is (?:required|needed) to (?:join|leave)"
    r"|confirmation (?:needed|required|for (?:subscription|unsubscription))|\d{1,4} \S.{0,80} moderator request(?:s"
    r"|\(s\))? waiting|(?:the )?\S.{0,60} (?:list|mailing list) (?:memberships?|password) reminder"
    r"|\S.{0,60} mailing list memberships? reminder|\S.{0,80} post from \S.{0,120} requires (?:approval|moderation)"
    r"|your message to \S.{0,80} (?:awaits moderator approval|has been rejected)"
    r"|(?:un)?subscri(?:be|ption) (?:notification|confirmation|request)|(?:new )?subscription request to (?:list )?\S"
    r"|\S.{0,80} (?:un)?subscribe notification"
    r"|welcome to the \S.{0,80} (?:mailing list|e-?mail list|list|listserv)\b|you (?:have been"
    r"|are now) (?:un)?subscribed (?:to|from)|bounce action notification"
    r"|your subscription to (?:the )?\S.{0,60} (?:list|has been|was)|your membership (?:in"
    r"|of) the \S.{0,60} mailing list|listserv:|command confirmation request"
    r"|(?:re: )?results? of your (?:e-?mail )?commands?"
    r"|subscription (?:probe|renewal|to \S.{0,60} disabled)|uncaught bounce notification|held messages? (?:summary"
    r"|report)|goodbye from|you are now (?:un)?subscribed"
    r"|request to (?:mailing list|join|leave) \S.{0,80}(?:rejected|denied)?$)", re.IGNORECASE)
_ADMIN_SENDER = re.compile(r"^(?:listserv|majordomo|mailman|mailman-\w{1,20}|sympa|listmaster|\S{1,80}-(?:request"
    r"|bounces|owner|confirm|confirm\+\w{1,64}))$")
_ADMIN_TEXT = re.compile(
    r"(?:to confirm (?:that )?(?:you want|your (?:subscription|request|registration))|mailing list (?:membership"
    r"|password) (?:reminder|information)|following list moderation requests"
    r"|has been (?:successfully )?(?:un)?subscribed (?:to|from)|is being held until the list moderator"
    r"|your (?:mailing list )?password is|awaiting (?:your )?(?:moderat|approval)|confirm your subscription)",
    re.IGNORECASE)
_QUARANTINE = re.compile(
    r"^(?:(?:microsoft 365 security: )?you have (?:new )?(?:messages? (?:held )?in quarantine"
    r"|\d{0,4} ?(?:new )?(?:quarantined|held) messages?)|(?:your )?(?:spam |e-?mail |end[- ]user |daily |junk "
    r"|personal )*"
    r"quarantine(?:d messages?)? (?:digest|summary|notification|report|notice)|end[- ]user (?:spam )?(?:digest"
    r"|quarantine)|(?:spam|junk)(?: ?mail| e-?mail)? (?:digest|summary|report)\b)", re.IGNORECASE)
_FILTERS = (
    "microsoft.com", "pphosted.com", "proofpoint.com", "barracudanetworks.com", "mimecast.com", "ironport.com",
    "cisco.com", "messagelabs.com",
)
_TEST_WORDS = word_set(
    "test testing tests tested this is only just a an please ignore message mail email e post posting list disregard "
    "delete again one two three 1 2 3 4 5 "
                        "the to of from sorry for hello hi thanks thank you no action needed do not reply did get "
                        "through work works working if new my your me")
_TEST_CORE = frozenset({"test", "testing", "tests"})
_WORD = re.compile(r"[a-z0-9]+")


def aside(kind: VerdictKind, why: str) -> Verdict:
    """A verdict that counts the message as noise."""
    return Verdict(disposition=Disposition.SET_ASIDE, kind=kind, why=why)


def own_mail(message: Message, trust: Trust) -> Verdict | None:
    """The bot's own mail come back: our From and our List-Id together."""
    identifier = headers.list_identifier(message.header("list-id") or "")
    own = message.sender is not None and trust.own_address and message.sender.address == trust.own_address
    if own and identifier == trust.own_list:
        return aside("own-mail", "This is one of the bot's own messages.")
    return None


def loop(message: Message, trust: Trust) -> Verdict | None:
    """A message that bears the bot's loop mark has been through a bot already."""
    if message.header(headers.LOOP_MARK.lower()) is not None:
        return aside("loop", f"It bears the mark {headers.LOOP_MARK}, so a bot like this one has sent it before.")
    return None


def delivery_report(message: Message, trust: Trust) -> Verdict | None:
    """Delivery status and disposition notifications (RFC 3464, RFC 8098), and reports that look like neither."""
    kind = (message.header("content-type") or "").lower()
    if kind.startswith("multipart/report") and re.search(r"report-type\s*=\s*\"?(?:delivery-status"
        r"|disposition-notification)", kind):
        return aside("delivery-report", "A mail server reports on the delivery of another message.")
    if message.header("x-ms-exchange-message-is-ndr") is not None or message.header("x-failed-recipients") is not None:
        return aside("delivery-report", "A mail server reports that another message was not delivered.")
    undelivered = _UNDELIVERED.match(message.subject[:200])
    if _from_daemon(message) and (undelivered or _null_reverse_path(message)):
        return aside("delivery-report", "A mail server's own address reports on the delivery of another message.")
    return None


def _from_daemon(message: Message) -> bool:
    return message.sender is not None and bool(_DAEMON.match(message.sender.address.partition("@")[0]))


def _null_reverse_path(message: Message) -> bool:
    """RFC 5321, 4.5.5."""
    return (message.header("return-path") or "").replace(" ", "") == headers.NULL_REVERSE_PATH


def auto_reply(message: Message, trust: Trust) -> Verdict | None:
    """Out-of-office notes and other automatic answers (RFC 3834)."""
    submitted = (message.header("auto-submitted") or "").partition(";")[0].strip().lower()
    if submitted == "auto-replied":
        return aside("auto-reply", "Its header says that a machine answered (Auto-Submitted: auto-replied).")
    precedence = (message.header("precedence") or "").strip().lower()
    if precedence in ("auto_reply", "auto-reply") or any(_says_yes(message, name) for name in _ANSWERERS):
        return aside("auto-reply", "Its header says that it is an automatic reply.")
    subject = message.subject[:200]
    if _AUTOMATIC.match(subject):
        return aside("auto-reply", f"Its subject says that it is an automatic reply (“{subject[:60]}”).")
    if _OUT_OF_OFFICE.match(subject) and (_machine_signs(message, submitted) or _is_away_note(message)):
        return aside("auto-reply", f"It is an out-of-office note (“{subject[:60]}”).")
    return None


def _says_yes(message: Message, name: str) -> bool:
    value = message.header(name)
    return value is not None and value.strip().lower() not in ("no", "false", "0")


def _machine_signs(message: Message, submitted: str) -> bool:
    precedence = (message.header("precedence") or "").strip().lower()
    return (
        submitted not in ("", "no") or message.header("x-auto-response-suppress") is not None
        or _null_reverse_path(message) or (precedence in ("bulk", "junk") and not message.lists))


def _is_away_note(message: Message) -> bool:
    """A short text that says somebody is away, under a subject that says so too."""
    return len(message.new_text) < 800 and bool(_AWAY_TEXT.search(message.new_text[:800].replace("\u2019", "'")))


def administrivia(message: Message, trust: Trust) -> Verdict | None:
    """What list servers and spam filters write about themselves: confirmations, notices, reminders, digests."""
    if _says_yes(message, "x-list-administrivia"):
        return aside("administrivia", "The list server wrote it about the list itself (X-List-Administrivia).")
    subject = headers.base_subject(message.subject)[:300]
    titled = _ADMIN_SUBJECT.match(message.subject[:300]) or _ADMIN_SUBJECT.match(subject)
    official = _from_list_server(message)
    worded = _ADMIN_TEXT.search(message.text[:4_000]) is not None
    if titled and (official or worded or subject.lower().startswith("confirm ")):
        return aside("administrivia", f"The list server wrote it about the list itself (“{subject[:60]}”).")
    if official and worded and not message.in_reply_to:
        return aside("administrivia", "The list server wrote it about a subscription.")
    if _QUARANTINE.match(subject) and _from_filter(message, trust):
        return aside("administrivia", f"The spam filter lists what it kept back (“{subject[:60]}”).")
    return None


def _from_list_server(message: Message) -> bool:
    return message.sender is not None and bool(_ADMIN_SENDER.match(message.sender.address.partition("@")[0]))


def _from_filter(message: Message, trust: Trust) -> bool:
    """A note from the spam filter is a favourite mask of phishing: its sender must be known, or vouched for."""
    domain = message.sender.domain if message.sender else ""
    vouched, _ = authenticated(message, trust)
    home = within(domain, (trust.own_domain,)) or is_inside(message, trust)
    return (vouched and (home or within(domain, _FILTERS))) or (home and trust.authentication_server is None)


def test_post(message: Message, trust: Trust) -> Verdict | None:
    """Somebody tries out whether the list works: subject and text say nothing but that."""
    subject = _WORD.findall(headers.base_subject(message.subject)[:120].lower())
    text = _WORD.findall(message.new_text[:400].lower())
    if message.attachments or message.calendars or len(message.new_text) > 300 or len(text) > 40:
        return None
    says_test = bool(_TEST_CORE & {*subject, *text[:12]})
    only = all(word in _TEST_WORDS or word in message.lists for word in subject)
    if says_test and only and (_mostly_test(text) or (_TEST_CORE & set(subject) and len(text) <= 3)):
        return aside("test-post", "Its subject and text say only that it is a test.")
    return None


def _mostly_test(text: list[str]) -> bool:
    """Few words but those of a trial; the writer's own name or the list's may stand among them."""
    return sum(word not in _TEST_WORDS for word in text) <= 3

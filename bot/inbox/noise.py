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
    r"|out[- ]of[- ](?:the )?office\b(?! hours)|ooo\b|(?:i am |i'm )?(?:away|out) (?:from|of) (?:the |my )?(?:office"
    r"|mail|desk"
    r"|library)\b(?! hours)|on (?:vacation|leave|sabbatical|holiday)\b"
    r"|[^:,]{2,50} (?:is|will be) (?:currently )?(?:out of (?:the )?office\b(?! hours)|away|on (?:vacation|leave))\b"
    r"|vacation (?:reply|response|message|auto)|away(?: (?:message|notice)|:| re:| from\b| until\b)|absen(?:ce"
    r"|t)\b|automatische antwort|abwesenheitsnotiz"
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
#: A short text that says that no person wrote it.
_ANSWERED = re.compile(
    r"\bthis (?:is an|e-?mail is an|message is an) auto\w{0,7}(?:ly)?(?:[ -]generated)? (?:reply|response|answer)\b"
    r"|\bthis (?:reply|response|answer) (?:was|is|has been) (?:auto\w{0,7} )?(?:generated|sent|created)"
    r"(?: auto\w{0,7}| by)", re.IGNORECASE)
_RECEIPT = re.compile(r"^(?:(?:not )?read|gelesen|lu|leído|return receipt|read[- ]receipt)\s?[:(]", re.IGNORECASE)
_WAS_READ = re.compile(r"\bmessage\b[^.]{0,300}\bwas (?:read|displayed|opened|deleted without)\b", re.IGNORECASE)
_ANSWERERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from")
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|microsoftexchange[0-9a-f]*)$")
_UNDELIVERED = re.compile(
    r"^(?:undeliver(?:able|ed)\b|undelivered mail|mail delivery (?:failed|failure|subsystem|status)"
    r"|delivery (?:status notification|has failed|failure|delayed|incomplete)"
    r"|returned mail|failure notice|message (?:undeliverable|not delivered|delayed)|warning: could not send"
    r"|could not deliver|non-?delivery|unzustellbar|nicht zugestellt|delayed mail)",
    re.IGNORECASE)
_NOT_DELIVERED = re.compile(
    r"\b(?:could not|cannot|couldn['\u2019]t) be delivered|\b[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b"
    r"|mailbox unavailable|user unknown"
    r"|delivery (?:to|has) [^.\n]{0,80}failed|undeliverable", re.IGNORECASE)
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
    r"|you(?:'ve| have) been (?:added to|removed from|invited to join) (?:the )?\S.{0,80}(?:group|list|team)\b"
    r"|\S.{0,60} post acknowledge?ment|(?:message|article|post(?:ing)?)s? (?:distributed to|to be (?:moderated"
    r"|approved)"
    r"|(?:waiting|pending) (?:for )?(?:approval|moderation|distribution))|rejected (?:posting|message) to \S"
    r"|\S.{0,60}: (?:subscription|unsubscription) (?:request|confirm\w{0,6})|auth \S{4,40}$"
    r"|(?:moderation|moderator) (?:notice|notification|request|needed)|(?:message|post)s? (?:is )?(?:held|pending)\b"
    r"|request to (?:mailing list|join|leave) \S.{0,80}(?:rejected|denied)?$)", re.IGNORECASE)
_ADMIN_SENDER = re.compile(r"^(?:listserv|majordomo|mailman|mailman-\w{1,20}|sympa|listmaster|\S{1,80}[-+](?:request"
    r"|bounces|owner|confirm|confirm\+\w{1,64}))$")
_ADMIN_TEXT = re.compile(
    r"(?:to confirm (?:that )?(?:you want|your (?:subscription|request|registration))|mailing list (?:membership"
    r"|password) (?:reminder|information)|following list moderation requests"
    r"|(?:you(?:'ve| have) been|was) (?:added to|removed from) (?:the )?[^.\n]{0,60}(?:group|list)\b"
    r"|your (?:message|post(?:ing)?)[^.\n]{0,120} (?:has been|was) (?:successfully )?(?:received by|distributed"
    r"|posted to)"
    r"|(?:approve|reject|moderate) (?:or reject |or discard )?(?:this|the) (?:message|post|article|request)"
    r"|(?:subscription|membership) (?:to|of|in) [^.\n]{0,80} (?:has been|was) (?:accepted|confirmed|disabled|changed)"
    r"|(?:has been|was|were) (?:successfully )?(?:(?:un)?subscribed|deleted|removed|added) (?:to"
    r"|from) (?:the )?(?:\S{1,40}"
    r" )?(?:mailing )?list\b|held for (?:the |a )?moderat|(?:message|post)s? (?:is |are )?awaiting (?:moderat|approv)"
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
    "delete again one two three 1 2 3 4 5 123 1234 check checking "
                        "the to of from sorry for hello hi thanks thank you no action needed do not reply did get "
                        "through work works working if new my your me")
_TEST_CORE = frozenset({"test", "testing", "tests"})
_IGNORE_WORDS = frozenset({"ignore", "disregard", "delete"})
_LONGEST_TEST = 700
_TRIAL_SIGNS = ("test", "does this", "did this", "trying", "check", "arrive")
_IGNORE = re.compile(
    r"\b(?:ignore|disregard|delete)\b(?! (?:the|these|any|all|those)\b)|\bno (?:need to|response|reply|action)\b"
    r"|\bsorry for the (?:noise|extra|spam)\b|\bdo not (?:reply|respond)\b|\bdisregard the\b", re.IGNORECASE)
_TRIAL = re.compile(
    r"\b(?:this is (?:just |only |merely )?(?:a |another )?(?:quick |short )?test\b(?! (?:of|for) (?!the list|my"
    r"|whether"
    r"|our (?:mail|list|new)|this list|posting|the new (?:list|address|server|mail)))"
    r"|test(?:ing)? (?:message|post|posting|e-?mail|mail|only|to (?:see|check|the list|confirm)|whether|if|that|my"
    r"|one two"
    r"|1 ?2|the (?:list|new list|mailing list)|our (?:new )?(?:list|mail))\b"
    r"|(?:do|does|did) (?:this|my|these)\b[^.!?]{0,30}\b(?:arrive|work|come through|reach|get through|show up)"
    r"|trying (?:out )?(?:whether|if|to (?:see|post|find out))\b[^.!?]{0,60}\b(?:list|post|mail|message|account"
    r"|address)"
    r"|just (?:a test|testing)|only (?:a test|testing)"
    r"|(?:check|see|verify|confirm|make sure|know)\w{0,3} (?:that|whether|if) (?:my|the|this|our|it|i|these|posts?"
    r"|mail)\b"
    r"[^.!?]{0,60}\b(?:list|posts?|mail|messages?|e-?mails?|address|through|works?|arrive\w?|reach\w{0,2}))"
    r"|^\W{0,3}test(?:ing)?\b\W", re.IGNORECASE)
#: A post that wants something of its readers is no trial, whatever it calls itself.
_TASK = re.compile(
    r"\b(?:please (?:test|try|review|send|complete|report|fill|register|join|see|update|submit|run|check)|sandbox"
    r"|releases?"
    r"|upgrade|load|import|webinar|survey|deadline|due|maintenance|outage|patrons?|records?|letters?|register"
    r"|by (?:mon|tues|wednes|thurs|fri|satur|sun)day|at every library|does anyone|has anyone|anybody|how do)\b"
    r"|https?://",
    re.IGNORECASE)
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
    if _RECEIPT.match(message.subject) and _WAS_READ.search(message.new_text[:600]):
        return aside("delivery-report", "A mail program reports that another message was read.")
    undelivered = _UNDELIVERED.match(message.subject[:200])
    if undelivered and _from_list_server(message) and _NOT_DELIVERED.search(message.text[:2_000]):
        return aside("delivery-report", "The list server reports that a message was not delivered.")
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
    if len(message.new_text) < 800 and not message.attachments and _ANSWERED.search(message.new_text):
        return aside("auto-reply", "Its text says that it is an automatic reply.")
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
    titled = _ADMIN_SUBJECT.match(message.subject[:300]) or (
        subject != message.subject and _ADMIN_SUBJECT.match(subject))
    official = _from_list_server(message)
    worded = bool(titled or official) and _ADMIN_TEXT.search(message.text[:4_000]) is not None
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
    """Somebody tries out whether the list works: subject and text say nothing but that, perhaps in some words."""
    text = message.new_text
    if message.attachments or message.calendars or len(text) > _LONGEST_TEST:
        return None
    said = f"{message.subject}\n{text}".lower()
    if not any(sign in said for sign in _TRIAL_SIGNS):
        return None
    subject = _WORD.findall(headers.base_subject(message.subject)[:120].lower())
    words = _WORD.findall(text[:400].lower())
    titled = bool(_TEST_CORE & set(subject)) and all(word in _TEST_WORDS or word in message.lists for word in subject)
    if titled and (len(words) <= 3 or (len(text) <= 300 and len(words) <= 40 and _mostly_test(words))):
        return _only_a_test()
    if _is_trial(subject, titled, text.replace("\u2019", "'")):
        return _only_a_test()
    return None


def _only_a_test() -> Verdict:
    return aside("test-post", "Its subject and text say only that it is a test.")


def _is_trial(subject: list[str], titled: bool, text: str) -> bool:
    """Some words around a trial: it says that it is one or begs to be ignored, and asks and announces nothing."""
    if _TASK.search(text) or len(subject) > 12:
        return False
    ignored = _IGNORE.search(text) is not None or bool(_IGNORE_WORDS & set(subject))
    tried = _TRIAL.search(text) is not None or _TRIAL.search(" ".join(subject)) is not None
    if titled:
        return tried or ignored
    return tried and ignored and (len(subject) <= 3 or bool(_TEST_CORE & set(subject)))


def _mostly_test(text: list[str]) -> bool:
    """Few words but those of a trial; the writer's own name or the list's may stand among them."""
    return sum(word not in _TEST_WORDS for word in text) <= 3 and (not text or not _TASK.search(" ".join(text)))

"""Does the message ask the library to do something, and by when?

A survey, a vote, a form, a renewal, a test, a report, a reply that is wanted: a request. An invitation, an offer, "let
us know if you have questions", and a colleague's question to the list are none. A due date is always a `deadline` that
`bot.reading.dates` reads out of the same message, so the two can never disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.reading.dates import event_tags, events, first_day, plain_subject
from bot.reading.sentences import CAP, SENTENCE, Sentence, sentences
from bot.reading.tagger import Surroundings
from bot.types import Event, Message, Request, Tag

_VERBS = (
    r"complete|fill|submit|return|send|tell|reply|respond|confirm|vote|enter|mark|update|review|check|test|"
    r"report|cast|copy|export|rotate|swap|"
    r"replace|add|choose|pick|name|answer|take (?:the|our|this|a (?:few|moment|minute)|\w+ minutes)|upload|"
    r"return|renew|select|verify|provide|give us|"
    r"sign (?:and|the|it|off)|approve|appoint|designate|move|change|switch|redo|hold (?:every|all|off|your)|"
    r"stop|hand|install|deliver|map|post your|e-?mail (?:me|us|your|the|it)|"
    r"write (?:me|us|to \w+ (?:with|by))|try|run|set|look (?:at|over|through)|go through|make sure|ensure|"
    r"be sure|remove|delete|pull|recall|let (?:me|us|\w+) know (?:by|before|which|who|what|how|whether|your|"
    r"no later|the|as soon)|"
    r"put|prepare|cancel|suspend|download|fix|correct|clear|close|rank|score|log|record|count|bring|have|ask|"
    r"get|pass|nominate|compare|work|turn|point|clean|disable|reset|revoke|order|claim|pay|inform|list|"
    r"leave|warn|forward|postpone|deactivate|activate|search|see (?:that|to)|create|assign|withdraw|avoid|"
    r"mend|repair|enable|"
    r"indicate|specify|decide|finish|attach|lower|refrain"
)
_PLEASE = re.compile(
    rf"\b(?:please|kindly|pls)\s(?:also\s|therefore\s|then\s|each\s|all\s|still\s|do\s|just\s|now\s|"
    rf"take a moment to\s|take a minute to\s|be sure to\s|remember to\s)?(?:{_VERBS})\b",
    re.IGNORECASE,
)
_MUST = re.compile(
    r"\b(?:you|libraries|library|institutions?|members?|liaisons?|contacts?|directors?|campuses|campus|"
    r"everyone|each of you|each|staff|one|schools|sites)\b[^.;:]{0,60}?\b(?:must|need to|needs to|have to|"
    r"has to|are asked to|is asked to|are required to|is required to|"
    r"are expected to|is expected to|should (?:now |please |also )?(?:complete|submit|return|send|reply|"
    r"respond|confirm|vote|review|check|test|update|report|replace|add|enter|be (?:returned|submitted|"
    r"completed)))\b"
    r"|\b(?:we|i|carli)(?:['\u2019]d| would| will|['\u2019]ll)? (?:need|ask|require|want|expect|"
    r"like)s?\b[^.;]{0,16}\b(?:you|your|each|every|all|one|libraries|a (?:name|list|count|number|reply|yes)|"
    r"the names?)\b"
    r"|\bwhat (?:we|i) (?:do )?(?:ask|need)|\b(?:your|our) homework\b|\baction (?:required|needed|"
    r"requested)\b|\byou(?:['\u2019]ll| will) (?:need|have) to\b|\bneeds? your\b|\bhas to bring\b|"
    r"\bis to (?:send|name|return|submit)\b",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"^(?:\W{0,4}(?:\(?\w{1,2}[.)]\s)?|.{0,120}?[:;]\s(?:\(?\w[.)]\s)?|(?:then|so|by [\w ,.]{3,24},|"
    r"before [\w ,]{3,24},|if [^,]{3,80},)\s)"
    r"(?:complete|fill (?:in|out)|submit|return (?:the|it|your)|send (?:me|us|your|the|it|comments|a|them|in|"
    r"names)|tell (?:me|us)|reply|respond|confirm|vote|cast|enter your|mark (?:each|the|your|any)|"
    r"update (?:the|your)|review (?:the|your)|"
    r"check (?:the|your|that)|test|report (?:the|your|by|them)|export (?:it|the|your)|rotate|swap|replace|"
    r"take (?:the|our|this) (?:survey|poll)|renew|verify|upload (?:your|the)|"
    r"write (?:me|us) |let (?:me|us) know (?:by|before|which|who|what|how|whether)|answer|tick|"
    r"open the selection|make your|copy|choose|pick your|rank|look at each|add (?:it|your|the))\b",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"\b(?:survey|questionnaire|ballots?|form|forms|renewals?|selections?|decisions?|choices|responses?|"
    r"replies|comments?|feedback|reports?|statistics|data|answers?|worksheets?|votes?|voting|orders|"
    r"intentions|counts?|poll|signatures?|agreements?)\b"
    r"[^.;]{0,60}\b(?:due|closes?|open (?:until|through|till)|deadline|needed by|wanted by|must|by|until|"
    r"before|no later)\b|\bdeadline for (?:the )?(?:survey|renewal|response|form|vote|return|selection|"
    r"submi)\w*",
    re.IGNORECASE,
)
#: Invitations, courtesies and conditions that ask nothing of the library.
_SOFT = re.compile(
    r"\b(?:register|registration|sign up|sign-up|join (?:us|me|our)|attend|rsvp|apply|applications?|"
    r"nominat\w+|proposals?|volunteer\w*|seats?|places|"
    r"if you (?:still |also |ever |then )?(?:have|need|see|notice|find|experience|encounter|are (?:having|"
    r"interested|unable|still)|want|"
    r"wish|would|like|can['\u2019]t|cannot|did(?:n['\u2019]t| not)|use|hit|are seeing|run into)|if (?:it|this|"
    r"that|your|something|any(?:one|body|thing)?|somebody)\b|"
    r"(?:any|with|have) (?:\w+ )?(?:questions?|problems?|concerns?|issues|trouble)|feel free|hesitate|"
    r"contact (?:me|us|support|carli|the)|don['\u2019]t|do not|should you|open a (?:case|ticket)|in case|"
    r"whoever|"
    r"bring (?:your|a|two|coffee|lunch|questions)|have (?:your|the) \w+ (?:open|ready)|instructors?|"
    r"abstracts?|speakers?|presenters?|trial)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\b(?:does any(?:one|body)|do (?:any|other|you)\b|has any(?:one|body)|have (?:any|other|you)\b|any(?:one|"
    r"body) (?:else|have|know|out there|use|using|willing|got)|is any(?:one|body)|can any(?:one|body)|"
    r"could (?:any|some)(?:one|body)|"
    r"some(?:one|body) (?:please|tell|help|explain)|how (?:do|are|did|does|should|would|can) (?:you|other|"
    r"others|your|i|we|folks|people)|what (?:do|does|are|is|did|would|have) (?:you|other|others|your|everyone|"
    r"folks|people)|"
    r"wondering|curious|any (?:advice|thoughts|ideas|tips|help|suggestions|experience|takers|pointers)|am i|"
    r"is it (?:just|only)|are we (?:the|doing)|should (?:i|we)|would (?:any|some)|who (?:else|has|is|uses)|"
    r"where do (?:i|we|you)|can (?:i|we|you)|could you|what am i|why (?:is|does|do|are))\b",
    re.IGNORECASE,
)
_NO_ACTION = re.compile(
    r"\b(?:no (?:further )?action (?:is |by libraries )?(?:needed|required|necessary|on your part)|no action|"
    r"nothing (?:to be done|(?:for )?you (?:need|have) to|to do|is asked|is required)|you (?:don['\u2019]t|"
    r"do not) (?:need|have) to|you needn['\u2019]t do)\b",
    re.IGNORECASE,
)
_NEWSLETTER = re.compile(r"\b(?:newsletter|news|digest|round-?up|bulletin)\b", re.IGNORECASE)
_REPLY = re.compile(r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|antw)\s*:", re.IGNORECASE)
_CUT = re.compile(r"\b(?:please|kindly)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Ask:
    """A sentence that asks, and how plainly (0 not at all … 4)."""

    sentence: str
    weight: int
    at: int


class DatesAndRequestsTagger:
    """Reads the dated events, and finds what the message asks the library to do: a due date is an event too."""

    name = "dates and requests"

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        """One `event` tag for each event, in order of time, and at most one `request` tag."""
        dated = events(message, around.zone)
        yield from event_tags(dated)
        found = request(message, dated)
        if found is not None:
            line = " ".join(found.sentence.split())[:200]
            yield Tag(name="request", value=found, by="extractor", why=f"“{line}”")


def request(message: Message, dated: tuple[Event, ...]) -> Request | None:
    """What the message asks the library to do, None if nothing; `dated` are the events of the same message."""
    text = message.new_text[:CAP]
    if not _ANY.search(text):
        return None
    lines = sentences(text)
    deadlines = [event for event in dated if event.type == "deadline"]
    asks = [ask for at, line in enumerate(lines) if (ask := _ask(line, at, deadlines)).weight > 0]
    best = max(asks, key=lambda ask: (ask.weight, -ask.at), default=None)
    if best is None or best.weight < _threshold(message, lines, text):
        return None
    return Request(what=_what(best.sentence), due=_due(best, asks, deadlines, lines), sentence=best.sentence[:600])


_ANY = re.compile(
    r"please|kindly|\b(?:must|need|needs|ask(?:s|ed)?|requir\w+|surveys?|vote|voting|ballots?|due|deadline|by|before|"
    r"complete|submit|send|tell|reply|respond|return|confirm|renew\w*|form|expect\w*|have to|has to|homework|"
    r"action)\b",
    re.IGNORECASE,
)


def _ask(line: Sentence, at: int, deadlines: list[Event]) -> _Ask:
    """How plainly a sentence asks: its form, and whether it names a last day."""
    text = line.text[:SENTENCE]
    form = _form(text)
    dated = any(event.sentence == line.text[:SENTENCE] for event in deadlines)
    if dated:
        form = 0 if _OFFER.search(text) or (_THEIRS.search(text) and not _BALLOT.search(text)) else max(form, 2) + 2
    if form == 0:
        return _Ask(text, 0, at)
    soft = 3 if _SOFT.search(text) and not dated else 0
    return _Ask(text, max(0, form - soft - (2 if text.endswith("?") and not dated else 0)), at)


def _form(text: str) -> int:
    if _PLEASE.search(text):
        return 3
    must = bool(_MUST_WORD.search(text) and _MUST.search(text))
    if (must and _LIBRARIES.search(text)) or _IMPERATIVE.match(text):
        return 2
    return 1 if must or (_DUE_WORD.search(text) and _NOUN.search(text)) else 0


#: Cheap questions, asked before the long patterns.
_MUST_WORD = re.compile(
    r"must|need|ha(?:s|ve) to|ask|requir|expect|should|want|homework|action|like|is to (?:send|name|return|"
    r"submit)|bring", re.IGNORECASE
)
_DUE_WORD = re.compile(r"due|close|open|deadline|by\b|must|until|before|no later", re.IGNORECASE)


_LIBRARIES = re.compile(
    r"\b(?:libraries|institutions?|liaisons?|members|directors|campuses|every|each|we (?:need|ask)|what (?:we|"
    r"i)|your|"
    r"action (?:required|needed)|homework)\b(?! of the (?:committee|board|council|group|team|task force))",
    re.IGNORECASE,
)
#: Last days for what a library may do: come, apply, propose; and last days that a vendor sets itself.
_OFFER = re.compile(
    r"\b(?:register|registration|sign up|seats?|apply|applications?|scholarships?|grants?|rooms?|hotel|"
    r"early[- ]bird|rate|proposals?|abstracts?|lunch|allerg\w+|attend\w*|rsvp|speakers?|trials?|may (?:try|"
    r"withdraw|still)|enrol\w*|cohort|"
    r"lightning talk|present|wait(?:ing)? ?list|discount|nominations?|free to a good home|dumpster|recycling|"
    r"want (?:it|them|any)|interested|exam|discard\w*|agenda|window for|if you(?:['\u2019]d| would)? (?:like|"
    r"wish|want|care)|(?:that|who) (?:wish|want|would like)|may also|first come|topics|comments? (?:may|can)|"
    r"will be (?:made|announced|posted|published|known|notified))\b",
    re.IGNORECASE,
)
_THEIRS = re.compile(
    r"\b(?:stops? (?:being|working)|goes away|retir\w+|sunset\w*|end[- ]of[- ]life|decommission\w*|lapses?|"
    r"expires?|expiring|expired|ends|switched off|price|becomes? the default|turned off|read-only|"
    r"discontinued|hold the quote)\b",
    re.IGNORECASE,
)


_BALLOT = re.compile(r"\b(?:vot(?:e|es|ing)|ballots?|surveys?|polls?|election)\b", re.IGNORECASE)


def _threshold(message: Message, lines: tuple[Sentence, ...], text: str) -> int:
    """How plain a request must be: more so in replies, in questions, and where nothing is said to be needed."""
    if _NO_ACTION.search(text):
        return 5
    asking = sum(1 for line in lines if line.text.endswith("?") and _QUESTION.search(line.text))
    subject = plain_subject(message.subject)
    if asking or _QUESTION.search(subject) or _REPLY.match(message.subject):
        return 4
    return 3 if _QUESTION.search(text) or _NEWSLETTER.search(subject) else 2


def _due(best: _Ask, asks: list[_Ask], deadlines: list[Event], lines: tuple[Sentence, ...]) -> date | None:
    """The deadline in the asking sentence, else in another that asks, else near it, else the message's only one."""
    for ask in [best, *sorted(asks, key=lambda ask: abs(ask.at - best.at))]:
        for event in deadlines:
            if event.sentence == ask.sentence:
                return first_day(event.start)
    for near in (1, -1, 2, -2, 3):
        if 0 <= best.at + near < len(lines):
            text = lines[best.at + near].text[:SENTENCE]
            for event in deadlines:
                if event.sentence == text and not _SOFT.search(text):
                    return first_day(event.start)
    return first_day(deadlines[0].start) if len(deadlines) == 1 and not _SOFT.search(deadlines[0].sentence) else None


def _what(sentence: str) -> str:
    """The asking part of the sentence, short enough for a list."""
    line = " ".join(sentence.split()).strip(" -*•")
    match = _CUT.search(line)
    if match and match.end() < len(line) - 10:
        line = line[match.end() :]
    line = line[:1].upper() + line[1:]
    if len(line) > 140:
        line = line[:139].rpartition(" ")[0] + "…"
    return line.rstrip(" .;,")

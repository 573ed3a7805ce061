"""Must staff know within the hour? An outage going on, a service just back, an emergency change today, a breach.

Words such as "URGENT!!!" count for nothing; what counts is a trouble told as present, by a sender whom our own mail
server vouches for. Maintenance a day or more ahead, a drill, and the report after the fact are not urgent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.reading.dates import plain_subject
from bot.reading.sentences import sentences
from bot.reading.tagger import Surroundings
from bot.types import Message, Tag

#: Urgent news say so early; what comes later is commentary.
_FIRST = 2_500

_TROUBLE = re.compile(
    r"\b(?:(?:is|are|was|were|went|gone|been|be|appears?(?: to be)?|still|seems?(?: to be)?|completely|again|"
    r"just|both|goes|all|site|server|system|alma|primo|\w+ is) (?:\w+ )?(?:down|dead|unavailable|unreachable|"
    r"inaccessible|off-?line|frozen|stuck|out|broken|hung|hanging|timing out|blank|empty|gone|crawling|"
    r"expired|blocked)|"
    r"on (?:the )?generator|took out|cut our|no network|(?:off-?line|down|dead|out) since|outages?|(?:do|does|"
    r"did)(?: not|n['\u2019]t) (?:respond|load|answer|resolve|work|open|finish|connect)|"
    r"(?:is|are)(?: not|n['\u2019]t) (?:respond|load|answer|resolv|work|open|connect|reach|going|leav|"
    r"available)\w*|not responding|not working|not going out|"
    r"(?:can['\u2019]t|cannot|can not|unable to|nobody can|no one can|couldn['\u2019]t) (?:\w+ )?(?:sign|log|"
    r"get (?:in|to|anything)|reach|connect|lend|check|search|scan|access|use|open|load|place|print|save|"
    r"loan)\w*|"
    r"(?:nobody|no one|nothing|none of|no e-?mail|no (?:page|loans?|search|results?|"
    r"letters?)\b)[^.;]{0,50}(?:loads?|resolves?|works?|can|gets?|comes?|leaves?|at all|through)|"
    r"(?:connection|access) (?:refused|denied|reset)|refus(?:es|ing|ed)\b|time[sd]? out|timing out|spinning|"
    r"sluggish|slowness|(?:very|extremely|painfully|terribly|so|really|unusually) slow|slow (?:today|this|for|"
    r"again|response|everywhere)|slow\b|"
    r"error(?:s| messages?| \d+| page)?\b|authentication failed|blank (?:page|screen)s?|white (?:page|screen)|"
    r"lost (?:electricity|power|connection|contact)|power (?:failure|cut|outage|loss)|crash(?:ed|es|ing)|"
    r"went down|knocked out|"
    r"cut (?:us|them|you) off|has blocked|stopped (?:halfway|working|responding|answering)|"
    r"something (?:has gone|is|went) wrong|logged out|kicked out|keeps? (?:coming back|looping|logging|"
    r"kicking|dropping|spinning|throwing)|"
    r"wrong (?:campus|page|patron|item|library)|wiped|vanish\w+|disappear\w+|missing|expired (?:everyone|"
    r"everybody|overnight|at midnight)|(?:patrons|users) expired|zero results|no results|same (?:here|in|"
    r"thing|at|for us|problem|behaviou?r)|us too|here too|me too|flood\w*|fire\b|degraded|failing|fails|"
    r"failed|failure|incident)\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:since (?:about |around |roughly |at least |approximately |just )?(?:\d{1,2}(?::\d\d)?\b(?!/)|noon|"
    r"midnight|this|yesterday|early this|before|opening|last night|lunch|we opened)|we['\u2019]re running on|"
    r"i['\u2019]m writing|right now|just now|"
    r"currently|at (?:the|this) moment|at present|ongoing|on-going|as i (?:type|write)|as we speak|"
    r"next (?:update|word|note|message)|no (?:estimate|eta|word|ballpark)|working on it|is on it|are on it|"
    r"on (?:the )?(?:phone|line) with|(?:has|have) (?:confirmed|acknowledged)|investigating|"
    r"looking into (?:it|this)|aware of|"
    r"this (?:morning|afternoon|evening)|within the (?:past |last |next )?(?:hour|\d+|few|half)|(?:for|"
    r"in) the (?:last|past) (?:hour|\d+|few|half|ten|twenty|thirty)|minutes ago|an? (?:half )?hour ago|"
    r"anyone else|anybody else|someone else|is it (?:only|just) (?:us|me)|only us|just us|"
    r"(?:is|are) (?:still )?(?:down|dead|unavailable|unreachable|off-?line)|until (?:further notice|i send|"
    r"we send|it['\u2019]s back)|still (?:down|out|no|nothing|dead|not|spinning|broken)|estimated back|"
    r"back by|hope to|expect(?:ed)? (?:it |service |them )?back|today|tonight|(?:is|are) experiencing|"
    r"critical case|we['\u2019]ll write|i will write|i['\u2019]ll (?:post|write|send)|all[- ]clear|"
    r"at \d{1,2}[:.]\d\d|right away|at once|immediately|help\b|(?:keep you|will) (?:posted|update))\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b(?:tickets?|prices?|numbers?|usage|use|circulation|costs?|loans|statistics|counts?|spending|"
    r"turnaround|enrol\w+|\w+ are) (?:(?:is|are|was|were|being|went) )?(?:going )?down\b|\bdown (?:from|by|to) \d|"
    r"\bslow (?:season|summer|day|week|lane)|\bdown payment",
    re.IGNORECASE,
)
_HARD = re.compile(
    r"\b(?:(?:is|are|went|still|completely|again|just|both|site|server|system|alma|primo|ve) (?:\w+ )?(?:down|"
    r"dead|unavailable|unreachable|inaccessible|off-?line)|on (?:the )?generator|took out|cut our|no network|"
    r"(?:off-?line|down|dead) since|outage|(?:do|does)(?: not|n['\u2019]t) respond|"
    r"not responding|not going out|(?:is|are)(?: not|n['\u2019]t) (?:respond|load|answer|resolv)\w*|"
    r"nobody can|no one can|nothing (?:resolves|loads|works)|connection refused|lost (?:electricity|power)|"
    r"went down|crashed|knocked out|something has gone wrong|keeps? coming back|has blocked|"
    r"expired (?:everyone|overnight|at midnight)|gone out blank|taken the)\b",
    re.IGNORECASE,
)
_AT_THIS_HOUR = re.compile(
    r"\bsince (?:about |around |roughly |at least |approximately |just )?(?:\d{1,2}(?::\d\d|"
    r"\s?[ap]\.?m)?(?=[\s,.;])(?!\s?(?:january|february|march|april|june|july|august|september|october|"
    r"november|december|weeks|years|months|days|updat))|noon\b|midnight\b|this (?:morning|noon|afternoon)|"
    r"early this|opening|lunch|last night|yesterday (?:at )?(?:\d|evening|after))|"
    r"\b(?:right now|just now|ongoing|as i type|as we speak|next (?:update|word)|no (?:estimate|eta)|"
    r"working on it|is on it|this (?:morning|afternoon|evening)\b(?! we (?:met|had|sent|mailed))|"
    r"within the (?:past |last )?hour|for the last (?:hour|half|\w+ minutes)|minutes ago|anyone else|"
    r"anybody else|is it (?:only|just) (?:us|me)|"
    r"estimated back|all-clear|(?:i|we)['\u2019]ll (?:post|write) (?:again|when|as soon|from)|"
    r"write from our phones|i will write the minute|we (?:just )?lost|desk (?:is|can['\u2019]t)|"
    r"line at the desk|first day)\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:will|scheduled|planned|next|upcoming|tomorrow|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    r"\b(?:is|are|isn['\u2019]t|aren['\u2019]t|can['\u2019]t|cannot|don['\u2019]t|doesn['\u2019]t|do|does|"
    r"answers?|gets?|shows?|returns?|says?|see|sees|keeps?|lets?|fails?|comes?|opens?|leads?|loads?|leaves?|"
    r"takes|has|have|['\u2019]s|['\u2019]re|['\u2019]ve|went|came|gone|nothing|nobody)\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:(?:is|are|been|were|was|we['\u2019]re|it['\u2019]s|come|came|comes|coming|got|everything['\u2019]s|"
    r"everything|logins|catalog|all|alma|primo|service|now) (?:\w+ )?(?:back|restored|resolved|cleared|"
    r"recovered|up again|working again|running again|in again|flowing|normal)|back (?:up|on-?line|"
    r"to (?:normal|what)|in service|in business|for us|at)|"
    r"working again|works? again|(?:up|running|flowing|appearing|answering|available|reachable|searchable|"
    r"loading|sending|moving|open|normal|in) again|again since|restored|resolved|all clear|all-clear|"
    r"cleared\b|fixed\b|recovered|queue released|is over|has ended|returned to normal|"
    r"that did it|restarted the)\b",
    re.IGNORECASE,
)
_JUST = re.compile(
    r"\b(?:since (?:about |around )?\d|at \d{1,2}[:.]\d\d|as of (?:\d|now|this|about)|just\b|now\b|"
    r"minutes ago|an hour ago|this (?:morning|afternoon|evening)|tonight|again\b|resolved|today|"
    r"for the (?:last|past)|stop sending|thanks? (?:all|for your patience)|"
    r"cleared|monitor\w*|\d{1,2}(?::\d\d)? ?[ap]\.?m)\b",
    re.IGNORECASE,
)
_BREACH = re.compile(
    r"\b(?:phish\w*|fraudulent|ransomware|malware|compromis\w+|breach\w*|hack(?:ed|er|ers)|stolen (?:account|"
    r"password|credential)s?|leaked|exposed|malicious|security (?:incident|hole|vulnerab\w+|flaw|alert)|"
    r"spoof\w*|scam|impersonat\w+|zero[- ]day|exploited)\b",
    re.IGNORECASE,
)
_ACT_NOW = re.compile(
    r"\b(?:right away|immediately|at once|right now|within the (?:past |last |next )?(?:hour|few|\d+)|"
    r"this (?:morning|afternoon|evening)|today|tonight|do not (?:click|open|answer|reply|enter)|"
    r"don['\u2019]t (?:click|open|answer|reply|enter)|change (?:it|your|the|that) |"
    r"reset (?:it|your|the|all)|sign out|as soon as|we did not send|is not (?:from )?(?:us|ours)|now\b|asap|"
    r"overnight|have been (?:reset|disabled|locked))\b",
    re.IGNORECASE,
)
_EMERGENCY = re.compile(
    r"\b(?:emergency|unscheduled|unplanned|on short notice|short notice|"
    r"urgent(?:ly)?)\b[^.]{0,90}\b(?:maintenance|restart|reboot|patch\w*|change|downtime|outage|update|fix|"
    r"upgrade|work|switch|certificate|repair|shutdown|rotation|fail-?over)|"
    r"\b(?:restart|reboot|patch|shut|take)\w*\b[^.]{0,60}\bemergency\b|\bin (?:an hour|half an hour|"
    r"\w+ minutes)\b[^.]{0,60}\b(?:restart|reboot|down|off-?line|disconnect)|\b(?:restart|reboot|down|"
    r"off-?line|disconnect)\w*\b[^.]{0,60}\bin (?:an hour|half an hour|\w+ minutes)\b",
    re.IGNORECASE,
)
_TODAY = re.compile(
    r"\b(?:today|tonight|this (?:morning|afternoon|evening|noon)|now|at noon|in (?:an hour|half an hour|"
    r"\w+ minutes)|at once|immediately|within the hour)\b",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"\b(?:post-?mortem|root cause (?:report|analysis (?:of|for|is attached|has|below))|incident report|"
    r"after-action|lessons? learned|last (?:\w{3,9})['\u2019]?s? (?:outage|downtime|incident|interruption|"
    r"slowness|trouble|problem|failure)s?|"
    r"pretend|drill|exercise|tabletop|what happened (?:on|last)|credit for|yesterday['\u2019]s|(?:mon|tues|"
    r"wednes|thurs|fri|satur|sun)day['\u2019]s (?:outage|downtime|incident|slowness))\b",
    re.IGNORECASE,
)
_RESOLVED = re.compile(r"\W{0,3}(?:resolved|restored|fixed|service restored|all clear)\b", re.IGNORECASE)


class UrgencyTagger:
    """Says whether staff must know at once."""

    name = "urgency"

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        """At most one `urgent` tag, and none for a sender who is not authenticated."""
        if not around.authenticated:
            return
        why = urgency(message)
        if why is None and around.thread_urgent:
            why = "an outage told in this thread is still going on"
        if why is not None:
            yield Tag(name="urgent", by="extractor", why=why)


def urgency(message: Message) -> str | None:
    """Why the message is urgent by its own words, or None."""
    subject = plain_subject(message.subject)
    lines = [subject, *(sentence.text[:800] for sentence in sentences(message.new_text[:_FIRST]))]
    whole = " \n".join(lines)
    if _AFTERWARDS.search(whole) and not _RESOLVED.match(subject):
        return None
    for claim in (_emergency, _breach, _outage, _restored):
        if line := claim(lines, whole):
            return f"“{' '.join(line.split())[:200]}”"
    return None


def _emergency(lines: list[str], whole: str) -> str | None:
    """An emergency change that is made today."""
    return next((line for line in lines if _EMERGENCY.search(line) and _TODAY.search(line)), None)


def _breach(lines: list[str], whole: str) -> str | None:
    """A security incident that asks for something at once."""
    if not _ACT_NOW.search(whole):
        return None
    return next((line for line in lines[:8] if _BREACH.search(line)), None)


def _outage(lines: list[str], whole: str) -> str | None:
    """A trouble told as present: the trouble in one of the first sentences, the "now" in it or in another."""
    told = [(at, line) for at, line in enumerate(lines[:7]) if _TROUBLE.search(line) and not _FIGURES.search(line)]
    for at, line in told:
        near = " ".join(lines[max(0, at - 1) : at + 2])
        hard = bool(_HARD.search(line))
        if (
            (hard and _NOW.search(whole))
            or _AT_THIS_HOUR.search(near)
            or (len(told) > 1 and _AT_THIS_HOUR.search(whole))
        ):
            return None if _is_planned(line) else line
    return None


def _is_planned(line: str) -> bool:
    """Whether the trouble is one that is announced for later."""
    return bool(_PLANNED.search(line)) and not _AT_THIS_HOUR.search(line)


def _restored(lines: list[str], whole: str) -> str | None:
    """A service that just came back."""
    return next(
        (line for line in lines[:5] if _BACK.search(line) and _JUST.search(whole) and _TROUBLE_OR_HOUR.search(whole)),
        None,
    )


_TROUBLE_OR_HOUR = re.compile(
    rf"{_TROUBLE.pattern}|\b(?:at|since|as of) (?:about )?\d{{1,2}}[:.]\d\d|\bstop sending\b|\bresolved:", re.IGNORECASE
)

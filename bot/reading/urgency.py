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

#: A message shorter than this that only says that something is down says it of now.
_SHORT = 350
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
    r"turnaround|enrol\w+|(?:visits|checkouts|downloads|figures|sessions|sales|totals|submissions|"
    r"complaints) are) (?:(?:is|are|was|were|being|went) )?(?:going )?down\b|\bdown (?:from|by|to) (?:\d|"
    r"\w+ (?:in|last|per|this|to)\b)|\bprices that are down|"
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
    r"\(pretend|let['\u2019]s pretend|drill|exercise|tabletop|what happened (?:on|last)|credit for|"
    r"yesterday['\u2019]s|(?:mon|tues|"
    r"wednes|thurs|fri|satur|sun)day['\u2019]s (?:outage|downtime|incident|slowness))\b",
    re.IGNORECASE,
)
_RESOLVED = re.compile(r"\W{0,3}(?:resolved|restored|fixed|service restored|all clear)\b", re.IGNORECASE)


_SERVICES = (
    r"alma|primo|ve|analytics|catalog(?:ue)?|discovery|vufind|voyager|sfx|sftp|ftp|file (?:transfers?|server|drop)|"
    r"servers?|systems?|services?|sites?|web ?sites?|portal|platforms?|databases?|proxy|ezproxy|openathens|"
    r"shibboleth|sso|single sign-?on|sign-?ins?|log-?ins?|log-?ons?|authentication|(?:link )?resolver|full[- ]text|"
    r"links|ebsco\w*|proquest|jstor|oclc|connexion|worldcat|worldshare|illiad|reshare|rapido|ub|"
    r"requests?|requesting|resource sharing|borrowing|lending|ill|deliver(?:y|ies)|ilds|couriers?|vans?|trucks?|"
    r"routes?|pick-?ups?|stops|bins|network|internet|connections?|connectivity|vpn|wi-?fi|phones?|e-?mails?|"
    r"mail|letters|notices|"
    r"print(?:ing|outs)|self-?checks?|sip2?|apis?|integrations?|loads?|imports?|jobs?|holds|circulation|checkouts?|"
    r"digital collections|contentdm|listservs?|support (?:form|portal)|z39\.50|edi|searche?s?|indexing|users|"
    r"patrons"
)
_SERVICE = re.compile(rf"\b(?:{_SERVICES})\b", re.IGNORECASE)
_BAD = re.compile(
    r"\b(?:(?:is|are|was|were|be|been|being|remains?|stays?|went|gone) (?:\w{2,12} ){0,2}?(?:down|unavailable|"
    r"unreachable|inaccessible|off-?line|suspended|interrupted|disrupted|cancel+ed|stopped|halted|paused|delayed|"
    r"failing|broken|denied|blocked|degraded|dropped|rejected|lost|stuck|shut (?:off|down)|switched off|"
    r"out of service)|"
    r"(?:is|are|has|have|was|were|do|does|did|can|could)(?: not|n['\u2019]t) (?:been |being |yet )?(?:work|"
    r"reach|load|fill|"
    r"sent|send|gone?|going|arriv|run|process|connect|open|search|respond|deliver|receiv|deliver|available|"
    r"finish|complet|answer|access|log|sign|get|place|see)\w*|cannot|"
    r"experienc\w+ (?:\w+ ){0,2}(?:problems?|issues?|difficult\w+|outages?|errors?|slow\w*|disruptions?|delays)|"
    r"(?:problems?|issues?|errors?|trouble|difficult\w+|failures?|outages?|disruptions?) (?:with|in|on|at|"
    r"affecting|"
    r"logging|accessing|connecting|reaching|for)|(?:returns?|gets?|shows?|throws?|gives?|"
    r"receiv\w+) (?:an? )?(?:\w+ )?(?:blank|"
    r"error\w*|timeouts?|[\"'\u201c\u2018]?internal|nothing)|errors?\b|fail(?:s|ed|ing|ures?)?|outages?|"
    r"(?:there (?:is|are|will be) )?no (?:\w+ )?(?:pick-?ups?|deliver(?:y|ies)|drop-?offs?|service|vans?|"
    r"stops|bins)|"
    r"broke down|lost (?:our|the|its|all)? ?(?:\w+ )?(?:connection|connectivity|network|power)|"
    r"suspend(?:s|ed|ing)?|(?:stops?|ends?|halts?) (?:today|tonight|tomorrow|now|immediately)|time(?:s|d)? ?out|"
    r"connections? (?:\w+ )?dropped|refus\w+|slow(?:ness|ly|er)?|degraded|unresponsive|nobody|not working|"
    r"not available)\b",
    re.IGNORECASE,
)
_ONGOING = re.compile(
    rf"{_AT_THIS_HOUR.pattern}|\b(?:currently|at present|at the moment|at this time|investigat\w+|"
    rf"looking (?:in)?to|"
    r"is looking|(?:been|was|were|have|has) (?:notified|alerted|informed of|told of)|case (?:has been |was |"
    r"is )?(?:opened|raised|open)|"
    r"raised (?:this|it|a)|open(?:ed)? a (?:case|ticket)|have a ticket|aware (?:of|that)|reports? (?:of|that)|"
    r"we(?:['\u2019]re| are) (?:seeing|getting|receiving|hearing)|today(?:['\u2019]s)?|tonight|"
    r"effective immediately|"
    r"immediately|(?:from|starting|as of|beginning) (?:today|tomorrow|now|this)|stops? tomorrow|tomorrow, |"
    r"until further notice|"
    r"being (?:re-?run|redone|restarted|worked|repaired|fixed)|since (?:about |around )?\d{1,2}\b|"
    r"again (?:this|today))\b",
    re.IGNORECASE,
)
#: A colleague's standing question, not news of the hour.
_QUESTION = re.compile(
    r"\b(?:has|does|do|did|is) any(?:one|body)\b(?! else)|\bhow do\b|\bfor (?:months|weeks|years)\b|\bif (?:a|"
    r"an|you|the)\b|"
    r"\b(?:last (?:week|month|year)|known issue|release notes?)\b",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"\b(?:(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b|\d{1,2}/\d{1,2}\b|"
    r"next (?:week|month|\w+day)|(?:on|this|from|starting) (?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"will be (?:back|available|restored))",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"\b(?:restart|reboot|patch|fix|replac|updat|upgrad|shut|tak|maintenance|down|off-?line)\w*", re.IGNORECASE
)
_AGAIN = re.compile(
    rf"\b(?:{_SERVICES})\b[^.;?]{{0,60}}\b(?:(?:is|are|has|have|was|were|been|come|came|we['\u2019]re|"
    rf"all) (?:\w{{2,10}} )?(?:back\b(?! to you)|"
    r"restored|recovered|resumed|fixed|up again|running (?:again|normally)|rolling|working again|"
    r"again (?:available|running|working|up))|"
    r"works? again|again available|available again|resum(?:es|ed) (?:today|now|this)|running again|rolling again|"
    r"back (?:up|on-?line|in service|to normal)|working (?:again|normally)|up and running)\b",
    re.IGNORECASE,
)


#: Cheap questions, asked before the long patterns.
_BACK_WORD = re.compile(
    r"back|again|restor|resolv|clear|recover|normal|fixed|over\b|ended|released|did it|restarted|flow|resum|"
    r"up and", re.IGNORECASE
)
_HASTE = re.compile(
    r"emergency|unscheduled|unplanned|short notice|urgent|in (?:an|half an) hour|in \w{1,12} minutes", re.IGNORECASE
)


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
    for claim in (_emergency, _breach, _outage, _failing, _restored, _running_again):
        if line := claim(lines, whole):
            return f"“{' '.join(line.split())[:200]}”"
    return None


def _emergency(lines: list[str], whole: str) -> str | None:
    """An emergency change that is made today: told in one line, or in the subject with the hour in the first lines."""
    if not _HASTE.search(whole):
        return None
    found = [line for line in lines if _EMERGENCY.search(line)]
    if found and found[0] is lines[0] and any(_TODAY.search(line) and _WORK.search(line) for line in lines[1:4]):
        return found[0]
    return next((line for line in found if _TODAY.search(line)), None)


def _breach(lines: list[str], whole: str) -> str | None:
    """A security incident that asks for something at once."""
    if not _ACT_NOW.search(whole):
        return None
    return next((line for line in lines[:8] if _BREACH.search(line)), None)


def _outage(lines: list[str], whole: str) -> str | None:
    """A trouble told as present: the trouble in one of the first sentences, the "now" in it or in another."""
    if not _NOW.search(whole) and not _AT_THIS_HOUR.search(whole):
        return None
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


def _failing(lines: list[str], whole: str) -> str | None:
    """A service that libraries depend on, said to fail or to be stopped, and somewhere near that it is so now."""
    if not _ONGOING.search(whole) and len(whole) >= _SHORT:
        return None
    for at, line in enumerate(lines[:7]):
        if not (_BAD.search(line) and _SERVICE.search(line)) or _FIGURES.search(line) or _QUESTION.search(line):
            continue
        near = " ".join(lines[max(0, at - 1) : at + 3])
        if lines[0].endswith("?") and not _AT_THIS_HOUR.search(near):
            continue
        is_now = _ONGOING.search(near) or (len(whole) < _SHORT and _HARD.search(line))
        if is_now and not _is_planned(line) and not (_AHEAD.search(line) and not _ONGOING.search(line)):
            return line
    return None


def _running_again(lines: list[str], whole: str) -> str | None:
    """A service that is said to run again, by a line that names it."""
    if not _BACK_WORD.search(whole):
        return None
    for line in lines[:4]:
        if not (_BACK_WORD.search(line) and _AGAIN.search(line)) or _AHEAD.search(line):
            continue
        if _JUST.search(line) or len(whole) < _SHORT:
            return line
    return None


def _is_planned(line: str) -> bool:
    """Whether the trouble is one that is announced for later."""
    return bool(_PLANNED.search(line)) and not _AT_THIS_HOUR.search(line)


def _restored(lines: list[str], whole: str) -> str | None:
    """A service that just came back."""
    return next(
        (
            line
            for line in lines[:5]
            if _BACK_WORD.search(line)
            and _BACK.search(line)
            and not _AHEAD.search(line)
            and _JUST.search(whole)
            and _TROUBLE_OR_HOUR.search(_FIGURES.sub("", whole))
        ),
        None,
    )


_TROUBLE_OR_HOUR = re.compile(
    rf"{_TROUBLE.pattern}|\b(?:at|since|as of) (?:about )?\d{{1,2}}[:.]\d\d|\bstop sending\b|\bresolved:", re.IGNORECASE
)

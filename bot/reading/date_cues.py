"""The words that tell what a date is: kinds of happenings, last days, dates taken back, hopes, closings. No logic."""

from __future__ import annotations

import re

from bot.types import EventType

MAINTENANCE = (
    r"maintenance|downtimes?|down[- ]time|unavailab\w+|not (?:be )?(?:available|reachable|accessible|working)|"
    r"outages?|off-?\s?line|upgrad\w+|reboot\w*|restart\w*|"
    r"refresh(?:ed|es|ing)?|unreachable|inaccessible|interruptions?|interrupted|read[- ]only|cut ?over|"
    r"switch(?:ing)?[- ]?over|patch(?:ed|ing|es)?|(?:maintenance|service|upgrade|outage|change|new|planned|"
    r"release|patch|update) window|window (?:is|has|moved|on|from|of)|will be off\b|monthly update|"
    r"migrat\w+|re-?index\w*|shut (?:down|off)|taken? down|taking down|cut off|(?:be|is|are|go|goes|going|"
    r"been) down|installed?|installation|deploy\w*|"
    r"power (?:cut|work|outage|shutdown)|replac\w+ (?:the|its|our|a) [\w -]{0,40}(?:server|switch|router|disk|"
    r"firewall|storage|certificate)\w*|"
    r"slowness|intermittent(?:ly)?|rebuilt|re-?generated|go(?:es|ing)? (?:dark|away for)|logged out|(?:apply|"
    r"install|load|take)s?(?:ing)? (?:the|a|its|our|"
    r"this)[\w -]{0,24}(?:release|patch|update|hotfix)\w*|mov(?:ed|ing|es|e) to (?:another|a new|its new|"
    r"new)\b|new (?:host|hosting|server|data ?cent(?:er|re)|home)\b|delivered late|(?:fully|completely) off\b|"
    r"feature release|not be able to|cannot (?:be |open|search|reach|log|sign|borrow|use)|"
    r"brief(?:ly)? (?:interrupt|drop)\w*|server (?:work|move)|out of service|down from|down between|bounced?"
)
TRAINING = (
    r"webinars?|forums?|trainings?|workshops?|office hours?|sessions?|conferences?|class(?:es)?|tutorials?|"
    r"demos?|demonstrations?|courses?|"
    r"drop-?ins?|presentations?|symposi\w+|institute|boot ?camp|brown[- ]?bag(?:s|gers?)?(?: (?:talk|lunch|"
    r"discussion|session)s?)?|lightning talks?|certification|"
    r"q\s?&\s?a|walk-?through|"
    r"unconference|showcase|teach-?ins?|talks?|clinics?|orientations?|sandbox party|seminars?|series|"
    r"speakers?|summits?|"
    r"coffee breaks?|hang-?outs?|lunches|lunch-?and-?learns?|lab|labs|hackathons?|bootcamps?|meet-?ups?|sprints?|"
    r"ask us anything|ama|tours?|learning calendar|"
    r"learn(?:ing)?|practicum|hands-on|annual conference|instructor|lunch and learn|user[s']{0,2} (?:day|"
    r"group day)|briefings?|(?:practice|help|drop-in|next|q&a|coffee|report|open) hours?|master ?class|"
    r"build-along|exercise|drill|practice|hands-on day|info(?:rmation)? sessions?|introduction|refresher|"
    r"crash course|lessons?|day of learning|instructors?|guest|beginners?"
)
MEETING = (
    r"meetings?|meets?|meet (?:on|at|by|again|next)|(?:conference|zoom|monthly|quarterly|weekly|committee|"
    r"group|ig|next|our|phone|video|community|planning) calls?|town ?halls?|quorum|listening sessions?|"
    r"convene\w*|"
    r"retreat|gather\w*|discussion|caucus|chat|party|cake|reception|open house|assembly|listening hour|"
    r"conversation|focus groups?|kick-?off|huddle|roundtables?|round table|the Board takes|farewell"
)
CUES: tuple[tuple[EventType, re.Pattern[str]], ...] = (
    ("maintenance", re.compile(rf"\b(?:{MAINTENANCE})\b", re.IGNORECASE)),
    (
        "meeting",
        re.compile(
            r"\b(?:listening sessions?|focus groups?|business meeting|conference call|call for (?=zzz))\b",
            re.IGNORECASE,
        ),
    ),
    ("training", re.compile(rf"\b(?:{TRAINING})\b", re.IGNORECASE)),
    ("meeting", re.compile(rf"\b(?:{MEETING})\b", re.IGNORECASE)),
)
NOT_CUE = re.compile(
    r"\b(?:(?:zoom|teams|webex) meeting|join (?:the )?meeting\b(?! on)|meeting (?:id|link|url|password|number|"
    r"room)|"
    r"(?:before|after|about|regarding|ahead of|prior to|covering|discuss(?:es|ing)?|explain(?:s|ing)?|survive)"
    r" (?:the|our|this|your|an?|planned|scheduled)(?: [\w-]{1,14}){0,3}? (?:maintenance|downtimes?|outages?|"
    r"upgrades?|migrations?)\b(?: window\b)?+(?!\W{0,3}(?:on|from|at|of|\d|\(|mon|tue|wed|thu|fri|sat|sun|"
    r"begins|starts))|database maintenance|calendar maintenance|"
    r"maintenance of (?:[\w-]+ )?(?:records?|holdings|bibs?|data|links?|lists?|director\w+|files?|collections?)\b|"
    r"call(?:s|ed)? (?:for|the|us|me|"
    r"it|this|"
    r"your|number|slips?)|class of|recorded session|session (?:timeout|timed|token)|call numbers?|patch panel|"
    r"discussion list|"
    r"support calls?|browser window|replacing|first[- ]class|classification|user session|login sessions?|"
    r"meet (?:the|your|our) (?:need|requirement|goal|target|deadline|criteria)\w*|committee (?:report|page)|"
    r"class(?:es)? (?:start|begin|end|resume)\w*|"
    r"patch(?:es)? of|(?:day|days|first week|week|last day) of class(?:es)?)\b",
    re.IGNORECASE,
)

#: Words that make the date right behind them the last day for something.
DUE = re.compile(
    r"\b(?:deadline|due|closes?|closing(?: date)?|targets?|close of business|cob|eod|"
    r"end of (?:the )?(?:business )?day|cut-?off|expir\w+|ends?|ending|last (?:day|date|chance|call)\b|rsvp|"
    r"(?:no|not) later than|lapses?|"
    r"runs? (?:out|until|through|to|till)|(?:is|are|stays?|remains?|be|kept) (?:still )?(?:open|available|"
    r"active|live|accepted|up|on)\b[^.;]{0,30}? (?:until|through|till|to|thru)|"
    r"open (?:until|through|till|now through)|(?:until|through|till|thru)|respond by|reply by|register by|"
    r"apply by|submit\w* by|on or before|in by|"
    r"sunset\w*|turned off|end[- ]of[- ]life|stops? working|goes away|disabled|decommission\w*|revoked|"
    r"discontinued|withdrawn|purged|deleted|becomes? the default[\w -]{0,30}|goes? live|locks|"
    r"stops? (?:being )?\w+(?: \w+){0,3}|(?:recycling|dumpster|truck|shredder)[\w ]{0,20}?)"
    r"(?:\s(?:date|by|on|is|are|at|it|has been|was|extended|to|the|new|of|this|until|till|till|will be|"
    r"for \w+|promptly|,|\u2013|-|for (?:the )?(?:\w+ ){1,4}is)){0,6}[\s:,(*\u2013-]{0,4}$",
    re.IGNORECASE,
)
BY = re.compile(
    r"\b(?:by|before|up to|until|till|through|thru|ahead of|prior to)(?:\s(?:the|about|around|noon|midnight|"
    r"on|at|cob|eod|(?:end|close) of (?:the )?(?:business|day|work ?day)(?: on)?)){0,3}(?:[\s,:(]{0,2}|"
    r"(?:\s(?-i:[A-Z])[\w'\u2019]+){1,2}\s?\()$",
    re.IGNORECASE,
)
DUE_AFTER = re.compile(
    r"^[\s,)]{0,3}(?:(?:at|,)?\s?[\w.: ]{0,14}\b)?(?:is|was|will be|as|-|\u2013|:)?\s?(?:the|our|your|a|"
    r"now the|also the)?\s?(?:\w+\s){0,2}?(?:deadline|due date|last day|cut-?off|closing date)\b|"
    r"^\s?\(?deadline",
    re.IGNORECASE,
)
#: A sentence in which "by Friday" is a demand or a vendor's last day, not a hope.
ASKING = re.compile(
    r"\b(?:please|must|need(?:s|ed)?|should|required?|asks?|asked|asking|respond|reply|repl(?:y|ies)|rsvp|"
    r"register\w*|sign(?:ing)? up|submit\w*|submission\w*|complet\w+|return\w*|renew\w*|"
    r"vote|votes|ballots?|nominat\w+|appl(?:y|ication|ications)|send|sent|let (?:me|us|\w+) know|tell (?:me|"
    r"us)|fill\w*|survey|form|confirm\w*|e-?mail (?:me|us)|"
    r"deadline|due|responses|answers?|comments?|feedback|review\w*|test(?:ed|ing)?|turn (?:it |them )?in|"
    r"report\w*|order\w*|reach us|in (?:my|our) (?:hands|inbox)|"
    r"upload\w*|update\w*|proposals?|abstracts?|registration|write (?:to )?me|get (?:it|them|your)|want|"
    r"volunteer\w*|decid\w+|decisions?|check\w*|export\w*|move\w*|change\w*|swap\w*|pay|paid|payable|"
    r"payments?|install\w*|"
    r"request\w*|add|choose|pick|name|name[sd]?|interested|replace\w*|cancel\w*|claim\w*|ship\w*|save|"
    r"download\w*|post|share|delete|fix|give|bring|hold|trials?|notify|opt|make|provide|mark|enter|finish|"
    r"clear|switch|open|accept\w*|stop working|try|withdraw|sending|nominate|runs until|rotate\w*|remove\w*|"
    r"receiv(?:es?|ed)|takes|accepts|sign\w*)\b",
    re.IGNORECASE,
)
DEMAND = re.compile(
    r"\b(?:please|must|need(?:s)? to|send (?:me|us|it|them)|tell (?:me|us)|let (?:me|us|\w+) know|reply|"
    r"respond|rsvp|return (?:it|them|the)|submit|register|deadline|due|asked to|vote|could (?:we|you)|"
    r"would you|can (?:we|you)|have (?:it|them|your))\b",
    re.IGNORECASE,
)
HOPING = re.compile(
    r"\b(?:expect\w*|hop(?:e|es|ing)|should (?:have|see|finish|clear|return|know)|should be (?:back|fixed|"
    r"done|finished|complete\w*|restored|available|ready|resolved|up)|will be (?:back|fixed|restored|done|"
    r"finished|available|complete\w*|ready|resolved|up|posted|over|able|sent|out|in place|announced|live)|"
    r"aim\w*|plan(?:s|ned|ning)? to|"
    r"estimat\w+|anticipat\w+|promis\w+|(?:fix|patch|notes|minutes|recording|slides)(?: \w+){0,3} (?:by|"
    r"before)|back (?:up )?by|(?:we|i|they|he|she|it)(?:['\u2019]ll| will| had)|was|were|had been|already|got|"
    r"(?:be|been) notified|next update)\b",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"\b(?:holidays?|recess|(?:library|libraries|office|offices|campus|building|university|college|seminary|"
    r"school|institute|academy|branch|carli|we|"
    r"staff)\b[^.;]{0,50}\b(?:closed|closing|closes|shut|close)\b(?! (?:it|them|the (?:form|survey|poll|list|"
    r"ballot))\b)|closures?|"
    r"(?:no|without) (?:delivery|pickups?|courier|van)|deliver\w+[^.;]{0,40}(?:suspend\w*|paus\w*|resum\w*|"
    r"stop\w*|off|not run|skip\w*|halt\w*)|(?:suspend\w*|paus\w*|resum\w*)[^.;]{0,40}deliver\w*|(?:spring|"
    r"winter|fall|summer|thanksgiving|christmas) break|"
    r"out of (?:the )?office|on (?:vacation|leave)|away (?:from|until)|back in the office|fiscal year|"
    r"semester (?:begins|starts|ends)|anniversary|founded|published|copyright|minutes (?:of|from)|dated|as of|"
    r"due dates?|loan period|loans? due|effective|retires? (?:on|from)|last day (?:at|with|in the office)|"
    r"(?:her|his|their|my) first day|starts work|begins (?:work|her|his)|joined)\b",
    re.IGNORECASE,
)
SINCE = re.compile(
    r"\b(?:since|as of|as at|ever since|after|effective|dated|of the|from the|following|back on|back in|"
    r"in the|posted|sent|wrote|published|released|taken|received|mail of|note of|message of|until now|"
    r"during the|started|opened|opens|open|opening|begins accepting|available from)(?:\s(?:on|the|about|"
    r"around|at|of|late|early|my|our|your|\w+'s)){0,2}\s?$",
    re.IGNORECASE,
)
OLD = re.compile(
    r"\b(?:(?:not|isn['\u2019]t|won['\u2019]t|no longer|instead of|rather than|and not|never|"
    r"(?<!later )(?<!more )than|was|were|originally|previously|formerly|initially|old|had been|wrongly said|"
    r"said|read|announced as|announced for|(?:was|were|been|had) (?:set|scheduled|planned|due|announced|meant|"
    r"supposed))"
    r"(?:\s(?:be|on|for|at|to|the|take place|happen|scheduled|planned|set|held|in|it|as|run|go ahead|during|"
    r"tonight|date|time|of|set for|started?|starting|from|\w+day's)){0,4}|(?:mov\w+|chang\w+|reschedul\w+|"
    r"shift\w+|postpon\w+|switch\w+|bumped|pushed|extended|slid)[^.;,]{0,50}\bfrom)[\s,:(“\"]{0,3}$",
    re.IGNORECASE,
)
OLD_AFTER = re.compile(
    r"^[^.;]{0,40}?\b(?:(?:is|are|was|were|has been|have been|had to be|is being|will be) (?:hereby |now |"
    r"being |therefore )?(?:cancel+ed|called off|postponed|moved|rescheduled|pushed|off\b|put off|scrapped|"
    r"dropped|withdrawn)|will not (?:take place|happen|be held|run|meet)|won['\u2019]t (?:take place|happen|"
    r"be held|run|go ahead|meet)|"
    r"(?:is|has) (?:moved|moving|changed) to|(?:postponed|cancel+ed|called off)\b(?! (?:to|until|from))|"
    r"moves to|did not|didn['\u2019]t|after all)",
    re.IGNORECASE,
)
CANCEL = re.compile(
    r"\b(?:cancel+ed|cancel+(?:ing)? (?:the|our|this|today|tomorrow|next|that)\b|cancell?ation of (?:the|our|"
    r"this)|called off|call off|no (?:office hours?|meeting|session|class|webinar|training|call|maintenance|"
    r"downtime)|will not meet|won['\u2019]t meet|not (?:be )?(?:meeting|taking place)|won['\u2019]t (?:be|"
    r"happen)|skip(?:ping)?)\b",
    re.IGNORECASE,
)
NEW = re.compile(
    r"\b(?:to|now|new (?:date|time|window|day|slot)|instead|rescheduled|until|it's now|make it|correct(?:ed)?|"
    r"next)\b[^.;]{0,40}$",
    re.IGNORECASE,
)
PAST = re.compile(
    r"\b(?:was|were|went|held|attended|thanks? (?:you )?(?:for|to) (?:coming|attending|joining|everyone|all|"
    r"those)|recording (?:of|from)|recorded|met|discussed|took place|happened|occurred|had|did|told|came|"
    r"began|started|finished|ended|moved|rebooted|restarted|installed|upgraded|migrated|fixed|restored|sent|"
    r"ran|opened|released|changed|gave|got|saw|called|asked|wrote|posted|loaded|approved|voted|swapped|showed|"
    r"stopped|failed|crashed|dropped|died|broke|lost|hung|became|interrupted|missed|announced|found|noticed|"
    r"received|applied|completed|updated|published|minutes|last (?:week|month|"
    r"year|night|fall|spring|summer))\b",
    re.IGNORECASE,
)
FUTURE = re.compile(
    r"\b(?:will|is|are|shall|['\u2019]ll|going to|scheduled|planned|upcoming|please|join|register|reminder|"
    r"remember|next|tomorrow|tonight|coming|has been (?:set|moved|scheduled|rescheduled)|"
    r"have (?:been )?(?:set|moved|scheduled|rescheduled)|plans? to|new|begins|starts|takes|runs|closes|meets|"
    r"expect|from|by|deadline|due|must|goes)\b",
    re.IGNORECASE,
)
#: A third party that says what it will have done by a day asks nothing of anybody.
THEIR_PROMISE = re.compile(
    r"\b(?<!you )(?<!libraries )(?<!library )(?<!members )(?<!institutions )(?<!liaisons )(?<!directors )(?<!staff )"
    r"(?:will|shall|is going to|are going to|plans? to)\s(?!(?:be )?(?:due|close|closed|need|have to|accept|"
    r"expire|end|"
    r"remain|stay|be (?:accepted|open|closed|needed|required|cut|turned|switched|deleted|removed|"
    r"purged))\b)[^.;:,]*$",
    re.IGNORECASE,
)
#: `the next release is due in May`: what comes, not what must be handed in.
ARRIVES = re.compile(
    r"\b(?:releases?|fix(?:es)?|patch(?:es)?|versions?|hotfix|shipments?|hardware|scanners?|deliver(?:y|ies)|"
    r"repl(?:y|ies)"
    r" from|upgrades?|installation|rollout|launch)\b[^.;:]{0,30}\bdue\b[^.;:]{0,12}$",
    re.IGNORECASE,
)
#: A line that puts what is due behind its day.
DUE_LAST = re.compile(r"[^.;]{0,80}\bdue\)?\W{0,2}$", re.IGNORECASE)
#: What a writer asks of others beyond doubt.
BEGS = re.compile(r"\b(?:please|must|need(?:s)? to|asked to|have to)\b", re.IGNORECASE)
#: A happening with this name stays one, whatever it is about.
SESSION = re.compile(
    r"\b(?:webinars?|office hours?|workshops?|forums?|drop-?ins?|info(?:rmation)? sessions?|"
    r"training sessions?|q\s?&\s?a|"
    r"demos?|brown[- ]?bags?|briefings?|roundtables?)\b",
    re.IGNORECASE,
)
#: What a day only begins.
BEGINS = re.compile(
    r"\b(?:starts?|starting|begins?|beginning|opens?|opening|takes? (?:office|effect)|goes? into effect|"
    r"effective|available|published|released|live|resumes?|reopens?|in force|takes? over|moves?|switch(?:es)? over)"
    r"(?: (?:on|from|as of|again))?[\s,:]{0,2}$",
    re.IGNORECASE,
)
#: Something that is open for a while and must be done by its last day.
WINDOW = re.compile(
    r"\b(?:vot(?:e|es|ing)|ballots?|surveys?|nominations?|comments?|comment period|tests?|testing|trials?|"
    r"submissions?|submit|applications?|apply|registration|register|selections?|renewals?|window to|"
    r"must|need to|needs to|have to|(?:is|are|be|stays?|remains?) open|proposals?|feedback|entries)\b",
    re.IGNORECASE,
)
HAPPENS = re.compile(
    r"\b(?:will|is (?:set|scheduled|planned|on)|are (?:set|scheduled|planned)|takes? place|held|happens?|"
    r"rescheduled|moved|moves|new date|save the date|mark (?:your|the)|calendars?|join us|see you|"
    r"it['\u2019]s|it is|we['\u2019]ll|"
    r"scheduled|planned|instead|dates?:|when:|runs?|make it|offered|repeat\w*|dates? (?:is|are)|again)\b",
    re.IGNORECASE,
)

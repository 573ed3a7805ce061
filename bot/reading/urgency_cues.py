"""What makes news urgent, line by line: a trouble or its end, a breach, an emergency; and whether it is told of now.

The cues are few and general on purpose. They choose the sentence that is quoted, they decide where no model is at hand,
and they are features among the words for the model `urgency`, which knows many more ways of saying that nothing works.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

#: What a line may tell of. The names stand in the model's file.
_TOLD = {
    "trouble": re.compile(
        r"\b(?:down(?! (?:from|by|to|payment|\d))|dead|unavailable|unreachable|inaccessible|off-?line|frozen|stuck|"
        r"broken|hung|blank|unresponsive|slow|slowness|sluggish|spinning|outages?|degraded|disrupt\w{0,4}|"
        r"interrupt\w{0,4}|suspended|crash\w{0,3}|errors?|timing out|time[sd]? ?out|timeouts?|refus(?:es|ed|ing)|"
        r"denied|kicked|locked out|fail(?:s|ed|ing|ures?)?|not (?:\w{1,12} )?(?:work|respond|load|avail|reach|"
        r"connect|open|answer|go|leav|com|run)\w*|(?:isn|aren|doesn|don|won|hasn|haven|can)['\u2019]t|cannot|"
        r"unable to|could(?:n['\u2019]t| not)|no ?body can|no one can|lost (?:power|electricity|connection|our|the)|"
        r"knocked|vanished|disappeared|no (?:power|network|internet|service|pick-?ups?|deliver\w{1,4})|problems?|"
        r"incident)\b"),
    "back": re.compile(
        r"\b(?:restored|resolved|recovered|resum\w{1,4}|fixed|cleared|back|again|all[- ]clear|up and running|"
        r"normal(?:ly)?|is over|has ended|repaired|works)\b"),
    "breach": re.compile(
        r"\b(?:phish\w{0,4}|fraud\w{0,5}|ransomware|malware|compromis\w{1,4}|breach\w{0,3}|hack\w{0,3}|stolen|"
        r"leaked|exposed|malicious|vulnerab\w{2,7}|spoof\w{0,3}|scam|impersonat\w{1,4}|exploited|attack\w{0,3}|"
        r"pretend)\b"),
    "haste": re.compile(
        r"\b(?:emergency|unscheduled|unplanned|short notice|in (?:an|half an|\w{1,8}) (?:hour|minutes))\b"),
}
#: When it tells of it; where several times stand together, past comes before later, later before now.
_TIMES = {
    "now": re.compile(
        r"\bsince (?:about |around |roughly |just |before |early |shortly )?(?:\d|noon|midnight|this|yesterday|"
        r"last night|opening|lunch|the)|\b(?:right now|just now|currently|at (?:the|this) (?:moment|time)|"
        r"at present|ongoing|as (?:i|we) (?:type|write|speak)|next (?:update|word)|no (?:estimate|eta)|(?:working|"
        r"is|are) on it|investigat\w{1,4}|looking into|aware (?:of|that)|this (?:morning|afternoon|evening|noon|"
        r"hour)|(?:past|last) (?:hour|few hours)|minutes ago|hours? ago|any(?:one|body) else|(?:only|just) (?:us|"
        r"me)|same here|until further notice|still|today|tonight|as of (?:\d|now|this|about|noon)|now|at (?:about |"
        r"around )?(?:\d{1,2}:\d\d|\d{1,2} ?[ap]\.?m|noon)|(?:ticket|case) (?:is|has been|was|open)|a (?:ticket|"
        r"case) |been notified|immediately|right away|at once|do not (?:click|open|answer)|back on-?line|just|"
        r"restored|resolved|thank)\b"),
    "later": re.compile(
        r"\b(?:will be (?:un|off|down|back|available)|scheduled|planned|upcoming|next (?:week|month|year|"
        r"\w{3,6}day)|tomorrow|(?:on|from|by|starting|beginning) (?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:on|"
        r"from|by|starting|beginning|resumes) (?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|"
        r"dec)[a-z]{0,6}\.? \d|if (?:you|a|an|the)\b)"),
    "past": re.compile(
        r"\b(?:last (?:week|month|year|\w{3,6}day)(?:['\u2019]s)?|yesterday['\u2019]s|\w{3,6}day['\u2019]s|"
        r"post-?mortem|root cause|lessons?|what happened|report (?:on|of|for)|drill|exercise|pretend|for (?:weeks|"
        r"months|years)|has any(?:one|body)|release notes?|fixed:|percent|statistics|numbers|figures)"),
}


def cues(lines: Sequence[str]) -> list[frozenset[str]]:
    """For each line what it tells of and when: "trouble:now", "back:later", "breach:past", "haste:bare".

    What one line tells may be dated in the next or the last; what the subject (the first line) calls past is past.
    """
    folded = [line.lower() for line in lines]
    told, when = _named(_TOLD, folded), _named(_TIMES, folded)
    return [_cues(told[at], _around(when, at)) for at in range(len(folded))]


def _named(patterns: Mapping[str, re.Pattern[str]], lines: Sequence[str]) -> list[set[str]]:
    """Which patterns stand in each line. Sought in all lines at once (none reaches over a line's end): so it is the
    number of patterns that costs time, not of patterns times lines."""
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    found: list[set[str]] = [set() for _ in lines]
    text = "\n".join(lines)
    for name, pattern in patterns.items():
        for match in pattern.finditer(text):
            found[bisect_right(starts, match.start()) - 1].add(name)
    return found


def _cues(told: set[str], when: set[str]) -> frozenset[str]:
    time = next((name for name in ("past", "later", "now") if name in when), "bare")
    return frozenset(f"{what}:{time}" for what in told)


def _around(when: list[set[str]], at: int) -> set[str]:
    return when[at] | {"now"} & set().union(*when[max(0, at - 1):at + 2]) | {"past"} & when[0]

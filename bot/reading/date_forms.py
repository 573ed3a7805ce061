"""The forms in which days, times and durations are written, and the one pattern that finds them all."""

from __future__ import annotations

import re

from bot.reading import date_words as w

#: Order matters: the earlier wins where two forms begin at one place.
FORMS: dict[str, str] = {
    "junk": (
        r"\(\d{3}\)\s?\d{3}-\d{4}|\b\d{3}[-.]\d{3,4}(?:[-.]\d{4})?\b"
        r"|[$#§]\s?\d[\d,.]{0,15}|\b\d{1,3}(?:,\d{3}){1,5}\b|\b\d{1,9}(?:\.\d{1,9}){2,6}\b|"
        r"\bv(?:ersion)?\.?\s?\d[\d.]{0,9}"
        r"|\bweeks? of\s(?:the\s)?(?:%(WEEKDAY)s,?\s)?(?:%(MONTH)s\s)?%(DAY)s%(ORDINAL)s?"
        r"|\b%(MONTH)s,?\s%(YEAR)s|\b24/7\b|\b%(YEAR)s\s?[-\u2013/]\s?(?:(?:19|20)\d\d|\d\d)\b(?![-/]\d)"
    ),
    "iso": r"(?<![\w/-])%(YEAR)s-(?:0[1-9]|1[0-2])-%(DAY)s(?:[T ](?=\d\d?:))?(?![\w-]{1,2}\b(?<=[a-z]))",
    "listed": (
        r"(?<!\w)(?:%(MONTH)s)\s?\(%(DAY)s%(ORDINAL)s?(?:(?:,\s?|,?\s(?:and|&)\s)%(DAY)s%(ORDINAL)s?){1,5}\)"
    ),
    "month": (
        r"(?<!\w)(?:(?:(?:this|next|coming|"
        r"following)\s)?%(WEEKDAY)s\s?[,(]?\s?(?:the\s)?)?(?:%(MONTH)s)\s?(?:the\s)?(?:%(DAY)s%(ORDINAL)s?|"
        r"%(WORD_ORDINAL)s)"
        r"(?![:/]\d|%(HALF)s)%(TAIL)s?(?:,?\s{1,2}%(YEAR)s(?!:))?"
    ),
    "day_month": (
        r"(?<![\w/.$:-])(?:%(WEEKDAY)s,?\s(?:the\s)?)?(?:the\s)?(?:%(DAY)s%(ORDINAL)s?|"
        r"%(WORD_ORDINAL)s)%(FORE_TAIL)s?\s(?:of\s)?(?:%(MONTH)s)"
        r"(?!\s?\d{1,2}(?!\d))(?:,?\s%(YEAR)s(?!:))?"
    ),
    "slash": (
        r"(?<![\w/.$-])(?:%(WEEKDAY)s,?\s?\(?)?(?:1[0-2]|0?[1-9])(?:/%(DAY)s(?:/(?:20)?\d\d(?!\d))?|"
        r"[.-]%(DAY)s[.-]20\d\d)(?![\w/%%]|\.\d)"
    ),
    "weekday": (
        r"(?<!\w)(?:(?P<ahead>(?:one|a|two|three)\sweeks?\sfrom)\s)?(?:(?P<which>this(?:\scoming|\spast)?|next|"
        r"coming|upcoming|the\sfollowing|following"
        r"|last|past)\s)?(?P<wd>%(WEEKDAY)s)(?:,?\s(?:\(?the\s)(?P<n>%(DAY)s%(ORDINAL)s)|"
        r"\s(?P<n2>%(DAY)s%(ORDINAL)s))?(?P<later>\s(?:of\s)?next\sweek\b)?"
    ),
    "near": (
        r"\b(?:later\s)?(?:today|tonight|tomorrow|yesterday|this\s(?:morning|afternoon|evening)|last\s(?:night|"
        r"evening)|(?:that|the)\s(?:very\s)?same\s(?:day|morning|afternoon|evening|night)|that\s(?:day|morning|"
        r"afternoon|evening|night))\b"
        r"|\b(?:a|one|two|three)\sweeks?\sfrom\s(?:today|now|tomorrow)\b"
    ),
    "nth": (
        r"\b(?:on|by|before|until|through|to|from|for|of|after|is|was|and|or|since|till|than|"
        r",)\s(?:about\s)?(?P<the>the\s%(DAY)s%(ORDINAL)s%(TAIL)s?)"
        r"(?=\s?(?:$|[.,;:)!?\u2013\u2014-]|(?:at|from|and|to|or|through|is|was|are|for|in|after|instead|as|if|so|"
        r"because|please|will|but|we|you|it|"
        r"with|when|this|of\s(?:this|next|the)\smonth)\b))"
    ),
    "end": (
        r"\b(?:the\s)?(?:end|close)\sof\s(?:the\s|this\s|next\s)?(?:work(?:ing)?\s|business\s)?(?:day|business|"
        r"week|month|calendar\syear|year)\b"
        r"|\b(?:cob|eod)\b|\b(?:the\s)?end\sof\s(?:%(MONTH)s)|\b(?:the\s)?last\sday\sof\s(?:%(MONTH)s)"
    ),
    "range": (
        r"(?<![\w.$/#])(?:from\s|at\s)?(?:(?:%(TIME)s%(ZONE_TAIL)s?|%(BARE)s)%(TO)s%(TIME)s%(ZONE_TAIL)s?|"
        r"%(TIME)s%(ZONE_TAIL)s?%(TO)s%(BARE)s(?!\s(?:of|days?|hours?|minutes?|mon|tue|wed|thu|fri|sat|sun|jan|"
        r"feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))%(ZONE_TAIL)s?)"
    ),
    "between": r"\bbetween\s(?:%(TIME)s|%(BARE)s)%(ZONE_TAIL)s?\sand\s(?:%(TIME)s|%(BARE)s)%(ZONE_TAIL)s?",
    "loose": (
        r"(?:(?:\bfrom|\bat|@|[(,:|]|\bhours?\s\(?)\s?|(?<=/\d\s)|(?<=/\d\d\s)|(?<=\s\s)|(?<=\t))"
        r"%(LOOSE)s%(TO)s%(LOOSE)s(?=\s?(?:$|[.,;:)!?|]|\s\s|(?-i:[A-Z])|%(ZONE)s|"
        r"in\sthe|on\b|this|both|each|every|today|tomorrow|for\b|in\b|at\b|by\b|via\b|over\b|with\b|and\b|or\b|"
        r"but\b|we\b|you\b|there\b))%(ZONE_TAIL)s?"
    ),
    "time": r"(?:(?<![\w.$/#:])|(?<=\dT))(?:%(TIME)s)%(ZONE_TAIL)s?",
    "hour": (
        r"(?:\b(?:at|by|around|from|until|till|before|about)\s|@\s?)(?P<h>%(LOOSE)s)(?=\s?(?:$|[.,;:)!?\u2013-](?!\d)|"
        r"o['\u2019]?clock|sharp|this|today|tomorrow|tonight|"
        r"on\b|in\sthe|and\s(?:again|lasts?|runs?|ends?|goes|takes)\b|(?:mon|tue|wed|thu|fri|sat|sun)|to\b|until\b|so\b|for\b|instead\b|as\b|but\b|"
        r"we\b|rather\b|if\b|when\b|unless\b|or\b|because\b|not\b|%(ZONE)s))(?:\so['\u2019]?clock)?"
        r"%(ZONE_TAIL)s?"
    ),
    "span": (
        r"\b(?P<count>\d{1,2}(?:\.\d)?|half\san|half|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
        r"twelve|fifteen|twenty|thirty|forty-five|forty|sixty|ninety)"
        r"(?P<half>\sand\sa\shalf)?(?:\s(?:to|or)\s(?P<most>\w{1,6}))?[\s-]{1,2}(?P<unit>hours?|hrs?|minutes?|"
        r"mins?)\b(?P<plus>\sand\sa\shalf)?"
    ),
    "part": r"\b(?:morning|afternoon|evening|night|overnight)s?\b",
}
_WORDS = {
    name: getattr(w, name)
    for name in (
        "WEEKDAY",
        "MONTH",
        "DAY",
        "ORDINAL",
        "YEAR",
        "WORD_ORDINAL",
        "TAIL",
        "FORE_TAIL",
        "HALF",
        "TIME",
        "ZONE_TAIL",
        "ZONE",
        "BARE",
        "TO",
    )
} | {"LOOSE": rf"(?:1[0-2]|[1-9])(?::[0-5]\d)?(?![\d%:/]|[.,]\d|{w.HALF})"}
PATTERNS = {name: re.compile(form % _WORDS, re.IGNORECASE) for name, form in FORMS.items()}
SCAN = re.compile(
    "|".join(f"(?P<F_{name}>{re.sub('[?]P<[a-z0-9]+>', '?:', form) % _WORDS})" for name, form in FORMS.items()),
    re.IGNORECASE,
)

#: Where a form can begin at all: asked before the long pattern is tried.
START = re.compile(
    r"[$#§(,:@](?=\s?\d)|(?<=\dT)(?=\d\d?:)|(?<!\w)(?:(?=\d)|v(?=\d|er)|(?:hours?|from|at|between|by|around|until|till|before|"
    r"about|the|on|through|to|for|of|after|is|was|and|or|since|than)\s(?=[\d(]|the\s\d|noon|mid|about\sthe|"
    r"end|last|close)|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|tod|tom|ton|yes|noon|mid|"
    r"cob\b|eod\b|end\sof|close\sof|morning|afternoon|evening|night|overnight|week|"
    r"this\s|that\s|the\s|next\s|last\s|past\s|coming\s|upcoming\s|following\s|later\s|half|an?\s|one|two|"
    r"three|four|five|six|seven|eight|nine|ten|eleven|twel|fift|first|second|third|fourth|fifth|sixth|seventh|"
    r"eighth|ninth|tenth|twent|thirt|eleventh|fort|sixt|ninet))",
    re.IGNORECASE,
)
LINK = re.compile(r"\S{1,200}@\S{1,100}|\b(?:https?://|www\.)\S{1,300}", re.IGNORECASE)

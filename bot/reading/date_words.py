"""The words of English dates and times: patterns and tables. No logic; every pattern is linear."""

from __future__ import annotations

import re


def _numbered(words: str, first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(words.split(), first)}


MONTHS = _numbered("jan feb mar apr may jun jul aug sep oct nov dec", 1)
WEEKDAYS = _numbered("mon tue wed thu fri sat sun", 0)
ZONES = {
    "c": "America/Chicago",
    "e": "America/New_York",
    "m": "America/Denver",
    "p": "America/Los_Angeles",
    "u": "UTC",
    "g": "UTC",
}
NUMBERS: dict[str, float] = {
    **_numbered("zero one two three four five six seven eight nine ten eleven twelve", 0),
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "sixty": 60, "ninety": 90,
    "a": 1, "an": 1, "half": 0.5, "half an": 0.5,
}
ORDINALS = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth "
    "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first",
    1,
)

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|weds?|thu(?:rs?)?|fri|sat|sun)\b\.?"
WEEKDAYS_PLURAL = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days"
YEAR = r"(?:19|20)\d\d(?!\d)"
#: A month's day in figures.
DAY = r"(?:3[01]|[12]\d|0?[1-9])(?!\d)"
ORDINAL = r"(?:\s?(?:st|nd|rd|th)\b)"
WORD_ORDINAL = "(?:" + "|".join(sorted(ORDINALS, key=len, reverse=True)) + r")\b"

HOUR = r"(?:2[0-3]|1\d|0?\d)(?!\d)"
HALF = r"(?:\s?[ap]\.?\s?m\b\.?|[ap]\b)"
NOON = r"(?:12\s)?(?:noon|midnight|midday)\b"
#: A time that is one by its form alone.
TIME = (
    rf"(?:{HOUR}(?:[:.][0-5]\d)?{HALF}|{HOUR}:[0-5]\d(?::[0-5]\d)?(?!\d)|{NOON}|(?:[01]\d|"
    rf"2[0-3])[0-5]\d(?:\s?(?:hours|hrs)\b|(?=\s?(?:-|to)\s?\d{{4}}\s?(?:hours|hrs)\b)))"
)
#: Figures that are a time only by what stands around them.
BARE = rf"{HOUR}(?::[0-5]\d)?(?![\d%/]|[.,]\d)"
TO = (
    r"\s{0,3}(?:--?|\u2013|\u2014|\bto\b|\buntil\b|\btill?\b|\bthrough\b|\bthru\b)\s{0,3}(?:(?:about|around|"
    r"approximately|roughly)\s)?"
)
#: "CT" and "CST" in capitals, else "Central" written out.
ZONE = (
    r"(?:(?:u\.?s\.?\s|american?\s)?(?:central|eastern|mountain|pacific)(?:\s(?:standard|daylight))?(?:\stime)?\b"
    r"|(?-i:[CEMP][SD]?T|UTC|GMT)\b|(?<=\d)(?-i:Z)\b)"
)
ZONE_TAIL = rf"(?:\s{{0,2}}[,/]?\s{{0,2}}\(?(?:{ZONE})\)?)"

#: Behind a figure of a list of days: it is none if a time follows from it.
NOT_TIME = (
    r"(?![:%/]|[.,]\d|\s?[ap]\.?\s?m\b|[ap]\b"
    rf"|\s{{0,2}}(?:-|\u2013|\u2014|to)\s{{0,2}}(?:\d{{1,2}}(?:[:.]\d\d)?{HALF}|{NOON}|\d{{1,2}}:\d\d))"
)
#: … nor if a counted thing follows ("May 3 and 20 libraries").
NOT_COUNT = (
    r"(?!\s(?!at\b|from\b|in\b|are\b|is\b|were\b|will\b|and\b|or\b|for\b|both\b|on\b|between\b|to\b|inclusive|"
    r"respectively)"
    r"(?-i:[a-z])[a-z])"
)
EACH = rf"(?:{WEEKDAY},?\s)?(?:the\s)?{DAY}{ORDINAL}?{NOT_TIME}{NOT_COUNT}"
#: "…, 10 and 17" or "-24" behind a month's first day.
TAIL = (
    rf"(?:(?:\s?,\s?{EACH}){{2,8}}(?!\s?,?\s?(?:and|&|or)\s)|(?:\s?,\s?{EACH}){{0,8}}\s?,?\s?(?:and|&|"
    rf"or)\s(?:on\s)?{EACH}(?!\s{MONTH})|{TO}{EACH}(?!\s{MONTH}))"
)
#: The same before a month ("3-5 March", "3, 10 and 17 March").
FORE_TAIL = TAIL.replace(rf"(?!\s{MONTH})", "")

#: Cheap question asked first: could there be any date or time in here?
ANY = re.compile(
    r"\d|\b(?:mon|tues?|wed(?:nes|s)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?\b|\bto(?:day|morrow|night)\b"
    r"|\b(?:noon|midnight|cob|eod|fortnight)\b|\bthis (?:morning|afternoon|evening)\b|\bend of\b|"
    r"\bclose of business\b"
    r"|\bweeks? from\b",
    re.IGNORECASE,
)

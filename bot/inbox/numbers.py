"""Numbers that are a person's own: patron barcodes, university IDs, Social Security numbers, records of users. Pure.

Patron barcodes are 14 digits that begin with 2; those of items begin with 3. MMS IDs have 17 to 19 digits, order
numbers and telephone numbers are nobody's secret. What is found is told masked.
"""

from __future__ import annotations

import re

_PLAIN_BARCODE = re.compile(r"2\d{13}(?!\d|\.\d)")
#: What people put between the groups of a barcode: blanks, hyphens, dots, cells of a table, a wrapped (quoted) line.
_BETWEEN = r"[ \t.|/\u00a0\u2009\u202f\u2010-\u2015-]{0,3}"
#: Every gap can be read in one way only, or hostile text would take for ever.
_GAP = rf"(?:{_BETWEEN}(?=\d)|{_BETWEEN}\n[>| \t]{{0,6}}(?=\d))"
_GROUPED_BARCODE = re.compile(rf"2(?:{_GAP}\d){{13}}(?!\d|[ .-]\d)")
_DIGITS = re.compile(r"\d+")
_SHORTEST_GROUP, _MOST_GROUPS = 2, 5
_YEARS = re.compile(r"(?:19|20)\d\d")
_CARD = re.compile(r"barcode|patron|borrower|user|student|\bcards?\b|library (?:id|number)|\bID\b", re.IGNORECASE)
_TIMESTAMP = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_IN_URL = re.compile(r"(?:https?://|www\.)\S{0,300}$")
_THING_BEFORE = re.compile(r"\b(?:tote|label|item|package|parcel|shipment|serial|model|asset|inventory) ?#?[ :]{0,2}$",
    re.IGNORECASE)
#: No pattern of numbers begins with a look behind: the search would no longer jump from digit to digit.
_JOINED = re.compile(r"\d[ .-]$|[\d.]$")
_SSN = re.compile(r"[0-8]\d{2}(?<!000)(?<!666)[-\u2013](?!00)\d{2}[-\u2013](?!0000)\d{4}(?![\d/-])")
_NO_SSN_AFTER = tuple("0123456789/=.-")
#: Where such numbers are talked of, any number in their form is one: old files hold many that were never given out.
_SSN_WORD = re.compile(r"\b(?:ssns?|social security|social of|social is)\b", re.IGNORECASE)
_SSN_TOLD = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])|\b(?:ssn|social security|social of"
    r"|social is)\b[^\n\d]{0,40}"
    r"\d{3}[ -]?\d{2}[ -]?\d{4}(?!\d)", re.IGNORECASE)

_NOT_PEOPLE = (
    r"mms|order|item|vendor|portfolio|collection|ticket|case|record|invoice|po|oclc|holdings?|request|set|job|meeting"
    r"|webinar|conference|process|profile|account|session|event|list|course|class|instance|license|tracking"
    r"|confirmation|reference|institution|network|bib|object|field|file|training|registration|call|incident|message"
    r"|apple|zoom|title")
_VALUE = r"(?P<value>[A-Z@]?\d[\d -]{4,16}\d|[A-Za-z]{1,3}\d{5,10})(?![\d-])"
_ID_WORD = re.compile(
    r"(?<![\w-])(?:(?P<plain>UINs?|EMPLIDs?|Banner(?: ID)?s?|NetIDs?(?= (?:number|no))|employeeNumber"
    r"|(?:student|patron|borrower|user|reader) (?:ID|number|no\.)s?|primary (?:ID|identifier)s?"
    r"|(?:university|univ\.?|campus|campus wide|school|uni|college|institution) (?:ID|identification|number|no\.)s?"
    r"|employee (?:ID|number)s?|(?:library )?card numbers?|library (?:card|ID|number|no\.)s?|i-?card(?: number)?s?"
    r"|(?:patron|user) barcodes?)|(?P<loose>ID (?:number|no\.?|#)|ID#|(?:her|his|their|my) (?:ID|number)))"
    r"(?: numbers?| no\.?| #|#)?(?: is| was| of|:|=|,|\s-)?\s{0,3}[(\"']?" + _VALUE, re.IGNORECASE)
_NUMBERED_THING = re.compile(
    r"\b(?:order|po|invoice|ticket|case|job|set|vendor|meeting|webinar|session|instance|holdings|request|process"
    r"|oclc|tracking|mms|portfolio|collection|confirmation)"
    r"(?: ?line| ?item)?(?: ?id| ?number| ?no\.?| ?#)?s?[ :#]{0,3}$", re.IGNORECASE)
_BEFORE_ID = re.compile(rf"\b(?:{_NOT_PEOPLE})['\u2019]?s?[ -]*$", re.IGNORECASE)

#: The same with words between the label and the number: "the UIN of this patron is 654…".
_ID_FAR = re.compile(
    r"\b(?P<word>UIN|EMPLID|Banner|(?:university|student|campus|patron) (?:ID|number))\b[^\d\n:=]{1,30}"
    r"[:=]?[^\d\n]{0,5}(?P<value>\d{8,9}|\d{3}-\d{2,3}-\d{3,4})(?![\d-])", re.IGNORECASE)
_ID_BARE = re.compile(
    r"\b(?:patron|borrower|student|undergraduate|faculty)\b[^\n]{0,60}\bID\b[ :=#(]{1,3}"
    r"(?P<value>[A-Z]?\d{6,10})(?![\d-])", re.IGNORECASE)

_TAGGED = re.compile(
    r"<(?:\w{1,20}:)?(primary_id|user_identifier|barcode|patron_id|external_id|ssn"
    r"|campus_id)\b[^<>]{0,200}>\s*([^<>]{1,100}?)\s*</", re.IGNORECASE)
_KEYED = re.compile(
    r"[\"'](primary_id|patron_id|barcode|user_id|student_id"
    r"|campus_id)[\"']\s*:\s*[\"']([^\"']{1,100})[\"']", re.IGNORECASE)
_FULL_NAME = re.compile(r"<(?:\w{1,20}:)?(?:first|last|full)_name\b[^<>]{0,100}>\s*[A-Z][^<>]{1,60}<|[\"'](?:first|last"
    r"|full)_name[\"']\s*:\s*[\"'][A-Z]")
_PLACEHOLDER = re.compile(
    r"^(?:x+|\.+|_+|\{.*|\$.*|%.*"
    r"|\[.*|string|value"
    r"|example\w*|sample\w*|test\w*|your\w*|primary_?id|barcode|user_?id"
    r"|0+|1234\d*|n/?a|none|null|todo|redacted|\*+)$", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d[\d -]{4}")


def masked(digits: str) -> str:
    """A number with all but its first sign hidden."""
    return digits[:1] + "…"


def barcodes(text: str) -> str | None:
    """A patron barcode, in any of the ways in which people write fourteen digits."""
    for match in (*_PLAIN_BARCODE.finditer(text), *_GROUPED_BARCODE.finditer(text)):
        around = text[max(0, match.start() - 80):match.start()]
        near = 25 if _TIMESTAMP.fullmatch(match[0]) else 80
        told = _CARD.search(around[-near:]) is not None
        other = (
            _joined(text, match) or _IN_URL.search(around) or _NUMBERED_THING.search(around)
            or _THING_BEFORE.search(around))
        if _is_barcode(match[0], told) and not other:
            return f"a number like a patron barcode (14 digits, {masked(match[0])})"
    return None


def _joined(text: str, match: re.Match[str]) -> bool:
    """Whether the number begins further left; a row's number before a whole barcode is no part of it."""
    before = text[max(0, match.start() - 2):match.start()]
    return before[-1:].isdigit() or before.endswith(".") or (len(match[0]) > 14 and bool(_JOINED.search(before)))


def _is_barcode(written: str, told: bool) -> bool:
    """Whether these 14 digits in this writing are one number, and neither a placeholder nor a moment in time."""
    groups = _DIGITS.findall(written)
    digits = "".join(groups)
    if len(set(digits[1:])) <= 2 or (_TIMESTAMP.fullmatch(digits) and not told):
        return False
    if len(groups) == 1:
        return True
    sizes = [len(group) for group in groups]
    most = _MOST_GROUPS + told
    if len(groups) > most or min(sizes[1:-1], default=14) < _SHORTEST_GROUP or sizes[:3] == [3, 3, 4]:
        return False
    if sum(_YEARS.fullmatch(group) is not None for group in groups) > 1 or _TIMESTAMP.fullmatch(digits):
        return False
    between = {gap for gap in _DIGITS.split(written) if gap}
    return told or (sizes[-1] >= _SHORTEST_GROUP and len(between) == 1 and between <= {" ", "-", "\u2013", "\u00a0"})


def security_numbers(text: str) -> str | None:
    """A Social Security number, by its form or because it is called one."""
    told = _SSN_TOLD.finditer(text) if _SSN_WORD.search(text) else ()
    for match in (*_SSN.finditer(text), *told):
        before = text[max(0, match.start() - 200):match.start()]
        if before[-1:] not in _NO_SSN_AFTER and not _IN_URL.search(before):
            return "a number like a Social Security number (•••-••-••••)"
    return None


def identities(text: str) -> str | None:
    """A number that is called a university ID, a card number or the like."""
    if not _LONG_NUMBER.search(text):
        return None
    for match in _ID_WORD.finditer(text):
        if _BEFORE_ID.search(text[max(0, match.start() - 20):match.start()]):
            continue
        value = re.sub(r"[ -]", "", match["value"])
        if is_personal(value) and 5 < len(value) <= 14:
            word = " ".join((match["plain"] or match["loose"]).split())
            return f"a personal number ({word} {masked(value)})"
    far = next((far for far in (*_ID_FAR.finditer(text), *_ID_BARE.finditer(text)) if is_personal(far["value"])), None)
    return f"a personal number ({masked(far['value'])})" if far else None


def is_personal(value: str) -> bool:
    """Whether a value can be a person's number: no placeholder, and no item's barcode."""
    item = len(value) == 14 and value.startswith("3")
    return not (item or _PLACEHOLDER.match(value)) and len(set(value)) > 2


def records(text: str) -> str | None:
    """Samples of user records in XML or JSON, as vendors' APIs give them."""
    named = _FULL_NAME.search(text) is not None
    for match in (*_TAGGED.finditer(text), *_KEYED.finditer(text)):
        tag, value = match[1].lower(), match[2].strip()
        if _PLACEHOLDER.match(value) or (tag == "barcode" and not re.fullmatch(r"2\d{13}", value)):
            continue
        if named or len(re.findall(r"\d", value)) >= 5 or "@" in value:
            return f"a record of a user (<{tag}> {masked(value)})"
    return None

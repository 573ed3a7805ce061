"""Patron data in a message: what must reach nobody (FERPA; Illinois Library Records Confidentiality Act).

Patron barcodes are 14 digits that begin with 2; those of items begin with 3. MMS IDs have 18 or 19 digits, order
numbers and telephone numbers are nobody's secret. What is found is told masked. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

from bot.inbox.domains import word_set

LONGEST = 400_000

_BARCODE = re.compile(r"(?<![\d.])2(?:\d{13}|[ -]\d{4}[ -]\d{5}[ -]\d{4}|\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{2})(?![\d]"
    r"|\.\d)")
_TIMESTAMP = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_IN_URL = re.compile(r"(?:https?://|www\.)\S{0,300}$")
_SSN = re.compile(r"(?<![\d/=.-])(?!000|666|9)\d{3}[-\u2013](?!00)\d{2}[-\u2013](?!0000)\d{4}(?![\d/-])")
_SSN_BARE = re.compile(r"\b(?:ssn|social security)\b.{0,25}?(?<!\d)(?!000|666"
    r"|9)\d{3}[ -]?\d{2}[ -]?\d{4}(?!\d)", re.IGNORECASE)

_NOT_PEOPLE = (
    r"mms|order|item|vendor|portfolio|collection|ticket|case|record|invoice|po|oclc|holdings?|request|set|job|meeting"
    r"|webinar|"
    r"conference|process|profile|account|session|event|list|course|class|instance|license|tracking|confirmation"
    r"|reference|"
    r"institution|network|bib|object|field|file|training|registration|call|incident|message|apple|zoom|title")
_ID_WORD = re.compile(
    r"(?<![\w-])(?:(?P<plain>UINs?|EMPLIDs?|Banner(?: ID)?s?|NetIDs?(?= (?:number|no))|student (?:ID|number)s?"
    r"|patron (?:ID|number)s?|borrower (?:ID|number)s?"
    r"|user (?:ID|number)s?|primary (?:ID|identifier)s?|university IDs?|campus (?:wide )?IDs?|employee (?:ID|number)s?"
    r"|library card(?: number)?s?|library (?:ID|number)s?"
    r"|card number|patron barcodes?|user barcodes?)|(?P<loose>ID (?:number|no\.?|#)|ID#))"
    r"(?: numbers?| no\.?| #|#)?(?: is| was| of|:|=|\s-)?\s{0,3}[(\"']?(?P<value>[A-Z@]?\d[\d -]{4,16}\d"
    r"|[A-Za-z]{1,3}\d{5,10})(?![\d-])", re.IGNORECASE)
_BEFORE_ID = re.compile(rf"\b(?:{_NOT_PEOPLE})['\u2019]?s?[ -]*$", re.IGNORECASE)

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

_NAME = (
    r"(?P<name>[A-Z][a-z\u2019'-]{1,20}(?: [A-Z]\.?)?(?: (?:de|van|von|der|la|del))? [A-Z][a-zA-Z\u2019'-]{1,24}"
    r"|[A-Z][a-zA-Z\u2019'-]{1,24}, [A-Z][a-z\u2019'-]{1,20}(?: [A-Z]\.?)?)")
_PATRON_NAMED = re.compile(
    rf"\b(?:[Pp]atrons?|PATRON|[Bb]orrowers?|[Uu]ser|[Ss]tudent|[Ff]aculty (?:member|borrower)|[Aa]lum(?:nus"
    rf"|na))(?:['\u2019]s)?"
    rf"(?: (?:[Nn]ame|record|account|named|called|is|for|of|by|from))*[:,(]?\s{{1,3}}(?:(?:Dr|Prof|Mr|Mrs|Ms"
    rf"|Mx)\.? )?{_NAME}")
_NAMED_PATRON = re.compile(
    rf"{_NAME},? (?:\(|,|is )?\s?(?:an? |our |the )?(?:\w{{3,15}} )?(?:patron|borrower|student|undergraduate"
    rf"|alumn\w{{1,2}})\b")
_BUSINESS = re.compile(
    r"\b(?:fines?|fees?|owe[sd]?|owing|overdue|lost|loans?|loaned|checked out|borrowed|borrowing|check-?outs?|on hold"
    r"|holds?|billed|blocked|replacement"
    r"|home address|lives at|due (?:back|date|on)|balance|unpaid|renew\w{0,4}|returned|requests?|requested|bill|damaged"
    r"|date of birth|dob|expelled|enrolled)\b|\$ ?\d", re.IGNORECASE)
_OWES = re.compile(
    rf"{_NAME}(?:['\u2019]s? (?:library )?(?:fines?|fees?|overdue|loans?|check-?outs?|borrowing|patron record"
    rf"|library (?:record|account)|home address|account (?:is blocked|has|shows|balance))\b"
    r"|,? (?:who )?(?:still |currently )?(?:owes \$? ?\d|owes (?:us |the library )?(?:a |an |\$|fines|money|for)"
    r"|(?:still )?has (?:an? |\d{1,3} |some |several |two |three |four |five |many )?(?:overdue|unpaid|outstanding"
    r"|lost) (?:fines?|fees?|books?|items?|loans?|balance|bill|charges?)"
    r"|(?:has |had )?(?:checked out|borrowed) (?:an? |the |our |\d{1,3} )?(?:[\w-]{1,20} ){0,3}(?:books?|items?|copy"
    r"|copies|laptop|DVDs?|titles?|volumes?)\b"
    r"|(?:was|has been|is being) (?:fined|billed|blocked|charged)))")
_ADDRESS = re.compile(
    rf"{_NAME}.{{0,80}}?\b(?:[Hh]ome|[Pp]ermanent"
    rf"|[Rr]esidential) address\b.{{0,40}}?\d{{1,5}} [NSEW]?\.? ?[A-Z]\w{{1,20}}"
    rf"|\b(?:[Hh]ome|[Pp]ermanent|[Rr]esidential) address (?:of|for) {_NAME.replace('name', 'other')}", re.DOTALL)
#: Capitalised words that look like a name and are none.
_NO_NAMES = word_set(
    "library libraries university college alma primo carli network zone services service group load loads record "
    "records type types data user users patron patrons system "
    "sharing resource resources support account accounts management center office team committee task force staff the "
    "this that these your our all any no new "
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday "
    "illinois chicago state public academic community interest open access digital online central north south east "
    "west ex libris oclc i-share ishare rapido worldcat "
    "information technology experience guide policy policies workflow configuration fulfillment circulation block "
    "blocks letter letters notice notices success education "
    "affairs privacy id ids number address role roles fees fines registration analytics report reports loan request "
    "requests help desk advisory council working and for "
    "interface test example sample please dear hello hi thanks if when as in on at to from note important reminder "
    "question questions summer fall spring winter "
    "directory integration integrations sync job jobs import export profile profiles statistical category categories "
    "facing engagement "
    "association assistant worker workers employment success driven borrowing lending returns delivery pickup "
    "department vendor module overdue lost")


def find(text: str) -> str | None:
    """What patron data a text holds, masked, as the object of "it holds …"; None when it holds none."""
    seen = _opened(text[:LONGEST])
    return next((found for look in _LOOKS if (found := look(seen)) is not None), None)


def _opened(text: str) -> str:
    return unescape(text) if "&lt;" in text else text


def masked(digits: str) -> str:
    """A number with all but its first sign hidden."""
    return digits[:1] + "…"


def _barcodes(text: str) -> str | None:
    for match in _BARCODE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        around = text[max(0, match.start() - 60):match.start()]
        told = re.search(r"barcode|patron|borrower|user|student", around, re.IGNORECASE) is not None
        if len(set(digits[1:])) <= 2 or (not told and (_TIMESTAMP.fullmatch(digits) or _IN_URL.search(around))):
            continue
        return f"a number like a patron barcode (14 digits, {masked(digits)})"
    return None


def _security_numbers(text: str) -> str | None:
    for match in (*_SSN.finditer(text), *_SSN_BARE.finditer(text)):
        if not _IN_URL.search(text[max(0, match.start() - 200):match.start()]):
            return "a number like a Social Security number (•••-••-••••)"
    return None


def _identities(text: str) -> str | None:
    for match in _ID_WORD.finditer(text):
        if _BEFORE_ID.search(text[max(0, match.start() - 20):match.start()]):
            continue
        value = re.sub(r"[ -]", "", match["value"])
        if not _PLACEHOLDER.match(value) and 5 < len(value) <= 14 and not _is_item(value) and len(set(value)) > 2:
            word = " ".join((match["plain"] or match["loose"]).split())
            return f"a personal number ({word} {masked(value)})"
    return None


def _is_item(value: str) -> bool:
    return len(value) == 14 and value.startswith("3")


def _records(text: str) -> str | None:
    """Samples of user records in XML or JSON, as vendors' APIs give them."""
    named = _FULL_NAME.search(text) is not None
    for match in (*_TAGGED.finditer(text), *_KEYED.finditer(text)):
        tag, value = match[1].lower(), match[2].strip()
        if _PLACEHOLDER.match(value) or (tag == "barcode" and not re.fullmatch(r"2\d{13}", value)):
            continue
        if named or len(re.findall(r"\d", value)) >= 5 or "@" in value:
            return f"a record of a user (<{tag}> {masked(value)})"
    return None


def _named_business(text: str) -> str | None:
    for pattern in (_PATRON_NAMED, _NAMED_PATRON):
        for match in pattern.finditer(text):
            near = text[max(0, match.start() - 160):match.end() + 200]
            business = _BUSINESS.search(near.replace(match["name"], " "))
            if is_name(match["name"]) and business:
                return f"a patron by name ({initials(match['name'])}) with their library business (“{business[0]}”)"
    return None


def _owing(text: str) -> str | None:
    for match in (*_OWES.finditer(text), *_ADDRESS.finditer(text)):
        name = match.groupdict().get("name") or match.groupdict().get("other") or ""
        if is_name(name):
            return f"loans, fines or the address of a person by name ({initials(name)})"
    return None


def is_name(text: str) -> bool:
    """Whether capitalised words can be a person's name: none of them is a word of library business."""
    words = [word.strip(".,\u2019'").lower() for word in text.split()]
    return not any(word in _NO_NAMES for word in words) and words not in (["jane", "doe"], ["john", "doe"])


def initials(name: str) -> str:
    """"Marcus Webb" as "M. W."."""
    return " ".join(f"{word[0]}." for word in name.replace(",", " ").split() if word[0].isupper())


_LOOKS: tuple[Callable[[str], str | None], ...] = (
    _barcodes, _security_numbers, _identities, _records, _named_business, _owing)


def places(subject: str, new: str, whole: str, enclosed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Where to look, as (name of the place, text) pairs, in the order in which they are told."""
    yield "its subject", subject
    yield "its text", new
    yield "its quoted or closing part", whole
    for text in enclosed:
        yield "an attached message", text

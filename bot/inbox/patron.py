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
_Look = tuple[tuple[str, ...], Callable[[str], str | None]]

_PLAIN_BARCODE = re.compile(r"2\d{13}(?!\d|\.\d)")
#: What people put between the groups of a barcode: blanks, hyphens, dots, cells of a table, a wrapped (quoted) line.
_BETWEEN = r"[ \t.|/\u00a0\u2009\u202f\u2010-\u2015-]{0,3}"
#: Every gap can be read in one way only, or hostile text would take for ever.
_GAP = rf"(?:{_BETWEEN}(?=\d)|{_BETWEEN}\n[>| \t]{{0,6}}(?=\d))"
_GROUPED_BARCODE = re.compile(rf"2(?:{_GAP}\d){{13}}(?!\d|[ .-]\d)")
_DIGITS = re.compile(r"\d+")
_SHORTEST_GROUP, _MOST_GROUPS = 2, 5
_YEARS = re.compile(r"(?:19|20)\d\d")
_CARD = re.compile(r"barcode|patron|borrower|user|student|\bcard\b|library (?:id|number)|\bID\b", re.IGNORECASE)
_TIMESTAMP = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_IN_URL = re.compile(r"(?:https?://|www\.)\S{0,300}$")
#: No pattern of numbers begins with a look behind: the search would no longer jump from digit to digit.
_JOINED = re.compile(r"\d[ .-]$|[\d.]$")
_SSN = re.compile(r"[0-8]\d{2}(?<!000)(?<!666)[-\u2013](?!00)\d{2}[-\u2013](?!0000)\d{4}(?![\d/-])")
_NO_SSN_AFTER = tuple("0123456789/=.-")
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
    r"|library card(?: number)?s?|library (?:ID|number)s?|(?:school|campus|uni|college) IDs?|i-?card(?: number)?s?"
    r"|card number|patron barcodes?|user barcodes?)|(?P<loose>ID (?:number|no\.?|#)|ID#))"
    r"(?: numbers?| no\.?| #|#)?(?: is| was| of|:|=|\s-)?\s{0,3}[(\"']?(?P<value>[A-Z@]?\d[\d -]{4,16}\d"
    r"|[A-Za-z]{1,3}\d{5,10})(?![\d-])", re.IGNORECASE)
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
    r"\b(?:patron|borrower|student)\b[^\n]{0,60}\bID\b[ :=#(]{1,3}(?P<value>\d{8,10})(?![\d-])", re.IGNORECASE)
_BORN = re.compile(
    r"\b(?:DOB|date of birth|birth ?date|born(?: on)?)\b[ :=(]{1,3}(?:is )?(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4})", re.IGNORECASE)
_OWN_PHONE = re.compile(
    r"\b(?:her|his|their|patron['\u2019]s|student['\u2019]s) (?:cell|home|mobile|personal)(?: phone)?(?: number)?"
    r"(?: is|:|,)? \(?\d{3}\)?[-. ]", re.IGNORECASE)
_MAILBOX = re.compile(
    r"\b(?:patron|borrower|student|user)(?:['\u2019]s)?(?: (?:account|record|e-?mail|address|is|with|named|name"
    r"|called))*"
    r"[:,(]?\s[(<]?(?P<who>[\w.+-]{2,40})@[\w.-]{4,80}|\bnet ?id(?: is| of| ="
    r"|:)? ?[(\"']?(?P<net>[a-z]{2,10}\d{1,4})\b",
    re.IGNORECASE)

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
    rf"\b(?P<kind>[Pp]atrons?|PATRON|[Bb]orrowers?|[Uu]ser|[Ss]tudent|[Uu]ndergrad(?:uate)?"
    rf"|[Ff]aculty (?:member|borrower)|[Aa]lum(?:nus|na))(?:['\u2019]s)?"
    rf"(?: (?:[Nn]ame|record|account|named|called|is|for|of|by|from|ours|at|here|our|library"
    rf"|was))*(?:[:,]?\s{{1,3}}|\s?\()(?:(?:Dr|Prof|Mr|Mrs|Ms"
    rf"|Mx)\.? )?{_NAME}")
_NAMED_PATRON = re.compile(
    rf"{_NAME},? (?:\(|,|is )?\s?(?:an? |our |the |one of our )?(?:\w{{3,15}} )?(?P<kind>patron|borrower|student"
    rf"|undergrad(?:uate)?|freshman|sophomore|alumn\w{{1,2}}|cardholder)s?\b")
_TITLED = re.compile(
    r"\b(?P<kind>[Pp]atrons?|[Bb]orrowers?|[Ss]tudents?|[Uu]ndergraduates?)\b[^.!?\n]{0,40}\b(?:Dr|Prof|Mr|Mrs|Ms"
    r"|Mx)\.? "
    r"(?P<name>[A-Z][a-z\u2019'-]{1,24})")
_TITLED_BUSINESS = re.compile(
    r"\b(?:Mr|Mrs|Ms|Mx)\.? (?P<name>[A-Z][a-z-]{1,24})['\u2019]s? (?:library )?"
    r"(?:fines?|fees?|loans?|overdue|holds?|barcode|block|card)\b")
#: A screen of the system, and the head of a letter to a patron: both are pasted into questions.
_SCREEN = re.compile(
    rf"\b[Nn]ame: {_NAME}[^\x00]{{0,160}}?\b(?:(?:[Pp]atron|[Uu]ser) group|[Oo]verdue|[Ff]ines?|[Bb]alance"
    rf"|[Bb]arcode):")
_LETTER = re.compile(
    rf"\bDear (?:(?:Mr|Ms|Mrs|Mx|Dr|Prof)\.? )?{_NAME}\s?[,:][^\x00]{{0,300}}?\b(?:"
    r"(?:items?|loans?|books?) (?:is|are|was|were|below)?[^.]{0,20}\boverdue|you (?:have borrowed|owe)"
    r"|your (?:loans?|fines?|hold|library account|borrower)|item you requested|ready for pick)")
_BUSINESS = re.compile(
    r"\b(?:fines?|fees?|owe[sd]?|owing|overdue|lost|loans?|loaned|checked out|borrowed|borrowing|check-?outs?|on hold"
    r"|holds?|billed|blocked|replacement"
    r"|home address|lives at|due (?:back|date|on)|balance|unpaid|renew\w{0,4}|returned|requests?|requested|bill|damaged"
    r"|date of birth|dob|expelled|enrolled)\b|\$ ?\d", re.IGNORECASE)
#: What one does with one's loans, as against talk of loans: needed where the word beside the name is not "patron".
_DEEDS = re.compile(
    r"\b(?:ow(?:es|ed)|overdue|checked out|checks? out|borrowed|returned|renew(?:ed|s|al)?|(?:has |have )?requested"
    r"|on hold|blocked|billed|charged|fined|expired|expelled|damaged|lost (?:a|an|the|our|his|her|their|\d)\b"
    r"|(?:a|an|one|two|three|four|\d{1,3}) (?:overdue |open |lost )?(?:holds?|loans?|requests?|fines?|blocks?)\b"
    r"|(?:his|her|their) (?:library )?(?:fines?|fees?|account|loans?|holds?|requests?|record|block|card|barcode|books?"
    r"|items?|balance|address)\b|due back|claims? (?:returned|to have|that)|home address|lives at|date of birth|dob"
    r"|cancell?ed|requests? (?:by|from)|fines?:|fees?:|balance)|\$ ?\d", re.IGNORECASE)
_STREET = (
    r"\d{1,5} (?:[NSEW]\.? |North |South |East |West )?(?:[A-Z][\w.]{1,20} ){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Dr"
    r"|Drive|Ln|Lane|Ct|Court|Blvd|Way|Place|Pl|Terrace|Circle|Cir)\b\.?")
_LIVES = re.compile(
    rf"{_NAME}(?:[,:]? \(?|,? (?:who )?(?:lives|resides|living|is) (?:at|on) ){_STREET},? (?:Apt|Apartment)\b"
    rf"|\b(?:[Ll]ives|[Rr]esides|[Ll]iving) at {_STREET}")
_OWES = re.compile(
    rf"{_NAME}(?:['\u2019]s? (?:library )?(?:fines?|fees?|overdue|loans?|check-?outs?|borrowing|patron (?:record"
    rf"|account|block)"
    rf"|library card|barcode"
    rf"|library (?:record|account)|home address|account (?:is blocked|has|shows|balance))\b"
    r"|,? (?:who )?(?:still |currently )?(?:owes \$? ?\d|owes (?:us |the library )?(?:a |an |\$|fines|money|for)"
    r"|(?:still )?has (?:an? |\d{1,3} |some |several |two |three |four |five |many )?(?:overdue|unpaid|outstanding"
    r"|lost) (?:fines?|fees?|books?|items?|loans?|balance|bill|charges?)"
    r"|(?:has |had )?(?:checked out|borrowed) (?:an? |the |our |\d{1,3} )?(?:[\w-]{1,20} ){0,3}(?:books?|items?|copy"
    r"|copies|laptop|DVDs?|titles?|volumes?)\b"
    r"|(?:was|has been|is being) (?:fined|billed|blocked|charged)|claims? (?:to have|(?:s?he|they)) returned))")
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
    "hall house building street department vendor module overdue lost")


#: Signs that nobody sees, and digits of other fonts.
_SEEN_AS: dict[int, int | None] = {
    **{0xff10 + digit: 48 + digit for digit in range(10)}, **dict.fromkeys((0x200b, 0x200c, 0x200d, 0xfeff, 0xad)),
}
_LONG_NUMBER = re.compile(r"\d[\d -]{4}")
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>[ \t]{0,3}){1,20}", re.MULTILINE)
_WRAPPED = re.compile(r"(?<=\S)[ \t]{0,3}\n(?=\S)")
_ROLES = re.compile(r"^(?:support|help|info|circ|access|ill|library|lib|refdesk|noreply|no-reply|admin|liaison|staff)",
    re.IGNORECASE)


def find(text: str) -> str | None:
    """What patron data a text holds, masked, as the object of "it holds …"; None when it holds none."""
    seen = _opened(text[:LONGEST])
    return _first(_NUMBER_LOOKS, seen) or _first(_PROSE_LOOKS, _unwrapped(seen))


def _first(looks: tuple[_Look, ...], text: str) -> str | None:
    """The first word of the looks of which some sign stands in the text: the signs are cheap, the looks are not."""
    low = text.lower()
    return next((found for signs, look in looks if _has(low, signs) and (found := look(text)) is not None), None)


def _has(low: str, signs: tuple[str, ...]) -> bool:
    return any(sign in low for sign in signs)


def _opened(text: str) -> str:
    """Markup shown as text, zero-width signs and full-width digits brought back to what a reader sees."""
    seen = unescape(text) if "&lt;" in text else text
    return seen if seen.isascii() else seen.translate(_SEEN_AS)


def _unwrapped(text: str) -> str:
    """Paragraphs on one line, quotation marks gone: mailers break names in two."""
    bare = _QUOTED.sub("", text) if "\n>" in text or text.startswith(">") else text
    return _WRAPPED.sub(" ", bare)


def masked(digits: str) -> str:
    """A number with all but its first sign hidden."""
    return digits[:1] + "…"


def _barcodes(text: str) -> str | None:
    for match in (*_PLAIN_BARCODE.finditer(text), *_GROUPED_BARCODE.finditer(text)):
        around = text[max(0, match.start() - 80):match.start()]
        told = _CARD.search(around) is not None
        other = _joined(text, match) or _IN_URL.search(around) or _NUMBERED_THING.search(around)
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
    if len(set(digits[1:])) <= 2 or (not told and _TIMESTAMP.fullmatch(digits)):
        return False
    if len(groups) == 1:
        return True
    sizes = [len(group) for group in groups]
    if len(groups) > _MOST_GROUPS or min(sizes[1:-1], default=14) < _SHORTEST_GROUP or sizes[:3] == [3, 3, 4]:
        return False
    if sum(_YEARS.fullmatch(group) is not None for group in groups) > 1 or _TIMESTAMP.fullmatch(digits):
        return False
    return told or (sizes[-1] >= _SHORTEST_GROUP and not any(sign in written for sign in "\n\t|/."))


def _security_numbers(text: str) -> str | None:
    bare = _SSN_BARE.finditer(text) if _has(text.lower(), ("ssn", "social sec")) else ()
    for match in (*_SSN.finditer(text), *bare):
        before = text[max(0, match.start() - 200):match.start()]
        if before[-1:] not in _NO_SSN_AFTER and not _IN_URL.search(before):
            return "a number like a Social Security number (•••-••-••••)"
    return None


def _identities(text: str) -> str | None:
    if not _LONG_NUMBER.search(text):
        return None
    for match in _ID_WORD.finditer(text):
        if _BEFORE_ID.search(text[max(0, match.start() - 20):match.start()]):
            continue
        value = re.sub(r"[ -]", "", match["value"])
        if not _PLACEHOLDER.match(value) and 5 < len(value) <= 14 and not _is_item(value) and len(set(value)) > 2:
            word = " ".join((match["plain"] or match["loose"]).split())
            return f"a personal number ({word} {masked(value)})"
    for far in (*_ID_FAR.finditer(text), *_ID_BARE.finditer(text)):
        if not _PLACEHOLDER.match(far["value"]) and len(set(far["value"])) > 2:
            return f"a personal number ({masked(far['value'])})"
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
    for pattern in (_PATRON_NAMED, _NAMED_PATRON, _TITLED):
        for match in pattern.finditer(text):
            business = _business(text, match)
            if business and is_name(match["name"]):
                return f"a patron by name ({initials(match['name'])}) with their library business (“{business}”)"
    return None


def _business(text: str, match: re.Match[str]) -> str:
    """The word of library business near a name. "Patron" leaves no doubt; a student may also win a prize."""
    near = text[max(0, match.start() - 160):match.end() + 200].replace(match["name"], " ")
    sure = match["kind"].lower().startswith(("patron", "borrower", "cardholder"))
    found = (_BUSINESS if sure else _DEEDS).search(near)
    return found[0] if found else ""


def _mailboxes(text: str) -> str | None:
    for match in _MAILBOX.finditer(text):
        near = text[max(0, match.start() - 120):match.end() + 160]
        if _DEEDS.search(near) and not _ROLES.match(match["who"] or match["net"]):
            return f"a patron's address or login ({(match['who'] or match['net'])[:1]}…) with their library business"
    return None


def _owing(text: str) -> str | None:
    kinds = ((_OWES, "loans or fines"), (_SCREEN, "the record"), (_TITLED_BUSINESS, "loans or fines"))
    return next((found for pattern, what in kinds if (found := _named(pattern, text, what)) is not None), None)


def _letters(text: str) -> str | None:
    return _named(_LETTER, text, "a letter about the loans")


def _addresses(text: str) -> str | None:
    return _named(_ADDRESS, text, "the home address")


def _homes(text: str) -> str | None:
    return _named(_LIVES, text, "the home address")


def _named(pattern: re.Pattern[str], text: str, what: str) -> str | None:
    for match in pattern.finditer(text):
        said = match.groupdict()
        name = said.get("name") or said.get("other") or ""
        if is_name(name):
            return f"{what} of a person by name ({initials(name)})" if name else f"{what} of a person"
    return None


def _private(text: str) -> str | None:
    if _BORN.search(text) or _OWN_PHONE.search(text):
        return "somebody's date of birth or private telephone number"
    return None


def is_name(text: str) -> bool:
    """Whether capitalised words can be a person's name: none of them is a word of library business."""
    words = [word.strip(".,\u2019'").lower() for word in text.split()]
    return not any(word in _NO_NAMES for word in words) and words not in (["jane", "doe"], ["john", "doe"])


def initials(name: str) -> str:
    """"Marcus Webb" as "M. W."."""
    return " ".join(f"{word[0]}." for word in name.replace(",", " ").split() if word[0].isupper())


_ID_SIGNS = ("uin", "emplid", "banner", "netid", " id", "id ", "id:", "id#", "number", "card", "barcode", "identifier")
_PEOPLE_SIGNS = (
    "patron", "borrower", "student", "user", "faculty", "alumn", "undergrad", "freshman", "sophomore", "cardholder")
_OWING_SIGNS = (
    "owe", "fine", "fee", "overdue", "loan", "check", "borrow", "hold", "card", "barcode", "block", "address",
    "account",     "billed", "charged", "claim", "lost", "unpaid", "outstanding", "balance")
_NUMBER_LOOKS: tuple[_Look, ...] = (
    (("2",), _barcodes), (tuple("12345678"), _security_numbers), (_ID_SIGNS, _identities),
    (("_id", "identifier", "barcode", "ssn"), _records))
_PROSE_LOOKS: tuple[_Look, ...] = (
    (_PEOPLE_SIGNS, _named_business), (_OWING_SIGNS, _owing), (("dear ",), _letters), (("address",), _addresses),
    ((" apt", "apartment", " unit", " #", "lives", "resides", "living"), _homes),
    (("birth", "dob", "born", "cell", "mobile", "personal", "home"), _private), (("netid", "net id", "@"), _mailboxes))


def places(subject: str, whole: str, enclosed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Where to look, as (name of the place, text) pairs, in the order in which they are told."""
    yield "its subject", subject
    yield "its text", whole
    for text in enclosed:
        yield "an attached message", text

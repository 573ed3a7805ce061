"""Patron data in a message: what must reach nobody (FERPA; Illinois Library Records Confidentiality Act).

Numbers by their form (`numbers`), and what is pasted from a system: records, tables, letters, addresses. Persons told
of with their business are found by `borrowers`. What is found is told masked. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import islice

from bot.inbox import numbers, people
from bot.inbox.people import CELL_NAME, initials, is_name

LONGEST = 400_000
#: Places of one kind that are looked at closely in one text.
_MOST_LOOKS = 3_000
_Look = tuple[tuple[str, ...], Callable[[str], str | None]]

_BORN = re.compile(
    r"\b(?:DOB|date of birth|birth ?date|born(?: on)?)\b[^\n\d]{0,30}(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4})", re.IGNORECASE)
_OWN_PHONE = re.compile(
    r"(?:\b(?:her|his|their|patron['\u2019]s|student['\u2019]s) (?:cell|home|mobile|personal)(?: phone)?(?: number)?"
    r"|\b(?:called|reach(?:ed)?|call|phoned) (?:her|him|them) at home)(?: is|:|,)? \(?\d{3}\)?[-. ]", re.IGNORECASE)

# ── logins and addresses ──────────────────────────────────────────────────────────────────────────────────────────

_LOGIN = re.compile(
    r"\b(?:patron|borrower|student|user|undergraduate|reader)(?:['\u2019]s)?(?: (?:account|record|e-?mail|address|is"
    r"|with|named|name|called))*[:,(]?\s[(<]?(?P<who>[\w.+-]{2,40})@[\w.-]{4,80}"
    r"|(?P<own>[\w.+-]{2,40})@(?:students?|stu|stud|my|mymail|alum(?:ni)?)\.[\w.-]{4,80}"
    r"|\b(?:net ?id|primary id(?:entifier)?|user ?(?:id|name))\b(?: [\w ]{1,30}?)??(?: is| of|[=:,])? ?[(\"']?"
    r"(?P<net>[a-z]{2,10}\d{1,5})\b", re.IGNORECASE)
_DEEDS = re.compile(
    r"\b(?:ow(?:es|ed)|overdue|checked out|checks? out|borrowed|returned|renew(?:ed|s|al)?|(?:has |have )?requested"
    r"|on hold|hold notice|courtesy notice|blocked|billed|charged|fined|expired|expelled|damaged"
    r"|lost (?:a|an|the|our|his|her|their|\d)\b"
    r"|(?:an?|one|two|three|four|\d{1,3}) (?:overdue |open |lost )?(?:holds?|loans?|requests?|fines?|blocks?)\b"
    r"|(?:his|her|their|somebody else['\u2019]s) (?:library )?(?:fines?|fees?|account|loans?|holds?|requests?|record"
    r"|block|card|barcode|books?|items?|balance|address)\b|due back|claims? (?:returned|to have|that)|home address"
    r"|lives at|date of birth|dob|cancell?ed|requests? (?:by|from)|fines?:|fees?:|balance)|\$ ?\d", re.IGNORECASE)
_ROLES = re.compile(r"^(?:support|help|info|circ|access|ill|library|lib|refdesk|noreply|no-reply|admin|liaison|staff"
    r"|test|jdoe|user)", re.IGNORECASE)

# ── what is pasted ────────────────────────────────────────────────────────────────────────────────────────────────

_FIELD_NAME = re.compile(
    r"(?:^|[|\t;,]|\s)(?:(?:display|full|patron|borrower|user|student)? ?name|patron|borrower|user|student)"
    rf" ?[:=]\s{{0,6}}(?:(?:Dr|Prof|Mr|Mrs|Ms|Mx)\.? )?(?-i:({CELL_NAME}))", re.IGNORECASE)
_FIELD_DATA = re.compile(
    r"\b(?:(?:patron|user) group|overdues?|fines?|fees?|(?:fine )?balance|barcode|expir(?:es|ed|y|ation)(?: date)?"
    r"|loans?|blocks?|home ?(?:postal)? ?address|employeeNumber|uid|dob|date of birth|(?:univ\w{0,8}\.? |campus "
    r"|student )?"
    r"ID(?: number)?|user id|primary id(?:entifier)?|status|notes?)\b ?(?:[:=]|\bis\b)", re.IGNORECASE)
_LETTER = re.compile(
    rf"\bDear (?:(?:Mr|Ms|Mrs|Mx|Dr|Prof)\.? )?({CELL_NAME})\s?(?:\([^()\n]{{1,30}}\))?\s?[,:][^\x00]{{0,300}}?\b(?:"
    r"(?:items?|loans?|books?) (?:is|are|was|were|below)?[^.]{0,20}\boverdue|you (?:have )?(?:borrowed|owe)"
    r"|your (?:loans?|fines?|hold|library account|borrower)|item you requested|ready for pick)")
#: A borrower speaks for himself in what somebody forwards.
_WRITER = re.compile(rf"\b(?:From|Patron|Guest|Student): *({CELL_NAME})|\b(?:my name(?: is|['\u2019]s)|(?:this is|it['"
    r"\u2019]?s|i am|i['\u2019]m) (?=[a-z]+ [a-z]+,))\s+([A-Za-z][\w'\u2019-]+ [A-Za-z][\w'\u2019-]+)", re.IGNORECASE)
_SPEAKS = re.compile(
    r"\bI(?:['\u2019]ve| have| had)? (?:already |never )?(?:returned|brought (?:it|them|back)|handed in|borrowed"
    r"|owe|paid"
    r"|got a (?:fine|bill|notice)|(?:have )?been billed|was billed)\b|\bmy (?:\w+ )?(?:fines?|loans?|library (?:account"
    r"|card)|holds?|transcript|overdue)\b|\bdo I (?:still )?(?:have|owe)\b", re.IGNORECASE)
_CHAT = re.compile(r"(?:^|\s)(?:patron|guest|student|visitor|user):[^\n]{0,40}\b(?:its|it['\u2019]s|i am|im|i['\u2019]m"
    r"|this is|my name is) [a-z]+ [a-z]+[^\n]{0,80}\b(?:fine|loan|book|hold|overdue|account|card|request)s?\b",
    re.IGNORECASE)
_ADDRESS = re.compile(
    rf"({CELL_NAME}).{{0,80}}?\b(?:[Hh]ome|[Pp]ermanent|[Rr]esidential) ?(?:[Pp]ostal)? ?[Aa]ddress\b.{{0,40}}?"
    rf"\d{{1,5}} [NSEW]?\.? ?[A-Z]\w{{1,20}}|\b(?:[Hh]ome|[Pp]ermanent|[Rr]esidential) address (?:of"
    rf"|for) ({CELL_NAME})",
    re.DOTALL)
_LIVES = re.compile(rf"({CELL_NAME})(?:[,:]? \(?|,? (?:who )?(?:lives|resides|living|is) (?:at|on) ){people.STREET},? "
    rf"(?:Apt|Apartment|Lot)\b|\b(?:[Ll]ives|[Rr]esides|[Ll]iving) at {people.STREET}|{people.STREET},? (?:Apt\b\.?"
    rf"|Apartment|Lot) ?#?\w{{1,4}}\b")

#: Headings of a column of people: those that can only be patrons, and those that may be anybody.
_HEAD_PATRON = re.compile(
    r"\W*(?:(?:patron|borrower|student|reader)s?(?:[ _](?:full |last |first )?name)?|(?:patron|borrower|student|user)"
    r"[ _](?:primary )?(?:id|identifier|barcode|number)|primary[ _]identifier|netid|uin|emplid)\W*", re.IGNORECASE)
_HEAD_PERSON = re.compile(
    r"\W*(?:(?:full|first|last|user|sur|family|display|preferred)[ _]?names?|names?|users?|last|first|surname"
    r"|first last|last,? first)\W*",
    re.IGNORECASE)
_HEAD_SECRET = re.compile(
    r"\b(?:(?:univ\w{0,8}\.?|campus|student|patron|user|borrower)[ _]?(?:id|number)|id(?: number)?|uin|emplid|netid"
    r"|barcode|(?:primary )?identifier|fines?|fees?|owe[sd]?|balance|amount(?: (?:owed|due))?|overdues?|loans?"
    r"|due(?: date)?|(?:user|patron) group|expir\w{1,6}(?: date)?|dob|birth ?date|date of birth|(?:home )?address|ssn"
    r"|blocks?)\b", re.IGNORECASE)
_HEAD_OTHER = re.compile(
    r"\b(?:vendor|library|institution|campus name|file|report|job|set|field|item name|collection|staff|contact"
    r"|committee"
    r"|instructor|course|role|title of session|author|call (?:number|no)|isbn|issn|oclc|mms|workshop|po|invoice"
    r"|group name"
    r"|meeting|session|portfolio|database|server|host)\b", re.IGNORECASE)
_HEAD_PLAIN = re.compile(r"(?:first last|last,? first|(?:patron |full )?name)\b", re.IGNORECASE)
_CELLS = re.compile(r"\t|\s*\|\s*|\s{2,}|[;,^]")
_ROW_NAME = re.compile(rf"^\W{{0,4}}(?:(?:Dr|Prof|Mr|Mrs|Ms)\.? )?({CELL_NAME})\s*(?:[\t|,;^(]|\s{{2,}}"
    rf"|\s(?=[A-Z]?\d))")
#: A number that can be a person's, in a row beside a name: seven to nine digits, or a letter and some.
_ROW_NUMBER = re.compile(r"(?<![\w.$/:-])(?:[A-Za-z]{1,2}\d{6,9}|\d{7,9}|2\d{13})(?![\w/-]|\.\d)")
_LONGEST_HEAD, _LONGEST_ROW = 200, 400
_PEOPLE_NEAR = re.compile(
    r"\b(?:patrons?|borrowers?|students?|users?|accounts?|fines?|loans?|UIN|IDs?|barcodes?|owes?|overdue)\b",
    re.IGNORECASE)

_TABLE_FILES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".xml", ".json")
_WHOSE = r"(?:patrons?|borrowers?|students?|users?|cardholders?|overdues?|fines?|lost items?|claims returned|SSNs?)"
_FILE_OF_PATRONS = re.compile(rf"\b(?:{_WHOSE}|roster|enrol\w{{0,6}}|UINs?|barcodes)\b", re.IGNORECASE)
_ANNOUNCED = re.compile(
    rf"\b{_WHOSE}\b[^.!?\n]{{0,60}}\b(?:list|file|spreadsheet|sheet|export|report|roster|workbook|extract|attached"
    rf"|attachment|zip)\b|\b(?:list|file|spreadsheet|sheet|export|report|roster|workbook|extract|attached|attachment"
    rf"|names|accounts|records|barcodes)\b[^.!?\n]{{0,60}}\b{_WHOSE}\b", re.IGNORECASE)

#: Signs that nobody sees, and digits of other fonts.
_SEEN_AS: dict[int, int | None] = {
    **{0xff10 + digit: 48 + digit for digit in range(10)}, **dict.fromkeys((0x200b, 0x200c, 0x200d, 0xfeff, 0xad)),
}
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>[ \t]{0,3}){1,20}", re.MULTILINE)
_WRAPPED = re.compile(r"(?<=\S)[ \t]{0,3}\n[ \t]{0,12}(?=\S)")


def find(text: str) -> str | None:
    """What patron data a text holds by its form, masked, as the object of "it holds …"; None when it holds none.

    Persons of whom a text merely tells are found by `borrowers`.
    """
    seen = opened(text[:LONGEST])
    plain = _QUOTED.sub("", seen) if "\n>" in seen or seen.startswith(">") else seen
    return _first(_NUMBER_LOOKS, seen) or _first(_PASTED_LOOKS, plain) or _first(_PROSE_LOOKS, _unwrapped(plain))


def find_in_table(text: str) -> str | None:
    """The same for the rows of an attached table, which are no prose."""
    seen = opened(text[:LONGEST])
    return _first(_NUMBER_LOOKS, seen) or _first(_PASTED_LOOKS, seen)


def is_table(name: str) -> bool:
    """Whether a file of this name holds rows: names and loans stand close to each other there, and say nothing."""
    return name.lower().endswith(_TABLE_FILES)


def announced(text: str, name: str) -> bool:
    """Whether a message says of a file that cannot be read that it holds data of patrons; or the file's name does."""
    return bool(_FILE_OF_PATRONS.search(name.replace("_", " ").replace("-", " ")) or _ANNOUNCED.search(text[:20_000]))


def _first(looks: tuple[_Look, ...], text: str) -> str | None:
    """The first word of the looks of which some sign stands in the text: the signs are cheap, the looks are not."""
    low = text.lower()
    for signs, look in looks:
        for sign in signs:
            if sign in low:
                found = look(text)
                if found is not None:
                    return found
                break
    return None


def joined(text: str) -> str:
    """A text without the marks of quotation and with each paragraph on one line."""
    return _unwrapped(_QUOTED.sub("", text))


def opened(text: str) -> str:
    """Markup shown as text, zero-width signs and full-width digits brought back to what a reader sees."""
    seen = unescape(text) if "&lt;" in text else text
    return seen if seen.isascii() else seen.translate(_SEEN_AS)


def _unwrapped(text: str) -> str:
    """Paragraphs on one line: mailers break names in two."""
    return _WRAPPED.sub(" ", text)


def _mailboxes(text: str) -> str | None:
    for match in islice(_LOGIN.finditer(text), _MOST_LOOKS):
        who = match["who"] or match["own"] or match["net"]
        near = text[max(0, match.start() - 120):match.end() + 160]
        if _DEEDS.search(near) and not _ROLES.match(who):
            return f"a patron's address or login ({who[:1]}…) with their library business"
    return None


def _screens(text: str) -> str | None:
    """Fields with their names, as a screen of the system or a directory shows them, around a name."""
    for match in islice(_FIELD_NAME.finditer(text), _MOST_LOOKS):
        near = text[max(0, match.start() - 200):match.start(1)] + "|" + text[match.end():match.end() + 220]
        if is_name(match[1]) and _FIELD_DATA.search(near):
            return f"the record of a person by name ({initials(match[1])})"
    return None


def _letters(text: str) -> str | None:
    return _named(_LETTER, text, "a letter about the loans")


def _spoken(text: str) -> str | None:
    """What a borrower wrote, passed on."""
    if _CHAT.search(text):
        return "a conversation with a patron by name"
    for match in islice(_WRITER.finditer(text), _MOST_LOOKS):
        name = match[1] or match[2]
        if is_name(name) and _SPEAKS.search(text[match.end():match.end() + 300]):
            return f"a message of a patron by name ({initials(name.title())}) about their loans"
    return None


def _addresses(text: str) -> str | None:
    return _named(_ADDRESS, text, "the home address")


def _homes(text: str) -> str | None:
    return _named(_LIVES, text, "the home address")


def _named(pattern: re.Pattern[str], text: str, what: str) -> str | None:
    for match in pattern.finditer(text):
        name = next((group for group in match.groups() if group), "")
        if not name or is_name(name):
            return f"{what} of a person by name ({initials(name)})" if name else f"{what} of a person"
    return None


def _private(text: str) -> str | None:
    if _BORN.search(text) or _OWN_PHONE.search(text):
        return "somebody's date of birth or private telephone number"
    return None


# ── tables ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tables(text: str) -> str | None:
    """Rows below headings that give people and a number, a fine or a loan beside each."""
    lines = [line for line in text.split("\n") if line.strip()]
    for place, line in enumerate(lines):
        if len(line) <= _LONGEST_HEAD and _is_head(line) and any(_is_row(row) for row in lines[place + 1:place + 6]):
            return "a list of people with their numbers, loans or fines"
    return None


def _rows(text: str) -> str | None:
    """Rows of people and their numbers without headings."""
    if not _ROW_NUMBER.search(text):
        return None
    lines = [line for line in text.split("\n") if line.strip()]
    rows = [place for place, line in enumerate(lines) if _is_numbered_row(line)]
    return "a list of people with their numbers" if rows and _of_people(lines, rows) else None


def _is_head(line: str) -> bool:
    """A line of headings: somebody's name and something of theirs, and nothing that tells a list of other things."""
    low = line.lower()
    if not any(sign in low for sign in _HEAD_SIGNS) or not _HEAD_SECRET.search(line):
        return False
    cells = [cell for cell in _CELLS.split(line.strip()) if cell]
    if len(cells) == 1:
        return len(line.split()) <= 8 and bool(_HEAD_PLAIN.match(line.strip())) and len(_HEAD_SECRET.findall(line)) > 1
    other = _HEAD_OTHER.search(line) is not None
    persons = [cell for cell in cells if _HEAD_PATRON.fullmatch(cell) or (not other and _HEAD_PERSON.fullmatch(cell))]
    return bool(persons) and any(
        _HEAD_SECRET.search(cell) and len(cell.split()) <= 4 for cell in cells if cell is not persons[0])


def _is_row(line: str) -> bool:
    """A row below such headings: a number, and words that can be a name or a number that can be a person's."""
    row = line[:_LONGEST_ROW]
    named = any(cell[:1].isupper() and is_name(cell) for cell in _CELLS.split(row))
    return (named and any(char.isdigit() for char in row)) or _ROW_NUMBER.search(row) is not None


def _is_numbered_row(line: str) -> bool:
    found = _ROW_NAME.match(line[:_LONGEST_ROW])
    return found is not None and is_name(found[1]) and _ROW_NUMBER.search(line[:_LONGEST_ROW], found.end(1)) is not None


def _of_people(lines: list[str], rows: list[int]) -> bool:
    """Two such rows, or one in a talk of patrons; and nothing above that tells titles or vendors."""
    above = "\n".join(lines[max(0, rows[0] - 4):rows[0]])
    around = above + "\n".join(lines[rows[0]:rows[-1] + 4])
    return not _HEAD_OTHER.search(above) and _PEOPLE_NEAR.search(around) is not None


_HEAD_SIGNS = ("name", "patron", "borrower", "student", "reader", "identifier", "netid", "uin", "emplid", "first",
               "surname", "user id", "users")
_ID_SIGNS = ("uin", "emplid", "banner", "netid", " id", "id ", "id:", "id#", "id,", "number", "card", "barcode",
             "identifier", "no.")
_NUMBER_LOOKS: tuple[_Look, ...] = (
    (("2",), numbers.barcodes), (tuple("123456789"), numbers.security_numbers), (_ID_SIGNS, numbers.identities),
    (("_id", "identifier", "barcode", "ssn"), numbers.records))
_PASTED_LOOKS: tuple[_Look, ...] = (
    (("name", "patron", "borrower", "user", "student"), _screens), (_HEAD_SIGNS, _tables), (tuple("123456789"), _rows))
_PROSE_LOOKS: tuple[_Look, ...] = (
    (("dear ",), _letters), (("from:", "name is", "name's", "patron:", "guest:", "student:", "user:"), _spoken),
    (("address",), _addresses),
    ((" apt", "apartment", " unit", " #", " lot", "lives", "resides", "living"), _homes),
    (("birth", "dob", "born", "cell", "mobile", "personal", "home"), _private),
    (("netid", "net id", "@", "identifier", "user id", "username"), _mailboxes))


def places(subject: str, whole: str, enclosed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Where to look, as (name of the place, text) pairs, in the order in which they are told."""
    yield "its subject", subject
    yield "its text", whole
    for text in enclosed:
        yield "an attached message", text

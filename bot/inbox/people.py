"""Persons by name with their library business: who owes, borrowed, asked for or may not borrow what. Pure.

No single word decides. Near each name the signs are added up (a word for borrowers, a pronoun that does what borrowers
do, a loan, money, a home), what tells a colleague or an author is taken away, and the sum decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bot.inbox.domains import word_set

_UPPER, _LETTER = "A-Z\u00c0-\u00d6\u00d8-\u00de", "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u2019'-"
_WORD = rf"[{_UPPER}][{_LETTER}]{{1,24}}"
_TITLE = r"(?:Dr|Prof|Professor|Mr|Mrs|Ms|Mx)\.? "
_PLAIN_NAME = rf"{_WORD}(?: [A-Z]\.?)?(?: (?:de|van|von|der|la|del|al|bin)){{0,3}} {_WORD}"
_LISTED_NAME = rf"{_WORD}, {_WORD}(?: [A-Z]\.?)?"
#: A name in prose: two words, or a title and one.
_NAME = re.compile(rf"\b(?:{_TITLE}({_WORD}(?: {_WORD})?)|({_PLAIN_NAME}(?: {_WORD})?))")
#: A name in a field or a cell, where fewer things can be meant.
CELL_NAME = rf"(?:{_LISTED_NAME}|{_PLAIN_NAME}|[A-Z]\. ?{_WORD}|{_WORD}, [A-Z]\.|[A-Z]{{2,20}}, [A-Z]{{2,20}})"

#: A title stands in quotation marks, a thing has an article.
_NO_PERSON_AFTER = ('"', "\u201c", "the ", "an ", " a ")
_POSSESSIVE = re.compile("['\u2019]s?$")
_BEFORE, _AFTER = 200, 240
_ENOUGH = 3
#: Names that are looked at in one text; hostile ones hold nothing else.
_MOST_NAMES = 1_500
#: Words for people who borrow, right before the name …
_KIND = (
    r"(?:patrons?|borrowers?|library users?|users?|readers?|cardholders?|students?|undergrad(?:uate)?s?|grad(?:uate)?s?"
    r"|grad(?:uate)? students?|freshm[ae]n|sophomores?|juniors?|seniors?|first-years?|faculty(?: members?| borrowers?)?"
    r"|professors?|instructors?|alum(?:nus|nae?|ni)|visiting scholars?|emerit[aiu]s?|regulars|guests?"
    r"|community (?:members?|users?))")
_PATRON = re.compile(r"patron|borrower|library user|cardholder", re.IGNORECASE)
_KIND_BEFORE = re.compile(
    rf"\b{_KIND}(?:['\u2019]s)?(?: (?:name|record|account|named|called|is|was|for|of|by|from|ours|at|here|our|library"
    rf"|requests?|only))*(?:[:,]? {{1,3}}|,? ?\(|: ?)(?:(?:is|was|named|called) )?(?:{_TITLE})?$", re.IGNORECASE)
#: … right after it …
_KIND_AFTER = re.compile(
    r"^(?:['\u2019]s)?,? ?(?:\(|,|is |was )?(?:an? |our |your |the |one of (?:our|your|my) )?(?:\w{3,15} )?"
    rf"{_KIND}(?! (?:worker|assistant|employee|success|affairs|services))\b", re.IGNORECASE)
#: … and anywhere near.
_KIND_NEAR = re.compile(
    rf"\b{_KIND}\b(?! (?:worker|assistant|employee|success|affairs|services|group|load|record loads))", re.IGNORECASE)
_MADAM = re.compile(r"\b(?:Mr|Mrs|Ms|Mx)\.? $")
_NAMED = re.compile(r"\b(?:named|called|name(?: on it| there)?(?: is|['\u2019]s|:)|name of) (?:\w+\. )?$",
    re.IGNORECASE)
_SELF = re.compile(r"\bmy name(?: is|['\u2019]s),? (?:\w+\. )?$", re.IGNORECASE)

_THINGS = (
    r"(?:overdues?|(?:overdue |lost |library |unpaid |open |ill )?(?:fines?|fees?|loans?|holds?|requests?|accounts?"
    r"|cards?|barcodes?|blocks?|balance|bills?|books?|items?|articles?|record|check-?outs?|charges?|renewals?"
    r"|refunds?|(?:recalled |overdue |lost )?cop(?:y|ies)))")
_BOUND_BEFORE = re.compile(
    rf"(?:\b(?:checked out|loaned|on loan|charged|billed|lent|issued)(?: [\w/-]{{1,10}}){{0,3}} to"
    rf"|\b(?:billed|charged|fined|blocked|unblocked)|\b{_THINGS}(?: (?:goes|went|belongs))?"
    r" (?:for|of|to|from|by|is with|was with|are with)|\b(?:renew|extend|waive|clear|lift"
    r"|cancel)\b[\w ]{1,30} (?:for|of)"
    r"|\b(?:item|book|copy|it|laptop|dvd|volume)s? (?:is|are|was|were) (?:still )?with"
    rf"|\b(?:placed|requested|borrowed|returned) by)(?: (?:your|our|my|the))?(?: {_KIND})?,? (?:{_TITLE})?$",
    re.IGNORECASE)
_BOUND_AFTER = re.compile(
    rf"^(?:['\u2019]s? {_THINGS}\b(?! (?:policy|policies|rules?|report|job|chart))"
    r"|,? (?:(?:who|still|currently|now|also|has|had|have|already|never) ){0,3}(?:owes?|owed|borrowed|returned|paid"
    r"|(?:dropped|brought|handed|turned) (?:it|them|the (?:book|item))"
    r"|checked out (?:an?|the|our|\d{1,3})\b(?! (?:new|feature|update|report|site|page))"
    r"|(?:was|been|is being|got) (?:fined|billed|blocked|charged)|claims (?:to|that|s?he|they)|swears|insists that s?he"
    r"|(?:cannot|can['\u2019]t|could not|couldn['\u2019]t) (?:renew|borrow|check|place|register)"
    r"|(?:\w+, ){0,2}\d{1,3} (?:overdue|lost|unpaid)\b|(?:\d{1,3}|an?|some|several|two|three|four|five|six"
    r"|many) (?:\w+ )?(?:books?|items?|loans?|fines?|dvds?|requests?"
    r"|holds?|overdues?|titles|volumes)\b))", re.IGNORECASE)
_BOUND_MONEY = re.compile(r"^(?: ?\(|, |,? (?:still |now )?(?:owe[sd]?|owing) ?)\$ ?\d", re.IGNORECASE)
_OWES_NOW = re.compile(
    r"^(?:,? (?:who )?(?:still |currently )?(?:owes (?:\$|us |the library|an?\b|fines|money|for)|(?:has"
    r"|have) (?:\w+ ){0,2}"
    r"(?:overdue|unpaid|outstanding|lost|items? out|books? out)\b|(?:has |had )?(?:borrowed|checked out) (?:an? "
    r"|the |our "
    r"|\d{1,3} )(?!new)(?:[\w-]{1,20} ){0,3}(?:books?|items?|cop(?:y|ies)|laptop|DVDs?|titles?|volumes?)\b"
    r"|(?:was|has been|is being) (?:fined|billed|blocked|charged)|claims? (?:to have|(?:s?he|they)) returned)"
    r"|['\u2019]s? (?:library )?(?:patron (?:record|account|block)|library (?:card|record|account)"
    r"|account (?:is blocked|has|shows|balance))\b)", re.IGNORECASE)
_THEIRS = re.compile(
    r"\b(?:s?he|they)(?:['\u2019](?:s|ve|d|ll))?(?: (?:has|had|have|is|was|still|already|never|also|only|even|just"
    r"|says?|that|it)){0,3} (?:owes?|owed|returned|paid|borrow\w{0,3}|checked (?:it|them|out an?|the)|renew\w{0,3}|lost"
    r"|moved|graduated|enrolled|swears?|claims?|found|brought|dropped|handed|gave|requested|asked for|tried to (?:place"
    r"|request|renew)|our (?:book|laptop|ipad|item)|six of|\d{1,2} (?:of|books|items)|had it|put it|billed|blocked"
    r"|(?:can['\u2019]t|cannot|could not) (?:renew|request|register|borrow|place|check)|the book|books?\b)"
    r"|\b(?:her|his|their) (?:library |own |home |universal |overdue |lost |courtesy |student |university )?(?:loans?"
    r"|fines?|card|books?|requests?|block|balance|barcode|overdues?|holds?|receipt|UIN|ILL|address|item|items|bill"
    r"|transcript|charges?)\b|\b(?:on|in|at|of) (?:her|his) (?:library )?(?:account|record)\b"
    r"|\b(?:her|his) account (?:is|has|shows|says)|\b(?:charges?|fined?|bill(?:s|ed)?) (?:her|him)\b", re.IGNORECASE)
_LOAN_WORD = re.compile(
    r"\b(?:loans?|loaned|checked out|borrow(?:ed|ing)|holds?\b|on hold|pick-?ups?|due (?:back|date|on|in|\d"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|returned|renew\w{0,4}|requests?|requested|lost|damaged"
    r"|claims returned"
    r"|expired|barcode|check-?outs?|recall\w{0,3}|ILL|enrolled|expelled|banned|patron record)\b", re.IGNORECASE)
_DEBT_WORD = re.compile(
    r"\b(?:fines?|fined|fees?|owe[sd]?|owing|overdues?|billed|bills?|waive[sd]?|unpaid|block(?:s|ed)?|balance"
    r"|replacement|charged?|charges|refund\w{0,3}|paid)\b|\$ ?\d{1,3}(?![\d,])", re.IGNORECASE)
STREET = (
    r"\d{1,5} (?:[NSEW]\.? |North |South |East |West )?(?:[A-Z][\w.]{1,20} ){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Dr"
    r"|Drive|Ln|Lane|Ct|Court|Blvd|Way|Place|Pl|Terrace|Circle|Cir|Row)\b\.?")
#: A fine has no thousands; a budget has.
_MONEY = re.compile(r"\$ ?\d{1,3}(?![\d,])")
_PRONOUN = re.compile(r"\b(?:he|she|him|his|her)\b", re.IGNORECASE)
_STREET_NEAR = re.compile(STREET)
_FLAT = re.compile(rf"{STREET},? (?:Apt|Apartment|Lot|Room|Rm|Unit|#)\b ?\.? ?\w{{1,5}}|\b(?:[Ll]ives|[Rr]esides"
    rf"|[Ll]iving) at {STREET}")
#: The beginnings of all these words, and of house numbers: a name without any near it is passed over.
_TOUCHES = re.compile(r"(?i)\$ ?\d|\d [NSEW]?\.? ?[A-Z]|\b(?:fine|fee|ow[ei]|overdue|bill|waive|unpaid|block"
    r"|balance|replacem"
    r"|charge|refund|paid|loan|check|borrow|hold|on hold|pick|due|return|renew|request|lost|damage|claims|expire"
    r"|barcode"
    r"|recall|ill\b|enrolled|expelled|banned|patron record)")
_MAIL_NEAR = re.compile(r"^,? ?[(<]?[\w.+-]{2,40}@[\w.-]{4,80}")

_TEST_PERSON = re.compile(r"\b(?:test|dummy|fake|sample|fictitious|made-up)\b", re.IGNORECASE)
_COLLEAGUE_AFTER = re.compile(
    r"^(?:['\u2019]s? (?:question|message|e-?mail|post|note|talk|keynote|presentation|answer|point|suggestion|slides"
    r"|papers|idea|reply|books? (?:on|about)|novels?|poems)\b|,? (?:and I\b|will (?:lead|answer|present|speak|host|talk"
    r"|explain|join|cover)|wrote|writes|noted|said|reported|explained|announced|reminded|reviewed|seconded"
    r"|says? that the|asked (?:whether|if|how|about|that)|leads|chairs|presents (?:on|at|the)"
    r"|is (?:leaving|retiring|our new|the new)|has (?:been )?(?:hired|joined|agreed|accepted|written|asked that))"
    r"|,? \(?(?:the |our |your |is |is the )?(?:\w+ ){0,2}?(?:director|dean|head|chair|co-chair|coordinator|manager"
    r"|librarian|specialist|liaison|president|provost|cataloger|archivist|supervisor|circulation|access services)\b"
    rf"|,? (?:of|from|at|with) (?:the )?[{_UPPER}]|,? [<(]\S+@\S+[)>]? wrote)", re.IGNORECASE)
_COLLEAGUE_BEFORE = re.compile(
    r"(?:\b(?:thanks|thank you|congratulations|kudos|credit|welcome|contact|ask|e-?mail|call|with|by colleagues?"
    r"|hi|hello"
    r"|as|cc|led by|presented by|talk by|according to|owner:|from:|sent:|attn:?|regards,|sincerely,|best,|cheers,)"
    r"(?: (?:to|you))?(?: all)?(?: our)?|\bstudent (?:worker|assistant|employee)s?) (?:\w+\. )?$", re.IGNORECASE)
_AUTHOR = re.compile(
    r"\b(?:authors?|novels?|novelist|poet|poems?|papers|exhibit\w{0,3}|display|keynote|biograph\w{1,4}|writings"
    r"|works of"
    r"|(?:by|of) the same author|series|fiction|book club|titles (?:are|were)|catalogued|cataloged|translat\w{2,4}"
    r"|finding aid)\b", re.IGNORECASE)
_AUTHOR_AFTER = re.compile(r"^(?:['\u2019]s)? (?:titles|novels|books|works|papers|poems|stories|collection)\b")
#: Capitalised words that look like a name and are none.
_NO_NAMES = word_set(
    "library libraries university college alma primo carli network zone services service group load loads record "
    "records type types data user users patron patrons borrower borrowers student students faculty system "
    "sharing resource resources support account accounts management center office team committee task force staff the "
    "this that these those your our my her his their its all any no new one two three each every some other both "
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun "
    "illinois chicago springfield peoria urbana state public academic community interest open access digital online "
    "central north south east west ex libris oclc i-share ishare rapido worldcat illiad voyager analytics ezproxy "
    "information technology experience guide policy policies workflow configuration fulfillment circulation block "
    "blocks letter letters notice notices success education user-facing ill sis nz iz xml csv pdf "
    "affairs privacy id ids number address role roles fees fines registration report reports loan request "
    "requests help desk advisory council working and or for of by with from to "
    "interface test testy mctest example sample please dear hello hi thanks thank if when as in on at note important "
    "reminder question questions summer fall spring winter re fw fwd subject sent date "
    "directory integration integrations sync job jobs import export profile profiles statistical category categories "
    "facing engagement association assistant worker workers employment driven borrowing lending returns delivery "
    "pickup hall house building street department vendor module overdue lost can could would will should does do did "
    "has have had is are was were who what which why how where might let since because after before until while "
    "although but so yes not also even then than once he she we they you it there here name item items barcode due "
    "title titles book books author isbn issn status balance fine expired expires chapter volume intro history "
    "introduction organic chemistry biology physics algebra anatomy science studies art american united states "
    "english last first copy copies waive bulk saint box tab "
    "journals journal press publishers publishing database databases package society institute company archive "
    "archives "
    "board google scholar microsoft jstor ebsco proquest elsevier wiley springer gale sage oxford cambridge hathitrust "
    "receipt screen field button menu mode note notes list lists")
_STANDINS = (["jane", "doe"], ["john", "doe"])


def is_name(text: str) -> bool:
    """Whether capitalised words can be a person's name: none of them is a word of library business."""
    words = [word.strip(".,\u2019'").removesuffix("'s").removesuffix("\u2019s").lower() for word in text.split()]
    return bool(words) and not any(word in _NO_NAMES for word in words) and words not in _STANDINS


def initials(name: str) -> str:
    """"Marcus Webb" as "M. W."."""
    return " ".join(f"{word[0]}." for word in name.replace(",", " ").split() if word[0].isupper())


def business(text: str, colleagues: frozenset[str] = frozenset()) -> str | None:
    """A person by name whose library business the text tells, or None. `colleagues` are names that write here."""
    name = next(_borrowers(text, colleagues), None)
    return f"a person by name ({initials(name)}) with their library business" if name else None


def without_borrowers(text: str) -> str:
    """The text with the names of such persons cut to initials."""
    for name in set(_borrowers(text, frozenset())):
        text = text.replace(name, initials(name))
    return text


def _borrowers(text: str, colleagues: frozenset[str]) -> Iterator[str]:
    left = _MOST_NAMES
    for paragraph in text.split("\n\n"):
        for start, name in islice(_names(paragraph), left):
            left -= 1
            if name.lower() not in colleagues and _weight(paragraph, start, start + len(name)) >= _ENOUGH:
                yield name


def _names(paragraph: str) -> Iterator[tuple[int, str]]:
    """Names of persons and where they begin; "Can Marcus Webb" is "Marcus Webb". A title in quotation marks is none."""
    place = 0
    while match := _NAME.search(paragraph, place):
        start = match.start(match.lastindex or 0)
        name = _POSSESSIVE.sub("", match[0][start - match.start():])
        first = name.split()[0]
        if is_name(name):
            place = match.end()
            if not paragraph[max(0, start - 4):start].lower().endswith(_NO_PERSON_AFTER):
                yield start, name
        else:
            place = start + len(first)


def _weight(paragraph: str, start: int, end: int) -> int:
    before = paragraph[max(0, start - _BEFORE):start]
    after = paragraph[end:end + _AFTER]
    if not (_TOUCHES.search(after) or _TOUCHES.search(before)):
        return 0
    return _borrowing(before, after) - _working(before, after)


def _borrowing(before: str, after: str) -> int:
    """The signs of a borrower, added up. What is bound to the name is not counted again as standing near it."""
    bound_before, bound_after = _BOUND_BEFORE.search(before), _BOUND_AFTER.match(after)
    owes = _OWES_NOW.match(after)
    left = before[:bound_before.start()] if bound_before else before
    right = after[max((found.end() for found in (owes, bound_after) if found), default=0):]
    near = f"{left} | {right}"
    words = bool(_LOAN_WORD.search(near)) + bool(_DEBT_WORD.search(near))
    if not (words or owes or bound_before or bound_after or _STREET_NEAR.search(near)):
        return 0
    words += bool(_MONEY.search(near)) + bool(_PRONOUN.search(near))
    told = 2 * (bool(bound_before) + bool(_BOUND_MONEY.match(after)) + bool(_THEIRS.search(near)))
    return told + words + (3 if owes else 2 * bool(bound_after)) + _person(before, after, near)


def _person(before: str, after: str, near: str) -> int:
    """The signs that the name is a borrower's, whatever the business."""
    attached = _KIND_BEFORE.search(before) or _KIND_AFTER.match(after)
    weight = 2 if attached and _PATRON.search(attached[0]) else bool(attached or _KIND_NEAR.search(near))
    weight += bool(_NAMED.search(before)) + 2 * bool(_SELF.search(before)) + bool(_MADAM.search(before))
    home = _FLAT.search(near) or (attached and _STREET_NEAR.search(after[:60]))
    return weight + 2 * bool(home) + bool(_MAIL_NEAR.match(after))


def _working(before: str, after: str) -> int:
    """The signs of a colleague, an author or a made-up person."""
    near = before[-60:] + after[:60]
    weight = 3 * bool(_COLLEAGUE_AFTER.match(after)) + 3 * bool(_COLLEAGUE_BEFORE.search(before))
    weight += 3 * bool(_AUTHOR.search(near) or _AUTHOR_AFTER.match(after))
    return weight + 5 * bool(_TEST_PERSON.search(near))

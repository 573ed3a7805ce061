"""Persons by name with their library business: who owes, borrowed, asked for or may not borrow what. Pure.

No single word decides. Near each name the signs are added up (a word for borrowers, a pronoun that does what borrowers
do, a loan, money, a home), what tells a colleague or an author is taken away, and the sum decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bot.inbox.domains import word_set

UPPER, _LETTER = "A-Z\u00c0-\u00d6\u00d8-\u00de", "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u2019'-"
_WORD = rf"[{UPPER}][{_LETTER}]{{1,24}}"
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
#: The weight of "the patron" right beside a name.
_ATTACHED = 3
#: A text longer than this is a newsletter or minutes: there it is not enough that loans and money stand near a name.
_LONG = 3_000
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
#: What libraries lend and what borrowers owe …
_LENT = (
    r"(?:books?|items?|cop(?:y|ies)|volumes?|vols?|dvds?|cds?|discs?|films?|movies?|laptops?|chromebooks?|i-?pads?|tablets?"
    r"|chargers?|calculators?|hotspots?|cameras?|headphones|kits?|games?|keys?|titles?|textbooks?|novels?|articles?"
    r"|chapters?|scores?|loans?|fines?|fees?|bills?|charges?|holds?|requests?|overdues?|replacements?)")
#: … as the object of a sentence: "it", "all three", "the two Toni Morrison novels".
_OBJECT = (
    rf"(?:it|them|both|all (?:of (?:it|them)|three|four|five)|(?:the|an?|h[ie][sr]|their|our|your|my|this|that|these|those"
    rf"|\d{{1,3}}|one|two|three|four|five|six|some|several|many)(?: [\w\u2019'-]{{1,20}}){{0,4}}? {_LENT})\b")
_HELPS = (
    r"(?:['\u2019](?:s|ve|d|ll)|,? (?:who|and|has|had|have|is|was|did|does|will|would|can|could|may|might|must|should"
    r"|wants? to|tried to|still|already|never|also|only|even|just|now|then|finally|once|twice|not|currently|apparently"
    r"|actually|says?(?: that)?|s?he|they|been|both)\b){0,5}")
#: What borrowers do with that, and seldom anybody else.
_DOES = (
    rf"(?:(?:return(?:ed|s|ing)?|borrow(?:ed|s|ing)?|check(?:ed|s|ing)? out|renew(?:ed|s|ing)?|owe[sd]?|keeps?|kept"
    rf"|(?:turn(?:ed|s)?|hand(?:ed|s)?) in|dropp?(?:ed|s)?(?: off)?|pick(?:ed|s)? up|(?:takes?|took|taken) out"
    rf"|(?:brings?|brought)(?: back| in)?|left|paid for|lost|ruined|damaged|requested|recalled) {_OBJECT}"
    rf"|(?:bring|brought|brings|turn|turned|mail|mailed|gave|give|sent|send|hand|handed|put) {_OBJECT} (?:back|in|to you)"
    rf"|(?:brings?|brought|dropp?(?:s|ed)?|turned|handed|mailed|shipped)(?: [\w\u2019'-]{{1,15}}){{1,5}}? (?:back|in|off)\b"
    rf"|ha[sd](?: (?:still|it|them|this|that|both|one|\d{{1,2}})){{0,2}} out\b(?!-| of)|owe[sd]? (?:us|you) "
    rf"|(?:bring|brings|brought|give|gave|send|sent|mail|mailed) back {_OBJECT})")
_DOES_AFTER = re.compile(rf"^{_HELPS} {_DOES}", re.IGNORECASE)
_DOES_THEN = re.compile(rf"\b(?:s?he|they){_HELPS} {_DOES}", re.IGNORECASE)
#: What the desk does for a borrower, told right before the name.
_DONE_FOR = re.compile(
    r"\b(?:(?:waiv|forg[ai]v|refund|clear|remov|lift|post|cancel|delet|revers|paid|pay)\w{0,6}\b[^.!?;\n]{0,40}?(?:\$ ?\d"
    r"[\d.,]*|\b(?:fines?|fees?|bills?|charges?|blocks?|balance|overdues?|holds?|requests?|loans?))[^.!?;\n]{0,25}"
    r"|claims?[- ]returned[^.!?;:\n]{0,20}|(?:checked|charged) out[^.!?;:\n]{0,30}|on (?:loan|hold)[^.!?;:\n]{0,20}"
    r"|(?:being )?held[^.!?;:\n]{0,20}|overdue[^.!?;:\n]{0,20}) (?:to|for|from|by|on|under|against|of) (?:the |our |your )?"
    rf"(?:{_KIND} )?,?(?:{_TITLE})?$", re.IGNORECASE)
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
    r"|recall|ill\b|enrolled|expelled|banned|patron|student|g[ai]ve|kept|left|drop|br[io]|out\b|borrower)")
_ACCOUNTS = re.compile(r"\b(?:two|both|these|duplicate) (?:accounts|users|records|patrons)\b|\bexpire[sd]?\b", re.IGNORECASE)
_MAIL_NEAR = re.compile(r"^,? ?[(<]?[\w.+-]{2,40}@[\w.-]{4,80}")

_TEST_PERSON = re.compile(r"\b(?:test|dummy|fake|sample|fictitious|made-up)\b", re.IGNORECASE)
_COLLEAGUE_AFTER = re.compile(
    r"^(?:['\u2019]s? (?:question|message|e-?mail|post|note|talk|keynote|presentation|answer|point|suggestion|slides"
    r"|papers|idea|reply|books? (?:on|about)|novels?|poems)\b|,? (?:and I\b|will (?:lead|answer|present|speak|host|talk"
    r"|explain|join|cover)|wrote|writes|noted|said|reported|explained|announced|reminded|reviewed|seconded"
    r"|says? that the|asked (?:whether|if|how|about|that)|leads|chairs|presents (?:on|at|the)"
    r"|is (?:leaving|retiring|our new|the new)|has (?:been )?(?:hired|joined|agreed|accepted|written|asked that))"
    r"|,? \(?(?:the |our |your |is |is now |is (?:now )?the )?(?:\w+ ){0,2}?(?:director|dean|head|chair|co-chair|coordinator|manager"
    r"|librarian|specialist|liaison|president|provost|cataloger|archivist|supervisor|circulation|access services)\b"
    rf"|,? (?:of|from|at|with|in) (?:the )?(?-i:[{UPPER}])|,? (?:at|in|from) (?:the|our|your) (?:[\w'\u2019]+ )?(?:office|desk|branch"
    r"|department|library)\b|,? [<(]\S+@\S+[)>]? wrote|,? [(<]?\S{1,60}[)>]?,? (?:ext\b|extension|x\d))", re.IGNORECASE)
_COLLEAGUE_BEFORE = re.compile(
    r"(?:\b(?:thanks|thank you|congratulations|kudos|credit|welcome|contact|by colleagues?"
    r"|hi|hello"
    r"|as|cc|led by|presented by|talk by|according to|owner:|from:|sent:|attn:?|regards,|sincerely,|best,|cheers,)"
    r"(?: (?:to|you))?(?: all)?(?: our)?|\bstudent (?:worker|assistant|employee)s?) (?:\w+\. )?$", re.IGNORECASE)
#: Colleagues are asked and talked to, but borrowers too.
_TALKED_TO = re.compile(r"\b(?:ask|e-?mail|call|with)(?: (?:to|you))?(?: our)? (?:\w+\. )?$", re.IGNORECASE)
_AUTHOR = re.compile(
    r"\b(?:authors?|novels?|novelist|poet|poems?|papers|exhibit\w{0,3}|display|keynote|biograph\w{1,4}|writings"
    r"|works of"
    r"|(?:by|of) the same author|series|fiction|book club|titles (?:are|were)|catalogued|cataloged|translat\w{2,4}"
    r"|finding aid)\b", re.IGNORECASE)
#: What is told of staff, authors and benefactors, and seldom of borrowers.
_PERSONNEL = re.compile(
    r"\b(?:retir(?:e[sd]?|ing|ement)|hired|joins|joined|joining|appointed|promoted|farewell|career|position"
    r"|years (?:of service|at|in|with|as)"
    r"|new role|last day|sabbatical|congratulat\w+|welcom\w+|awards?|prize|won(?!['\u2019])|donat\w+|donors?|nomin\w+"
    r"|candidates|elected|MLIS|colleagues?|staff|book club|diary|born|keynote|intern|grant|roles?|work phone"
    r"|one campus|contest)\b", re.IGNORECASE)
#: The business that a whole short message is about, and somebody told of in it.
_CASE = re.compile(
    r"\b(?:accounts?|loans?|loaned|checked (?:out|in)|check(?:s|ed)? (?:out|in)|borrow\w*|holds?|returned|renew\w*|requests?"
    r"|requested|overdues?|fines?|fees?|blocked|block|card|barcode|recall\w*|expire[sd]?|owes?|billed|books?|dvds?|copy"
    r"|patrons?|user)\b", re.IGNORECASE)
_LONGEST_CASE = 1_500
_SOMEBODY = re.compile(r"\b(?:he|she|him|his|hers?)\b", re.IGNORECASE)
#: Somebody asked for a name, here or in what is quoted.
_ASKED_WHO = re.compile(
    r"\b(?:which|what|whose|who is the|who['\u2019]s the|name of the|for which) (?:patron|borrower|student|user|account|person"
    r"|reader|faculty)\b", re.IGNORECASE)
_SHORT_ANSWER = 120
_AUTHOR_BEFORE = re.compile(r"\b(?:holds? on|cop(?:y|ies) of|loans of) (?:the |our )?(?:new(?:est)? |latest )?$",
    re.IGNORECASE)
_TITLE_AFTER = re.compile(rf"^,? by [{UPPER}]")
#: "Walden by $", "novelist $": who is named is known for something else.
_KNOWN_FOR = re.compile(
    rf"(?:[{UPPER}]\w{{2,20}}\u201d?\"?,? by|\b(?:[Aa]uthors?|[Nn]ovelist|[Pp]oet|[Hh]istorian|[Pp]hotographer|[Aa]rtist|[Cc]aptain"
    r"|[Ss]enator|[Gg]overnor|[Pp]resident|[Ss]peaker|[Dd]irector|[Dd]ean)) $")
_ACCOUNT_AFTER = re.compile(
    r"^['\u2019]s? (?:(?:library|lost|overdue|open|patron|ILL|user|late) ){0,2}(?:accounts?|cards?|fines?|fees?|overdues?|barcode"
    r"|balance|blocks?|bills?|check-?outs?|loans?|holds?)\b(?! (?:policy|policies|rules?|report|job|chart))", re.IGNORECASE)
#: Meetings whose minutes are told.
_MINUTES = re.compile(r"\b(?:moved (?:to|that)|motion|second(?:ed|s)|carried|absent|minutes|budget)\b", re.IGNORECASE)
_AUTHOR_AFTER = re.compile(r"^(?:['\u2019]s)? (?:new |latest |other )?(?:titles|novels|books|book\b(?= (?:and|is|has|was|are|\w+s\b))|works|papers|poems|stories|collection)\b")
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
    "author authors novelist poet historian photographer editor professor director librarian dean chair provost president "
    "keynote speaker minutes present absent congratulations requester requestor borrower "
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
    left, enough = _MOST_NAMES, _ENOUGH + (len(text) > _LONG)
    case = len(text) <= _LONGEST_CASE and _CASE.search(text) is not None and not _PERSONNEL.search(text)
    asked = case and _ASKED_WHO.search(text) is not None
    for paragraph in text.split("\n\n"):
        for start, name in islice(_names(paragraph), left):
            left -= 1
            if name.lower() in colleagues:
                continue
            end = start + len(name)
            weight = _weight(paragraph, start, end, case)
            if weight + 3 * (asked and len(paragraph) <= _SHORT_ANSWER) >= enough:
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


def _weight(paragraph: str, start: int, end: int, case: bool = False) -> int:
    before = paragraph[max(0, start - _BEFORE):start]
    after = paragraph[end:end + _AFTER]
    told = case and (_SOMEBODY.search(after[:160]) or _SOMEBODY.search(before[-120:]))
    if not (told or _TOUCHES.search(after) or _TOUCHES.search(before)):
        return 0
    working = _working(before, after)
    return (3 if told and working < 3 else 0) + _borrowing(before, after) - working


def _borrowing(before: str, after: str) -> int:
    """The signs of a borrower, added up. What is bound to the name is not counted again as standing near it."""
    bound_before, bound_after = _BOUND_BEFORE.search(before), _BOUND_AFTER.match(after)
    owes = _OWES_NOW.match(after)
    does, done = _DOES_AFTER.match(after), _DONE_FOR.search(before)
    owns = _ACCOUNT_AFTER.match(after)
    left = before[:bound_before.start()] if bound_before else before
    right = after[max((found.end() for found in (owes, owns, bound_after, does) if found), default=0):]
    near = f"{left} | {right}"
    words = bool(_LOAN_WORD.search(near)) + bool(_DEBT_WORD.search(near))
    person = _person(before, after, near)
    then = _DOES_THEN.search(near)
    if not (words or owes or owns or does or then or done or person >= _ATTACHED or bound_before or bound_after
            or _STREET_NEAR.search(near)):
        return 0
    words += bool(_MONEY.search(near)) + bool(_PRONOUN.search(near))
    told = 2 * (bool(bound_before and not done) + bool(_BOUND_MONEY.match(after)) + bool(then or _THEIRS.search(near))) + bool(then)
    return told + words + (3 if owes or does or owns else 2 * bool(bound_after)) + 3 * bool(done) + person


def _person(before: str, after: str, near: str) -> int:
    """The signs that the name is a borrower's, whatever the business."""
    attached = _KIND_BEFORE.search(before) or _KIND_AFTER.match(after)
    weight = _ATTACHED if attached and _PATRON.search(attached[0]) else bool(attached or _KIND_NEAR.search(near))
    weight += bool(_NAMED.search(before)) + 2 * bool(_SELF.search(before)) + bool(_MADAM.search(before))
    home = _FLAT.search(near) or (attached and _STREET_NEAR.search(after[:60]))
    mail = _MAIL_NEAR.match(after)
    return weight + 2 * bool(home) + bool(mail) + 2 * bool(mail and _ACCOUNTS.search(before[-60:] + after[:90]))


def _working(before: str, after: str) -> int:
    """The signs of a colleague, an author or a made-up person."""
    near = before[-60:] + after[:60]
    weight = 3 * bool(_COLLEAGUE_AFTER.match(after)) + 3 * bool(_COLLEAGUE_BEFORE.search(before))
    weight += bool(_TALKED_TO.search(before))
    weight += 3 * bool(_AUTHOR.search(near) or _AUTHOR_AFTER.match(after))
    weight += 3 * bool(_AUTHOR_BEFORE.search(before) and not _ACCOUNT_AFTER.match(after))
    weight += 2 * bool(_MINUTES.search(before) or _MINUTES.search(after))
    weight += 2 * bool(_PERSONNEL.search(before[-80:]) or _PERSONNEL.search(after[:120]))
    weight += 7 * bool(_TITLE_AFTER.match(after) or _KNOWN_FOR.search(before))
    return weight + 5 * bool(_TEST_PERSON.search(near))

"""How mail asks for something, sentence by sentence: which verb is asked for and how, what thing, and whose it is.

This is grammar, not judgement: "please return", "libraries must check", "(2) send", "we ask you to vote" are found by
what stands before the verb. How much each sign counts is learned, or weighed in `bot.reading.requests`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import lru_cache
from itertools import pairwise

from bot.reading.sentences import SENTENCE

#: What kind of doing a verb is: give something back, do something at home, come along, or a mere courtesy.
_KINDS = {
    "return":
        "return send submit complete fill finish reply respond answer confirm report tell enter mark vote "
        "cast rank choose pick select indicate specify name nominate provide give email mail write upload "
        "post certify approve declare state record log score rate hand turn supply decide designate appoint "
        "forward pay commit verify attest file list count",
    "do":
        "check test update review replace change correct fix repair mend clean clear delete remove add "
        "install switch move copy export import download rotate swap set reset revoke disable enable "
        "deactivate activate suspend cancel postpone stop hold pull recall run try redo relink relabel assign "
        "create configure map load reload republish restart close open put point convert withdraw edit allow "
        "block warn inform ask remind make ensure prepare search look compare go take leave keep avoid "
        "refrain reduce order renew bring print adjust examine inspect validate schedule move migrate "
        "transfer box ship pack label have get do use start begin train tick discard merge archive measure "
        "notify",
    "join":
        "join attend apply volunteer come rsvp propose claim participate enroll enrol subscribe reserve book "
        "present consider register sign",
    "soft":
        "see visit note contact call let feel read share find watch browse consult enjoy learn click follow "
        "expect remember accept excuse refer disregard ignore think discuss hesitate view hear wait talk "
        "thank imagine",
}
_KIND = {verb: kind for kind, verbs in _KINDS.items() for verb in verbs.split()}
_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+){0,3}|[^\w\s]")
_POLITE = frozenset({"please", "kindly", "pls"})
_MODAL = frozenset({"must", "shall", "should"})


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Before "to": they ask. "Have to", "are asked to", "we need you to", "be sure to".
_ASKING = _set("need needs needed have has had ask asks asked required expected want wants encouraged like urge urged "
               "sure request requested remind reminded homework part asking requesting remember forget important "
               "essential necessary reminder")
#: Before these words: nothing is asked. "You do not need to", "there is no need to".
_DENYING = _set("not no never don't needn't doesn't won't nothing without")
#: Who has to do something where a library is spoken of: not the sender, and not one colleague.
_LIBRARIES = _set("library libraries institution institutions liaison liaisons director directors member members site "
                  "sites campus campuses everyone everybody")
#: What the sender lacks: "we need your counts", "your vote is needed", "we'd appreciate your comments".
_LACKED = _set("need needs needed want wanted wants appreciate appreciated hear seek seeking requested await awaiting "
               "waiting missing lack required welcome")
_POSSIBLE = _set("could would can will")
#: Words between a beginning and its verb: "then, also check …".
_PASSED = _set("also just then now either first so therefore still each all both always only again next finally "
               "instead today not don't never do simply carefully be to and or but")
_REACH = 4
#: So far before "to" stands who asks, or who needs it.
_BACK = 5
#: All words that can change what is asked; where no order begins, the others (nearly all) are passed over.
_TELLING = frozenset(_KIND) | _POLITE | _MODAL | _PASSED | {"to"}

#: Who is told to let somebody know of these is told that he may.
_COURTESY = _set("question questions problem problems concern concerns issue issues help interested like trouble wish "
                 "assistance anything")

#: Things that come back from a library, last days, offers that a library may pass over, dates of the sender's own.
_SIGNS = {
    "thing": _set("vote votes voting ballot ballots survey surveys poll form forms questionnaire renewal "
                  "renewals selection selections worksheet worksheets invoice invoices statistics response "
                  "responses"),
    "due": _set("due deadline by before later"),
    "offer": _set("register registration registering sign-up signup apply application applications scholarship "
                  "scholarships grant grants award awards proposal proposals abstracts trial trials claim rsvp "
                  "attend seat seats places room rooms lunch exam cohort talk talks interested free price "
                  "agenda topics rather may wish want"),
    "theirs": _set("stop stops retire retires retirement sunset lapse lapses expire expires expired expiring "
                   "ends ended switched turned access discontinued removed dumpster lifted run runs"),
    "if": _set("if questions problems concerns case"),
    "you": _set("you your library libraries institution institutions liaison liaisons director directors each "
                "every member members"),
    "question": _set("?"),
}


@lru_cache(maxsize=256)
def signs(sentence: str) -> frozenset[str]:
    """The signs of asking in one sentence: "please:return", "imp:do", "return", and of things and offers."""
    tokens = _TOKEN.findall(sentence[:SENTENCE].lower().replace("\u2019", "'"))
    present = set(tokens)
    found = {name for name, words in _SIGNS.items() if not words.isdisjoint(present)}
    for how, kind in _asked(tokens):
        found |= {kind, f"{how}:{kind}"}
    return frozenset(found | _duties(tokens, found) | _lacks(tokens))


def _duties(tokens: list[str], found: Container[str]) -> set[str]:
    """Whose duty it is, where one is spoken of: "libraries will need to", "you must"."""
    if not any(f"{how}:{kind}" in found for how in ("must", "to") for kind in ("return", "do")):
        return set()
    before = set(tokens[:next(at for at in range(len(tokens)) if _opener(tokens, at) in ("must", "to"))])
    return {name for name, who in (("duty:libraries", _LIBRARIES), ("duty:you", {"you"})) if not who.isdisjoint(before)}


def _lacks(tokens: list[str]) -> set[str]:
    """Whether the sender says what he lacks of the reader, or asks what the reader could do."""
    said, after = set(tokens), " ".join(tokens)
    found = {"lacks:yours"} if not _LACKED.isdisjoint(said) and "your" in said else set()
    if not _LACKED.isdisjoint(said) and any(f"from {who}" in after for who in ("you", "each", "every", "all", "libr")):
        found.add("lacks:answers")
    if any(one in _POSSIBLE and other == "you" for one, other in pairwise(tokens)) and tokens[-1] == "?":
        found.add("could you")
    return found


def _asked(tokens: list[str]) -> Iterator[tuple[str, str]]:
    """How a verb is asked for (please, must, to, imp for the bare imperative), and its kind."""
    begins, how, since = True, "", -_REACH
    for at, token in enumerate(tokens):
        if not begins and token not in _TELLING and token[0].isalnum():
            continue
        if not token[0].isalnum():
            begins, how = True, how if token in ",()-*" else ""
        elif word := _opener(tokens, at):
            how, since, begins = word, at, True
        elif token in _PASSED and token not in _KIND:
            begins = begins or token in ("and", "or", "then", "but", "so")
        else:
            kind = _KIND.get(token) if token != "let" else _let(tokens[at + 1:])
            asked = how if how and at - since <= _REACH else "imp" if begins else ""
            if kind and asked:
                yield asked, kind
            begins = begins and (len(token) == 1 or token.isdigit())


def _opener(tokens: list[str], at: int) -> str:
    """The word that makes a verb behind it a demand, if this is one."""
    token = tokens[at]
    if token in _POLITE:
        return "please"
    if token in _MODAL:
        return "must"
    before = tokens[max(0, at - _BACK):at]
    if token != "to" or _ASKING.isdisjoint(before):
        return ""
    return "no" if not _DENYING.isdisjoint(before) and "forget" not in before else "to"


def _let(after: list[str]) -> str:
    """What "let us know" asks for: an answer, or, where it is about questions, problems or interest, nothing."""
    return "soft" if "know" not in after[:2] or not _COURTESY.isdisjoint(after) else "return"

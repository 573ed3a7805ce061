"""How mail asks for something, sentence by sentence: which verb is asked for and how, what thing, and whose it is.

This is grammar, not judgement: "please return", "libraries must check", "(2) send", "we ask you to vote" are found by
what stands before the verb. How much each sign counts is learned, or weighed in `bot.reading.requests`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

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
        "transfer box ship pack label have get do use start begin train tick",
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
               "sure request requested remind reminded homework part")
#: Words between a beginning and its verb: "then, also check …".
_PASSED = _set("also just then now either first so therefore still each all both always only again next finally "
               "instead today not don't never do simply carefully be to and or but")
_REACH = 4
#: All words that can change what is asked; where no order begins, the others (nearly all) are passed over.
_TELLING = frozenset(_KIND) | _POLITE | _MODAL | _PASSED | {"to"}

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
    return frozenset(found)


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
            kind = _KIND.get(token)
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
    return "to" if token == "to" and not _ASKING.isdisjoint(tokens[max(0, at - 3):at]) else ""

"""The examples that rules carry, tried by the evaluation that routes live. Nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.inbox.message import Unreadable, parse
from bot.pipeline.receive import Judges, decide_again
from bot.reading.reader import read
from bot.reading.tagger import Surroundings
from bot.routing.route import Case, decide
from bot.rule import Rule, Written
from bot.store.values import Stored
from bot.types import Address, Decision, Message
from bot.yamltree import Loc

#: A message of the store by its number; None where there is none.
Stores = Callable[[int], Stored | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """An example that is not as it should be: its place in routing.yaml, and whether that is sure to be a mistake (a
    message may only be gone from the store)."""

    loc: Loc
    kind: str
    what: str
    mend: str
    is_mistake: bool = True


def try_examples(judges: Judges, folder: Path, stored: Stores, now: datetime) -> Iterator[Wrong]:
    """Every example that its rule should match and does not, or should not and does; `folder` is that of the rules."""
    for number, rule in enumerate(judges.book.rules):
        for side, wanted in (("match", rule.examples.match), ("not", rule.examples.not_)) if rule.examples else ():
            for at, example in enumerate(wanted):
                loc = ("rules", number, "examples", side, at)
                try:
                    decision = _decided(example, judges, folder, stored, now)
                except _Missing as missing:
                    yield missing.told(loc)
                else:
                    yield from _judged(rule, decision, loc, is_wanted=side == "match")


def _judged(rule: Rule, decision: Decision, loc: Loc, *, is_wanted: bool) -> Iterator[Wrong]:
    outcome = next(one for one in decision.trail if one.rule == rule.rule)
    if outcome.held is is_wanted:
        return
    should, does = ("should match", "does not") if is_wanted else ("should not match", "does")
    yield Wrong(loc=loc, kind="example", what=f"Rule `{rule.rule}` {should} this example, and {does}: "
                                              f"{outcome.because}.", mend="Mend the rule, or the example.")


class _Missing(Exception):  # noqa: N818  carries what is to be told
    def __init__(self, what: str, mend: str, *, is_mistake: bool = True) -> None:
        super().__init__(what)
        self._what, self._mend, self._is_mistake = what, mend, is_mistake

    def told(self, loc: Loc) -> Wrong:
        return Wrong(loc=loc, kind="example-missing", what=self._what, mend=self._mend, is_mistake=self._is_mistake)


def _decided(example: int | str | Written, judges: Judges, folder: Path, stored: Stores, now: datetime) -> Decision:
    if isinstance(example, int):
        found = stored(example)
        if found is None or found.message is None:
            raise _Missing(f"No message {example} is stored that could be tried.",
                           "Numbers stand in the report; a file (saved.eml) or a short text lasts longer.",
                           is_mistake=False)
        return decide_again(found, judges, frozenset())
    return _routed(_message(example, judges, folder, now), judges, now)


def _message(example: str | Written, judges: Judges, folder: Path, now: datetime) -> Message:
    if isinstance(example, Written):
        sender = Address(address=example.sender.lower()) if example.sender else None
        lists = tuple(name.lower() for name in example.list)
        return Message(message_id=None, subject=example.subject, date=now, sender=sender, text=example.text,
                       new_text=example.text, lists=lists)
    if not example.endswith(".eml"):
        # A short text says all that there is, in the subject and below it.
        return Message(message_id=None, subject=example[:200], date=now, sender=None, text=example, new_text=example)
    try:
        return parse((folder / example).read_bytes(), known_lists=judges.trust.known_lists)
    except OSError as wrong:
        raise _Missing(f"The example {example} cannot be read: {wrong.strerror}.",
                       f"Name a file as it lies from {folder}.") from wrong
    except Unreadable as wrong:
        raise _Missing(f"The example {example} is no message: {wrong}", "Save the message again as .eml.") from wrong


def _routed(message: Message, judges: Judges, now: datetime) -> Decision:
    reading = read(message, Surroundings(zone=judges.zone, instances=judges.instances), judges.taggers)
    case = Case(message=message, reading=reading, lists=message.lists, today=now.astimezone(judges.zone).date())
    return decide(case, judges.book, judges.liaison)

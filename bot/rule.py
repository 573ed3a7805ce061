"""One rule of routing.yaml: its conditions, what it does, why, and the examples that it carries."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, WithJsonSchema, model_validator

from bot.conditions import When
from bot.config import MailAddress
from bot.hours import Span
from bot.section import Section
from bot.types import Way
from bot.wanted import Ids

ReplyTo = Literal["sender", "list", "liaison"]


def _not_bare(value: str) -> str:
    if not value.strip():
        raise ValueError("This must not be empty.")
    return value.strip()


Label = Annotated[str, AfterValidator(_not_bare), WithJsonSchema({"type": "string", "pattern": r"\S"})]


class Written(Section):
    """A message made up for an example."""

    subject: str = ""
    text: str = ""
    sender: MailAddress | None = None
    list: Ids = ()

    @model_validator(mode="after")
    def _says_something(self) -> Written:
        if not (self.subject or self.text):
            raise ValueError("This example says nothing. Give it a `subject` or a `text`.")
        return self


def _several(value: object) -> object:
    return value if isinstance(value, list) else [value]


_Example = Annotated[StrictInt | Label | Written, Field(union_mode="left_to_right")]
_EXAMPLES = Annotated[tuple[_Example, ...], BeforeValidator(_several)]


class Examples(Section):
    """Mails that a rule must match, or must not: numbers, files, short texts, or made-up messages."""

    match: _EXAMPLES = ()
    not_: _EXAMPLES = Field(default=(), alias="not")


class Rule(Section):
    """One rule of routing.yaml."""

    rule: Label
    when: When
    to: Ids = ()
    send: Way | None = None
    cc_liaison: bool = Field(default=False, alias="cc-liaison")
    tag: Ids = ()
    untag: Ids = ()
    hold: bool = False
    never: Ids = ()
    stop: bool = False
    reply_to: ReplyTo | None = Field(default=None, alias="reply-to")
    acknowledge: Span | None = None
    why: Label
    examples: Examples | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Rule:
        if not (self.to or self.send or self.tag or self.untag or self.hold or self.never or self.stop
                or self.cc_liaison or self.reply_to or self.acknowledge):
            raise ValueError(f"Rule `{self.rule}` does nothing. Give it `to`, `cc-liaison`, `send`, `tag`, `untag`, "
                             "`hold`, `never`, `stop`, `reply-to` or `acknowledge`.")
        if both := set(self.tag) & set(self.untag):
            raise ValueError(f"Rule `{self.rule}` adds the area `{min(both)}` and takes it away. "
                             "Take out one of the two.")
        if self.acknowledge and self.reply_to in ("sender", "list"):
            raise ValueError(f"Rule `{self.rule}`: `acknowledge` needs the replies in a mailbox that the bot reads. "
                             "Take `reply-to` out.")
        if self.send is Way.NEVER:
            raise ValueError(f"Rule `{self.rule}`: to keep mail from people write `never: [names]`.")
        return self

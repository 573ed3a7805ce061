"""What a rule looks at, and what a rule is. A rule has a name, a reference, and yields a sentence for each fault."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from typing import Any

import html5lib


@dataclass(frozen=True)
class Mail:
    """A mail as it goes over the wire, and its two bodies as a mail program decodes them."""

    raw: bytes
    message: EmailMessage
    text: str
    html: str

    @property
    def head(self) -> bytes:
        """The header as bytes, up to the first empty line."""
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def tree(self) -> Any:
        """The HTML as an lxml tree, read as a browser reads it."""
        return _read(self.html)[0]

    @property
    def html_errors(self) -> tuple[str, ...]:
        """What a browser had to forgive (WHATWG HTML, 13.2.2)."""
        return _read(self.html)[1]

    def parts(self, kind: str) -> list[EmailMessage]:
        """The parts of a media type ("text/calendar") or a main type ("image"), except those of attached posts."""
        return [part for part in walk(self.message) if kind in (part.get_content_type(), part.get_content_maintype())]


def walk(message: Any) -> Iterator[EmailMessage]:
    """All parts of a mail; what stands in an attached post is not ours."""
    yield message
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for part in message.iter_parts():
            yield from walk(part)


def read(raw: bytes) -> Mail:
    """A mail of its bytes."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (body.get_content().replace("\r\n", "\n") if body is not None else "" for body in bodies)
    return Mail(raw=raw, message=message, text=text, html=html)


@lru_cache(maxsize=64)
def _read(html: str) -> tuple[Any, tuple[str, ...]]:
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("lxml"), namespaceHTMLElements=False)
    tree = parser.parse(html)
    return tree, tuple(f"{code} at {place}" for place, code, _ in parser.errors)


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Check = Callable[[Mail], Iterator[str]]


@dataclass(frozen=True)
class Rule:
    """A rule: its name, where it is written, and the check."""

    name: str
    reference: str
    check: Check


RULES: dict[str, Rule] = {}


def rule(reference: str) -> Callable[[Check], Check]:
    """Enters a check under its own name."""

    def enter(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        RULES[name] = Rule(name=name, reference=reference, check=check)
        return check

    return enter

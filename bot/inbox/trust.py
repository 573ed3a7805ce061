"""Whose word counts, and whether our own mail server vouches for a message (RFC 8601). Pure.

Only Authentication-Results of our own server are read; anyone can write the others. A list changes a post, which breaks
its writer's DKIM signature: then the list server's own SPF or DKIM vouches, if the List-* headers agree with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import authres

from bot import config, headers
from bot.inbox.domains import aligned, within
from bot.types import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Microsoft 365 writes no server id into its results. Named as the server, its topmost header is taken without one.
_MICROSOFT = ("outlook.com", "microsoft365")
_METHODS = ("dmarc", "dkim", "spf", "compauth")
_COMMENT = re.compile(r"\([^()]{0,1000}\)")
_RESULT = re.compile(r"^\s*([\w-]{1,20})(?:/\d)?\s*=\s*(\w{1,20})")
_PROPERTY = re.compile(r"\b(smtp\.mailfrom|smtp\.helo|header\.d|header\.i"
    r"|header\.from)\s*=\s*\"?([^\s;\"]{1,320})", re.IGNORECASE)
#: `method=result property=value …`, nothing quoted, nothing odd.
_PLAIN_CLAUSE = re.compile(r"\s*\w[\w-]{0,19}=\w{1,20}(?:\s+\w[\w-]{0,19}\.[\w-]{1,20}=[^\s;\"()=]{1,320})*\s*")
_LONGEST = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Whose word counts. Domains stand lower-cased; a domain means itself and all below it."""

    authentication_server: str | None = None
    consortium: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    own_address: str = ""
    own_list: str = ""
    known_lists: frozenset[str] = frozenset()

    @classmethod
    def of(cls, trust: config.Trust, sender: config.Sender, known_lists: frozenset[str] = frozenset()) -> Trust:
        """The guards' view of config.yaml."""
        server = trust.authentication_server
        return cls(
            authentication_server=server.lower().strip() if server else None, consortium=_plain(trust.consortium),
            vendors=_plain(trust.vendors), members=_plain(trust.members), own_address=sender.address.lower(),
            own_list=sender.list_identifier.lower(), known_lists=known_lists)

    @property
    def own_domain(self) -> str:
        """The library's own domain, by the bot's address."""
        return self.own_address.rpartition("@")[2]

    @property
    def inside(self) -> tuple[str, ...]:
        """All domains that are no strangers."""
        return tuple(domain for domain in (*self.consortium, *self.vendors, *self.members, self.own_domain) if domain)


def _plain(domains: list[str]) -> tuple[str, ...]:
    return tuple(domain.lower().strip().lstrip("@*").lstrip(".") for domain in domains)


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One method's word: `spf=pass smtp.mailfrom=example.edu` as ("spf", "pass", "example.edu")."""

    method: str
    result: str
    domain: str = ""


def results(message: Message, trust: Trust) -> tuple[Result, ...] | None:
    """What our server found, the topmost word of each method only; None when it said nothing at all."""
    found: dict[str, list[Result]] = {}
    values = list(_own_results(message, trust))
    for value in values:
        fresh: dict[str, list[Result]] = {}
        for result in _read(value):
            if result.method not in found:
                fresh.setdefault(result.method, []).append(result)
        found.update(fresh)
    return tuple(result for group in found.values() for result in group) if values else None


def _own_results(message: Message, trust: Trust) -> Iterator[str]:
    """The Authentication-Results of our server that stand together at the top; what comes after others is not ours."""
    server = trust.authentication_server
    begun = False
    for name, value in message.headers:
        if name == "authentication-results":
            own = _is_own(value, server) if server else False
            if not own and begun:
                return
            if own:
                begun = True
                yield value[:_LONGEST]
            if server and within(server, _MICROSOFT):
                return
        elif name == "received" and begun:
            return


def _is_own(value: str, server: str) -> bool:
    identity = _COMMENT.sub(" ", value[:400]).partition(";")[0].strip().lower()
    if within(server, _MICROSOFT):
        return "=" in identity or within(identity, _MICROSOFT)
    return identity.split()[:1] == [server]


#: Several guards ask about one message, and authres takes longer than most of them.
@lru_cache(maxsize=64)
def _read(value: str) -> tuple[Result, ...]:
    """Plain headers by a plain reading (authres takes half a millisecond); others by authres, and where that stumbles
    (Microsoft's `action=none`) by a plain reading after all."""
    text = " ".join(value.split())
    clauses = [clause for clause in _COMMENT.sub(" ", text).split(";")[1:] if clause.strip()]
    if all(_PLAIN_CLAUSE.fullmatch(clause) for clause in clauses):
        return _methods(result for clause in clauses for result in _from_clause(clause))
    try:
        header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {text}")
        return _methods(_from_authres(result) for result in header.results or [])
    except (authres.AuthResError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return _methods(result for clause in _COMMENT.sub(" ", text).split(";") for result in _from_clause(clause))


def _methods(read: Iterable[Result]) -> tuple[Result, ...]:
    return tuple(result for result in read if result.method in _METHODS)


def _from_authres(result: authres.core.AuthenticationResult) -> Result:
    """Of several properties the one that alignment needs (RFC 7489, 3.1)."""
    said = {f"{prop.type}.{prop.name}".lower(): str(prop.value or "") for prop in result.properties}
    return _result(str(result.method), str(result.result), said)


def _from_clause(clause: str) -> Iterator[Result]:
    found = _RESULT.match(clause)
    if found:
        yield _result(found[1], found[2], {key.lower(): value for key, value in _PROPERTY.findall(clause)})


_ALIGNING = {"spf": ("smtp.mailfrom", "smtp.helo"), "dkim": ("header.d", "header.i"), "dmarc": ("header.from",)}


def _result(method: str, result: str, said: dict[str, str]) -> Result:
    method = method.lower()
    value = next((said[key] for key in _ALIGNING.get(method, ()) if said.get(key)), "")
    return Result(method=method, result=result.lower(), domain=value.rpartition("@")[2].strip("<>").lower())


# ── judging ───────────────────────────────────────────────────────────────────────────────────────────────────────


def authenticated(message: Message, trust: Trust) -> tuple[bool, str]:
    """Whether our own mail server vouches for the sender, or for the list that brought the message; and why."""
    if not trust.authentication_server:
        return False, "No mail server is named in config.yaml whose word on senders would count."
    found = results(message, trust)
    if found is None:
        return False, f"{trust.authentication_server} says nothing about who sent this message."
    return judged(message, trust, found)


def judged(message: Message, trust: Trust, found: tuple[Result, ...]) -> tuple[bool, str]:
    """The same, for results that are known already."""
    domain = message.sender.domain if message.sender else ""
    vouching = next((result for result in found if _vouches(result, domain, found)), None)
    if vouching is not None:
        return True, f"Our mail server confirms the sender's domain {domain} ({vouching.method.upper()})."
    through = listed_by(message, trust, found)
    if through:
        return True, f"Our mail server confirms that this came through the list server {through}."
    return False, f"Our mail server could not confirm that this was sent from {domain or 'anywhere'} ({_told(found)})."


def _vouches(result: Result, domain: str, found: tuple[Result, ...]) -> bool:
    if result.result != "pass" or not domain or result.method == "compauth":
        return False
    if result.method == "dmarc":
        return not result.domain or aligned(result.domain, domain)
    return aligned(result.domain, domain) and not any(r.method == "dmarc" and r.result == "fail" for r in found)


def _told(found: tuple[Result, ...]) -> str:
    return ", ".join(dict.fromkeys(f"{result.method.upper()}: {result.result}" for result in found)) or "no result"


def list_host(message: Message) -> str:
    """The host that the List-* headers agree on, or the empty string when there are none or they contradict."""
    return _agreed(message.header("list-id"), message.header("list-post"))


@lru_cache(maxsize=500)
def _agreed(*values: str | None) -> str:
    hosts = [headers.list_host(found) for value in values if value and (found := headers.list_identifier(value))]
    if not hosts or not all(aligned(hosts[0], other) for other in hosts):
        return ""
    return min(hosts, key=len)


def listed_by(message: Message, trust: Trust, found: tuple[Result, ...]) -> str:
    """The host of the trusted list that our server saw this message come from, or the empty string."""
    host = list_host(message)
    if not host or not within(host, trust.inside):
        return ""
    vouched = any(
        result.result == "pass" and result.method in ("spf", "dkim") and aligned(result.domain, host)
        for result in found)
    return host if vouched else ""


def is_inside(message: Message, trust: Trust) -> bool:
    """Whether the sender's address claims a domain of the consortium, a vendor, a member or the library itself."""
    return bool(message.sender) and within(message.sender.domain if message.sender else "", trust.inside)

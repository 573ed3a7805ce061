"""Whether what the bot sends will be believed: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489), as DNS tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from bot.config import Dkim, Sender
from bot.doctor.steps import Doubt, Step, Untried

#: The TXT records of a name; empty when there are none. Raises OSError or DNSException when DNS gives no answer.
Texts = Callable[[str], Sequence[str]]


def resolver(seconds: float = 10) -> Texts:
    """By the DNS of this machine; `seconds` is the limit of one question."""
    asked = Resolver()
    asked.lifetime = seconds
    return texts_of(asked)


def texts_of(asked: Resolver) -> Texts:
    """The TXT records that a resolver gets."""
    def texts(name: str) -> list[str]:
        try:
            found = asked.resolve(name, "TXT")
        except (NXDOMAIN, NoAnswer):
            return []
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]

    return texts


def from_course(sender: Sender, dkim: Dkim | None, texts: Texts | None) -> list[Step]:
    """The steps for the From address and the envelope sender. Without `texts` DNS cannot be asked at all."""
    domain, bounces = sender.address.rpartition("@")[2], sender.bounces.rpartition("@")[2]
    return [
        Step(name="alignment", work=lambda: _alignment(domain, bounces), is_alone=True),
        Step(name="SPF", work=lambda: _spf(bounces, texts), is_alone=True),
        Step(name="DKIM", work=lambda: _dkim(dkim, texts), is_alone=True),
        Step(name="DMARC", work=lambda: _dmarc(domain, texts), is_alone=True),
    ]


def _asked(name: str, texts: Texts | None) -> Sequence[str]:
    if texts is None:
        raise Untried("This machine has no DNS server that could be asked.")
    try:
        return texts(name)
    except (OSError, DNSException) as wrong:
        raise Untried(f"DNS gave no answer about {name} ({type(wrong).__name__}).",
                      "Ask from a machine that can: dig TXT " + name) from wrong


def _alignment(domain: str, bounces: str) -> str:
    """Relaxed alignment, as far as names alone tell (RFC 7489, 3.1)."""
    if domain == bounces or domain.endswith("." + bounces) or bounces.endswith("." + domain):
        return f"From ({domain}) and the envelope sender ({bounces}) belong together."
    raise Doubt(f"From is of {domain}, the envelope sender of {bounces}: SPF alone will not satisfy DMARC.",
                "Use an `envelope_sender` of the same domain, or sign with DKIM for it.")


def _spf(domain: str, texts: Texts | None) -> str:
    found = [text for text in _asked(domain, texts) if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) == 1:
        return f"{domain} says: {found[0][:200]}. A test mail shows if that covers the server."
    if found:
        raise Doubt(f"{domain} has {len(found)} SPF records, so none counts.", "Let campus IT join them into one.")
    raise Doubt(f"{domain} has no SPF record.",
                f"Let campus IT publish one for {domain} that names the sending server.")


def _dkim(dkim: Dkim | None, texts: Texts | None) -> str:
    if dkim is None:
        raise Untried("The bot signs nothing itself; most campus servers sign what leaves them.",
                      "Look for dkim=pass in a mail that arrived; else see “Sign what the bot sends” in the guide.")
    name = f"{dkim.selector}._domainkey.{dkim.domain.rstrip('.')}"
    if any("p=" in text for text in _asked(name, texts)):
        return f"{name} holds a key."
    raise Doubt(f"{name} holds no key, so nobody can verify the signatures.",
                "`liaison check` shows the record to publish.")


def _dmarc(domain: str, texts: Texts | None) -> str:
    parts = domain.split(".")
    for name in (".".join(parts[n:]) for n in range(max(1, len(parts) - 1))):
        found = [text for text in _asked(f"_dmarc.{name}", texts) if text.lower().startswith("v=dmarc1")]
        if found:
            return f"{name} says: {found[0][:200]}."
    raise Doubt(f"{domain} has no DMARC record.", "It works without; campus IT can publish one to guard the name.")

"""The judge of outgoing mail: every mail of ours, whatever its kind, keeps every rule.

A rule is small, has a name and a reference, and stands in the file of what it looks at: the `wire`, the `page`, its
`colours`, the `words` of the plain text, the `dates` of the calendar part. What only a browser can see is in `browser`.
"""

from __future__ import annotations

from tests.judge import colours, dates, page, wire, words
from tests.judge.mail import RULES, Mail, Rule, read

__all__ = ["RULES", "Mail", "Rule", "colours", "dates", "faults", "faults_of", "page", "read", "wire", "words"]


def faults(raw: bytes) -> list[str]:
    """What is wrong with a mail, one sentence each; nothing when all is well."""
    return faults_of(read(raw))


def faults_of(mail: Mail) -> list[str]:
    """The same, of a mail that was read."""
    return [f"{one.name}: {fault} ({one.reference})" for one in RULES.values() for fault in one.check(mail)]

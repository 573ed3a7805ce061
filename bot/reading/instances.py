"""Instances of hosted systems as their vendors number them in status mails: NA04, EU02, AP01."""

from __future__ import annotations

import re

_INSTANCE = re.compile(r"\b(?:NA|EU|AP|CA|CN|UK|US|AU)[- ]?\d{1,2}\b")


def instances(text: str) -> frozenset[str]:
    """The instances that a text names, without blanks and dashes, in capitals."""
    return frozenset(re.sub(r"[- ]", "", match[0]) for match in _INSTANCE.finditer(text))

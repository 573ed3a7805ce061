"""The systems that libraries run and name in their mail: the one list by which every room knows them."""

from __future__ import annotations

import re

#: A longer name stands before the shorter one inside it.
_SYSTEMS = (
    "Alma", "Primo VE", "Primo", "ResShare", "ReShare", "Network Zone", "OpenAthens", "WorldShare", "WorldCat",
    "Connexion", "EZproxy", "VuFind", "Voyager", "SFX", "ILLiad", "Leganto", "Rapido", "I-Share", "SFTP", "CONTENTdm",
    "Box", "EBSCO", "ProQuest", "JSTOR", "Tipasa", "LibGuides", "Shibboleth", "self-check", "listserv", "web site",
    "website", "proxy", "VPN",
)
#: In small letters, with the pattern that tells the name from a part of a word.
_NAMED = tuple((name, name.lower(), re.compile(rf"\b{re.escape(name.lower())}\b")) for name in _SYSTEMS)


def systems_in(text: str) -> tuple[str, ...]:
    """The systems that a text names, in the list's order; "Primo VE" is not "Primo" once more."""
    found: list[str] = []
    small = text.lower()
    for name, written, pattern in _NAMED:
        if written in small and not any(name in longer for longer in found) and pattern.search(small):
            found.append(name)
    return tuple(found)


def family(system: str) -> str:
    """What "Primo" and "Primo VE" have in common: one is called by the other's name."""
    return system.partition(" ")[0].lower()

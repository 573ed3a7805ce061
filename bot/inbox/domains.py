"""Domains and the names in them: who is below whom, and who only looks like whom. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set: long lists of words read better as prose than as code."""
    return frozenset(text.split())


#: Labels that name nobody.
_GENERIC = word_set(
    "www mail lists list listserv library libraries lib support help info email smtp mx example test com org edu net "
    "gov my go "
    "news online web portal static app apps academic univ university college state community")
_SECOND_LEVEL = word_set("co com org ac edu gov net k12 ne or")
_CORPORATE = re.compile(r"(?:group|inc|corp|global|publishing|software|systems|usa|online)$")
#: Words that impostors put beside a name.
_EXTRA = word_set(
    "support help helpdesk desk secure security login signin account accounts mail email webmail verify verification "
    "service services portal admin it "
    "office online library libraries team alert alerts notice update billing pay payment invoice invoices hr payroll "
    "net web cloud auth sso id my the "
    "illinois us usa edu org com ishare alma status statuspage health uptime news")
#: Products of our field and words that are only put beside them to catch passwords.
_PRODUCTS = word_set("alma primo ishare carli exlibris worldcat illiad rapido ezproxy")
_LURES = word_set(
    "login signin logon verify verification secure security account accounts auth sso password reset update renewal "
    "cert certs certificate helpdesk support webmail portal billing")
#: Letters and digits that look like others: first our own, then Cyrillic and Greek ones.
_LOOKS_LIKE = str.maketrans(
    "01358|\u0131"
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455\u0458\u0501\u04cf\u043a\u043c\u0442\u0432\u043d"
    "\u0261\u03bf\u03b1\u03bd\u03c1\u03b9",
    "olesbli" "aeopcxyisjdlkmtbh" "goavpi")


def within(domain: str, parents: Iterable[str]) -> bool:
    """Whether a domain is one of these or lies below one."""
    return any(domain == parent or domain.endswith("." + parent) for parent in parents if parent)


def aligned(first: str, second: str) -> bool:
    """Whether one of two domains is the other or lies below it: the part of RFC 7489, 3.1 that needs no suffix list."""
    return bool(first and second) and (within(first, (second,)) or within(second, (first,)))


def organization(domain: str) -> str:
    """The part that was registered: two labels, or three below "co.uk" and its like."""
    labels = domain.split(".")
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-keep:])


def registered_name(domain: str) -> str:
    """The word that was registered: "box" of app.box.com; of names reserved for examples, the one before it."""
    labels = organization(domain.partition(":")[0]).split(".")
    if labels[0] == "example" and domain.count(".") > 1:
        return domain.split(".")[-3]
    return labels[0]


def name_of(domain: str) -> str:
    """The word by which people know a domain: "carli" of carli.example.edu, "exlibris" of exlibrisgroup.com, or ""."""
    for label in domain.split(".")[:-1]:
        if label not in _GENERIC and len(label) > 2:
            return _CORPORATE.sub("", label) or label
    return ""


@lru_cache(maxsize=4_000)
def skeleton(text: str) -> str:
    """What an eye sees: look-alike letters and digits folded, accents gone, rn as m."""
    plain = unicodedata.normalize("NFKD", _readable(text.lower())).translate(_LOOKS_LIKE)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return letters.replace("rn", "m").replace("vv", "w").replace("i", "l")


def _readable(domain: str) -> str:
    """xn-- labels as the letters that a mail program shows (RFC 3492)."""
    return ".".join(_unicode_label(label) for label in domain.split("."))


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > 63:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def imitated(domain: str, genuine: Iterable[str]) -> str | None:
    """The genuine domain that a foreign one is dressed up as, or None. Domains below a genuine one imitate nobody."""
    trusted = tuple(genuine)
    return look_alike(domain, trusted) or borrowed(domain, trusted)


@lru_cache(maxsize=4_000)
def look_alike(domain: str, genuine: tuple[str, ...]) -> str | None:
    """The genuine domain that the eye takes a foreign one for: other letters, a slip, more put behind it; or None."""
    if not domain or len(domain) > 253 or within(domain, genuine):
        return None
    return next((known for known in genuine if known and _looks_like(domain, known)), None)


@lru_cache(maxsize=4_000)
def borrowed(domain: str, genuine: tuple[str, ...]) -> str | None:
    """The genuine domain whose name a foreign one bears; its owner may be a vendor with one more domain. Or None."""
    if not domain or len(domain) > 253 or within(domain, genuine):
        return None
    return next((known for known in genuine if known and _bears(domain, known)), None)


def lure(domain: str) -> bool:
    """Whether a label joins one of our field's products with a word for doors and passwords: "alma-login"."""
    parts = (set(re.split(r"[-_]", label)) for label in domain.split(".")[:-1] if "-" in label)
    return any(found & _PRODUCTS and found & _LURES for found in parts)


def _looks_like(domain: str, known: str) -> bool:
    if skeleton(domain) == skeleton(known) or ("." in known and domain.startswith(known + ".")):
        return True
    seen, genuine = organization(skeleton(domain)), organization(skeleton(known))
    if "." in known and not same_organization(domain, known) and _near(seen, genuine, 8):
        return True
    name = name_of(known)
    return len(name) > 3 and any(_misspells(label, name) for label in _own_labels(domain, known))


def _misspells(label: str, name: str) -> bool:
    seen, known = skeleton(_readable(label)), skeleton(name)
    return (seen == known and label != name) or _near(seen, known, 5)


def _bears(domain: str, known: str) -> bool:
    name = name_of(known)
    return len(name) > 3 and any(_borrows(label, name) for label in _own_labels(domain, known))


def same_organization(domain: str, known: str) -> bool:
    """Whether two domains lie below the same registered one."""
    return organization(domain) == organization(known)


def _own_labels(domain: str, known: str) -> list[str]:
    """The labels that a sender can choose: not the ending, not what it shares with the genuine domain."""
    labels = domain.split(".")[:-1]
    return labels[:-1] if same_organization(domain, known) else labels


def _borrows(label: str, name: str) -> bool:
    """The name itself at a foreign place, a near miss of it, or the name with an impostor's word."""
    seen, known = skeleton(_readable(label)), skeleton(name)
    if seen == known or _near(seen, known, 5):
        return len(name) > 4 or label != name
    parts = re.split(r"[-_]", seen)
    extra = _extra()
    if known in parts and all(part in extra or part == known or part.isdigit() for part in parts):
        return True
    rest = seen.replace(known, "", 1) if known in seen else None
    return rest is not None and rest.strip("-") in extra


@lru_cache(maxsize=1)
def _extra() -> frozenset[str]:
    return frozenset(skeleton(word) for word in _EXTRA)


def _near(first: str, second: str, least: int) -> bool:
    """One letter added, left out, changed, or two swapped; short words are too often neighbours by chance."""
    if first == second or min(len(first), len(second)) < least or abs(len(first) - len(second)) > 1:
        return False
    pairs = enumerate(zip(first, second, strict=False))
    start = next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))
    one, two = first[start:], second[start:]
    return one[1:] == two[1:] or one[1:] == two or one == two[1:] or (one[:2] == two[1::-1] and one[2:] == two[2:])

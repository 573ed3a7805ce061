"""Characters that nobody sees, or that act where they are shown: taken out of whatever comes from outside.

Two kinds. Zero-width signs (soft hyphen, zero-width space, tag characters …) and signs that turn the words around them
(Unicode Standard Annex 9) vanish: without them the words are what they seem. Control characters, which a terminal
obeys (ECMA-48; C1 too), become a blank. The joiners U+200C and U+200D stay, since many scripts are not written right
without them. Pure.
"""

from __future__ import annotations

import re

_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_EMPTY = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff")
_VANISHING = re.compile(f"[{_TURNING}{_EMPTY}]+")
#: Controls, line and paragraph separators, lone surrogates, noncharacters.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
_ACTING = re.compile(f"[{_CONTROLS}]+")
_ACTING_OR_BREAKING = re.compile(f"[\t\n{_CONTROLS}]+")


def visible(text: str) -> str:
    """The text without what has no width or turns others around; controls stay as they are."""
    return text if text.isascii() else _VANISHING.sub("", text)


def harmless(text: str) -> str:
    """Text of several lines in which nothing is hidden and nothing acts; tabs and line feeds stay."""
    return _ACTING.sub(" ", visible(text))


def one_line(text: str) -> str:
    """The same on one line."""
    return _ACTING_OR_BREAKING.sub(" ", visible(text))

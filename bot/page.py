"""A post's own HTML, made fit to stand in a mail of ours: what the inbox makes of it and what a mail carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture that travels with its page (RFC 2392): `cid` without brackets, `name` as it was attached."""

    cid: str
    media_type: str
    name: str
    raw: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Clean HTML without a head, and the pictures that it shows as `cid:…`."""

    html: str
    pictures: tuple[Picture, ...] = ()

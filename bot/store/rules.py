"""Every version of the liaison's files that was ever in force, with when, how and by whom it came."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, Row, insert, select

from bot.store.engine import reading, writing
from bot.store.schema import rule_versions
from bot.store.values import RuleVersion


class RuleVersions:
    """Versions by number, from 1 on; none is ever changed or forgotten."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, version: str, texts: Mapping[str, str], came: str, author: str, now: datetime) -> bool:
        """Note a version that is in force from now on; False when it was the newest already. `came` says how: start,
        edit, signal or back; `author` is "" where nobody knows."""
        with writing(self._engine) as connection:
            newest = connection.execute(
                select(rule_versions.c.version).order_by(rule_versions.c.number.desc()).limit(1)).scalar()
            if newest == version:
                return False
            connection.execute(insert(rule_versions), {
                "version": version, "at": now, "came": came, "author": author[:200],
                "texts": zlib.compress(json.dumps(dict(texts)).encode())})
            return True

    def newest(self) -> RuleVersion | None:
        """The version that was last in force."""
        return next(iter(self.all(limit=1)), None)

    def get(self, number: int) -> RuleVersion | None:
        """One by its number."""
        with reading(self._engine) as connection:
            row = connection.execute(select(rule_versions).where(rule_versions.c.number == number)).first()
        return None if row is None else _value(row)

    def all(self, limit: int | None = None) -> list[RuleVersion]:
        """All of them, the newest first."""
        wanted = select(rule_versions).order_by(rule_versions.c.number.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [_value(row) for row in connection.execute(wanted).all()]


def _value(row: Row[tuple[object, ...]]) -> RuleVersion:
    return RuleVersion(number=row.number, version=row.version, at=row.at, came=row.came, author=row.author,
                       texts=json.loads(zlib.decompress(row.texts)))

"""Opening the database: the engine, SQLite's way of working, migrations, and errors in the operator's words."""

from __future__ import annotations

import errno
import logging
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from bot import private
from bot.errors import DamagedError, StoreError
from bot.faultpoints import passing
from bot.store.schema import metadata

log = logging.getLogger(__name__)

#: The newest migration; opening an older file upgrades it, a newer one is refused.
HEAD = "0009"

#: How long a writer waits for another one, in milliseconds.
_BUSY_MS = 30_000
#: How long it waits before it asks again where SQLite does not wait by itself, in milliseconds.
_AGAIN_MS = 50

_RESTORE = ("Stop the bot and restore the last copy: liaison restore FILE (without one, move the store aside). "
            "The mailbox is read again from there.")


def open_engine(store: str, *, migrate: bool = True) -> Engine:
    """An engine on a file path or a SQLAlchemy URL, migrated to HEAD (or refused if it is not). Raises StoreError."""
    url = store if "://" in store else f"sqlite:///{store}"
    path = file_of(store)
    if path is not None:
        _make_ready(path)
    engine = _engine(url)
    with store_errors(store):
        if migrate:
            _migrate(engine)
        else:
            _refuse_other_versions(engine, store)
    return engine


def file_of(store: str) -> Path | None:
    """The file of a store on SQLite; None for one that is no file."""
    if "://" not in store:
        return Path(store)
    url = make_url(store)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(url.database or "") if is_file else None


def memory_engine() -> Engine:
    """A database that lives and dies with the process: for `read`, tests and dry runs."""
    engine = create_engine("sqlite://", hide_parameters=True, poolclass=StaticPool,
                           connect_args={"check_same_thread": False})
    _listen(engine)
    metadata.create_all(engine)
    return engine


def _engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    if make_url(url).get_backend_name() == "sqlite":
        _listen(engine)
    return engine


def _make_ready(path: Path) -> None:
    """The folder, and an empty file of ours alone: SQLite gives its `-wal` and `-shm` the same mode."""
    try:
        private.make_folder(path.parent)
        private.make_file(path)
    except OSError as wrong:
        raise StoreError(
            f"The store {path} cannot be made: {wrong.strerror}.",
            "Give the bot's account the right to write there, or set `store:` to another place.",
        ) from wrong


def _listen(engine: Engine) -> None:
    """SQLite: write-ahead log, every commit on disk, and transactions that begin when we say so."""

    def on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Connection) -> None:
        # IMMEDIATE: a reader that turns writer halfway would fail at once instead of waiting its turn.
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Ask for the write-ahead log. While another process begins or ends it, SQLite may refuse without waiting."""
    for left in reversed(range(1 + _BUSY_MS // _AGAIN_MS)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as wrong:
            if not left or wrong.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            time.sleep(_AGAIN_MS / 1000)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes. Raises StoreError."""
    with (
        store_errors(str(engine.url)),
        engine.connect().execution_options(write=True) as connection,
        connection.begin(),
    ):
        yield connection


def upsert(dialect: str, table: Table) -> Any:
    """An INSERT that can say what to do on a conflict. The other database's dialect is not even imported."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as pg_insert

    return pg_insert(table)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view. Raises StoreError."""
    with store_errors(str(engine.url)), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """Whatever the database raises, as a StoreError with its mend."""
    try:
        yield
    except SQLAlchemyError as wrong:
        raise _translated(wrong, where) from wrong


def check(engine: Engine) -> None:
    """Read every page of an SQLite file. Raises DamagedError when one is wrong, StoreError when it cannot be read."""
    path = file_of(str(engine.url))
    if path is None:
        return
    try:
        # A connection of its own: those that work would look into what they remember, not into the file.
        with closing(sqlite3.connect(path, timeout=_BUSY_MS / 1000)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as wrong:
        raise _told(str(wrong), str(path)) from wrong
    if verdict != "ok":
        raise DamagedError(f"The store {path} is damaged.", _RESTORE)


def _translated(wrong: SQLAlchemyError, where: str) -> StoreError:
    if isinstance(wrong, DBAPIError):
        name = getattr(wrong.orig, "sqlite_errorname", type(wrong.orig).__name__)
        log.info("store-refused error=%s at=%s", name, " ".join((wrong.statement or "").split()[:3]))
        return _told(str(wrong.orig), where)
    return _told(str(wrong), where, is_temporary=False)


def _told(text: str, where: str, *, is_temporary: bool = True) -> StoreError:
    lower = text.lower()
    if ("disk i/o" in lower or "readonly" in lower or "unable to open" in lower) and _is_read_only(where):
        return StoreError(f"The disk that holds the store {where} is read-only; the store cannot be written.",
                          "See why (a disk that fails becomes so: dmesg), and mount it writable again; then the bot "
                          "goes on. Nothing is lost.", temporary=True)
    if "full" in lower or "disk i/o" in lower or "no space" in lower:
        return StoreError(f"The disk that holds the store {where} is full or failing.",
                          "Free some space; the bot goes on by itself, nothing is lost.", temporary=True)
    if "readonly" in lower or "unable to open" in lower or "permission" in lower:
        return StoreError(f"The store {where} cannot be written.",
                          "Give the bot's account the right to write the file and its folder.", temporary=True)
    if "malformed" in lower or "not a database" in lower:
        return DamagedError(f"The store {where} is damaged.", _RESTORE)
    if "locked" in lower or "busy" in lower:
        return StoreError(f"The store {where} is busy.",
                          "It is tried again while the bot runs; if this lasts, end what else has it open.",
                          temporary=True)
    return StoreError(f"The store {where} reported: {text.splitlines()[0]}.", temporary=is_temporary)


def _is_read_only(where: str) -> bool:
    """Whether the system lets nobody write on the disk of a store; mount options do not say so after an error."""
    path = file_of(where)
    try:
        if path is not None:
            with tempfile.TemporaryFile(dir=path.parent):
                pass
    except OSError as wrong:
        return wrong.errno == errno.EROFS
    return False


def _migrate(engine: Engine) -> None:
    """Bring the schema to HEAD; a store at HEAD costs one query, so that commands start fast."""
    with engine.connect() as connection:
        current = _revision(connection)
        empty = current is None and not inspect(connection).get_table_names()
    if current == HEAD:
        return
    if empty:
        _create(engine)
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, HEAD)
            passing("migrating")
        except CommandError as wrong:
            raise StoreError(f"The store was written by a newer version of the bot ({current}).",
                             "Install that version again, or restore the backup made before it.") from wrong


def _refuse_other_versions(engine: Engine, store: str) -> None:
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    engine.dispose()
    raise StoreError(f"The store {store} is of another version of the bot.", "It is migrated when the bot starts.")


def _create(engine: Engine) -> None:
    """A new store gets the schema of HEAD at once: alembic would stay in the daemon's memory, 12 MB of it."""
    version = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False),
                    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"))
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        if _revision(connection) is not None:  # another process was quicker
            return
        metadata.create_all(connection)
        version.create(connection)
        connection.execute(insert(version), {"version_num": HEAD})


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

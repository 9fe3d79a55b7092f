"""The database handle, column types, and the only place that commits.

Statements are SQLAlchemy Core over declared tables: rows come back as plain tuples with names, never as live objects.
Outside a transaction a read runs in autocommit, so it costs one round trip; ``transaction()`` opens the one place
where writes happen, and nested calls join it.
"""

from __future__ import annotations

import select
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Executable,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    event,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolProxiedConnection

from idp.kernel.errors import Misconfigured

POOL_SIZE = 16
BUSY_SECONDS = 15
KINDS = ("sqlite", "postgresql")
UNUSABLE = "BEACON_DATABASE_URL is not the address of a database that can be used."
UNREACHABLE = "The database cannot be reached. Check BEACON_DATABASE_URL and that the server runs."
_FILE = "beacon.database_file"

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

ID = String(64)
DIGEST = LargeBinary(32)
SEALED = LargeBinary


class Words(TypeDecorator[tuple[str, ...]]):
    """A set of protocol words (scopes, claims, methods) kept as one space-separated text, read as a sorted tuple."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else " ".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value.split())


def start(app: Flask, url: str) -> None:
    """Bind the handle to ``app``. Every connection of a process is made from here.

    Raises :class:`Misconfigured` when ``url`` is not the address of a database that can be used.
    """
    address = _understood(url)
    options: dict[str, Any] = {"hide_parameters": True}
    if address.get_backend_name() == "sqlite":
        if address.database and address.database != ":memory:":
            path = app.extensions[_FILE] = Path(address.database).absolute()
            address = URL.create("sqlite", database=path.as_uri(), query={"uri": "true", "mode": "rw"})
        options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    else:
        options |= {"pool_size": POOL_SIZE, "max_overflow": POOL_SIZE, "pool_use_lifo": True}
    app.config["SQLALCHEMY_DATABASE_URI"] = address
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS))
    app.teardown_appcontext(_release)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """SQLite: write-ahead log, foreign keys, and transactions that we open ourselves (see ``_begin``)."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Pool, "checkin")
def _rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    """A new connection is not looked at: it would be opened anew for ever if it had something to say at once."""
    record.info["rested"] = True


@event.listens_for(Pool, "checkout")
def _demand_silence(connection: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """PostgreSQL: a server that speaks unasked has closed the connection. A look at the socket asks it nothing."""
    if record.info.get("rested") and (socket_of := getattr(connection, "fileno", None)):
        waiting = select.poll()
        waiting.register(socket_of(), select.POLLIN)
        if waiting.poll(0):
            raise InvalidatePoolError


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """SQLite: take the write lock at once, so that two writers queue instead of failing half way."""
    autocommit = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    if connection.dialect.name == "sqlite" and not autocommit:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def execute(
    statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
) -> CursorResult[Any]:
    """Run one statement: inside ``transaction()`` on its connection, outside it as an autocommitted read."""
    return _connection().execute(statement, parameters)


@contextmanager
def transaction() -> Iterator[Connection]:
    """One unit that happens wholly or not at all. A nested call joins the outer one."""
    if (outer := g.get("_transaction")) is not None:
        yield outer
        return
    _release(None)
    with db.engine.begin() as connection:
        g._transaction = connection
        try:
            yield connection
        finally:
            g._transaction = None


def insert(table: type[Base]) -> Any:
    """An INSERT that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing`` in the database at hand.

    Its row count says how many rows went in; without the option SQLAlchemy answers -1 on PostgreSQL.
    """
    statement = (postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert)(table)
    return statement.execution_options(preserve_rowcount=True)


def in_transaction() -> bool:
    """Whether a transaction is open in this context."""
    return g.get("_transaction") is not None


@contextmanager
def looking() -> Iterator[Connection]:
    """A fresh connection that opens no transaction: on SQLite it waits for no writer."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def make_file() -> None:
    """Make the empty file of an SQLite database, unless it is there. Only the migrations may: see ``mode`` above.

    Raises :class:`Misconfigured` when it cannot be made.
    """
    if (path := _file()) is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise Misconfigured(f"The database {path} cannot be made: {error.strerror}.") from error


def demand_tables() -> None:
    """Raise :class:`Misconfigured` when the database is not there, does not answer, or has no tables yet."""
    try:
        if (path := _file()) is not None and not path.exists():
            raise Misconfigured(f"There is no database at {path}. Run: beacon db upgrade")
        with looking() as connection:
            ready = db.inspect(connection).has_table("accounts")
    except (OperationalError, PermissionError) as error:
        raise Misconfigured(UNREACHABLE) from error
    if not ready:
        raise Misconfigured("The database is empty. Run: beacon db upgrade")


def let_go() -> None:
    """Close every connection, before the process forks: a child that inherits SQLite's takes its locks for its own.

    https://www.sqlite.org/howtocorrupt.html section 2.6
    """
    _release(None)
    db.engine.dispose()


def _understood(url: str) -> URL:
    """The address in ``url``, of a kind of database that Beacon knows and whose driver is installed."""
    try:
        address = make_url(url)
        address.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise Misconfigured(UNUSABLE) from error
    if address.get_backend_name() not in KINDS:
        raise Misconfigured(UNUSABLE)
    return address


def _file() -> Path | None:
    return current_app.extensions.get(_FILE)


def _connection() -> Connection:
    if (open_transaction := g.get("_transaction")) is not None:
        return open_transaction  # type: ignore[no-any-return]
    if "_reader" not in g:
        g._reader = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    return g._reader  # type: ignore[no-any-return]


def _release(_error: BaseException | None) -> None:
    if (reader := g.pop("_reader", None)) is not None:
        reader.close()

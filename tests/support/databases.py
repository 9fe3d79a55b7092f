"""A clean, migrated database for each test: a copied file on SQLite, an emptied one on a private PostgreSQL server.

Both hold one set of signing keys, made once under the tests' key file, since making an RSA key takes a second, and the
head of an empty audit chain.
Emptying by DELETE takes a millisecond; TRUNCATE takes 20 and a database from a template more than 100.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Protocol

import flask_migrate
from sqlalchemy import Connection, create_engine

from idp.app import create_app
from idp.audit import service as audit
from idp.kernel.clock import driven_by
from idp.kernel.crypto import KeyFile
from idp.kernel.db import MIGRATIONS, Base, db
from idp.kernel.settings import Settings
from idp.keys import service as keys
from tests.support.clock import Clock
from tests.support.postgres import Postgres

KEPT = ("signing_keys", "audit_chain")


class Database(Protocol):
    """One kind of database under test."""

    name: str
    key_file: Path

    def fresh(self, folder: Path) -> str:
        """The URL of a database with every table and no row but those kept. ``folder`` is the test's own."""
        ...

    def separate(self, folder: Path) -> str:
        """The URL of one more such database, which no other test empties; its keys sign by the system clock."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class SqliteDatabase:
    """A file that is migrated once and copied for each test."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "beacon.keys"
        self._template = folder / "template.db"
        make_schema(f"sqlite:///{self._template}", folder)

    def fresh(self, folder: Path) -> str:
        copy = folder / "beacon.db"
        shutil.copyfile(self._template, copy)
        return f"sqlite:///{copy}"

    def separate(self, folder: Path) -> str:
        url = f"sqlite:///{folder / 'separate.db'}"
        make_schema(url, self.key_file.parent, system_clock())
        return url

    def close(self) -> None:
        pass


class PostgresDatabase:
    """One database on a private server, migrated once and emptied for each test."""

    name = "postgresql"

    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "beacon.keys"
        self._server = Postgres()
        self.url, self.pid = self._server.url, self._server.pid
        make_schema(self.url, folder)
        self._engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        self._tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
        with self._engine.connect() as connection:
            connection.exec_driver_sql("CREATE SCHEMA kept")
            for name in KEPT:
                connection.exec_driver_sql(f"CREATE TABLE kept.{name} AS TABLE public.{name}")

    def fresh(self, folder: Path) -> str:
        with self._engine.connect() as connection:
            self._end_other_connections(connection)
            connection.exec_driver_sql("; ".join(f'DELETE FROM "{name}"' for name in self._tables))
            for name in KEPT:
                connection.exec_driver_sql(f"INSERT INTO public.{name} SELECT * FROM kept.{name}")
        return self.url

    def separate(self, folder: Path) -> str:
        url = self._server.another()
        make_schema(url, self.key_file.parent, system_clock())
        return url

    def close(self) -> None:
        self._engine.dispose()
        self._server.close()

    @staticmethod
    def _end_other_connections(connection: Connection) -> None:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def system_clock() -> Clock:
    """The real present, for what runs in processes of its own."""
    return Clock(int(time.time()))


def make_schema(url: str, folder: Path, clock: Clock | None = None) -> None:
    """Bring an empty database to the present schema, by the migrations, and make the signing keys.

    ``folder`` holds the key file that every test uses.
    """
    if not (key_file := folder / "beacon.keys").exists():
        KeyFile.make().write(key_file)
    app = create_app(Settings(env="development", database_url=url, instance=folder))
    with app.app_context(), driven_by(clock or Clock()):
        migrate()
        audit.begin()
        keys.ensure()
        engine = db.engine
    engine.dispose()


def migrate() -> None:
    """Run the migrations on the database of the app at hand."""
    if any((MIGRATIONS / "versions").glob("*.py")):
        flask_migrate.upgrade()
    else:
        Base.metadata.create_all(db.engine)

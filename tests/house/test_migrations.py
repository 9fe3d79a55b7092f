"""The migrations make exactly the tables of the models, and stand on their own."""

from __future__ import annotations

import ast
import re

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from idp.kernel.db import MIGRATIONS, Base, db
from tests.support.source import PACKAGES, ROOT, dotted, modules

NOT_EMPTY_AGAIN = {"alembic_version"}


def test_the_migrated_schema_is_that_of_the_models(app: Flask):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []


def test_every_table_that_a_model_declares_is_known_to_the_app(app: Flask):
    declared = {
        name
        for module in modules()
        if dotted(module.path).endswith(".models")
        for name in re.findall(r'__tablename__ = "(\w+)"', module.path.read_text())
    }
    assert declared == set(Base.metadata.tables)


def test_migrating_twice_changes_nothing(app: Flask):
    before = inspect(db.engine).get_table_names()
    flask_migrate.upgrade()
    assert inspect(db.engine).get_table_names() == before


@pytest.mark.only_on("sqlite")
def test_a_migration_can_be_taken_back(app: Flask):
    flask_migrate.downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= NOT_EMPTY_AGAIN
    flask_migrate.upgrade()
    assert set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())


def test_there_is_one_line_of_migrations():
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


def test_no_migration_imports_ours():
    wrong = []
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{path.name}: {name}" for name in names if name.split(".")[0] in PACKAGES]
    assert not wrong

"""Runs the migrations inside the app, on its own database connection."""

from alembic import context
from flask import current_app

from idp.kernel.db import make_file

database = current_app.extensions["migrate"].db

make_file()
with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()

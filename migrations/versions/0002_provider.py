"""A complete provider: further client metadata, bound tokens, pushed and device requests, sessions of one app."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_readers",
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", name=op.f("pk_key_readers")),
    )
    op.create_table(
        "pushed_requests",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pushed_requests")),
    )
    with op.batch_alter_table("pushed_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pushed_requests_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "registration_tokens",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_registration_tokens")),
    )
    with op.batch_alter_table("registration_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registration_tokens_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "statement_issuers",
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("jwks", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", name=op.f("pk_statement_issuers")),
    )
    op.create_table(
        "client_keys",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("jwks", sa.JSON(), nullable=True),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_keys_client_id_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_keys")),
    )
    op.create_table(
        "client_logos",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_logos_client_id_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_logos")),
    )
    op.create_table(
        "client_networks",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_networks_client_id_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "network", name=op.f("pk_client_networks")),
    )
    op.create_table(
        "client_tokens",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("confirmation", sa.String(length=100), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_tokens_client_id_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_client_tokens")),
    )
    with op.batch_alter_table("client_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_client_tokens_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_client_tokens_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "device_requests",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_code", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("resources", sa.String(), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_device_requests_client_id_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_device_requests")),
        sa.UniqueConstraint("user_code", name=op.f("uq_device_requests_user_code")),
    )
    with op.batch_alter_table("device_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_requests_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_requests_expires_at"), ["expires_at"], unique=False)

    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("audience", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("confirmation", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("subject", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("claims", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("actor", sa.String(length=64), nullable=True))

    with op.batch_alter_table("authorization_codes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claims_asked", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("resources", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("dpop_jkt", sa.String(length=64), nullable=True))

    with op.batch_alter_table("consent_decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("identity", sa.LargeBinary(length=32), nullable=True))

    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.add_column(sa.Column("extra", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("registration_digest", sa.LargeBinary(length=32), nullable=True))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("client_id", sa.String(length=64), nullable=True))
        batch_op.create_index("ix_outbox_client_id_created_at", ["client_id", "created_at"], unique=False)

    with op.batch_alter_table("parked_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pushed", sa.LargeBinary(length=32), nullable=True))
        batch_op.add_column(sa.Column("device", sa.LargeBinary(length=32), nullable=True))

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("client_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("browser", sa.LargeBinary(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_sessions_browser"), ["browser"], unique=False)
        for column in ("seen_at", "expires_at"):
            batch_op.create_index(
                f"ix_sessions_standing_{column}",
                [column],
                unique=False,
                sqlite_where=sa.text("ended_at IS NULL"),
                postgresql_where=sa.text("ended_at IS NULL"),
            )

    with op.batch_alter_table("token_families", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claims_asked", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("resources", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("confirmation", sa.String(length=100), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("token_families", schema=None) as batch_op:
        batch_op.drop_column("confirmation")
        batch_op.drop_column("resources")
        batch_op.drop_column("claims_asked")

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        for column in ("expires_at", "seen_at"):
            batch_op.drop_index(
                f"ix_sessions_standing_{column}",
                sqlite_where=sa.text("ended_at IS NULL"),
                postgresql_where=sa.text("ended_at IS NULL"),
            )
        batch_op.drop_index(batch_op.f("ix_sessions_browser"))
        batch_op.drop_column("browser")
        batch_op.drop_column("client_id")

    with op.batch_alter_table("parked_requests", schema=None) as batch_op:
        batch_op.drop_column("device")
        batch_op.drop_column("pushed")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_client_id_created_at")
        batch_op.drop_column("client_id")

    with op.batch_alter_table("consent_decisions", schema=None) as batch_op:
        batch_op.drop_column("identity")

    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_column("registration_digest")
        batch_op.drop_column("extra")

    with op.batch_alter_table("authorization_codes", schema=None) as batch_op:
        batch_op.drop_column("dpop_jkt")
        batch_op.drop_column("resources")
        batch_op.drop_column("claims_asked")

    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.drop_column("actor")
        batch_op.drop_column("claims")
        batch_op.drop_column("subject")
        batch_op.drop_column("confirmation")
        batch_op.drop_column("audience")

    with op.batch_alter_table("device_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_requests_expires_at"))
        batch_op.drop_index(batch_op.f("ix_device_requests_client_id"))

    op.drop_table("device_requests")
    with op.batch_alter_table("client_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_client_tokens_expires_at"))
        batch_op.drop_index(batch_op.f("ix_client_tokens_client_id"))

    op.drop_table("client_tokens")
    op.drop_table("client_networks")
    op.drop_table("client_logos")
    op.drop_table("client_keys")
    op.drop_table("statement_issuers")
    with op.batch_alter_table("registration_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registration_tokens_expires_at"))

    op.drop_table("registration_tokens")
    with op.batch_alter_table("pushed_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pushed_requests_expires_at"))

    op.drop_table("pushed_requests")
    op.drop_table("key_readers")

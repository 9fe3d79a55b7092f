"""Credentials that residents manage: passkeys, phones, several apps; recovery, notices, and counters against fraud."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limit_members",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "member", name=op.f("pk_limit_members")),
    )
    with op.batch_alter_table("limit_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_members_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "limit_modes",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("observed_since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_limit_modes")),
    )
    op.create_table(
        "limit_runs",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limit_runs")),
    )
    with op.batch_alter_table("limit_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_runs_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "limit_stops",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("person", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enforced", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("succeeded_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_stops")),
    )
    with op.batch_alter_table("limit_stops", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_stops_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_limit_stops_person"), ["person"], unique=False)

    op.create_table(
        "passkey_challenges",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("holder", sa.String(length=160), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_passkey_challenges")),
    )
    with op.batch_alter_table("passkey_challenges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passkey_challenges_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "risk_assessments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("attempt_id", sa.String(length=64), nullable=True),
        sa.Column("account_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_assessments")),
    )
    with op.batch_alter_table("risk_assessments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_risk_assessments_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_risk_assessments_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_risk_assessments_attempt_id"), ["attempt_id"], unique=False)

    op.create_table(
        "spent_proofs",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_proofs")),
    )
    with op.batch_alter_table("spent_proofs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_proofs_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "notices",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("letter", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_notices_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "passkeys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("transports", sa.String(), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("user_verified", sa.Boolean(), nullable=False),
        sa.Column("resident", sa.Boolean(), nullable=True),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("regressed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("leaves_at", sa.BigInteger(), nullable=True),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_passkeys_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    with op.batch_alter_table("passkeys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passkeys_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_passkeys_leaves_at"), ["leaves_at"], unique=False)

    op.create_table(
        "phones",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("trusted_from", sa.BigInteger(), nullable=True),
        sa.Column("leaves_at", sa.BigInteger(), nullable=True),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_phones_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
    )
    with op.batch_alter_table("phones", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phones_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phones_leaves_at"), ["leaves_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_phones_lookup"), ["lookup"], unique=False)

    op.create_table(
        "recovery_cases",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_recovery_cases_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_cases")),
    )
    with op.batch_alter_table("recovery_cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_cases_ready_at"), ["ready_at"], unique=False)
        batch_op.create_index(
            "ix_recovery_cases_standing",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("stopped_at IS NULL AND finished_at IS NULL"),
            postgresql_where=sa.text("stopped_at IS NULL AND finished_at IS NULL"),
        )

    op.create_table(
        "sightings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("attempt_id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sightings_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_sightings_attempt_id")),
    )
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sightings_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_sightings_told_at_seen_at", ["told_at", "seen_at"], unique=False)

    op.create_table(
        "service_emails",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("email_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_service_emails_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["email_id"],
            ["email_addresses.id"],
            name=op.f("fk_service_emails_email_id_email_addresses"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "client_id", name=op.f("pk_service_emails")),
    )
    with op.batch_alter_table("service_emails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_emails_email_id"), ["email_id"], unique=False)

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closes_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("credentials_changed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("browsers_since", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_accounts_closes_at"), ["closes_at"], unique=False)
    # Who signed in before this version is taken by surprise by a browser once, rather than by an intruder never.
    op.execute("UPDATE accounts SET browsers_since = created_at")

    with op.batch_alter_table("email_addresses", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trusted_from", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("leaves_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("suspended_at", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_email_addresses_leaves_at"), ["leaves_at"], unique=False)

    with op.batch_alter_table("recovery_code_sets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suspended_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("device", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("place", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("network", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("new_browser", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("rested_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("drifted_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("totp_authenticators", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("last_browser", sa.LargeBinary(length=32), nullable=True))
        batch_op.add_column(sa.Column("drift", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("leaves_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("suspended_at", sa.BigInteger(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_totp_authenticators_account_id"), type_="unique")
        batch_op.create_index(batch_op.f("ix_totp_authenticators_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_totp_authenticators_leaves_at"), ["leaves_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("totp_authenticators", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_totp_authenticators_leaves_at"))
        batch_op.drop_index(batch_op.f("ix_totp_authenticators_account_id"))
        batch_op.create_unique_constraint(batch_op.f("uq_totp_authenticators_account_id"), ["account_id"])
        batch_op.drop_column("suspended_at")
        batch_op.drop_column("leaves_at")
        batch_op.drop_column("drift")
        batch_op.drop_column("last_browser")
        batch_op.drop_column("name")

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("drifted_at")
        batch_op.drop_column("rested_at")
        batch_op.drop_column("new_browser")
        batch_op.drop_column("network")
        batch_op.drop_column("place")
        batch_op.drop_column("device")

    with op.batch_alter_table("recovery_code_sets", schema=None) as batch_op:
        batch_op.drop_column("suspended_at")

    with op.batch_alter_table("email_addresses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_email_addresses_leaves_at"))
        batch_op.drop_column("suspended_at")
        batch_op.drop_column("leaves_at")
        batch_op.drop_column("trusted_from")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_closes_at"))
        batch_op.drop_column("browsers_since")
        batch_op.drop_column("credentials_changed_at")
        batch_op.drop_column("closes_at")

    with op.batch_alter_table("service_emails", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_emails_email_id"))

    op.drop_table("service_emails")
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.drop_index("ix_sightings_told_at_seen_at")
        batch_op.drop_index(batch_op.f("ix_sightings_account_id"))

    op.drop_table("sightings")
    with op.batch_alter_table("recovery_cases", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_recovery_cases_standing",
            sqlite_where=sa.text("stopped_at IS NULL AND finished_at IS NULL"),
            postgresql_where=sa.text("stopped_at IS NULL AND finished_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_recovery_cases_ready_at"))

    op.drop_table("recovery_cases")
    with op.batch_alter_table("phones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phones_lookup"))
        batch_op.drop_index(batch_op.f("ix_phones_leaves_at"))
        batch_op.drop_index(batch_op.f("ix_phones_account_id"))

    op.drop_table("phones")
    with op.batch_alter_table("passkeys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_passkeys_leaves_at"))
        batch_op.drop_index(batch_op.f("ix_passkeys_account_id"))

    op.drop_table("passkeys")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_expires_at"))
        batch_op.drop_index(batch_op.f("ix_notices_account_id"))

    op.drop_table("notices")
    with op.batch_alter_table("spent_proofs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spent_proofs_expires_at"))

    op.drop_table("spent_proofs")
    with op.batch_alter_table("risk_assessments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_risk_assessments_attempt_id"))
        batch_op.drop_index(batch_op.f("ix_risk_assessments_at"))
        batch_op.drop_index(batch_op.f("ix_risk_assessments_account_id"))

    op.drop_table("risk_assessments")
    with op.batch_alter_table("passkey_challenges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_passkey_challenges_expires_at"))

    op.drop_table("passkey_challenges")
    with op.batch_alter_table("limit_stops", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_limit_stops_person"))
        batch_op.drop_index(batch_op.f("ix_limit_stops_at"))

    op.drop_table("limit_stops")
    with op.batch_alter_table("limit_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_limit_runs_expires_at"))

    op.drop_table("limit_runs")
    op.drop_table("limit_modes")
    with op.batch_alter_table("limit_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_limit_members_expires_at"))

    op.drop_table("limit_members")

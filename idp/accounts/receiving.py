"""Which of a resident's addresses an app receives: the one they chose for it while it is in use, else the main one.

These joins are part of the one statement that reads a resident, so a choice costs no statement of its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from idp.accounts.models import Account, EmailAddress, ServiceEmail
from idp.kernel.db import execute

_MAIN = aliased(EmailAddress)
_CHOSEN = aliased(EmailAddress)

SEALED = func.coalesce(_CHOSEN.sealed, _MAIN.sealed).label("sealed_email")
CONFIRMED_AT = func.coalesce(_CHOSEN.confirmed_at, _MAIN.confirmed_at).label("confirmed_at")


def with_address(statement: Select[*tuple[Any, ...]], client_id: Any) -> Select[*tuple[Any, ...]]:
    """``statement``, which has the account in it, joined with what the app ``client_id`` receives."""
    return (
        statement.outerjoin(_MAIN, and_(_MAIN.account_id == Account.id, _MAIN.is_main))
        .outerjoin(ServiceEmail, and_(ServiceEmail.account_id == Account.id, ServiceEmail.client_id == client_id))
        .outerjoin(
            _CHOSEN,
            and_(
                _CHOSEN.id == ServiceEmail.email_id,
                _CHOSEN.account_id == Account.id,
                _CHOSEN.leaves_at.is_(None),
                _CHOSEN.suspended_at.is_(None),
            ),
        )
    )


def chosen(account_id: str, client_id: str) -> str | None:
    """The id of the address that was chosen for an app; None where it receives the main one."""
    mine = (ServiceEmail.account_id == account_id, ServiceEmail.client_id == client_id)
    in_use = (EmailAddress.leaves_at.is_(None), EmailAddress.suspended_at.is_(None))
    return execute(
        select(ServiceEmail.email_id).join(EmailAddress, EmailAddress.id == ServiceEmail.email_id).where(*mine, *in_use)
    ).scalar_one_or_none()

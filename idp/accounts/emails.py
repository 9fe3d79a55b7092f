"""Email addresses: how they are written, and when two of them are the same.

Two spellings matter. The one that mail is sent to keeps the local part as its owner writes it, since only the
receiving server knows what it means. The normal form is for comparing alone: it is never mailed to, so an
address that merely folds to another's can never receive that other's mail.
"""

from __future__ import annotations

from unicodedata import normalize

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from idp.accounts.errors import InvalidEmail
from idp.kernel.crypto import blind_index

LONGEST = 254


def deliverable(text: str) -> str:
    """The address as mail is sent to it: trimmed, in Unicode form NFC, the domain in ASCII. Raises InvalidEmail."""
    parts = _parsed(text)
    return f"{parts.local_part}@{parts.ascii_domain}"


def normalise(text: str) -> str:
    """The one form in which addresses are compared: as :func:`deliverable`, case-folded. Raises InvalidEmail."""
    local, _, domain = deliverable(text).rpartition("@")
    return f"{normalize('NFC', local.casefold())}@{domain.lower()}"


def lookup(email: str) -> bytes:
    """The blind index under which an address is found. Raises InvalidEmail."""
    return blind_index("email", normalise(email))


def masked(email: str) -> str:
    """An address as letters to its owner's other addresses name it: enough to know it by, not enough to use it."""
    return f"{email[:1]}•••@{email.rpartition('@')[2]}"


def _parsed(text: str) -> ValidatedEmail:
    trimmed = text.strip()
    if len(trimmed) > LONGEST:
        raise InvalidEmail
    try:
        # Syntax alone, without DNS. ``test_environment`` admits names under .test, which can reach nobody (RFC 6761).
        return validate_email(normalize("NFC", trimmed), check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError) as error:
        raise InvalidEmail from error

"""Known browsers: those in which a resident has signed in before. Their wrong passwords are counted apart.

So nobody keeps a resident out by trying wrong passwords from elsewhere. What such a browser shows is a random id, and
for each account a mark with the time at which it was made, which only the holder of the key file can make of that time,
that id and the account's: it serves no other account. It is no factor. It opens nothing and spares no step. Marks that
are older than the account remembers (:mod:`idp.accounts.browsers`) count for nothing.
"""

from __future__ import annotations

from idp.kernel.crypto import blind_index, new_id, same

MOST_ACCOUNTS = 5
"""How many accounts one browser is known to, the newest first: a family's computer, not a library's."""

SEPARATOR = "."


def introduce(account: str, shown: str, made_at: int) -> str:
    """What a browser is to show from now on, that has shown ``shown`` and is known to an account since ``made_at``."""
    browser, *marks = shown.split(SEPARATOR)
    browser = browser or new_id()
    others = [mark for mark in marks if _made_at(account, browser, mark) is None]
    return SEPARATOR.join((browser, *[_mark(account, browser, made_at), *others][:MOST_ACCOUNTS]))


def known_since(account: str, shown: str, since: int | None = None) -> int | None:
    """When a browser became known to an account (seconds since the epoch); None for a stranger.

    ``since`` is from when on the account remembers browsers.
    """
    browser, *marks = shown.split(SEPARATOR)
    made = (_made_at(account, browser, mark) for mark in marks[:MOST_ACCOUNTS])
    return max((at for at in made if at is not None and at >= (since or 0)), default=None)


def lane(account: str, shown: str, since: int | None = None) -> str:
    """The key under which tries at an account are counted: a known browser's own, or the one for all the others.

    It asks no database, so it is the same work for an account and for an address that has none.
    """
    known = recognised(account, shown, since)
    return f"{account}|{known}" if known else account


def recognised(account: str, shown: str, since: int | None = None) -> str:
    """The id of a browser that an account knows; empty for a stranger."""
    return shown.partition(SEPARATOR)[0] if known_since(account, shown, since) is not None else ""


def _mark(account: str, browser: str, made_at: int) -> str:
    seal = blind_index("known browser", f"{account}\0{browser}\0{made_at}").hex()
    return f"{made_at:x}-{seal}"


def _made_at(account: str, browser: str, mark: str) -> int | None:
    """The time in a mark of ours; None for any other text."""
    try:
        made_at = int(mark.partition("-")[0], 16)
    except ValueError:
        return None
    return made_at if same(mark, _mark(account, browser, made_at)) else None

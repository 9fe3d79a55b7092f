"""Known browsers: those in which a resident has signed in before. Their wrong passwords are counted apart.

So nobody keeps a resident out by trying wrong passwords from elsewhere. What such a browser shows is a random id, and
for each account a mark which only the holder of the key file can make of that id and the account's address: it serves
no other account, and nothing is stored. It is no factor. It opens nothing and spares no step.
"""

from __future__ import annotations

from idp.kernel.crypto import blind_index, new_id, same

MOST_ACCOUNTS = 5
"""How many accounts one browser is known to, the newest first: a family's computer, not a library's."""

SEPARATOR = "."


def introduce(lookup: bytes, shown: str) -> str:
    """What a browser is to show from now on, that has shown ``shown`` and has just signed in to an account.

    ``lookup`` is the blind index of the account's address.
    """
    browser, *marks = shown.split(SEPARATOR)
    browser = browser or new_id()
    newest = dict.fromkeys((_mark(lookup, browser), *marks))
    return SEPARATOR.join((browser, *list(newest)[:MOST_ACCOUNTS]))


def lane(lookup: bytes, shown: str) -> str:
    """The key under which tries at an account are counted: a known browser's own, or the one for all the others.

    It asks no database, so it is the same work whether or not the account exists.
    """
    browser, *marks = shown.split(SEPARATOR)
    mark = _mark(lookup, browser)
    known = any(same(mark, each) for each in marks)
    return f"{lookup.hex()}|{browser}" if known else lookup.hex()


def _mark(lookup: bytes, browser: str) -> str:
    return blind_index("known browser", f"{lookup.hex()}\0{browser}").hex()

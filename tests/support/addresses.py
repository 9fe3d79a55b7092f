"""Adding email addresses, for tests: by the services, and by the pages."""

from __future__ import annotations

from idp.accounts import addresses, new_addresses
from idp.accounts.addresses import AddressView
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.letters import queued

SESSION = "a-session"
NETWORK = "192.0.2.0/24"


def asked(account_id: str, email: str, session: str = SESSION) -> str:
    """The handle of an address whose code was mailed."""
    return new_addresses.ask_to_add(account_id, session, email, network=NETWORK)


def added(person: Person, email: str) -> AddressView:
    """A confirmed address, added by its owner."""
    handle = asked(person.id, email)
    new_addresses.add(person.id, new_addresses.prove(SESSION, handle, queued()[-1].code, network=NETWORK))
    return named(person, email)


def named(person: Person, email: str) -> AddressView:
    """One of a resident's addresses."""
    return next(one for one in addresses.of(person.id) if one.email == email)


def add_on_page(browser: Browser, email: str) -> Browser:
    """Add an address by the pages, code and all."""
    browser.get("/account/email/add").submit("send-code", email=email)
    assert browser.data_page == "confirm-address", browser.text
    return browser.submit("confirm", code=queued()[-1].code)

"""What residents do and look at in the tests of the hall."""

from __future__ import annotations

from bs4 import Tag

from tests.support.browser import Browser

SESSION = "beacon-session"


def cookie(browser: Browser) -> str | None:
    """The session cookie, if the browser has one."""
    found = browser.client.get_cookie(SESSION)
    return found.value if found else None


def knock(browser: Browser, email: str, password: str) -> Browser:
    """Type email and password on the sign-in page."""
    return browser.get("/sign-in").submit("sign-in", email=email, password=password)


def agree(browser: Browser) -> Browser:
    """Share what the app asks for, where it asks."""
    return browser.submit("share") if browser.data_page == "consent" else browser


def links(browser: Browser) -> list[str]:
    """Where the links of the page's main part lead."""
    main = browser.page.find("main")
    assert isinstance(main, Tag)
    return [str(anchor["href"]) for anchor in main.find_all("a", href=True)]

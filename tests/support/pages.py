"""What holds for every page of Beacon, whoever opens it."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


def check_page(page: BeautifulSoup, response: TestResponse, origin: str) -> None:
    """Fail when a page breaks a promise that all pages keep."""
    where = f"{response.request.method} {response.request.path}"
    assert "no-store" in response.headers.get("Cache-Control", ""), f"{where}: a page must not be stored"
    assert len(page.find_all("h1")) == 1, f"{where}: one h1, not {len(page.find_all('h1'))}"
    assert page.title and page.title.get_text(strip=True), f"{where}: no title"
    assert page.html and page.html.get("lang"), f"{where}: no language"
    main = page.find_all("main")
    assert len(main) == 1, f"{where}: one main, not {len(main)}"
    assert main[0].get("data-page") or main[0].get("data-error"), f"{where}: main has no name"
    twice = [name for name, count in Counter(str(tag["id"]) for tag in page.find_all(id=True)).items() if count > 1]
    assert not twice, f"{where}: ids used twice: {twice}"
    for form in page.find_all("form"):
        _check_form(form, origin, where)
    for field in page.find_all(["input", "select", "textarea"]):
        assert field.get("type") in UNLABELLED or _labelled(page, field), f"{where}: no label for {field}"
    _check_nothing_inline(page, where)


def _check_form(form: Tag, origin: str, where: str) -> None:
    action = str(form.get("action") or "")
    foreign = bool(urlsplit(action).netloc) and not action.startswith(origin + "/")
    assert str(form.get("method", "get")).lower() == "post", f"{where}: a form that does not post"
    has_token = form.find("input", attrs={"name": "csrf_token", "value": True}) is not None
    assert has_token is not foreign, f"{where}: {'a foreign form with' if foreign else 'a form without'} a CSRF field"


def _labelled(page: BeautifulSoup, field: Tag) -> bool:
    by_id = field.get("id") and page.find("label", attrs={"for": field["id"]})
    return bool(by_id or field.find_parent("label") or field.get("aria-label") or field.get("aria-labelledby"))


def _check_nothing_inline(page: BeautifulSoup, where: str) -> None:
    for script in page.find_all("script"):
        quiet = script.get("src") or script.get("nonce") or script.get("type") == "application/json"
        assert quiet, f"{where}: inline script without a nonce"
    assert not page.find("style", nonce=False), f"{where}: inline style sheet"
    for tag in page.find_all(True):
        loud = [name for name in tag.attrs if name == "style" or name.startswith("on")]
        assert not loud, f"{where}: {tag.name} has {loud}"

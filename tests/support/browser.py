"""A browser without script: it opens pages, fills in forms by field name, follows links, and checks every page it sees.

``get``, ``submit`` and ``click`` follow redirects within Beacon and stop where one leads elsewhere (an agency app);
``location`` then says where to. ``follow=False`` stops at the first redirect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.support.client import Visitor
from tests.support.pages import check_page

REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 10


class Browser:
    """One resident's browser with its own cookies. ``address`` is where it connects from."""

    def __init__(
        self,
        app: Flask,
        *,
        address: str = "127.0.0.1",
        language: str = "en",
        on_error_page: Callable[[str], None] = lambda _body: None,
    ) -> None:
        self.app = app
        self.on_error_page = on_error_page
        self.address = address
        self.language = language
        self.origin = app.extensions["beacon.settings"].issuer
        self.client = Visitor(app, use_cookies=True)
        self.url = self.origin
        self.response: TestResponse | None = None
        self.page = BeautifulSoup("", "html.parser")

    def another(self, *, address: str | None = None) -> Browser:
        """A second browser, with no cookie of the first."""
        return Browser(
            self.app,
            address=address or self.address,
            language=self.language,
            on_error_page=self.on_error_page,
        )

    # What it does

    def get(self, path: str, *, follow: bool = True, **options: Any) -> Browser:
        """Open ``path`` (or an absolute URL of Beacon's)."""
        return self._open("GET", path, follow, **options)

    def post(self, path: str, data: Any = None, *, follow: bool = True, **options: Any) -> Browser:
        """Post ``data`` as it is, without a form and so without a CSRF field."""
        return self._open("POST", path, follow, data=data, **options)

    def submit(self, button: str | None = None, *, follow: bool = True, **fields: Any) -> Browser:
        """Fill in fields by name and press ``button`` (its id, value or name; the form's first one otherwise).

        A list ticks several boxes of one name; True and False tick and untick a single box.
        """
        form, pressed = self._form_and_button(button)
        data = form_data(form)
        for name, value in fields.items():
            assert form.find(attrs={"name": name}), f"no field {name!r} on this page; it has {sorted(set(data))}"
            data.setlist(name, self._values(form, name, value))
        if pressed is not None and pressed.get("name"):
            data.add(str(pressed["name"]), str(pressed.get("value", "")))
        method = str(form.get("method", "get")).upper()
        action = str((pressed.get("formaction") if pressed else None) or form.get("action") or self.url)
        return self._open(method, action, follow, **({"data": data} if method == "POST" else {"query_string": data}))

    def click(self, link: str, *, follow: bool = True) -> Browser:
        """Follow the link with this id, or else with this text."""
        anchor = self.page.find("a", id=link) or next(
            (a for a in self.page.find_all("a") if " ".join(a.get_text().split()) == link), None
        )
        assert isinstance(anchor, Tag), (
            f"no link {link!r}; there are {[a.get_text(strip=True) for a in self.page('a')]}"
        )
        return self._open("GET", str(anchor["href"]), follow)

    def follow(self) -> Browser:
        """Go where the redirect at hand leads, one step."""
        assert self.location, f"no redirect to follow: {self.status}"
        return self._open("GET", self.location, follow=False)

    def sign_in(self, person: Any, *, path: str | None = "/sign-in") -> Browser:
        """Sign ``person`` in through the pages. ``path=None`` starts from the sign-in page at hand."""
        if path is not None:
            self.get(path)
        self.submit("sign-in", email=person.email, password=person.password)
        if person.totp_secret:
            self.submit("verify", code=person.code())
        return self

    # What it sees

    @property
    def status(self) -> int:
        """The status of the last answer."""
        assert self.response is not None, "nothing was opened yet"
        return self.response.status_code

    @property
    def headers(self) -> Any:
        """The headers of the last answer."""
        assert self.response is not None, "nothing was opened yet"
        return self.response.headers

    @property
    def location(self) -> str | None:
        """Where the last answer redirects to, as the header says it."""
        return self.headers.get("Location") if self.status in REDIRECTS else None

    @property
    def answer(self) -> dict[str, str]:
        """The query of the redirect at hand: what an agency app is told."""
        assert self.location, f"no redirect: {self.status} {self.data_error or self.text[:200]}"
        return {
            name: values[0] for name, values in parse_qs(urlsplit(self.location).query, keep_blank_values=True).items()
        }

    @property
    def path(self) -> str:
        """The path of the page at hand."""
        return urlsplit(self.url).path

    @property
    def body(self) -> str:
        """The last answer as text."""
        return self.response.get_data(as_text=True) if self.response is not None else ""

    @property
    def text(self) -> str:
        """What the page says, with single spaces."""
        return " ".join(self.page.get_text(" ").split())

    @property
    def data_page(self) -> str | None:
        """The name of the page at hand."""
        return self._of_main("data-page")

    @property
    def data_error(self) -> str | None:
        """The code of the error page at hand."""
        return self._of_main("data-error")

    @property
    def errors(self) -> str:
        """What the error summary says; empty without one."""
        summary = self.page.find(attrs={"role": "alert"})
        return " ".join(summary.get_text(" ").split()) if summary else ""

    def field(self, name: str) -> Tag:
        """The first field with this name."""
        found = self.page.find(attrs={"name": name})
        assert isinstance(found, Tag), f"no field {name!r} on {self.path}"
        return found

    # How

    def _open(self, method: str, url: str, follow: bool, **options: Any) -> Browser:
        options.setdefault("environ_overrides", {"REMOTE_ADDR": self.address})
        headers = {"Accept-Language": self.language, "Referer": self.url, "Accept": "text/html,*/*;q=0.8"}
        for _ in range(MOST_REDIRECTS):
            target = self._absolute(url)
            response = self.client.open(
                target.removeprefix(self.origin) or "/",
                base_url=self.origin,
                method=method,
                headers=headers | options.pop("headers", {}),
                **options,
            )
            self.response, self.url = response, target
            self.page = BeautifulSoup(self.body if response.mimetype == "text/html" else "", "html.parser")
            if response.mimetype == "text/html" and response.status_code not in REDIRECTS:
                check_page(self.page, response, self.origin)
                if self.data_error:
                    self.on_error_page(self.body)
            if not (follow and self.location and self._absolute(self.location).startswith(self.origin + "/")):
                return self
            url, method = self.location, "GET" if response.status_code in {301, 302, 303} else method
            options = {"environ_overrides": {"REMOTE_ADDR": self.address}}
        raise AssertionError(f"more than {MOST_REDIRECTS} redirects, the last to {self.url}")

    def _absolute(self, url: str) -> str:
        if url.startswith("?"):
            return self.url.split("?")[0] + url
        return self.origin + url if url.startswith("/") else url

    def _form_and_button(self, button: str | None) -> tuple[Tag, Tag | None]:
        buttons = [tag for tag in self.page.find_all(["button", "input"]) if tag.get("type", "submit") == "submit"]
        buttons = [tag for tag in buttons if tag.name == "button" or tag.get("type") == "submit"]
        if button is None:
            main = self.page.find("main") or self.page
            form = main.find("form")
            assert isinstance(form, Tag), f"no form on {self.path}: {self.text[:200]}"
            return form, next((tag for tag in buttons if tag.find_parent("form") is form), None)
        for part in ("id", "value", "name"):
            for tag in buttons:
                if tag.get(part) == button:
                    form = self.page.find("form", id=str(tag["form"])) if tag.get("form") else tag.find_parent("form")
                    assert isinstance(form, Tag), f"the button {button!r} has no form"
                    return form, tag
        raise AssertionError(f"no button {button!r} on {self.path} ({self.status}): {self.text[:300]}")

    def _values(self, form: Tag, name: str, value: Any) -> list[str]:
        if isinstance(value, bool):
            box = form.find("input", attrs={"name": name})
            return [str(box.get("value", "on"))] if value and isinstance(box, Tag) else []
        return [str(part) for part in value] if isinstance(value, list | tuple | set | frozenset) else [str(value)]

    def _of_main(self, name: str) -> str | None:
        main = self.page.find("main")
        return str(main[name]) if isinstance(main, Tag) and main.get(name) else None


def form_data(form: Tag) -> MultiDict[str, str]:
    """What ``form`` would send as it stands, without its buttons."""
    data: MultiDict[str, str] = MultiDict()
    for field in form.find_all(["input", "select", "textarea"]):
        name, kind = field.get("name"), field.get("type", "text")
        if not name or field.has_attr("disabled") or kind in {"submit", "button", "image", "file"}:
            continue
        if field.name == "select":
            chosen = [option for option in field.find_all("option") if option.has_attr("selected")]
            for option in chosen or field.find_all("option")[:1]:
                data.add(str(name), str(option.get("value", option.get_text())))
        elif field.name == "textarea":
            data.add(str(name), field.get_text())
        elif kind not in {"checkbox", "radio"} or field.has_attr("checked"):
            data.add(str(name), str(field.get("value", "on" if kind in {"checkbox", "radio"} else "")))
    return data

"""A resident at a browser, who looks over every page they come to."""

from __future__ import annotations

import re
from typing import Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Response, TimeoutError  # noqa: A004

from tests.journeys.english import left_on
from tests.journeys.town import Neighbour
from tests.support.chromium import press

LOCALES = {"en": "en-US", "es": "es-US", "ar": "ar-EG"}
DIRECTIONS = {"ar": "rtl"}
SMALLEST = 320
"""WCAG 2.2, 1.4.10: no scrolling sideways at 320 CSS pixels."""

HEIGHT = 900
PATIENCE = 20_000
EXAMINED: set[tuple[object, ...]] = set()
"""What was measured in this test process: a page of one shape, in one language, width and colour scheme, once."""

AXE = Axe().axe_script
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
}
RUN_AXE = """async rules => (await axe.run(document, rules)).violations.flatMap(
    found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 200)} (${node.failureSummary})`))"""
FACTS = """() => {
    const APART = "script, style, [lang]:not(html), article .letter, article h2";
    const texts = [document.title];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (node.nodeType === Node.TEXT_NODE) {
            if (!node.parentElement.closest(APART)) texts.push(node.nodeValue);
        } else for (const name of ["aria-label", "alt", "title", "placeholder"])
            if (node.hasAttribute(name)) texts.push(node.getAttribute(name));
    }
    const {lang, dir} = document.documentElement;
    const shape = [...document.querySelectorAll("*")].map(e => `${e.tagName}.${e.className}.${e.getAttribute("type")}`);
    return {lang, dir, texts, heads: document.querySelectorAll("h1").length, shape: shape.join()};
}"""
TOO_WIDE = """() => {
    const root = document.documentElement, room = root.clientWidth;
    if (root.scrollWidth <= room) return [];
    const beyond = e => { const r = e.getBoundingClientRect(); return r.width && (r.right > room + 1 || r.left < -1); };
    return [`${root.scrollWidth} > ${room}`, ...[...document.body.querySelectorAll("*")].filter(beyond)
        .map(e => e.outerHTML.slice(0, 120))];
}"""


class Walker:
    """One tab of a resident's browser. ``at`` waits for a page and looks it over."""

    def __init__(self, page: Page, origin: str, *, language: str = "en", script: bool = True) -> None:
        self.page, self.origin, self.language, self.script = page, origin, language, script
        self.scheme = ""
        self.complaints: list[str] = []
        self.visited: list[str] = []
        self._refused: set[str] = set()
        page.set_default_timeout(PATIENCE)
        page.on("response", self._note_refusal)
        page.on("console", self._note_complaint)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    # What a resident does

    def open(self, address: str, *, at: str) -> Self:
        """Go to an address; a path is one of Beacon's."""
        self.page.goto(address if "://" in address else self.origin + address)
        return self.at(at)

    def fill(self, **fields: str) -> Self:
        """Type into fields by their names."""
        for name, text in fields.items():
            self.page.fill(f"[name={name}]", text)
        return self

    def tick(self, *claims: str) -> Self:
        """Tick what to share."""
        for claim in claims:
            self.page.check(f"#claim-{claim}")
        return self

    def press(self, target: str, *, at: str) -> Self:
        """Press a button or follow a link, and arrive."""
        self.page.bring_to_front()
        press(self.page, target)
        return self.at(at)

    def leads_to(self, target: str, address: str) -> str:
        """Press a button that leads out of Beacon. Returns where the browser came to."""
        self.page.bring_to_front()
        self.page.click(target)
        self.page.wait_for_url(address + "**")
        return self.page.url

    def back(self, *, at: str) -> Self:
        """The browser's back button."""
        self.page.go_back()
        return self.at(at)

    def sign_in(self, who: Neighbour) -> Self:
        """From the sign-in page to where the code was typed, not yet sent."""
        self.fill(email=who.email, password=who.password).press("#sign-in", at="second-step")
        return self.fill(code=who.code())

    def new_tab(self, opened: Page | None = None) -> Walker:
        """Another tab of the same browser: the one that a link ``opened``, or an empty one."""
        page = opened or self.page.context.new_page()
        return Walker(page, self.origin, language=self.language, script=self.script)

    def code_from_outbox(self, email: str) -> str:
        """The code of the newest letter to an address, read on the development page in a tab of its own."""
        tab = self.new_tab().open("/dev/outbox", at="dev-outbox")
        letter = tab.page.locator("article", has_text=email).first
        code = letter.locator(".codes code").first.inner_text()
        tab.leave()
        return code

    # What a resident sees

    def at(self, name: str) -> Self:
        """Wait for a page by its name and look it over."""
        try:
            self.page.wait_for_selector(f"main[data-page='{name}']", state="attached")
        except TimeoutError as error:
            raise AssertionError(f"not {name} but {self.page.url}:\n{self.page.inner_text('body')}") from error
        self.visited.append(name)
        self.look()
        return self

    def problem(self) -> str:
        """The error summary of a form."""
        return self.page.inner_text(".problem")

    def error(self) -> str | None:
        """The code of an error page."""
        return self.page.get_attribute("main", "data-error")

    def sees(self, text: str) -> bool:
        """Whether the main part of the page says this."""
        return text in self.page.inner_text("main")

    def claims(self) -> dict[str, str]:
        """What the example agency shows that it got."""
        shown = {
            str(row.get_attribute("data-claim")): row.inner_text().strip()
            for row in self.page.locator("h2:has-text('About you') + dl dd").all()
        }
        return {claim: value for claim, value in shown.items() if value != "Not shared with us"}

    def look(self) -> None:
        """What holds for every page: language, direction, width, words, no complaint of the browser, no axe finding."""
        where = f"{self.visited[-1]} in {self.language}, {self.page.url}"
        facts = self.page.evaluate(FACTS)
        ours = self.page.url.startswith(self.origin)
        expected = (self.language, DIRECTIONS.get(self.language, "ltr")) if ours else ("en", facts["dir"])
        assert (facts["lang"], facts["dir"]) == expected, where
        assert facts["heads"] == 1, where
        if ours and self.language != "en":
            assert not (left := left_on(self.language, facts["texts"])), f"English left on {where}: {left}"
        width = self.page.viewport_size["width"]  # type: ignore[index]
        circumstances = (facts["shape"], self.language, width, self.script, self.scheme)
        if circumstances not in EXAMINED:
            self._examine(where, width)
            EXAMINED.add(circumstances)
        assert not self.complaints, f"{where}: {self.complaints}"

    def leave(self) -> None:
        """Close the tab."""
        assert not self.complaints, self.complaints
        self.page.close()

    def _examine(self, where: str, width: int) -> None:
        for room in (SMALLEST, width):
            self.page.set_viewport_size({"width": room, "height": HEIGHT})
            assert not (wide := self.page.evaluate(TOO_WIDE)), f"{where} at {room}: {wide}"
        if self.script:
            self.page.evaluate(AXE)
            assert not (found := self.page.evaluate(RUN_AXE, RULES)), f"axe on {where}:\n" + "\n".join(found)

    def _note_refusal(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type == "document":
            self._refused.add(response.url)

    def _note_complaint(self, message: ConsoleMessage) -> None:
        """Chromium reports every page that comes with an error status; that is no fault of the page."""
        expected = message.text.startswith("Failed to load resource") and message.location["url"] in self._refused
        if message.type == "error" and not expected:
            self.complaints.append(re.sub(r"\s+", " ", message.text))

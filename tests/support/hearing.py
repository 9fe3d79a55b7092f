"""Apps that hear of the end of a session: what reached them, and who they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from joserfc import jws

from idp.outbox.service import deliver_due
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.party import Party

HEARD = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Ear:
    """A server of an agency that takes logout tokens at any path below ``/out``."""

    def __init__(self, server: Elsewhere) -> None:
        self.server = server
        self.origin = server.origin

    def at(self, path: str = "/out", answer: Any = HEARD) -> str:
        """Take logout tokens there, and answer so. Returns the address to register."""
        self.server.answers[path] = answer
        return self.origin + path

    def tokens(self, path: str = "/out") -> list[str]:
        """The logout tokens that came, after the worker did its round."""
        deliver_due(300)
        return self.came(path)

    def came(self, path: str = "/out") -> list[str]:
        """The logout tokens that came so far. Each came in a form, alone."""
        posts = [asked for asked in self.server.asked if asked.target == path]
        assert all(asked.method == "POST" for asked in posts)
        assert all(asked.headers["content-type"] == "application/x-www-form-urlencoded" for asked in posts)
        forms = [parse_qs(asked.body.decode()) for asked in posts]
        assert all(form.keys() == {"logout_token"} and len(form["logout_token"]) == 1 for form in forms)
        return [form["logout_token"][0] for form in forms]


@contextmanager
def listening() -> Iterator[Ear]:
    """An agency's server, on loopback."""
    with elsewhere() as server:
        yield Ear(server)


def header(token: str) -> dict[str, Any]:
    """The header of a token, unchecked."""
    return jws.extract_compact(token.encode()).headers()


def ends_of(party: Party, ear: Ear, path: str = "/out") -> list[tuple[str, str]]:
    """Subject and session of each logout token that came, each checked against the published keys."""
    claims = [party.read(token) for token in ear.tokens(path)]
    return [(one["sub"], one["sid"]) for one in claims]

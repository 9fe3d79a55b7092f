"""Which ways a resident is offered, and in what order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from idp.kernel.contracts import AuthMethod
from idp.sessions.assurance import raises, reached, satisfies, strongest_first


def ways_up(passed: Iterable[AuthMethod], enrolled: Iterable[AuthMethod]) -> list[AuthMethod]:
    """The enrolled methods that would raise what was passed, strongest first, each page once; where one was passed
    already but proved too little, its page comes last."""
    done = tuple(passed)
    pages = {method.challenge_endpoint for method in done}
    up = (method for method in strongest_first(enrolled) if method.challenge_endpoint and raises(done, method))
    ways = sorted(up, key=lambda method: method.challenge_endpoint in pages)
    return _each_once(ways, lambda method: method.challenge_endpoint)


def ways_in(enrolled: Iterable[AuthMethod], wanted: str) -> list[AuthMethod]:
    """The enrolled methods to begin with that lead to ``wanted``, alone or with one more; alone comes first.

    Something that one has comes first only where it is enough by itself; otherwise the password does.
    """
    mine = strongest_first(enrolled)
    alone = [method for method in mine if satisfies(reached([method])[0], wanted)]
    others = [method for method in mine if method not in alone]
    first = [
        method
        for method in others
        if method.factors == ("know",) and any(satisfies(reached([method, more])[0], wanted) for more in others)
    ]
    ways = (method for method in (*alone, *first) if method.challenge_endpoint)
    return _each_once(ways, lambda method: method.challenge_endpoint)


def ways_to_add(passed: Iterable[AuthMethod], known: Iterable[AuthMethod]) -> list[AuthMethod]:
    """The methods to choose from as a further way, strongest first: those that make two kinds of factor with what was
    passed. A restricted one is never the only choice (63B section 3.2.9)."""
    done = tuple(passed)
    basis = [method for method in done if method.factors == ("know",)]
    new = (method for method in strongest_first(known) if method not in done and raises(basis, method))
    ways = _each_once((method for method in new if method.enrol_endpoint), lambda method: method.enrol_endpoint)
    return ways if any(not method.restricted for method in ways) else []


def _each_once(methods: Iterable[AuthMethod], page: Callable[[AuthMethod], str | None]) -> list[AuthMethod]:
    """The first of those that share a page."""
    by_page: dict[str | None, AuthMethod] = {}
    for method in methods:
        by_page.setdefault(page(method), method)
    return list(by_page.values())

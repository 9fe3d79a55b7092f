"""Werkzeug compiles a function for every route of every app: 40 ms an app. The same routes give the same functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


def remembering(compile_builder: Callable[[Rule, bool], Any]) -> Callable[..., Any]:
    """Stands before ``Rule._compile_builder``, whose functions are bound to their rule only afterwards."""
    kept: dict[tuple[str, ...], Any] = {}

    def once(rule: Rule, append_unknown: bool = True) -> Any:
        facts = (rule.rule, rule._trace, rule.defaults, append_unknown)
        key = tuple(map(repr, facts))
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    return once

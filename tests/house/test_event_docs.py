"""docs/events.md lists exactly the kinds of events that there are, with their facts."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module

from idp.audit.events import Event
from tests.support.source import ROOT, modules

PAGE = ROOT / "docs" / "events.md"
ROW = re.compile(r"^\| `([a-z._]+)` \| (.*?) \|", re.MULTILINE)


def test_the_page_lists_every_kind_with_its_facts_and_no_other():
    told = {kind: set(re.findall(r"`([a-z_]+)`", facts)) for kind, facts in ROW.findall(PAGE.read_text())}
    assert told == {event.kind: {field.name for field in fields(event)} for event in _events()}


def test_no_two_events_share_a_kind():
    kinds = [event.kind for event in _events()]
    assert len(kinds) == len(set(kinds))


def _events() -> list[type[Event]]:
    names = [module.name for module in modules() if module.name.endswith(".events")]
    things = [(name, thing) for name in names for thing in vars(import_module(name)).values()]
    return [
        thing
        for name, thing in things
        if isinstance(thing, type) and issubclass(thing, Event) and thing is not Event and thing.__module__ == name
    ]

"""The table of ``docs/settings.md``, made from the settings. ``python -m tests.support.settings_page`` writes it."""

from __future__ import annotations

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from idp.kernel.settings import PREFIX, Settings
from tests.support.source import ROOT

PAGE = ROOT / "docs" / "settings.md"
START, END = "<!-- table: made from idp/kernel/settings.py -->", "<!-- end of table -->"


def settings_table(settings: type[BaseSettings]) -> str:
    """One line for each setting: name, default, meaning."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |" for name, field in _fields(settings)
    ]
    return "\n".join(["| Setting | Default | Meaning |", "|---|---|---|", *rows])


def _fields(settings: type[BaseSettings]) -> list[tuple[str, FieldInfo]]:
    return list(settings.model_fields.items())


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    return f"`{value}`" if value not in (None, "") else "none"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(START)
    PAGE.write_text(f"{before}{START}\n\n{settings_table(Settings)}\n\n{END}{rest.partition(END)[2]}")

"""What the documentation says is what the code does."""

from __future__ import annotations

import tomllib

from idp.kernel.settings import Settings
from tests.support.settings_page import settings_table
from tests.support.source import ROOT

SETTINGS = ROOT / "docs" / "settings.md"
DEPENDENCIES = ROOT / "docs" / "dependencies.md"


def test_the_settings_page_lists_exactly_the_settings():
    assert settings_table(Settings) in SETTINGS.read_text(), "write it anew: python -m tests.support.settings_page"


def test_each_direct_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {
        requirement.split(">=")[0].split("==")[0].split("[")[0]
        for group in (project["dependencies"], *project["optional-dependencies"].values())
        for requirement in group
    }
    lines = DEPENDENCIES.read_text().splitlines()
    told = {line.split("|")[1].strip() for line in lines if line.startswith("| ") and line.count("|") == 3}
    assert wanted == told - {"Package"}


def test_the_locks_pin_every_direct_dependency_and_name_no_registry():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime, development = ((ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))
    for lock, groups in (
        (runtime, ("build", "demo")),
        (development, ("build", "demo", "dev")),
    ):
        wanted = [
            *project["dependencies"],
            *(one for group in groups for one in project["optional-dependencies"][group]),
        ]
        names = {requirement.split(">=")[0].split("==")[0].split("[")[0] for requirement in wanted}
        pinned = {line.split("==")[0].split("[")[0] for line in lock.splitlines() if "==" in line.split("#")[0]}
        assert names <= pinned, names - pinned
        assert "://" not in lock
        assert "--index-url" not in lock

"""The build hook: compiles every ``.po`` file to its ``.mo``, so that Beacon starts with its words ready."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUES = "idp/web/translations/*/LC_MESSAGES/messages.po"


class CompileCatalogues(BuildHookInterface[Any]):
    """Runs before the wheel (an editable one too) is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write each ``.mo`` beside its ``.po``."""
        for po in Path(self.root).glob(CATALOGUES):
            with po.open("rb") as source, po.with_suffix(".mo").open("wb") as target:
                write_mo(target, read_po(source, locale=po.parts[-3]))

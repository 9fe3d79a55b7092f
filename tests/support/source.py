"""Beacon's own source, read with ``ast``, for the tests of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("idp", "profiles", "consent", "mfa")
DOORS = frozenset({"views", "cli", "feature"})
ROOF = frozenset({"idp.app", "idp.cli", "idp.serve", "idp.doctor"})


@dataclass(frozen=True)
class Module:
    """One source file. ``name`` is dotted, without ``__init__``."""

    path: Path
    name: str
    tree: ast.Module

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        return room_of(self.name)

    @property
    def door(self) -> str | None:
        return door_of(self.name)

    def imports(self) -> Iterator[tuple[str, int]]:
        """The dotted names of our own that this module imports, with the line."""
        for node in ast.walk(self.tree):
            yield from ((name, node.lineno) for name in own_names(node))


def room_of(name: str) -> str:
    """The room in which a module stands: ``idp.web``, ``mfa``; the roof's and floor 4's files are rooms themselves."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "idp" else parts[0]


def door_of(name: str) -> str | None:
    """Which door of its room a module belongs to, if any: its views, its cli or its feature."""
    inner = name.removeprefix(room_of(name)).strip(".").split(".")[0]
    return inner if inner in DOORS else None


def own_names(node: ast.AST) -> list[str]:
    """Which of our own names an import statement asks for."""
    match node:
        case ast.Import():
            names = [alias.name for alias in node.names]
        case ast.ImportFrom(module=str(module), level=0):
            names = [f"{module}.{alias.name}" for alias in node.names]
        case _:
            names = []
    return [name for name in names if name.split(".")[0] in PACKAGES]


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the four packages."""
    return tuple(
        Module(path, dotted(path), ast.parse(path.read_text()))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    )


def dotted(path: Path) -> str:
    """The dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

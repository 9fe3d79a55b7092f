"""The law of the house (design.md section 3): who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

from tests.support.source import DOORS, ROOF, ROOT, functions, modules, own_names, room_of

NEVER_IMPORTED = frozenset({"idp.signin", "idp.oidc", "profiles", "mfa", "consent"})
"""Halls and tenants: nobody else's business."""


def test_nobody_imports_upward_or_from_a_neighbour():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_a_floor():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract for contract in contracts if contract["id"] == "floors")["layers"]
    named = {room.strip() for floor in floors for room in floor.split("|")}
    rooms = {module.room for module in modules()} - {"idp"}
    assert rooms <= named, f"no floor for {rooms - named}"


def test_a_door_is_imported_only_by_its_own_feature_and_the_roof():
    wrong = [
        f"{module}:{line} imports {name}"
        for module in modules()
        for name, line in module.imports()
        if (door := _door_behind(name)) and not _may_use(module.name, room_of(name), door)
    ]
    assert not wrong, "\n".join(wrong)


def test_a_door_imports_no_hall_but_its_own():
    wrong = [
        f"{module}:{line} imports {name}"
        for module in modules()
        if module.door and module.name not in ROOF
        for name, line in module.imports()
        if room_of(name) in NEVER_IMPORTED | ROOF and room_of(name) != module.room
    ]
    assert not wrong, "\n".join(wrong)


def test_no_import_of_our_own_hides_in_a_function():
    wrong = [
        f"{module}:{node.lineno}"
        for module in modules()
        for function in functions(module.tree)
        for node in ast.walk(function)
        if own_names(node)
    ]
    assert not wrong, "\n".join(wrong)


def test_any_module_can_be_imported_first():
    """No module waits for itself through others. Faster than importing each in an interpreter of its own."""
    names = {module.name for module in modules()}
    needs = {
        module.name: {part for name, _line in module.imports() for part in (name, name.rpartition(".")[0])} & names
        for module in modules()
    }
    assert list(TopologicalSorter({name: needs[name] - {name} for name in needs}).static_order())


def test_an_init_is_a_nameplate():
    wrong = [
        str(module) for module in modules() if module.path.name == "__init__.py" and not _one_docstring(module.tree)
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_reaches_for_the_underscore_names_of_another_room():
    wrong = []
    for module in modules():
        imported = {alias: name for node in ast.walk(module.tree) for alias, name in _aliases(node)}
        wrong += [
            f"{module} takes {name}"
            for name in imported.values()
            if name.rpartition(".")[2].startswith("_") and room_of(name) != module.room
        ]
        wrong += [
            f"{module}:{node.lineno} takes {imported[node.value.id]}.{node.attr}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if node.attr.startswith("_") and not node.attr.startswith("__")
            if room_of(imported.get(node.value.id, module.name)) != module.room
        ]
    assert not wrong, "\n".join(wrong)


def _door_behind(name: str) -> str | None:
    inner = name.removeprefix(room_of(name)).strip(".").split(".")[0]
    return inner if inner in DOORS and room_of(name) not in ROOF else None


def _may_use(importer: str, room: str, door: str) -> bool:
    if importer in ROOF:
        return door == "feature" or importer == "idp.cli"
    same_door = importer.startswith(f"{room}.{door}.")
    return same_door or (importer == f"{room}.feature" and door != "feature")


def _one_docstring(tree: ast.Module) -> bool:
    return len(tree.body) == 1 and ast.get_docstring(tree) is not None


def _aliases(node: ast.AST) -> list[tuple[str, str]]:
    if not own_names(node):
        return []
    assert isinstance(node, ast.Import | ast.ImportFrom)
    return [(alias.asname or alias.name, name) for alias, name in zip(node.names, own_names(node), strict=True)]

"""One clock, one commit, one reader of the environment (design.md section 3)."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tests.support.source import ROOT, Module, modules

CLOCK = {"idp.kernel.clock"}
COMMIT = {"idp.kernel.db"}
ENVIRONMENT = {"idp.kernel.settings", "idp.cli", "idp.serve"}

TIME_CALLS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
COMMIT_CALLS = {"commit", "rollback", "begin_nested", "engine.begin", "connection.begin"}
ENVIRONMENT_NAMES = {"os.environ", "os.getenv", "os.putenv"}


def test_the_system_clock_is_read_in_one_file():
    wrong = _uses(lambda text, _node: ".".join(text.split(".")[-2:]) in TIME_CALLS, CLOCK)
    assert not wrong, "\n".join(wrong)


def test_one_file_commits():
    wrong = _uses(_commits, COMMIT)
    assert not wrong, "\n".join(wrong)


def test_the_environment_is_read_in_one_file_and_at_the_entrances():
    wrong = _uses(lambda text, _node: text in ENVIRONMENT_NAMES, ENVIRONMENT)
    assert not wrong, "\n".join(wrong)
    assert "environ" not in (ROOT / "wsgi.py").read_text().replace("from_environment", "")


def _commits(text: str, node: ast.AST) -> bool:
    last_two = ".".join(text.split(".")[-2:])
    return isinstance(node, ast.Call) and not COMMIT_CALLS.isdisjoint({last_two, text.rpartition(".")[2]})


def _uses(is_wrong: Callable[[str, ast.AST], bool], allowed: set[str]) -> list[str]:
    return [
        f"{module}:{node.lineno} {text}"
        for module in modules()
        if module.name not in allowed
        for node, text in _dotted_uses(module)
        if is_wrong(text, node)
    ]


def _dotted_uses(module: Module) -> list[tuple[ast.Attribute | ast.Call, str]]:
    """Every ``a.b.c`` in the module and every call of one, as text."""
    uses: list[tuple[ast.Attribute | ast.Call, str]] = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            uses.append((node, ast.unparse(node)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            uses.append((node, ast.unparse(node.func)))
    return uses

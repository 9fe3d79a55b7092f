"""Small files, small functions: what fits on a screen can be read."""

from __future__ import annotations

from tests.support.source import functions, modules

LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def test_no_file_is_long():
    lengths = {str(module): len(module.path.read_text().splitlines()) for module in modules()}
    long = {name: count for name, count in lengths.items() if count > LONGEST_FILE}
    assert not long


def test_no_function_is_long():
    long = [
        f"{module}:{function.lineno} {function.name} has {function.end_lineno - function.lineno + 1} lines"
        for module in modules()
        for function in functions(module.tree)
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)

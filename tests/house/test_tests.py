"""Tests wait for what happens, use what is real, and say what they show."""

import ast
import re

from tests.house.source import assert_none, dotted, functions, imported, lines, nodes, place, python_files

LONGEST_STEP = 0.1  # seconds between looks at something that cannot tell us; always inside a deadline
PATCHES = {"monkeypatch.setattr", "mock.patch", "mock.patch.object", "patch", "patch.object"}


def test_no_test_sleeps() -> None:
    assert_none(
        [
            place(file, node.lineno, "sleeps; await what it waits for, with a deadline")
            for file in python_files("tests")
            for node in nodes(file)
            if isinstance(node, ast.Call) and _sleeps(node)
        ]
    )


def _sleeps(call: ast.Call) -> bool:
    long = any(
        isinstance(a, ast.Constant) and isinstance(a.value, int | float) and a.value > LONGEST_STEP
        for a in call.args
    )
    return dotted(call.func) == "time.sleep" or (dotted(call.func) == "asyncio.sleep" and long)


def test_no_test_patches_somebodys_insides() -> None:
    assert_none(
        [
            place(file, node.lineno, "patches; put a fake at a seam of ours")
            for file in python_files("tests")
            for node in nodes(file)
            if isinstance(node, ast.Call) and dotted(node.func) in PATCHES
        ]
        + [
            place(file, line, "imports mock")
            for file in python_files("tests")
            for line, name in imported(file)
            if name.startswith("unittest.mock")
        ]
    )


def test_a_test_is_named_by_a_sentence() -> None:
    assert_none(
        [
            place(file, f.lineno, f"{f.name}: say what is shown")
            for file in python_files("tests")
            for f in functions(file)
            if f.name.startswith("test_") and len(f.name.split("_")) < 4
        ]
    )


def test_a_type_is_ignored_only_with_a_code_and_a_reason() -> None:
    ignored = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-, ]+\]\s*#\s*\S)")
    assert_none(
        [
            place(file, number, "ignores a type without saying which and why")
            for file in python_files()
            for number, line in enumerate(lines(file), 1)
            if ignored.search(line)
        ]
    )

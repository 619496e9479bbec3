"""Faults end in one place, and every task has an owner."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import FLOORS, assert_none, dotted, nodes, place, python_files

SUPERVISOR = "edge/supervise.py"
LOOPS = {"asyncio.create_task", "asyncio.ensure_future", "loop.create_task", "loop.ensure_future"}


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds)
    last = handler.body[-1]
    cleans_up = isinstance(last, ast.Raise) and last.exc is None
    return broad and not cleans_up


def _broad(file: Path) -> Iterator[int]:
    for node in nodes(file):
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
            yield node.lineno


def test_only_the_supervisor_catches_everything() -> None:
    assert_none(
        [
            place(file, line, "catches everything; name what you can act on")
            for file in python_files(*FLOORS)
            if not str(file).endswith(SUPERVISOR)
            for line in _broad(file)
        ]
    )


def test_no_task_is_started_without_an_owner() -> None:
    assert_none(
        [
            place(file, node.lineno, "starts a task nobody owns; use a TaskGroup")
            for file in python_files()
            for node in nodes(file)
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and (dotted(node.value.func) in LOOPS or dotted(node.value.func).startswith(".create_task"))
        ]
    )

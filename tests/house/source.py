"""The house as its rules see it: every file of ours, every Python file as a tree. It needs no git."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("tui", "edge", "sync", "devices")
FOLDERS = (*FLOORS, "tests", "systemd", "docs", ".ci")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these folders, or below all floors and the tests."""
    return [file for file in files(*(folders or (*FLOORS, "tests"))) if file.suffix == ".py"]


def files(*folders: str) -> list[Path]:
    """Return the files below these folders; without any, every file of the project."""
    below = [file for folder in folders or FOLDERS for file in (ROOT / folder).rglob("*")]
    top = [] if folders else [file for file in ROOT.iterdir() if not file.name.startswith(".")]
    return sorted(file for file in below + top if file.is_file() and "__pycache__" not in file.parts)


def lines(file: Path) -> list[str]:
    """Return a text file's lines; none of a file that is not text."""
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


@cache
def tree(file: Path) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"))


def nodes(file: Path) -> Iterator[ast.AST]:
    """Yield every node of a Python file."""
    yield from ast.walk(tree(file))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a Python file."""
    return (node for node in nodes(file) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import."""
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` of a name or an attribute, "" of anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def place(file: Path, line: int, words: str) -> str:
    """Return a complaint a terminal makes clickable."""
    return f"{file.relative_to(ROOT)}:{line}: {words}"


def assert_none(complaints: list[str]) -> None:
    """Fail with one complaint a line."""
    assert not complaints, "\n" + "\n".join(complaints)

"""The top level says what the house is made of."""

import tomllib

from tests.house.source import FLOORS, ROOT, assert_none

TOP = {
    *(
        "pyproject.toml",
        "requirements.lock",
        "requirements-dev.lock",
        "Makefile",
        "README.md",
        "CHANGELOG.md",
    ),
    *("LICENSE", "docs", "edge", "sync", "devices", "tui", "systemd", "tests", ".ci", ".gitignore"),
}
MADE_HERE = {".venv", "build", "dist", "demo-state", ".hypothesis"}


def test_nothing_else_lies_at_the_top() -> None:
    seen = {
        path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.suffix != ".egg-info"
    }
    assert_none(sorted(seen - TOP - MADE_HERE - {"__pycache__"}))


def test_what_is_made_here_is_ignored_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert_none(sorted(name for name in MADE_HERE if f"/{name}/" not in ignored))


def test_every_floor_that_exists_is_packed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert packed == {floor for floor in FLOORS if (ROOT / floor).is_dir()}


def test_every_floor_that_exists_is_checked_for_types_and_imports() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    existing = {floor for floor in FLOORS if (ROOT / floor).is_dir()}
    assert existing <= set(tools["mypy"]["files"])
    assert existing == set(tools["importlinter"]["root_packages"])


def test_locked_dependencies_have_hashes_and_no_addresses() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        wanted = [line for line in (ROOT / lock).read_text().splitlines() if line and line[0] not in " #"]
        assert_none(
            [line for line in wanted if line.startswith("-") or not line.endswith("\\") or "://" in line]
        )


def test_the_two_locks_agree() -> None:
    run, dev = (
        {line for line in (ROOT / lock).read_text().splitlines() if line and line[0] not in " #"}
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert_none(sorted(run - dev))

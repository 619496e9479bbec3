"""Imports point down. Chains of imports are import-linter's (pyproject.toml); what one line shows is here."""

from tests.house.source import FLOORS, assert_none, imported, place, python_files

MAY_IMPORT = {
    "tui": ("tui", "edge.contract", "edge.client", "edge.words"),
    "edge": ("edge", "sync", "devices"),
    "sync": ("sync",),
    "devices": ("devices",),
}


def _allowed(floor: str, name: str) -> bool:
    ours = name.split(".")[0] in (*FLOORS, "tests")
    return not ours or any(f"{name}.".startswith(f"{below}.") for below in MAY_IMPORT[floor])


def test_imports_point_down() -> None:
    assert_none(
        [
            place(file, line, f"{floor} must not import {name}")
            for floor in FLOORS
            for file in python_files(floor)
            for line, name in imported(file)
            if not _allowed(floor, name)
        ]
    )


def test_nobody_imports_systemd_which_is_our_folder_of_units() -> None:
    assert_none(
        [
            place(file, line, "would import our folder of units")
            for file in python_files()
            for line, name in imported(file)
            if name.split(".")[0] == "systemd"
        ]
    )


def test_structs_read_annotations_at_run_time() -> None:
    banned = {"__future__.annotations", "typing.TYPE_CHECKING"}
    assert_none(
        [
            place(file, line, f"{name} hides an annotation")
            for file in python_files()
            for line, name in imported(file)
            if name in banned
        ]
    )

"""Names say the thing, and nothing of the place where it was written."""

import ast
import re

from tests.house.source import assert_none, files, functions, lines, nodes, place, python_files

EMPTY_CLASS = re.compile(r"(Manager|Helper|Handler|Util)s?$")
EMPTY_MODULES = {"utils", "util", "helpers", "helper", "data", "info", "common", "misc", "manager"}

# Written so that this file holds none of what it looks for.
HOSTS = (
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js.",
    "deb" + "ian.org",
    "index" + "-url",
    "find" + "-links",
)
PATHS = ("/wo" + "rk/", "/ro" + "ot/", "/fa" + "rm/", "/ho" + "me/", "/tm" + "p/w/")


def test_no_class_is_called_a_manager_or_a_helper() -> None:
    assert_none(
        [
            place(file, node.lineno, f"{node.name}: say what it is")
            for file in python_files()
            for node in nodes(file)
            if isinstance(node, ast.ClassDef) and EMPTY_CLASS.search(node.name)
        ]
    )


def test_no_module_is_a_drawer_for_everything() -> None:
    assert_none(
        [
            place(file, 1, "say what is in it")
            for file in python_files()
            if EMPTY_MODULES & {file.stem, file.parent.name}
        ]
    )


def test_no_function_processes_something() -> None:
    assert_none(
        [
            place(file, f.lineno, f"{f.name}: say what it does")
            for file in python_files()
            for f in functions(file)
            if re.match(r"_*(process|handle)_", f.name)
        ]
    )


def test_no_file_names_a_package_index_or_a_path_of_one_machine() -> None:
    assert_none(
        [
            place(file, number, f"names {found}")
            for file in files()
            for number, line in enumerate(lines(file), 1)
            for found in (*HOSTS, *PATHS)
            if found in line
        ]
    )

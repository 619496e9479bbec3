"""Short things are read, long ones are scrolled past."""

from tests.house.source import assert_none, functions, lines, place, python_files

MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_SCREEN = 300
MOST_PARAMETERS = 6


def test_no_function_is_longer_than_forty_lines() -> None:
    assert_none(
        [
            place(file, f.lineno, f"{f.name} has {length} lines")
            for file in python_files()
            for f in functions(file)
            if (length := (f.end_lineno or f.lineno) - f.lineno + 1) > MOST_LINES_OF_A_FUNCTION
        ]
    )


def test_no_function_takes_more_than_six_parameters() -> None:
    assert_none(
        [
            place(file, f.lineno, f"{f.name} takes {len(names)} parameters")
            for file in python_files()
            for f in functions(file)
            if len(
                names := {a.arg for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)}
                - {"self", "cls"}
            )
            > MOST_PARAMETERS
        ]
    )


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    assert_none(
        [
            place(file, 1, f"has {length} lines")
            for file in python_files()
            if (length := len(lines(file))) > MOST_LINES_OF_A_FILE
        ]
    )


def test_no_screen_is_longer_than_three_hundred_lines() -> None:
    assert_none(
        [
            place(file, 1, f"has {length} lines")
            for file in python_files("tui/screens")
            if (length := len(lines(file))) > MOST_LINES_OF_A_SCREEN
        ]
    )

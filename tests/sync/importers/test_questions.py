"""Questions from hub staff: a table or TOML becomes a set, or each wrong line is named with the reason."""

import re

import pytest

from sync.importers import questions
from sync.importers.complaints import ImportRefused
from sync.importers.questions import Questions
from sync.prepared import MOST_QUESTIONS, decode
from tests.sync.importers.files import complaints, table, workbook
from tests.sync.test_prepared import PNG

HEAD = ["Сұрақ", "A", "B", "C", "D", "Дұрыс жауап", "Сурет"]
GOOD: list[list[object]] = [
    [*HEAD],
    ["$x^2=4$, $x>0$", 1, "2", "", "", "B", ""],
    ["g = ?", "9,8", "10,8", "1,6", "0", "", "g.png"],
]
TOML = r"""
title = "Күш"
subject = "Физика"
lang = "kk"

[[question]]
question = 'Үдеу: $a = \frac{v}{t}$?'
A = '$\unit{м/с}$'
B = '$\unit{м/с^2}$'
right = "B"
picture = "pictures/g.png"

[[question]]
question = '''Екі
жол'''
A = 5
B = 6.5
"""


def fetch(name: str) -> bytes:
    """Return a picture beside the file."""
    files = {"g.png": PNG, "pictures/g.png": PNG, "big.png": PNG + bytes(600_000), "note.txt": b"a note"}
    if name not in files:
        raise FileNotFoundError(2, "No such file or directory")
    return files[name]


def read(name: str, content: bytes, **about: str) -> Questions:
    return questions.read(name, content, about, fetch)


@pytest.mark.parametrize(
    ("name", "content"),
    [("Күш.csv", table(GOOD)), ("Күш.xlsx", workbook(GOOD)), ("Күш.CSV", table(GOOD, ","))],
)
def test_a_table_is_a_set_with_formulas_and_pictures(name: str, content: bytes) -> None:
    found = read(name, content, subject="Физика")
    first, second = found.checks.questions
    assert (found.checks.title, found.checks.subject) == ("Күш", "Физика")
    assert (first.text, first.right, [each.text for each in first.choices]) == (
        "x² = 4, x > 0",
        "B",
        ["1", "2"],
    )
    assert first.markup.startswith("<math><msup>")
    assert (second.right, len(second.choices), second.picture is not None) == ("", 4, True)
    assert decode(found.content) == found.checks


def test_toml_is_read_by_people_and_says_what_it_is_itself() -> None:
    found = read("set.toml", TOML.encode(), grade="7", title="")
    first, second = found.checks.questions
    assert (found.checks.title, found.checks.grade, found.checks.lang) == ("Күш", "7", "kk")
    assert ([each.text for each in first.choices], first.right) == (["м/с", "м/с²"], "B")
    assert (second.text, [each.text for each in second.choices]) == ("Екі жол", ["5", "6.5"])


def test_what_is_typed_beside_the_file_goes_before_what_it_says() -> None:
    assert read("set.toml", TOML.encode(), title="Басқа").checks.title == "Басқа"


PLAIN = ("question = '?'", "A = '1'", "B = '2'")


def toml(*lines: str) -> bytes:
    return "\n".join(["[[question]]", *lines]).encode()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", b"", "a.csv: an empty file"),
        ("a.csv", table([HEAD]), "a.csv: no question in it"),
        ("a.csv", table([["Сұрақ", "A"], ["?", "1"]]), "a.csv line 1: no column b"),
        ("a.csv", table([HEAD, ["", "1", "2"]]), "a.csv line 2: the question is empty"),
        ("a.csv", table([HEAD, ["?", "1"]]), r"a.csv line 2: fewer than two answers \(1\)"),
        ("a.csv", table([HEAD, ["?", "1", "", "3"]]), "a.csv line 2: answer B is empty"),
        ("a.csv", table([HEAD, ["?", "1", "1"]]), "a.csv line 2: two answers are the same"),
        ("a.csv", table([HEAD, ["?", "1", "2", "", "", "C"]]), "a.csv line 2: right is none of A B: 'C'"),
        ("a.csv", table([HEAD, ["?", "1", "2", "", "", "екі"]]), "a.csv line 2: right is none of A B: 'екі'"),
        ("a.csv", table([HEAD, ["x" * 301, "1", "2"]]), "a.csv line 2: the question has more than 300"),
        ("a.csv", table([HEAD, ["?", "1" * 121, "2"]]), "a.csv line 2: answer A has more than 120 letters"),
        ("a.csv", table([HEAD, ["x" * 2001, "1", "2"]]), "a.csv line 2: more than 2000 letters for question"),
        ("a.csv", table([HEAD, ["$x", "1", "2"]]), r"a.csv line 2: the question: a \$ without a second one"),
        ("a.csv", table([HEAD, ["?", r"$\foo$", "2"]]), r"a.csv line 2: answer A: \\foo is not known"),
        ("a.csv", table([HEAD, ["?", "1", "2", *[""] * 3, "no.png"]]), "picture cannot be read .*'no.png'"),
        ("a.csv", table([HEAD, ["?", "1", "2", *[""] * 3, "../g.png"]]), "a picture lies beside the file"),
        ("a.csv", table([HEAD, ["?", "1", "2", *[""] * 3, "/etc/passwd"]]), "a picture lies beside the file"),
        ("a.csv", table([HEAD, ["?", "1", "2", *[""] * 3, "C:\\g.png"]]), "a picture lies beside the file"),
        ("a.csv", table([HEAD, ["?", "1", "2", *[""] * 3, "note.txt"]]), "neither PNG nor JPEG: 'note.txt'"),
        ("a.csv", table([HEAD, ["?", "1", "2", *[""] * 3, "big.png"]]), "a picture of 585 kB; at most 512"),
        (
            "a.csv",
            table([HEAD, *[["?", "1", "2"]] * (MOST_QUESTIONS + 1)]),
            f"a.csv line {MOST_QUESTIONS + 2}: more than {MOST_QUESTIONS} questions",
        ),
        ("a.xlsx", workbook([[*HEAD], ["?", 1, 1.0]]), "a.xlsx line 2: two answers are the same"),
        ("a.xlsx", workbook(GOOD)[:100], "a.xlsx: "),
        ("a.toml", b"[[question]\n", "a.toml line 1: no TOML"),
        ("a.toml", b"title = 'x'\n", "a.toml: no question in it"),
        ("a.toml", b"question = 5\n", r"a.toml: questions begin with \[\[question\]\]"),
        ("a.toml", b"question = [1]\n", r"a.toml: questions begin with \[\[question\]\]"),
        ("a.toml", toml(*PLAIN, "E = '3'"), "line 1: nothing is known by the name: 'E'"),
        ("a.toml", b"titel = 'x'\n" + toml(*PLAIN), "nothing is known by the name: 'titel'"),
        ("a.toml", toml("question = ['?']", "A = '1'", "B = '2'"), "a.toml line 1: question is no text"),
        ("a.toml", toml("question = '?'", "A = true", "B = '2'"), "a.toml line 1: A is no text"),
        ("a.toml", b"title = '" + b"t" * 201 + b"'\n" + toml(*PLAIN), "length <= 200"),
    ],
)
def test_everything_that_is_wrong_is_named_with_its_line_and_nothing_is_taken(
    name: str, content: bytes, complaint: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(name, content)
    assert any(re.search(complaint, each) for each in complaints(refused)), complaints(refused)


def test_all_lines_of_a_file_are_looked_at_before_it_is_refused() -> None:
    with pytest.raises(ImportRefused) as refused:
        read("a.csv", table([HEAD, ["", "1", "2"], ["?", "1", "1"], ["$", "1", "2"]]))
    assert [each.partition(":")[0] for each in complaints(refused)] == [
        "a.csv line 2",
        "a.csv line 3",
        "a.csv line 4",
    ]

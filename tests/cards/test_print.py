"""`tirek cards print`: what is typed, what is written, and what stays out of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.journal import Journal
from sync.records import RosterChanged
from sync.tables import Entry
from tests.flows.journals import facts

Typing = Callable[..., tuple[int, str, str]]
NAME = "Ахметов Әлихан"


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typing:
    def type_(*line: str) -> tuple[int, str, str]:
        status = main(["cards", "print", *line, "--school", "akzhar", "--state", str(tmp_path)])
        said = capsys.readouterr()
        return status, said.out.strip(), said.err.strip()

    return type_


def enter(state: Path, class_: str, *numbers: int) -> None:
    journal = Journal(state, "akzhar")
    for number in numbers:
        pupil = f"{class_}-{number}"
        fact = RosterChanged(pupil, class_, number, journal.names.seal(pupil, NAME))
        journal.ledger.append([Entry("roster", "akzhar", fact)]).result()
    journal.close()


def test_a_class_of_the_roster_is_printed(typed: Typing, tmp_path: Path) -> None:
    enter(tmp_path, "7Б", 1, 2, 3, 101)
    out = tmp_path / "cards.pdf"
    status, said, _ = typed("--class", "7б", "--out", str(out), "--lang", "en")
    assert status == 0
    assert said.splitlines() == ["no card: 101 (cards go from 1 to 100)", f"{out}: 3 cards of 7Б"]
    assert out.read_bytes().startswith(b"%PDF-1.4")


def test_every_page_of_a_drawing_is_a_file_and_no_name_is_in_it(typed: Typing, tmp_path: Path) -> None:
    enter(tmp_path, "7Б", 1, 2, 3)
    assert typed("--class", "7Б", "--out", str(tmp_path / "c.svg"))[0] == 0
    plain = {path.name: path.read_text() for path in tmp_path.glob("c-*.svg")}
    assert sorted(plain) == ["c-1.svg", "c-2.svg", "c-3.svg"]
    assert typed("--class", "7Б", "--out", str(tmp_path / "n.svg"), "--names")[0] == 0
    named = (tmp_path / "n-2.svg").read_text()
    assert named.count("<path") == plain["c-2.svg"].count("<path") + 2
    assert "".join(plain.values()).count(NAME) == 0


def test_names_on_cards_are_noted_in_the_journal(typed: Typing, tmp_path: Path) -> None:
    enter(tmp_path, "7Б", 1)
    typed("--class", "7Б", "--out", str(tmp_path / "c.pdf"))
    assert [each for each in facts(tmp_path) if each.kind == "audited"] == []
    typed("--class", "7Б", "--out", str(tmp_path / "c.pdf"), "--names")
    assert [each.kind for each in facts(tmp_path) if each.kind == "audited"] == ["audited"]


def test_a_class_without_a_roster_needs_numbers(typed: Typing, tmp_path: Path) -> None:
    out = str(tmp_path / "c.pdf")
    status, _, said = typed("--class", "7Б", "--out", out, "--lang", "en")
    assert (status, "--numbers 1-30" in said) == (1, True)
    assert typed("--class", "7Б", "--out", out, "--numbers", "1-3,7", "--lang", "en")[:2] == (
        0,
        f"{out}: 4 cards of 7Б",
    )
    status, _, said = typed("--class", "7Б", "--out", out, "--numbers", "1", "--names")
    assert (status, "no names of 7Б" in said) == (1, True)


def test_classes_that_share_cards_are_told(typed: Typing, tmp_path: Path) -> None:
    enter(tmp_path, "7А", 1)
    enter(tmp_path, "7Д", 1)
    out = str(tmp_path / "c.pdf")
    assert typed("--class", "7А", "--out", out, "--lang", "ru")[1].splitlines()[0] == (
        "у класса 7А те же карточки, что у 7Д: не смешивайте их"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--size", "3"), "'3' is no size from 4 to 16.9 cm"),
        (("--size", "wide"), "'wide' is no size"),
        (("--numbers", "0-3"), "'0-3': cards have numbers from 1 to 100"),
        (("--numbers", "5-3"), "'5-3': cards have numbers"),
        (("--numbers", "1-101"), "cards have numbers from 1 to 100"),
        (("--numbers", "a"), "'a' is no list of numbers such as 1-30,34"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_a_sentence(
    typed: Typing, capsys: pytest.CaptureFixture[str], line: tuple[str, str], said: str
) -> None:
    with pytest.raises(SystemExit):
        typed("--class", "7Б", *line)
    assert said in capsys.readouterr().err


def test_a_file_of_another_kind_is_refused(typed: Typing, tmp_path: Path) -> None:
    status, _, said = typed("--class", "7Б", "--numbers", "1", "--out", str(tmp_path / "cards.png"))
    assert (status, said.endswith("a file ends in .pdf or .svg")) == (1, True)

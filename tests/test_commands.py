"""The commands of the journal: what they take, what they refuse, what they note."""

import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest

from edge import words
from edge.__main__ import main, parser
from edge.commands import parser as flags
from edge.commands.registers import WORDS
from edge.commands.screen import progress
from sync import records
from sync.joining.identity import load_or_create
from sync.records import RegisterTaken
from sync.tables import Entry
from tests.flows.journals import Fact, facts
from tests.flows.school import ROSTER, written
from tests.sync.peers import Peer, a_lesson, node_id

TAKE = ("register", "take", "7Б", "--day", "2026-11-26", "--at", "08:30")
HOURS = 3_600_000  # milliseconds

Typing = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typing:
    """Type a command at a computer that has no configuration."""

    def type_(*line: str) -> tuple[int, str, str]:
        status = main([*line, "--state", str(tmp_path)])
        said = capsys.readouterr()
        return status, said.out, said.err.strip()

    return type_


class Terminal(StringIO):
    """A standard error that people see."""

    def isatty(self) -> bool:
        return True


# What is typed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("today", "--day", "26.11.2026"), "'26.11.2026' is no day such as 2026-11-26"),
        (("register", "show", "7Б", "--at", "8.30"), "'8.30' is no time such as 08:30"),
        (("register", "show", "7Б", "--at", "24:00"), "'24:00' is no time such as 08:30"),
        (("register", "show", " ", "--at", "08:30"), "a class has a name such as 7Б"),
        (
            (*TAKE, "--marks", "3"),
            "'3' is not NUMBER=CODE with one of present, late, ill, excused, unexcused",
        ),
        ((*TAKE, "--marks", "3=sick"), "'3=sick' is not NUMBER=CODE"),
        ((*TAKE, "--marks", "0=ill"), "'0=ill' is not NUMBER=CODE"),
        ((*TAKE, "--by", "a\udcff"), r"'a\udcff' is no text of one line"),
        (("export", "everything"), "invalid choice: 'everything'"),
        (("timetable", "import", "x", "--model", "telepathy"), "invalid choice: 'telepathy'"),
        (("nodes", "list", "--config", "a", "--state", "b"), "not allowed with argument"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_value(
    line: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(line)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_times_and_texts_are_taken_in_any_dress() -> None:
    typed = parser().parse_args(["register", "take", " 7Б\t", "--at", "8:5", "--by", "Айгүл\n Сәрсенова"])
    assert (typed.class_, typed.at, typed.by) == ("7Б", "08:05", "Айгүл Сәрсенова")


def test_the_words_of_the_parser_are_those_of_the_journal() -> None:
    assert flags.CODES == records.CODES
    assert flags.MODELS == records.MODELS


def test_a_computer_without_state_or_configuration_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["nodes", "list", "--state", str(tmp_path / "never")]) == 1
    assert main(["nodes", "list", "--config", str(tmp_path / "no.toml")]) == 1
    never, missing = capsys.readouterr().err.splitlines()
    assert never == f"there is no state folder {tmp_path / 'never'}: has this node ever run?"
    assert missing.startswith(f"{tmp_path / 'no.toml'}: cannot be read")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("invite", "Ақжар"), "'Ақжар' is no school's id: 1 to 32 of a-z, 0-9 and -"),
        (
            (*TAKE, "--marks", "1=ill", "--school", "X Y"),
            "'X Y' is no school's id: 1 to 32 of a-z, 0-9 and -",
        ),
        (("roster", "show"), "of which school? add --school ID"),
        (("roster", "import", "no.csv", "--school", "a"), "no.csv: No such file or directory"),
        (
            ("nodes", "revoke", "room"),
            "'room' is no node: 16 hexadecimal digits, as `tirek nodes list` shows",
        ),
        (
            ("nodes", "revoke", "0" * 16),
            f"no node {'0' * 16} is let in here: `tirek nodes list` shows who is",
        ),
        (("forget", "x"), "no pupil 'x': `tirek roster show` prints the pseudonyms"),
        (TAKE, "7Б сыныбында белгілейтін оқушы жоқ: сынып тізімі жоқ, белгілерді жазыңыз (--marks)"),
        (("export", "log", "--out", "/nowhere/x"), "/nowhere/x cannot be written: No such file or directory"),
        (("snapshot", "/nowhere/x.db"), "/nowhere/x.db cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    typed: Typing, line: tuple[str, ...], said: str
) -> None:
    assert typed(*line) == (1, "", said)


# What is noted


def _audits(state: Path) -> list[tuple[str, str]]:
    return [(body["did"], body["what"]) for body in map(_body, facts(state, "audited")) if body["who"]]


def _body(fact: Fact) -> dict[str, str]:
    return dict(json.loads(fact.body))


def test_everything_that_touches_names_or_doors_is_noted_with_who_did_it(
    typed: Typing, tmp_path: Path
) -> None:
    file = written(tmp_path, "roster.csv", ROSTER)
    typed("invite", "akzhar")
    typed("roster", "import", str(file), "--school", "akzhar", "--dry-run")
    typed("roster", "import", str(file), "--school", "akzhar")
    pupil = re.findall(r"\b[0-9a-f]{12}\b", typed("roster", "show", "--school", "akzhar")[1])[0]
    typed("forget", pupil)
    typed("export", "attendance", "--school", "akzhar")
    typed("export", "attendance", "--after", "999")
    typed("snapshot", str(tmp_path / "snapshot.db"))

    assert _audits(tmp_path) == [
        ("invited", "akzhar"),
        ("imported", "roster of akzhar: 3 changes"),
        ("showed", "roster of akzhar"),
        ("forgot", pupil),
        ("exported", "attendance after 0"),
        ("exported", "snapshot"),
    ]


def test_who_is_revoked_and_why_is_a_fact(typed: Typing, tmp_path: Path) -> None:
    typed("nodes", "list")  # who it is, the computer decides at the first command
    hub, room = Peer(tmp_path / "journal", load_or_create(tmp_path / "journal").node), node_id(2)
    hub.enrols(Peer(tmp_path / "room", room), "akzhar")
    assert typed("nodes", "revoke", room, "--reason", "stolen")[0] == 0
    assert [_body(fact) for fact in facts(tmp_path, "node-revoked")] == [{"node": room, "reason": "stolen"}]
    assert _audits(tmp_path) == [("revoked", room)]


def test_names_are_exported_with_attendance_only(typed: Typing) -> None:
    assert typed("export", "log", "--names") == (1, "", "log has no names: --names is for attendance")


# Who is behind


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[tuple[Peer, Peer]]:
    """A hub whose state folder the commands see, and a computer of a school below it."""
    now = time.time_ns() // 1_000_000
    hub = Peer(tmp_path / "journal", node_id(1), now - 4 * HOURS)
    room = Peer(tmp_path / "room", node_id(2), now - 4 * HOURS)
    hub.enrols(room, "akzhar")
    yield hub, room
    hub.ledger.close()
    room.ledger.close()


def _state(listed: str) -> str:
    start = listed.splitlines()[0].index("state")
    return re.split(r"  +", listed.splitlines()[1][start:])[0]


def test_a_computer_that_never_came_is_listed_so(typed: Typing, tree: tuple[Peer, Peer]) -> None:
    assert _state(typed("nodes", "list")[1]) == "never heard"


def test_a_computer_that_has_more_to_bring_is_behind_since_it_was_even(
    typed: Typing, tree: tuple[Peer, Peer]
) -> None:
    hub, room = tree
    for each in tree:
        each.computer.wait(4 * HOURS)
    _queue(room)
    room.asks(hub)
    never = _state(typed("nodes", "list")[1])
    room.evens(hub)
    even = _state(typed("nodes", "list")[1])
    _queue(room)
    room.asks(hub)
    behind = typed("nodes", "list")[1]

    assert never == "behind, never even yet"
    assert even == "even"
    assert re.fullmatch(r"behind since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _state(behind))
    assert int(behind.split()[-1]) > 0


def _queue(room: Peer) -> None:
    taken = (RegisterTaken(a_lesson(number), {1: "ill"}) for number in range(1000))
    room.ledger.append([Entry("register", "akzhar", each) for each in taken]).result()


def test_a_computer_that_has_not_called_for_hours_is_silent(typed: Typing, tree: tuple[Peer, Peer]) -> None:
    hub, room = tree
    room.evens(hub)
    assert _state(typed("nodes", "list")[1]) == "silent for 4 hours"


def test_a_clock_that_is_far_off_is_listed(typed: Typing, tree: tuple[Peer, Peer]) -> None:
    hub, room = tree
    room.computer.wait(80 * HOURS)
    room.evens(hub)
    assert typed("nodes", "list")[1].rstrip().endswith("3 days ahead")


# What is said


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_has_the_same_words_and_blanks(language: str) -> None:
    ours, english = words.load(language, WORDS), words.load("en", WORDS)
    assert {key: _blanks(said) for key, said in ours.items()} == {
        key: _blanks(said) for key, said in english.items()
    }


def _blanks(said: words.Said) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", str(list(said.values()) if isinstance(said, dict) else said)))


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("ru", 1, "1 запись ждёт"),
        ("ru", 3, "3 записи ждут"),
        ("ru", 5, "5 записей ждут"),
        ("ru", 11, "11 записей ждут"),
        ("ru", 14, "14 записей ждут"),
        ("ru", 21, "21 запись ждёт"),
        ("ru", 112, "112 записей ждут"),
        ("en", 1, "1 record waits"),
        ("en", 2, "2 records wait"),
        ("kk", 1, "1 жазба"),
        ("kk", 7, "7 жазба"),
    ],
)
def test_what_is_counted_is_said_in_the_right_form(language: str, count: int, said: str) -> None:
    waiting = words.load(language, WORDS)["waiting"]
    assert words.counted(waiting, count, language).startswith(said)


def test_every_form_of_a_counted_sentence_has_the_count() -> None:
    for language in words.LANGUAGES:
        waiting = words.load(language, WORDS)["waiting"]
        assert isinstance(waiting, dict)
        assert all("{count}" in form for form in waiting.values())


def test_progress_is_shown_on_a_terminal_and_nowhere_else() -> None:
    seen, unseen = Terminal(), StringIO()
    for stream in (seen, unseen):
        with redirect_stderr(stream):
            show = progress("reading")
            show(1, 4)
            show(4, 4)
    assert seen.getvalue() == "\rreading: 25 %\rreading: 100 %\n"
    assert unseen.getvalue() == ""


def test_an_export_does_not_fill_a_terminal(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "edge", "export", "log", "--state", str(tmp_path)]
    answer = subprocess.run(command, stdout=slave, stderr=subprocess.PIPE, text=True, timeout=20, check=False)
    os.close(slave)
    os.close(master)
    assert answer.returncode == 1
    assert answer.stderr == "this would fill the terminal: add --out FILE, or send it on with > or |\n"


def test_a_reader_that_goes_away_is_one_sentence(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "edge", "export", "log", "--state", str(tmp_path)]
    answer = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=20, check=False
    )
    os.close(writing)
    assert answer.returncode == 1
    assert answer.stderr == "standard output cannot be written: Broken pipe\n"

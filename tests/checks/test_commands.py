"""`tirek checks` and `tirek report gap` as hub staff type them."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.checks.sets import Sets
from edge.content.chunks import FOLDER, ChunkStore
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from sync import chain, protocol, tables
from sync.clock import pack
from sync.prepared import MEDIA_TYPE
from sync.records import CheckAnswered, CheckAsked, encode
from sync.tables import Entry
from tests.content.staff import offered, written
from tests.flows.journals import facts
from tests.sync.country import claim
from tests.sync.importers.test_questions import TOML
from tests.sync.peers import node_id
from tests.sync.test_prepared import PNG

Typing = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of a hub that has invited a school."""
    folder = tmp_path / "hub"
    folder.mkdir()
    assert main(["invite", "aul", "--state", str(folder)]) == 0
    return folder


@pytest.fixture
def typed(state: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Typing:
    """Type `tirek …` at the hub."""

    def type_(*line: str) -> tuple[int, str, str]:
        capsysbinary.readouterr()
        status = main([*line, "--state", str(state)])
        said = capsysbinary.readouterr()
        return status, said.out.decode().strip(), said.err.decode().strip()

    return type_


def toml(folder: Path) -> str:
    """Write a good set with its picture."""
    (folder / "pictures").mkdir()
    (folder / "pictures" / "g.png").write_bytes(PNG)
    return written(folder, "Үдеу.toml", TOML.encode())


def test_a_set_is_one_item_of_the_library_that_a_school_can_ask_from(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    status, said, _ = typed("checks", "import", toml(tmp_path), "--grade", "7")
    (item,) = offered(state)
    assert status == 0
    assert said.splitlines()[0] == "Күш, Физика, 7, kk: 2 questions"
    assert said.splitlines()[1].endswith("(2 answers, right is B, with a picture)")
    assert (item.name, item.media_type, item.title, item.subject, item.grade, item.lang) == (
        *("Үдеу.checks", MEDIA_TYPE, "Күш", "Физика", "7", "kk"),
    )
    sets = Sets(ChunkStore(Place(state / FOLDER, Disk(), 0)))
    assert [each.item for each in sets.all()] == [item.id]
    question, picture = sets.question(item.id, 1), sets.picture(item.id, 1)
    assert question is not None
    assert picture is not None
    assert (question.text, picture.data) == ("Үдеу: a = v/t?", PNG)
    assert sets.question(item.id, 3) is None
    assert sets.picture(item.id, 2) is None
    assert typed("checks", "import", str(tmp_path / "Үдеу.toml"), "--grade", "7")[1].endswith("Үдеу.checks")


def test_a_dry_run_says_what_is_in_a_file_and_publishes_nothing(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    status, said, _ = typed("checks", "import", toml(tmp_path), "--dry-run")
    assert (status, said.splitlines()[-1]) == (0, "dry run: nothing was imported")
    assert offered(state) == []


def test_a_file_with_anything_wrong_in_it_is_refused_line_by_line(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    file = written(tmp_path, "a.csv", "сұрақ;A;B;Дұрыс\n?;1;2;C\n$x;1;2;A\n".encode())
    status, said, refused = typed("checks", "import", file)
    assert (status, said) == (1, "")
    assert refused.splitlines() == [
        "a.csv line 2: right is none of A B: 'C'",
        "a.csv line 3: the question: a $ without a second one at letter 1 of '$x'",
        "nothing was imported",
    ]
    assert offered(state) == []
    for name in ("nothing.toml", "."):
        assert typed("checks", "import", str(tmp_path / name))[0] == 1


def test_a_node_with_nobody_below_publishes_no_set(tmp_path: Path) -> None:
    folder = tmp_path / "room"
    folder.mkdir()
    assert main(["checks", "import", toml(tmp_path), "--state", str(folder)]) == 1
    assert facts(folder, "content-offered") == []


def test_sets_are_listed_by_language_and_subject(typed: Typing, tmp_path: Path) -> None:
    typed("checks", "import", toml(tmp_path))
    table = written(tmp_path, "Bonds.csv", b"question;A;B\n$\\ce{H2O}$?;1;2\n")
    typed("checks", "import", table, "--subject", "Chemistry", "--lang", "en")
    rows = typed("checks", "list")[1].splitlines()
    assert [row.split()[:2] for row in rows] == [["lang", "subject"], ["en", "Chemistry"], ["kk", "Физика"]]
    assert len(typed("checks", "list", "--lang", "kk")[1].splitlines()) == 2
    assert len(typed("checks", "list", "--subject", "физика")[1].splitlines()) == 2
    assert len(typed("checks", "list", "--lang", "ru")[1].splitlines()) == 1


def answered(state: Path) -> None:
    """Have a hub school and a small one answer the same question."""
    journal = Journal(state, "hub")
    claim_ = claim(node_id(1), "aul")
    check = CheckAsked("0" * 16, "?", ("1", "2"), "physics", right="A")
    lesson = "7Б 2026-11-26 08:30"
    journal.ledger.append(
        [
            Entry("control", "", claim_),
            Entry("teaching", "", check),
            Entry("answer", "aul", CheckAnswered("0" * 16, lesson, counts={"A": 20, "B": 20}, of=40)),
            Entry("answer", "big", CheckAnswered("0" * 16, lesson, counts={"A": 36, "B": 4}, of=40)),
        ]
    ).result()
    journal.ledger.write(
        lambda db: db.execute(
            "INSERT INTO node (id, school, name, fingerprint, via, enrols) VALUES (?, 'big', '', '', ?, 1)",
            (node_id(2), journal.identity.node),
        )
    ).result()
    journal.close()


def test_the_gap_is_told_with_counts_and_how_sure_it_is_in_three_languages(
    typed: Typing, state: Path
) -> None:
    answered(state)
    status, said, _ = typed("report", "gap", "--lang", "en")
    assert status == 0
    lines = said.splitlines()
    assert "2026-W48: questions that both answered: 1; that only one kind did: 0" in lines
    assert "  Hub schools: 90 % right (95 %: 77 to 96 %), 36 of 40 answers, schools: 1" in lines
    assert "  Hub schools are ahead by 40 points (95 %: 20 to 56)." in lines
    assert "not" in lines[-1]
    assert "тірек мектептер".casefold() in typed("report", "gap", "--lang", "kk")[1].casefold()
    assert "Опорные школы впереди на 40 п." in typed("report", "gap", "--lang", "ru")[1]


def test_the_gap_is_a_table_for_scripts_too(typed: Typing, state: Path, tmp_path: Path) -> None:
    answered(state)
    (row, total) = csv.DictReader(
        io.StringIO(typed("report", "gap", "--format", "csv")[1].lstrip("\ufeff")), delimiter=";"
    )
    assert (row["week"], row["hub_share"], row["small_share"], row["gap"], row["verdict"]) == (
        *("2026-W48", "90", "50", "40", "hubs-ahead"),
    )
    assert total["week"] == "all"
    file = tmp_path / "gap.json"
    assert typed("report", "gap", "--format", "json", "--out", str(file))[0] == 0
    told = json.loads(file.read_text())
    assert (told["all"]["small_rights"], told["weeks"][0]["small_from"]) == (20, 35)
    assert typed("report", "gap", "--from", "2026-11-27", "--format", "csv")[1].count("2026-W48") == 0
    assert typed("report", "gap", "--subject", "Физика", "--format", "csv")[1].count("2026-W48") == 0


def test_a_class_at_two_computers_is_counted_once_in_the_gap(typed: Typing, state: Path) -> None:
    answered(state)
    lesson = "7Б 2026-11-26 08:30"
    name = f"{node_id(1)}.{'1' * 16}.answer.aul"
    again = [(pack(10), *encode(CheckAnswered("0" * 16, lesson, counts={"A": 24, "B": 16}, of=40)))]
    journal = Journal(state, "hub")
    journal.ledger.write(
        lambda db: tables.take(db, protocol.batch(name, 1, chain.genesis(name), again), again)
    ).result()
    journal.close()
    row = next(
        csv.DictReader(
            io.StringIO(typed("report", "gap", "--format", "csv")[1].lstrip("\ufeff")), delimiter=";"
        )
    )
    assert (row["small_answered"], row["small_rights"]) == ("40", "24")


def test_pupils_answers_leave_only_when_they_are_asked_for_and_that_is_noted(
    typed: Typing, state: Path
) -> None:
    answered(state)
    assert "pupils" not in typed("export", "checks", "--format", "jsonl")[1]
    assert '"pupils":' in typed("export", "checks", "--format", "jsonl", "--pupils")[1]
    assert typed("export", "attendance", "--pupils")[0] == 1
    audits = [fact.body for fact in facts(state, "audited")]
    assert sum("with answers of pupils" in body for body in audits) == 1

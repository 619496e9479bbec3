"""`tirek library`: what hub staff type, what the schools are told by it, and what is refused."""

import os
import zipfile
from functools import partial
from pathlib import Path
from sqlite3 import Connection

import pytest
from msgspec import structs

from edge.__main__ import main
from edge.content.chunks import FOLDER, ChunkStore
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from sync import catalogue, tables, tree
from sync.catalogue import PAGES, Item
from sync.clock import Moment
from sync.ledger import computer
from sync.records import Audited, ContentHeld, NodeEnrolled, NodeRevoked
from sync.tables import Entry
from tests.content.staff import MP4, PDF, Typing, offered, written
from tests.flows.journals import facts
from tests.sync.country import claim
from tests.sync.peers import node_id

NODES = [node_id(number) for number in range(1, 5)]


def _store(state: Path) -> ChunkStore:
    return ChunkStore(Place(state / FOLDER, Disk(), 0))


# Offering.


def test_a_file_is_offered_with_its_words_and_lies_in_the_store(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    file = written(tmp_path, "Жарық.mp4", MP4)
    words = (
        "--title",
        "Жарық  туралы",
        "--subject",
        "Физика",
        "--grade",
        "7",
        "--topic",
        "Жарық",
        "--lang",
        "kk",
    )
    status, said, _ = typed("add", file, *words)
    (item,) = offered(state)
    assert (status, said) == (0, f"offered: {item.id[:12]} Жарық.mp4, 5.0 kB")
    assert structs.replace(item, id="") == Item(
        "", len(MP4), "Жарық.mp4", "video/mp4", "Жарық туралы", "Физика", "7", "Жарық", "kk"
    )
    path = _store(state).path_of(item.id)
    assert path is not None
    assert path.read_bytes() == MP4
    assert [fact.class_ for fact in facts(state, "audited")][-1] == "log"


def test_the_same_file_is_offered_once_and_keeps_its_words(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    file = written(tmp_path, "a.mp4", MP4)
    typed("add", file, "--subject", "Физика")
    again = typed("add", file)
    changed = typed("add", file, "--grade", "8")
    renamed = typed("add", written(tmp_path, "b.mp4", MP4))
    assert again[1].startswith("already offered: ")
    assert changed[1].startswith("changed: ")
    assert renamed[1].endswith("its name was a.mp4: the same bytes are the same item")
    assert len(facts(state, "content-offered")) == 3
    assert [(item.name, item.subject, item.grade) for item in offered(state)] == [("b.mp4", "Физика", "8")]


def test_two_files_of_one_name_are_both_offered(typed: Typing, state: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    typed("add", written(tmp_path, "a.mp4", MP4))
    _, said, _ = typed("add", written(tmp_path / "other", "a.mp4", MP4 + b"x"))
    _, _, refusal = typed("remove", "a.mp4")
    ids = {item.id[:12] for item in offered(state)}
    assert said.splitlines()[1] == "a.mp4 is the name of 1 more: both stay, told apart by their ids"
    assert refusal.startswith("'a.mp4' could be one of 2; type one of these ids: ")
    assert set(refusal.rpartition(": ")[2].split(", ")) == ids


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.webm", b"\x1a\x45\xdf\xa3" + b"x", "video/webm"),
        ("a.zim", b"ZIM\x04" + b"x" * 90, "application/x-zim"),
        ("A.PDF", PDF, "application/pdf"),
        ("a.html", b"<script>alert(1)</script>", catalogue.FILE),
        ("a.svg", b"<svg onload='alert(1)'/>", catalogue.FILE),
        ("mp4", MP4, catalogue.FILE),
        ("a.txt", b"x", "text/plain"),
    ],
)
def test_a_kind_is_what_name_and_content_agree_on(
    typed: Typing, state: Path, tmp_path: Path, name: str, content: bytes, media_type: str
) -> None:
    _, said, _ = typed("add", written(tmp_path, name, content))
    assert [item.media_type for item in offered(state)] == [media_type]
    assert len(said.splitlines()) == 1


def test_what_is_not_what_its_name_promises_is_offered_as_a_file_and_that_is_said(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    _, said, _ = typed("add", written(tmp_path, "a.mp4", PDF))
    assert said.splitlines()[0] == "a.mp4: no video/mp4 inside: offered as a file that nobody can open here"
    assert [item.media_type for item in offered(state)] == [catalogue.FILE]


@pytest.mark.parametrize(
    ("members", "media_type"),
    [
        (["index.html", "a.js"], PAGES),
        (["Lesson/index.html", "Lesson/a.js"], PAGES),
        (["one/index.html", "two/a.js"], "application/zip"),
        (["a/b/index.html"], "application/zip"),
        ([], "application/zip"),
    ],
)
def test_a_zip_file_with_a_start_page_is_pages(
    typed: Typing, state: Path, tmp_path: Path, members: list[str], media_type: str
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in members:
            archive.writestr(name, "x")
    typed("add", str(path))
    assert [item.media_type for item in offered(state)] == [media_type]


def test_a_broken_zip_file_is_a_file_like_any_other(typed: Typing, state: Path, tmp_path: Path) -> None:
    assert typed("add", written(tmp_path, "a.zip", b"PK\x03\x04 cut off"))[0] == 0
    assert [item.media_type for item in offered(state)] == ["application/zip"]


# What is refused: nothing is offered then, not even what came before it on the line.


def test_what_is_no_file_is_refused_and_so_is_all_that_was_typed(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    good = written(tmp_path, "a.mp4", MP4)
    os.mkfifo(tmp_path / "pipe")
    refusals = {
        tmp_path / "nothing": "cannot be read: No such file or directory",
        tmp_path: "is a folder",
        Path("/dev/null"): "is a device or a pipe, and no file",
        tmp_path / "pipe": "is a device or a pipe, and no file",
        Path(written(tmp_path, "empty", b"")): "is empty",
    }
    said = {path: typed("add", good, str(path)) for path in refusals}
    assert said == {path: (1, "", f"{path} {why}; nothing was offered") for path, why in refusals.items()}
    assert facts(state, "content-offered") == []


@pytest.mark.parametrize("name", ["a\nb.mp4", "a\x1b[2Jb.mp4", "\u202egpj.exe", "a\\b.mp4", "x" * 121])
def test_a_name_that_people_cannot_read_is_refused(
    typed: Typing, state: Path, tmp_path: Path, name: str
) -> None:
    status, _, refusal = typed("add", written(tmp_path, name, MP4))
    assert status == 1
    assert refusal.isprintable()
    assert refusal.endswith("; nothing was offered")
    assert facts(state, "content-offered") == []


def test_words_longer_than_a_line_are_refused(typed: Typing, tmp_path: Path) -> None:
    status, _, refusal = typed("add", written(tmp_path, "a.mp4", MP4), "--title", "x" * 201)
    assert (status, refusal.endswith("nothing was offered")) == (1, True)


def test_a_node_that_nobody_is_below_offers_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "a.mp4", MP4)
    assert main(["library", "add", file, "--state", str(tmp_path)]) == 1
    assert "this node is no hub" in capsys.readouterr().err


def test_a_disk_without_room_is_seen_before_anything_is_copied(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(f'name = "hub"\nstate = "{state}"\n[limits]\ndisk_reserve = 1000000\n')
    file = written(tmp_path, "a.mp4", MP4)
    capsys.readouterr()
    assert main(["library", "add", file, "--config", str(config)]) == 1
    said = capsys.readouterr().err
    assert f"no room in {state / FOLDER}: 5.0 kB are to come" in said
    assert "nothing was offered" in said
    assert list((state / FOLDER).iterdir()) == []


# Looking, and taking back.


def test_what_is_offered_is_listed(typed: Typing, tmp_path: Path) -> None:
    empty = typed("list")[1].splitlines()
    typed("add", written(tmp_path, "a.mp4", MP4), "--subject", "Физика", "--grade", "7")
    lines = typed("list")[1].splitlines()
    assert len(empty) == 1
    assert "a.mp4" in lines[1]
    assert "Физика, 7" in lines[1]
    assert lines[1].endswith("this node  whole")


@pytest.mark.parametrize("by_name", [True, False])
def test_what_is_removed_is_withdrawn_and_its_file_is_gone(
    typed: Typing, state: Path, tmp_path: Path, by_name: bool
) -> None:
    typed("add", written(tmp_path, "a.mp4", MP4))
    (item,) = offered(state)
    status, said, _ = typed("remove", "a.mp4" if by_name else item.id[:8].upper())
    assert (status, said) == (0, f"not offered any more: {item.id[:12]} a.mp4")
    assert offered(state) == []
    assert _store(state).items() == []
    assert typed("remove", "a.mp4")[2].startswith("'a.mp4' is nothing that is offered by this node")


@pytest.mark.parametrize("name", ["", "a", "abcde"])
def test_too_little_of_an_id_means_nothing(typed: Typing, tmp_path: Path, name: str) -> None:
    typed("add", written(tmp_path, "long name.mp4", MP4))
    assert typed("remove", name)[0] == 1


def test_status_counts_schools_and_tells_each_computer(typed: Typing, state: Path, tmp_path: Path) -> None:
    typed("add", written(tmp_path, "a.mp4", MP4))
    (item,) = offered(state)
    said = {
        NODES[0]: ContentHeld(item.id, 1, 1),
        NODES[1]: ContentHeld(item.id, 3, 8, "lesson"),
        NODES[2]: ContentHeld(item.id, 1, 1, gone=True),
    }
    _enrolled(state, said)
    summary = typed("status")[1].splitlines()
    rows = [line.split() for line in typed("status", "a.mp4")[1].splitlines()[3:]]
    assert summary[1].split() == [item.id[:12], "a.mp4", "1", "of", "3", "schools", "1", "lesson", "1"]
    assert [row[:3] + row[3 : len(row) - 2] for row in rows] == [
        ["aul", NODES[0], "pc-0", "whole"],
        ["dala", NODES[2], "pc-2", "deleted"],
        ["tau", NODES[1], "pc-1", "37", "%", "lesson"],
        ["tau", NODES[3], "pc-3", "nothing", "yet"],
    ]


def _enrolled(state: Path, said: dict[str, ContentHeld]) -> None:
    """Let four computers of three schools in, who say this; a fifth one is not let in any more."""
    journal = Journal(state)
    me, moment = journal.identity.node, computer()
    for number, (node, school) in enumerate(
        zip([*NODES, node_id(9)], ("aul", "tau", "dala", "tau", "gone"), strict=True)
    ):
        fact = structs.replace(claim(node, school), name=f"pc-{number}")
        journal.ledger.write(partial(_admit, me, fact, moment)).result()
    away = (NodeRevoked(node_id(9)), Audited("test", "revoked"), moment)
    journal.ledger.write(lambda db: tree.revoke(db, me, *away)).result()
    for node, holding in said.items():
        _say(journal, node, holding)
    journal.close()


def _admit(me: str, fact: NodeEnrolled, moment: Moment, db: Connection) -> None:
    tree.admit(db, me, fact, "PEM", moment)


def _say(journal: Journal, node: str, fact: ContentHeld) -> None:
    moment = computer()
    journal.ledger.write(lambda db: tables.append(db, node, [Entry("log", "aul", fact)], moment)).result()

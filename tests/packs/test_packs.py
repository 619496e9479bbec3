"""Packs between a hub and schools that never see each other on a network."""

import json
import shutil
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.content.chunks import ChunkStore
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.media.record.store import Store
from edge.packs.manifest import FILE
from sync import packs
from sync.protocol import Request
from sync.records import RegisterTaken
from sync.rosters import pupils
from tests.content.hubs import recorded
from tests.flows.journals import facts, faults
from tests.media.lessons import lesson
from tests.packs.places import LESSON, Places

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def kinds(places: Places, name: str) -> list[str]:
    """Return the kinds of the facts of others at a computer."""
    return sorted({fact.kind for fact in facts(places.state(name)) if fact.school})


# There and back


def test_a_school_without_a_link_gets_its_roster_and_its_timetable_and_can_read_the_names(
    places: Places,
) -> None:
    places.plan("alga")
    places.make("hub", "--for", "alga")

    assert places.type("alga", "take") == 0

    assert kinds(places, "alga") == ["lesson-planned", "roster-changed"]
    with places.journal("alga") as alga:
        (pupil,) = alga.ledger.read(lambda db: pupils(db, "alga")).values()
        assert alga.names.open("p1", pupil.sealed) == "Әлия Қ."


def test_registers_come_back_to_the_hub_and_the_school_learns_that_they_did(places: Places) -> None:
    places.plan("alga")
    places.mark("alga", n1="ill")
    places.make("alga")

    assert places.type("hub", "take") == 0
    assert "register-taken" in kinds(places, "hub")

    shutil.rmtree(places.stick)
    places.stick.mkdir()
    places.make("hub", "--for", "alga")
    assert places.type("alga", "take") == 0
    with places.journal("alga") as alga:
        query = "SELECT acked FROM stream WHERE class = 'register'"
        assert alga.ledger.read(lambda db: db.execute(query).fetchall()) == [(1,)]


def test_what_the_hub_has_is_not_carried_again_unless_all_is_asked_for(places: Places) -> None:
    places.mark("alga", n1="ill")
    first = places.make("alga")
    places.type("hub", "take")
    places.make("hub", "--for", "alga")
    places.type("alga", "take")

    again, whole = places.make("alga"), places.make("alga", "--whole")

    assert [_has_registers(each) for each in (first, again, whole)] == [True, False, True]


def _has_registers(pack: Path) -> bool:
    messages = packs.decode((pack / "journal").read_bytes(), Request)
    return any(".register." in batch.stream for message in messages for batch in message.batches)


def test_one_stick_goes_round_several_schools(places: Places, capsys: Capture) -> None:
    places.plan("alga")
    places.plan("besqala")
    places.make("hub", "--for", "alga")
    places.make("hub", "--for", "besqala")
    places.mark("alga", n1="ill")

    assert places.type("alga", "take") == 0
    assert "is for school besqala, and this is alga" in capsys.readouterr().out
    places.make("alga")
    assert places.type("besqala", "take") == 0
    assert places.type("hub", "take") == 0

    assert kinds(places, "besqala") == ["lesson-planned", "roster-changed"]
    assert "register-taken" in kinds(places, "hub")


def test_packs_may_come_twice_and_in_any_order(places: Places, capsys: Capture) -> None:
    places.plan("alga")
    older = places.make("hub", "--for", "alga")
    hidden = places.folder / "older"
    older.rename(hidden)
    places.plan("alga")
    places.make("hub", "--for", "alga")
    assert places.type("alga", "take") == 0
    known = [fact.id for fact in facts(places.state("alga")) if fact.school]

    hidden.rename(older)
    capsys.readouterr()
    assert places.type("alga", "take") == 0

    assert [fact.id for fact in facts(places.state("alga")) if fact.school] == known
    assert capsys.readouterr().out.count("(it was taken before)") == 2
    assert faults(places.state("alga")) == []


def test_names_on_a_lost_stick_can_be_read_by_nobody(places: Places) -> None:
    places.plan("alga")
    pack = places.make("hub", "--for", "alga")

    with places.journal("hub") as hub:
        key = hub.names.keys_of(["p1"])["p1"]
    content = b"".join(path.read_bytes() for path in pack.rglob("*") if path.is_file())
    assert key.encode() not in content
    assert "Әлия".encode() not in content


async def test_lessons_go_along_and_are_compared_frame_by_frame(places: Places, capsys: Capture) -> None:
    recording = await recorded(places.state("hub"), lesson("H264"))
    pack = places.make("hub", "--for", "alga", "--days", "9")

    assert places.type("alga", "take") == 0

    ours = Store(places.state("alga")).get(recording.id)
    assert ours is not None
    assert ours.copy_of == recording.id
    media = pack / "recordings" / recording.path(pack).name
    assert ours.path(places.state("alga") / "recordings").read_bytes() == media.read_bytes()
    assert list((places.state("alga")).glob("packs")) == []

    capsys.readouterr()
    assert places.type("alga", "take") == 0
    assert "0 lessons" in capsys.readouterr().out


def test_materials_go_along_and_each_chunk_is_checked(places: Places, capsys: Capture) -> None:
    book = places.folder / "Физика 7.pdf"
    book.write_bytes(b"%PDF-1.7 " + bytes(range(256)) * 10_000)
    assert main(["library", "add", str(book), "--state", str(places.state("hub"))]) == 0
    places.make("hub", "--for", "alga")

    assert places.type("alga", "take") == 0

    store = ChunkStore(Place(places.state("alga") / "content", Disk(), 0))
    (held,) = store.items()
    path = store.path_of(held.item.id)
    assert path is not None
    assert (held.whole, held.item.name, path.read_bytes()) == (True, book.name, book.read_bytes())
    capsys.readouterr()
    assert places.type("alga", "take") == 0
    assert "0 materials (it was taken before)" in capsys.readouterr().out


async def test_a_lesson_without_its_description_is_named_and_the_rest_is_taken(
    places: Places, capsys: Capture
) -> None:
    recording = await recorded(places.state("hub"), lesson("H264"))
    places.plan("alga")
    (places.state("hub") / "recordings" / f"{recording.id}.idx").write_bytes(b"no index")
    places.make("hub", "--for", "alga")

    assert places.type("alga", "take") == 0

    assert f"{recording.id}: no index of it" in capsys.readouterr().out
    assert kinds(places, "alga") == ["lesson-planned", "roster-changed"]


# What is refused


def test_a_pack_for_another_school_is_refused_whole(places: Places, capsys: Capture) -> None:
    places.plan("alga")
    places.make("hub", "--for", "alga")

    assert places.type("besqala", "take") == 1

    assert "it is for school alga, and this is besqala" in capsys.readouterr().out
    assert kinds(places, "besqala") == []


def test_a_pack_that_was_copied_by_half_is_refused_whole(places: Places, capsys: Capture) -> None:
    places.plan("alga")
    pack = places.make("hub", "--for", "alga")
    journal = pack / "journal"
    journal.write_bytes(journal.read_bytes()[:-1])

    assert places.type("alga", "take") == 1
    assert "journal was not copied whole: copy the pack again" in capsys.readouterr().out

    (pack / "keys").unlink()
    assert places.type("alga", "take") == 1
    assert kinds(places, "alga") == []


def test_a_pack_without_its_description_is_no_pack(places: Places, capsys: Capture) -> None:
    places.plan("alga")
    (places.make("hub", "--for", "alga") / FILE).unlink()

    assert places.type("alga", "take") != 0
    assert "there is no pack in it" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["journal", "keys"])
def test_a_changed_file_is_refused_whole(places: Places, capsys: Capture, name: str) -> None:
    places.plan("alga")
    path = places.make("hub", "--for", "alga") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    assert places.type("alga", "take") == 1

    assert f"{name} was changed, or the stick is failing" in capsys.readouterr().out
    assert kinds(places, "alga") == []


def test_a_changed_description_is_refused_whole(places: Places, capsys: Capture) -> None:
    places.plan("alga")
    path = places.make("hub", "--for", "alga") / FILE
    signed = json.loads(path.read_text())
    signed["manifest"] = signed["manifest"].replace('"made":', '"made":1')
    path.write_text(json.dumps(signed))

    assert places.type("alga", "take") == 1
    assert "its signature is wrong" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "content/../x.blob", "recordings/.json"])
def test_a_name_that_leads_elsewhere_is_refused(places: Places, capsys: Capture, name: str) -> None:
    places.plan("alga")
    path = places.make("hub", "--for", "alga") / FILE
    signed = json.loads(path.read_text())
    manifest = json.loads(signed["manifest"])
    manifest["files"].append([name, 1, "0" * 64])
    path.write_text(json.dumps(signed | {"manifest": json.dumps(manifest)}))

    assert places.type("alga", "take") == 1
    assert "which no pack has" in capsys.readouterr().out


def test_a_link_on_a_stick_is_not_followed(places: Places, capsys: Capture) -> None:
    places.plan("alga")
    journal = places.make("hub", "--for", "alga") / "journal"
    secret = places.folder / "secret"
    journal.rename(secret)
    journal.symlink_to(secret)

    assert places.type("alga", "take") == 1
    assert "journal cannot be read" in capsys.readouterr().out


def test_a_computer_that_never_joined_brings_nothing(places: Places, capsys: Capture, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = Places(elsewhere, ("alga",))
    other.mark("alga", n1="ill")
    shutil.rmtree(places.stick)
    other.make("alga").parent.rename(places.stick)

    assert places.type("hub", "take") == 1
    assert "has not joined this one" in capsys.readouterr().out


def test_a_hub_of_somebody_else_packs_nothing_for_us(places: Places, capsys: Capture, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = Places(elsewhere, ("alga",))
    other.plan("alga")
    shutil.rmtree(places.stick)
    other.make("hub", "--for", "alga").parent.rename(places.stick)

    assert places.type("alga", "take") == 1
    assert "not made by the hub that this computer has joined" in capsys.readouterr().out


def test_a_school_cannot_bring_what_only_a_hub_may_write(places: Places, capsys: Capture) -> None:
    places.note("alga", "correction", "alga", RegisterTaken(LESSON, {1: "ill"}))
    places.make("alga")

    places.type("hub", "take")

    assert "its maker may not write" in capsys.readouterr().out
    assert "register-taken" not in kinds(places, "hub")


def test_facts_that_follow_lost_ones_wait_and_the_person_is_told_what_to_do(
    places: Places, capsys: Capture
) -> None:
    places.mark("alga", n1="ill")
    with places.journal("alga") as alga:
        alga.ledger.write(lambda db: db.execute("UPDATE stream SET acked = head")).result()
    places.mark("alga", n1="present")
    places.make("alga")

    assert places.type("hub", "take") == 0
    assert "make one with --whole" in capsys.readouterr().out

    places.make("alga", "--whole")
    places.type("hub", "take")
    assert sum(fact.kind == "register-taken" for fact in facts(places.state("hub"))) == 2


def test_a_school_that_nobody_joined_for_gets_no_pack(places: Places, capsys: Capture) -> None:
    assert places.type("hub", "make", "--for", "shalqar") != 0

    assert "no computer of school shalqar has joined" in capsys.readouterr().err
    assert list(places.stick.iterdir()) == []


def test_a_stick_that_is_not_there_is_said_in_one_sentence(places: Places, capsys: Capture) -> None:
    shutil.rmtree(places.stick)

    assert places.type("hub", "make", "--for", "alga") != 0
    assert places.type("alga", "take") != 0

    said = capsys.readouterr().err
    assert "No such file or directory" in said
    assert "Traceback" not in said

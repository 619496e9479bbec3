"""The key that signs what a hub offers: made once, replaced only by itself; and versions that only grow."""

from pathlib import Path

import msgspec
from msgspec import structs

from edge.content.offers import Offers
from edge.content.publisher import KEY_FILE, NEXT_FILE, Publisher
from edge.journal import Journal
from sync import durable
from sync.catalogue import Item
from tests.content.staff import MP4, Typing, offered, written
from tests.flows.journals import facts


def test_the_key_is_secret_made_once_and_good_for_one_node(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    typed("add", written(tmp_path, "a.mp4", MP4))
    key = state / "journal" / KEY_FILE
    first = key.read_bytes()
    typed("add", written(tmp_path, "b.mp4", MP4 + b"x"))
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() == first


def test_a_key_that_is_lost_is_not_replaced_by_one_that_nobody_believes(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    typed("add", written(tmp_path, "a.mp4", MP4))
    key = state / "journal" / KEY_FILE
    key.rename(tmp_path / "lost")
    gone = typed("add", written(tmp_path, "b.mp4", MP4 + b"x"))
    key.write_bytes(b"no key")
    spoiled = typed("remove", "a.mp4")
    key.unlink()
    other = Journal(tmp_path / "other")
    Publisher(other, Offers(other)).key()
    key.write_bytes((other.folder / KEY_FILE).read_bytes())
    other.close()
    foreign = typed("remove", "a.mp4")
    assert [each[0] for each in (gone, spoiled, foreign)] == [1, 1, 1]
    assert all("backup" in each[2] for each in (gone, spoiled, foreign))
    assert not (state / "journal" / NEXT_FILE).exists()
    assert [item.name for item in offered(state)] == ["a.mp4"]


def test_a_replaced_key_is_believed_by_those_who_knew_the_old_one(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    typed("add", written(tmp_path, "a.mp4", MP4))
    old = (state / "journal" / KEY_FILE).read_bytes()
    status, said, _ = typed("rotate-key")
    typed("add", written(tmp_path, "b.mp4", MP4 + b"x"))
    assert status == 0
    assert said.startswith("signed with a new key from now on: ")
    assert [item.name for item in offered(state)] == ["a.mp4", "b.mp4"]
    assert (state / "journal" / KEY_FILE).read_bytes() != old
    assert (state / "journal" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert "not believed" not in typed("list")[1]


def test_a_new_key_is_found_again_when_the_power_failed_after_it_was_announced(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    typed("add", written(tmp_path, "a.mp4", MP4))
    key, coming = state / "journal" / KEY_FILE, state / "journal" / NEXT_FILE
    old = key.read_bytes()
    typed("rotate-key")
    durable.save(coming, key.read_bytes(), 0o600)
    durable.save(key, old, 0o600)
    assert typed("add", written(tmp_path, "b.mp4", MP4 + b"x"))[0] == 0
    assert not coming.exists()
    assert [item.name for item in offered(state)] == ["a.mp4", "b.mp4"]


def test_versions_grow_also_after_the_journal_was_put_back_from_a_backup(
    typed: Typing, state: Path, tmp_path: Path
) -> None:
    journal = state / "journal" / "journal.db"
    typed("add", written(tmp_path, "a.mp4", MP4))
    old = journal.read_bytes()
    for grade in "789":
        typed("add", str(tmp_path / "a.mp4"), "--grade", grade)
    given = _versions(state)
    for path in journal.parent.glob("journal.db*"):
        path.unlink()
    journal.write_bytes(old)
    typed("add", str(tmp_path / "a.mp4"), "--grade", "10")
    assert given == sorted(set(given))
    assert _versions(state)[-1] > given[-1]


def _versions(state: Path) -> list[int]:
    return [msgspec.json.decode(fact.body)["version"] for fact in facts(state, "content-offered")]


def test_two_who_publish_at_once_give_no_version_twice(state: Path) -> None:
    journals = [Journal(state), Journal(state)]
    publishers = [Publisher(journal, Offers(journal)) for journal in journals]
    item = Item("a" * 64, 5, "a.mp4")
    for number, publisher in enumerate([*publishers, *publishers[::-1]]):
        publisher.offer([structs.replace(item, title=f"{number}"), structs.replace(item, id="b" * 64)])
    for journal in journals:
        journal.close()
    versions = _versions(state)
    assert versions == sorted(set(versions))
    assert len(versions) == 8

"""What is remembered of instruments, and how sockets are called."""

from pathlib import Path

import pytest

from devices.identity import Usb
from edge.lab.known import MAX_KNOWN, Book, Record, decoded, encoded
from edge.lab.memory import Memory, read

CLONE = Usb(0x1A86, 0x7523, place="1-3:1.0")
OLD, NEW = "1a86:7523@1-2:1.0", "1a86:7523@1-3:1.0"


def test_a_socket_is_called_by_itself_until_somebody_says_what_is_in_it() -> None:
    book = Book((Record(OLD, "lines", label="Үстел 2"),))
    assert book.name(NEW) == NEW
    assert book.moved(NEW, NEW, CLONE, here=()) == OLD
    assert book.moved(NEW, NEW, CLONE, here=(OLD,)) == ""
    same = book.settled(NEW, NEW, OLD)
    assert same.name(NEW) == OLD
    assert same.moved(NEW, OLD, CLONE, here=()) == ""
    assert same.name(OLD) == f"{OLD}#2"


def test_an_instrument_that_moves_on_is_in_one_socket_only() -> None:
    book = Book((Record(OLD),)).settled(NEW, NEW, OLD).settled("1a86:7523@1-4:1.0", "x", OLD)
    assert book.name(NEW) == NEW
    assert book.places == {"1a86:7523@1-4:1.0": OLD}


def test_an_answer_is_not_asked_for_again() -> None:
    book = Book((Record(OLD),)).settled(NEW, NEW, "")
    assert book.moved(NEW, NEW, CLONE, here=()) == ""
    assert book.places == {}


def test_what_is_known_by_its_socket_is_not_asked_about() -> None:
    book = Book((Record(OLD), Record(NEW)))
    assert book.moved(NEW, NEW, CLONE, here=()) == ""


def test_a_book_is_written_anew_and_the_oldest_of_too_many_are_forgotten() -> None:
    book = Book()
    for number in range(MAX_KNOWN + 5):
        book = book.noted(Record(f"device-{number}"))
    assert len(book.devices) == MAX_KNOWN
    assert book.find("device-4") is None
    assert book.noted(Record("device-9")) is book
    assert book.noted(Record("device-9", label="x")).devices[-1].label == "x"
    assert book.record("nobody") == Record("nobody")


def test_a_book_is_the_same_after_it_was_kept() -> None:
    book = Book((Record(OLD, "modbus", "ph@1", moves=True),), {NEW: OLD}, (NEW,))
    assert decoded(encoded(book)) == book
    assert decoded(b'{"devices": [{"id": "x", "of a newer daemon": 1}]}') == Book((Record("x"),))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[1]", b'{"devices": [{"id": 1}]}'])
def test_a_broken_file_is_put_aside_and_nothing_is_known(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "devices.json").write_bytes(content)
    assert read(tmp_path / "devices.json") == Book()
    assert (tmp_path / "broken-devices.json").read_bytes() == content


async def test_what_is_noted_is_on_the_disk_once_it_is_kept(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "lab")
    await memory.load()
    memory.note(Record("x", "lines"))
    assert memory.changed.is_set()
    await memory.keep()
    assert read(tmp_path / "lab/devices.json") == Book((Record("x", "lines"),))


async def test_a_disk_that_refuses_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "lab").touch()
    memory = Memory(tmp_path / "lab")
    memory.note(Record("x"))
    await memory.keep()
    (tmp_path / "lab").unlink()
    await memory.keep()
    assert read(tmp_path / "lab/devices.json").find("x") is not None

"""What is remembered of every instrument that was ever plugged in, and how a port's name is settled (core).

A port without a serial number is named by its socket (devices/identity.py). When somebody says that what is
in it now is the instrument that was in another socket, it keeps that one's name, whatever is plugged into the
old socket afterwards.
"""

from collections.abc import Collection

import msgspec
from msgspec import Struct, structs

from devices.identity import Usb, moved_from

MAX_KNOWN = 256  # instruments; a school has some dozens
MAX_FILE = 1 << 20  # bytes


class Record(Struct, frozen=True, omit_defaults=True):
    """One instrument."""

    id: str
    driver: str = ""  # "" while nobody knows it
    profile: str = ""
    told: bool = False  # a person said which driver: it is not searched for
    label: str = ""  # what the school calls it
    allowed: bool = False  # a person said that it may be asked who it is
    baud: int = 0
    identity: str = ""  # what it said that it is
    model: str = ""  # what its adapter says that it is
    moves: bool = False  # it has to be stopped after a crash
    path: str = ""  # of a port that the configuration names


class Book(Struct, frozen=True, omit_defaults=True):
    """All of them, the newest last; a book is never changed, but written anew."""

    devices: tuple[Record, ...] = ()
    places: dict[str, str] = {}  # a socket's name → the instrument that somebody said is in it
    answered: tuple[str, ...] = ()  # sockets about which nobody is to be asked again

    def find(self, device: str) -> Record | None:
        """Return what is known of an instrument."""
        return next((each for each in self.devices if each.id == device), None)

    def record(self, device: str) -> Record:
        """Return what is known of an instrument, or a blank record."""
        return self.find(device) or Record(device)

    def noted(self, record: Record) -> "Book":
        """Return the book with this record; the oldest of too many is forgotten."""
        if self.find(record.id) == record:
            return self
        others = [each for each in self.devices if each.id != record.id]
        return structs.replace(self, devices=(*others, record)[-MAX_KNOWN:])

    def name(self, socket: str) -> str:
        """Return the name of what is in a socket, which may be another one's by now."""
        if socket in self.places:
            return self.places[socket]
        number, name = 2, socket
        while name in self.places.values():
            name, number = f"{socket}#{number}", number + 1
        return name

    def moved(self, socket: str, device: str, usb: Usb, here: Collection[str]) -> str:
        """Return which absent instrument may be in a socket now; "" for none, and after an answer."""
        if device != socket or socket in self.answered or self.find(device) is not None:
            return ""
        return moved_from(usb, [each.id for each in self.devices if each.id not in here])

    def settled(self, socket: str, device: str, same_as: str) -> "Book":
        """Return the book with the answer: it is another instrument that was moved, or ("") a new one."""
        answered = tuple(dict.fromkeys((*self.answered, socket)))[-MAX_KNOWN:]
        if not same_as:
            return structs.replace(self, answered=answered)
        places = {place: of for place, of in self.places.items() if of != same_as}
        others = tuple(each for each in self.devices if each.id != device)
        return Book(others, {**places, socket: same_as}, answered)


def encoded(book: Book) -> bytes:
    """Return a book as it is kept."""
    return msgspec.json.format(msgspec.json.encode(book), indent=1) + b"\n"


def decoded(content: bytes) -> Book:
    """Return a book; raise ValueError for what is none."""
    return msgspec.json.decode(content[:MAX_FILE], type=Book)

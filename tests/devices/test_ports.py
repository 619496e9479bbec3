"""Who is plugged in, and that an instrument keeps its name in another socket."""

from pathlib import Path

import pytest

from devices.identity import Identity, Usb, identify, moved_from
from devices.ports import plugged

UNO = Usb(0x2341, 0x0043, "5573", 0, "1-1:1.0", "Arduino", "Uno")
CLONE = Usb(0x1A86, 0x7523, place="1-2:1.0")


class Socket:
    """A USB port of a computer whose sysfs is this folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "class" / "tty").mkdir(parents=True, exist_ok=True)

    def plug(self, name: str, place: str, usb: dict[str, str], interface: str = "00") -> None:
        """Lay out what Linux 6.1 shows of a serial adapter."""
        device = self.root / "devices/pci0000:00/usb1" / place
        port = device / f"{place}:1.{int(interface)}"
        leaf = port / name
        (leaf / "tty" / name).mkdir(parents=True)
        for key, value in usb.items():
            (device / key).write_text(f"{value}\n")
        (port / "bInterfaceNumber").write_text(f"{interface}\n")
        (leaf / "tty" / name / "device").symlink_to(leaf)
        (self.root / "class" / "tty" / name).symlink_to(leaf / "tty" / name)


@pytest.fixture
def sockets(tmp_path: Path) -> Socket:
    return Socket(tmp_path)


def test_a_board_is_described_by_what_it_says_of_itself(sockets: Socket, tmp_path: Path) -> None:
    board = {"idVendor": "2341", "idProduct": "0043", "serial": "5573", "product": "Uno"}
    sockets.plug("ttyACM0", "1-1", board | {"manufacturer": "Arduino"})
    assert plugged(tmp_path) == {"/dev/ttyACM0": UNO}


def test_an_adapter_without_number_and_name_is_described_by_its_socket(
    sockets: Socket, tmp_path: Path
) -> None:
    sockets.plug("ttyUSB3", "1-2", {"idVendor": "1a86", "idProduct": "7523"})
    assert plugged(tmp_path) == {"/dev/ttyUSB3": CLONE}


def test_an_adapter_with_two_ports_has_two_interfaces(sockets: Socket, tmp_path: Path) -> None:
    for number in (0, 1):
        twin = {"idVendor": "0403", "idProduct": "6010", "serial": "FT"}
        sockets.plug(f"ttyUSB{number}", "1-4", twin, f"0{number}")
    found = plugged(tmp_path)
    assert [usb.interface for usb in found.values()] == [0, 1]
    assert len({each.id for each in identify(found).values()}) == 2


def test_ports_that_are_on_no_usb_or_going_just_now_are_left_out(sockets: Socket, tmp_path: Path) -> None:
    sockets.plug("ttyS0", "1-1", {"idVendor": "2341", "idProduct": "0043"})
    (tmp_path / "class" / "tty" / "ttyUSB9").mkdir()
    (tmp_path / "class" / "tty" / "ttyUSB8").symlink_to(tmp_path / "gone")
    assert plugged(tmp_path) == {}


def test_numbers_that_are_none_and_names_that_draw_do_no_harm(sockets: Socket, tmp_path: Path) -> None:
    sockets.plug("ttyUSB0", "1-1", {"idVendor": "zz", "idProduct": "0043"})
    sockets.plug("ttyUSB1", "1-2", {"idVendor": "2341", "idProduct": "0043", "product": "\x1b[2JUno\x07"})
    assert [usb.model for usb in plugged(tmp_path).values()] == ["[2JUno"]


def test_a_computer_without_sysfs_has_no_ports(tmp_path: Path) -> None:
    assert plugged(tmp_path / "absent") == {}


def test_a_board_with_a_number_keeps_its_name_in_another_socket() -> None:
    moved = Usb(0x2341, 0x0043, "5573", 0, "1-9:1.0", "Arduino", "Uno")
    here, there = identify({"a": UNO})["a"], identify({"b": moved})["b"]
    assert here == there == Identity("2341:0043:5573:0", True)


def test_a_clone_without_a_number_is_named_by_its_socket_and_may_have_moved() -> None:
    name = identify({"a": CLONE})["a"]
    assert name == Identity("1a86:7523@1-2:1.0", False)
    moved = Usb(0x1A86, 0x7523, place="1-3:1.0")
    assert moved_from(moved, [name.id]) == name.id
    assert moved_from(moved, [name.id, "1a86:7523@1-5:1.0"]) == ""
    assert moved_from(moved, ["2341:0043:5573:0"]) == ""
    assert moved_from(UNO, [name.id]) == ""


def test_two_boards_with_one_number_are_told_apart_by_their_sockets() -> None:
    other = Usb(0x2341, 0x0043, "5573", 0, "1-9:1.0")
    names = identify({"a": UNO, "b": other})
    assert names["a"].twin
    assert names["b"].twin
    assert names["a"].id != names["b"].id


def test_a_board_is_called_by_its_own_name_and_an_adapter_by_what_it_says() -> None:
    assert UNO.name == "Arduino Uno"
    assert Usb(0x0D28, 0x0204, model="BBC micro:bit CMSIS-DAP").name == "BBC micro:bit"
    assert Usb(0x1A86, 0x7523, model="USB Serial").name == "USB Serial"

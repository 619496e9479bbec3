"""Instruments are plugged into sockets and appear by their names; whoever is there is never a mystery."""

import asyncio
from pathlib import Path

from devices.port import Port
from devices.simulate import SimulatedRobot
from edge.config import SerialPort
from edge.contract.commands import DescribeDevice, DriveActuator, RunProgram, SameDevice, StillHere
from edge.contract.notices import Device
from edge.lab.memory import read
from edge.lab.plugging import Plugging
from tests.lab.sockets import CLONE, DEADLINE, UNO, Desk, desk, ready

QUICK = 5.0  # times: a search that finds nobody takes ten seconds; who is found by it speaks often enough


class Stranger:
    """Something that says always the same, and notes what it was told."""

    def __init__(self, says: bytes = b"") -> None:
        self.says = says
        self.heard = b""

    def take(self, piece: bytes, now: float) -> None:
        self.heard += piece

    def speak(self, now: float) -> bytes:
        return self.says


def unknown(it: Device) -> bool:
    return it.state == "unknown"


async def test_a_board_appears_by_its_name_with_its_channels_and_is_remembered(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        it.plug("ttyACM0", "1-1", UNO, "thermometer")
        first = await it.sees("2341:0043:5573", lambda _: True)
        assert (first.kind, first.state, first.label) == ("unknown", "probing", "Arduino Uno")
        found = await it.sees("2341:0043:5573", lambda each: ready(each) and each.channels != ())
    assert (found.kind, found.driver, found.place) == ("sensor", "lines", str(tmp_path / "dev/ttyACM0"))
    assert [each.name for each in found.channels] == ["temperature"]
    (record,) = read(tmp_path / "lab/devices.json").devices
    assert (record.id, record.driver, record.model) == ("2341:0043:5573:0", "lines", "Uno")


async def test_a_board_that_is_pulled_out_is_gone_at_once_and_the_same_in_another_socket(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as it:
        port = it.plug("ttyACM0", "1-1", UNO, "thermometer")
        await it.sees("5573", ready)
        began = it.bench.clock()
        it.unplug("ttyACM0", "1-1", port)
        await it.sees("5573", lambda each: each.state == "gone")
        assert it.bench.clock() - began < 0.5  # the port itself tells; a busy machine has its pauses
        it.plug("ttyACM7", "1-9", UNO, "thermometer")
        again = await it.sees("5573", lambda each: ready(each) and each.place.endswith("ttyACM7"))
        assert (again.label, len(it.bench.devices())) == ("sketch", 1)


async def test_a_known_board_is_not_searched_for_again_and_its_port_is_opened_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        port = it.plug("ttyACM0", "1-1", UNO, "firmata")
        await it.sees("5573", ready)
        assert port.opened == 1
        it.unplug("ttyACM0", "1-1", port)
    async with desk(tmp_path) as it:
        port = it.plug("ttyACM0", "1-1", UNO, "firmata")
        began = it.bench.clock()
        found = await it.sees("5573", lambda each: ready(each) and each.identity != "")
        assert it.bench.clock() - began < 2.4  # in which a search would only have listened
        assert (found.kind, found.driver, port.opened) == ("robot", "firmata", 1)


async def test_a_board_with_another_sketch_than_before_is_searched_for_again(tmp_path: Path) -> None:
    async with desk(tmp_path, speed=QUICK) as it:
        port = it.plug("ttyACM0", "1-1", UNO, "firmata")
        await it.sees("5573", ready)
        it.unplug("ttyACM0", "1-1", port)
        await it.sees("5573", lambda each: each.state == "gone")
        port = it.plug("ttyACM0", "1-1", UNO, "pendulum")
        found = await it.sees("5573", lambda each: each.driver == "lines")
        assert (found.kind, port.opened) == ("sensor", 1)


async def test_a_known_robot_that_hangs_is_stopped_by_all_means_before_it_is_taken_for_another(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, speed=QUICK) as it:
        port = it.plug("ttyACM0", "1-1", UNO, "firmata")
        await it.sees("5573", lambda each: ready(each) and each.kind == "robot" and each.stopping == "")
        it.unplug("ttyACM0", "1-1", port)
        await it.sees("5573", lambda each: each.state == "gone")
        hung = Stranger()
        port = it.plug("ttyACM0", "1-1", UNO, hung)
        found = await it.sees("5573", lambda each: each.stopping == "unproven")
        assert hung.heard.count(b"\xff") >= 3  # the stop of Firmata, again and again
        assert found.kind == "robot"
        it.unplug("ttyACM0", "1-1", port)
        it.plug("ttyACM0", "1-1", UNO, "firmata")
        await it.sees("5573", lambda each: ready(each) and each.stopping == "")


async def test_what_moved_when_it_was_pulled_out_of_a_socket_is_stopped_there_before_it_is_asked(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, speed=QUICK) as it:
        port = it.plug("ttyUSB0", "1-2", CLONE, "mbot")
        first = await it.sees("1a86", lambda _: True)
        await it.ask(DescribeDevice(first.id, allowed=True))
        found = await it.sees("1a86", lambda each: ready(each) and each.driver == "mbot")
        it.unplug("ttyUSB0", "1-2", port)
        await it.sees("1a86", lambda each: each.state == "gone")
        it.bench.doubt(found.id)
        other = Stranger()
        it.plug("ttyUSB0", "1-2", CLONE, other)
        async with asyncio.timeout(DEADLINE):
            while not other.heard:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert other.heard.startswith(b"\xff\x55\x02\x00\x04")


async def test_who_is_silent_is_told_nothing_and_is_in_nobodys_way(tmp_path: Path) -> None:
    printer = Stranger()
    async with desk(tmp_path, speed=QUICK) as it:
        it.plug("ttyUSB0", "1-2", CLONE, printer)
        it.plug("ttyACM0", "1-1", UNO, "pendulum")
        await it.sees("5573", ready)
        found = await it.sees("1a86", unknown)
    assert (found.kind, found.label, found.said) == ("unknown", "USB Serial", "unknown-silent")
    assert printer.heard == b""


async def test_who_speaks_nonsense_is_unknown_and_measures_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, speed=QUICK) as it:
        it.plug("ttyUSB0", "1-2", CLONE, Stranger(b"\xfe\x00~;:temp,,C\n\x80\xff"))
        found = await it.sees("1a86", unknown)
    assert (found.said, found.channels) == ("unknown-heard", ())
    assert "9600" in str(found.blanks["bauds"])


async def test_who_is_unknown_is_asked_once_a_person_allows_it(tmp_path: Path) -> None:
    async with desk(tmp_path, speed=QUICK) as it:
        port = it.plug("ttyUSB0", "1-2", CLONE, "firmata")
        port.far.speak(0.0)  # it spoke before anybody listened
        found = await it.sees("1a86", unknown)
        await it.ask(DescribeDevice(found.id, label="Үстел 3", allowed=True))
        found = await it.sees("1a86", ready)
        assert (found.driver, found.label, port.opened) == ("firmata", "Үстел 3", 1)
    assert read(tmp_path / "lab/devices.json").devices[0].allowed


async def test_two_boards_with_one_number_are_two_devices_with_a_warning(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        it.plug("ttyACM0", "1-1", UNO, "thermometer")
        await it.sees("5573", ready)
        other = it.plug("ttyACM1", "1-2", UNO, "light-sensor")
        await it.sees("5573:0@1-2", lambda each: ready(each) and each.said == "twins")
        first = await it.sees("5573:0", lambda each: each.said == "twins")
        assert (first.id, ready(first)) == ("2341:0043:5573:0", True)  # it keeps the name that it has
        it.unplug("ttyACM1", "1-2", other)
        await it.sees("5573:0", lambda each: each.id == "2341:0043:5573:0" and each.said == "")


async def moved(it: Desk) -> Device:
    """Plug a clone into one socket and then into another one; return what is seen there."""
    port = it.plug("ttyUSB0", "1-2", CLONE, "thermometer")
    first = await it.sees("1-2", ready)
    await it.ask(DescribeDevice(first.id, label="Термометр 2"))
    it.unplug("ttyUSB0", "1-2", port)
    await it.sees("1-2", lambda each: each.state == "gone")
    it.plug("ttyUSB0", "1-3", CLONE, "thermometer")
    return await it.sees("1-3", ready)


async def test_a_clone_in_another_socket_is_the_same_once_a_person_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        asked = await moved(it)
        assert (asked.said, asked.blanks, asked.moved_from) == (
            "moved",
            {"device": "Термометр 2"},
            "1a86:7523@1-2:1.0",
        )
        await it.ask(SameDevice(asked.id, same=True))
        same = await it.sees("1-2", ready)
        assert (same.label, same.said, it.device("1-3")) == ("Термометр 2", "", None)
        assert it.playing[-1].opened == 1
        assert await it.refused(SameDevice(same.id, same=True)) == ("not-found", {})
        it.plug("ttyUSB1", "1-2", CLONE, "light-sensor")
        await it.sees("1-2:1.0#2", ready)


async def test_a_clone_that_is_another_one_is_not_asked_about_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        asked = await moved(it)
        await it.ask(SameDevice(asked.id, same=False))
        await it.sees("1-3", lambda each: each.said == "" and each.moved_from == "")
        assert {each.id[-5:] for each in it.bench.devices()} == {"2:1.0", "3:1.0"}


async def test_a_port_in_use_is_shown_with_who_has_it_and_taken_when_it_is_free(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        (tmp_path / "dev").mkdir(exist_ok=True)
        it.play("thermometer", tmp_path / "dev/ttyACM0")
        other = Port(str(tmp_path / "dev/ttyACM0"))
        it.plug("ttyACM1", "1-1", UNO, "thermometer")
        (tmp_path / "dev/ttyACM1").unlink()
        (tmp_path / "dev/ttyACM1").symlink_to(tmp_path / "dev/ttyACM0")
        busy = await it.sees("5573", lambda each: each.state == "busy")
        assert busy.said == "port-busy"
        assert "PID" in str(busy.blanks["holder"])
        other.close()
        await it.sees("5573", ready)


async def test_a_configured_port_has_its_driver_at_once_and_comes_back(tmp_path: Path) -> None:
    given = SerialPort(str(tmp_path / "bus"), "modbus", "ph@1,ec@2", "Аквариум")
    async with desk(tmp_path, given) as it:
        port = it.play("modbus", tmp_path / "bus")
        found = await it.sees("bus", ready)
        assert (found.label, found.profile, len(found.channels) >= 2) == ("Аквариум", "ph@1,ec@2", True)
        port.unplug()
        await it.sees("bus", lambda each: each.state == "gone")
        it.play("modbus", tmp_path / "bus")
        await it.sees("bus", ready)


async def test_a_person_says_which_driver_and_profile_and_nonsense_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        port = it.plug("ttyUSB0", "1-2", CLONE, "kern")
        first = await it.sees("1a86", lambda _: True)
        assert await it.refused(DescribeDevice("nobody", label="x")) == ("not-found", {})
        assert await it.refused(DescribeDevice(first.id, driver="none")) == (
            "driver-unknown",
            {"driver": "none"},
        )
        key, blanks = await it.refused(DescribeDevice(first.id, driver="meters", profile="none"))
        assert (key, blanks["profile"], "kern" in str(blanks["known"])) == ("profile-unknown", "none", True)
        key, blanks = await it.refused(DescribeDevice(first.id, driver="modbus", profile="ph@0"))
        assert (key, blanks["probe"], blanks["most"]) == ("profile-address", "ph@0", 247)
        key, blanks = await it.refused(DescribeDevice(first.id, profile="kern"))
        assert (key, blanks) == ("profile-without-driver", {"profile": "kern"})
        await it.ask(DescribeDevice(first.id, driver="meters", profile="kern"))
        found = await it.sees("1a86", lambda each: ready(each) and each.identity != "")
        assert (found.driver, found.profile, port.opened) == ("meters", "kern", 1)


async def test_a_schools_own_profile_is_taken_and_one_that_went_wrong_is_told(tmp_path: Path) -> None:
    own = tmp_path / "lab/profiles/firmata/greenhouse.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[[sensor]]\nname = "soil"\npart = "voltage"\npin = "A0"\n')
    given = SerialPort(str(tmp_path / "uno"), "firmata", "greenhouse")
    async with desk(tmp_path, given) as it:
        port = it.play("firmata", tmp_path / "uno")
        found = await it.sees("uno", ready)
        assert [each.name for each in found.channels] == ["soil"]
        own.write_text("nonsense")
        port.unplug()
        it.play("firmata", tmp_path / "uno")
        wrong = await it.sees("uno", lambda each: each.said == "profile-unreadable")
        assert wrong.blanks["profile"] == "greenhouse"


async def test_a_fault_of_ours_ends_one_conversation_and_opens_no_port_anew(tmp_path: Path) -> None:
    given = SerialPort(str(tmp_path / "tty"), "lines")
    async with desk(tmp_path, given) as it:
        faults = [ZeroDivisionError("a fault of ours")]

        def breaks(_: str, __: object) -> None:
            if faults:
                raise faults.pop()

        it.bench.sink = breaks
        port = it.play("thermometer", tmp_path / "tty")
        await it.sees("tty", lambda each: each.state == "gone" and not faults)
        await it.sees("tty", lambda each: ready(each) and each.identity != "")
        assert port.opened == 1


async def test_a_robot_behind_a_port_runs_while_its_screen_is_heard_and_stops_after(tmp_path: Path) -> None:
    given = SerialPort(str(tmp_path / "robot"), "lines", "line,dance")
    async with desk(tmp_path, given) as it:
        port = it.play("robot", tmp_path / "robot")
        assert isinstance(port.far, SimulatedRobot)
        robot = await it.sees("robot", ready)
        await it.ask_once_it_can(RunProgram(robot.id, "dance", "tty1"))
        await it.sees("robot", lambda each: each.running == "dance" and each.holder == "tty1")
        await it.ask(DescribeDevice(robot.id, label="Робот 1"))
        await it.ask(StillHere("tty1"))
        assert (await it.sees("robot", lambda each: each.label == "Робот 1")).running == "dance"
        async with asyncio.timeout(DEADLINE):
            while port.far.moves:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await it.sees("robot", lambda each: (each.running, each.holder) == ("", ""))


async def test_actuators_are_driven_within_their_range_by_one_screen(tmp_path: Path) -> None:
    given = SerialPort(str(tmp_path / "uno"), "firmata", "car")
    async with desk(tmp_path, given) as it:
        port = it.play("firmata-car", tmp_path / "uno")
        found = await it.sees("uno", lambda each: ready(each) and each.identity != "")
        assert [each.name for each in found.actuators] == ["left", "right", "arm"]
        assert await it.refused(DriveActuator(found.id, "left", 101.0, "tty1")) == (
            "beyond-range",
            {"low": "-100", "high": "100"},
        )
        assert await it.refused(DriveActuator(found.id, "wing", 1.0, "tty1")) == ("not-found", {})
        await it.ask_once_it_can(DriveActuator(found.id, "left", 50.0, "tty1"))  # it tells its pins
        assert await it.refused(DriveActuator(found.id, "right", 1.0, "tty2")) == ("held", {"holder": "tty1"})
        for value in (10.0, 20.0, 30.0):
            await it.ask(DriveActuator(found.id, "right", value, "tty1"))
        await until_driven(port.far, 3, 30.0)
        await until_driven(port.far, 3, 0.0)  # the screen is not heard any more


async def until_driven(far: object, pin: int, percent: float) -> None:
    """Wait until a pin is driven so much."""
    async with asyncio.timeout(DEADLINE):
        while vars(far)["outputs"].get(pin, 0) != round(255 * percent / 100):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_a_computer_without_usb_is_looked_at_for_configured_ports_alone(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    assert Plugging(tmp_path, it.bench, (), None)._look() == []

"""What is plugged in, what is asked about it, and how actuators are set."""

import asyncio
from typing import Any

import pytest

from edge.contract.commands import DriveActuator, SameDevice, StillHere
from edge.contract.notices import Actuator, Device, Devices
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lab_daemon import a_laboratory, reading, robot, thermometer
from tests.tui.screens import a_screen, reads, sees, shown, until
from tui.screens.robots import values_of

CLONE = "1a86:7523@1-3:1.0"


def plugged(said: str, **changes: Any) -> Device:
    fields: dict[str, Any] = {
        "id": CLONE,
        "label": "USB Serial",
        "kind": "unknown",
        "state": "unknown",
        "place": "/dev/ttyUSB0",
        "said": said,
    }
    return Device(**{**fields, **changes})


async def test_the_lab_says_that_a_device_is_not_known_and_a_key_tells_more(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    unknown = plugged("unknown-silent", blanks={"bauds": "57600, 9600"})
    daemon.tell(Devices((thermometer(place="/dev/ttyACM0", identity="sketch"), unknown)))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("lab")
        await sees(pilot, "1 устройство требует внимания: F11")
        await pilot.press("f11")
        await sees(pilot, "USB Serial", "/dev/ttyUSB0", "неизвестно", "57600, 9600", "Техник может разрешить")
        await pilot.press("down")
        await sees(pilot, "Всё в порядке: sketch.")
        await pilot.press("enter")
        await sees(pilot, "Об этом устройстве вопросов нет.")


@pytest.mark.parametrize(("keys", "same"), [(("enter",), False), (("down", "enter"), True)])
async def test_a_person_answers_whether_a_device_was_in_another_socket(
    daemon: FakeDaemon, keys: tuple[str, ...], same: bool
) -> None:
    daemon.tell(Devices((plugged("moved", blanks={"device": "Термометр 2"}, moved_from="other"),)))
    app = a_screen(daemon.socket, "kk")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("devices")
        await sees(pilot, "Бұл «Термометр 2» ме?")
        await pilot.press("enter")
        await sees(pilot, "Иә, бұл сол құрылғы")
        await asyncio.sleep(0.1)
        await pilot.press(*keys)
        await until(pilot, lambda: daemon.ordered(SameDevice) == [SameDevice(CLONE, same)])


@pytest.mark.parametrize(
    ("said", "blanks"),
    [
        ("port-busy", {"holder": "cu (PID 7)"}),
        ("port-forbidden", {"group": "dialout"}),
        ("twins", {}),
        ("unknown-heard", {"bauds": "9600"}),
        ("unknown-asked", {"bauds": "9600"}),
        ("no-seat", {"most": 64}),
        ("profile-wrong", {"reason": "a pin twice"}),
        ("profile-unknown", {"profile": "krn", "known": "kern"}),
        ("profile-unreadable", {"profile": "kern", "reason": "line 3"}),
        ("profile-programs", {"profile": "a b"}),
        ("profile-address", {"probe": "ph@0", "most": 247}),
        ("profile-addresses", {"most": 16}),
        ("driver-unknown", {"driver": "kern"}),
        ("of-a-newer-daemon", {}),
    ],
)
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_whatever_is_said_of_a_device_has_a_sentence(
    daemon: FakeDaemon, language: str, said: str, blanks: dict[str, str | int]
) -> None:
    daemon.tell(Devices((plugged(said, blanks=blanks),)))
    app = a_screen(daemon.socket, language)
    async with shown(app) as pilot:
        await until(pilot, lambda: reads(app, "F4"))
        app.go("devices")
        await sees(pilot, "USB Serial", *map(str, blanks.values()))


async def test_a_channel_in_trouble_says_so(daemon: FakeDaemon) -> None:
    a_laboratory(daemon)
    daemon.tell(Devices((thermometer(),)))
    daemon.tell(reading(None, trouble="no-answer"))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("lab")
        await sees(pilot, "не отвечает")


async def test_an_actuator_is_set_to_a_chosen_value_and_the_screen_says_that_it_is_alive(
    daemon: FakeDaemon,
) -> None:
    motor = Actuator("motor-left", "motor", -100, 100, "%")
    daemon.tell(Devices((robot(1, programs=(), actuators=(motor,)),)))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, "mBot 1")
        await pilot.press("enter")
        await sees(pilot, "Левый мотор")
        await asyncio.sleep(0.1)
        await pilot.press("enter")
        await sees(pilot, "какое значение?", "100 %")
        await asyncio.sleep(0.1)
        await pilot.press("end", "enter")
        await until(
            pilot,
            lambda: daemon.ordered(DriveActuator) == [DriveActuator("r1", "motor-left", 100.0, app.me)],
        )
        assert daemon.ordered(StillHere) == []
        daemon.tell(Devices((robot(1, programs=(), actuators=(motor,), holder=app.me),)))
        await until(pilot, lambda: daemon.ordered(StillHere)[:2] == [StillHere(app.me)] * 2)


async def test_another_screen_that_moves_a_robot_is_named(daemon: FakeDaemon) -> None:
    daemon.tell(Devices((robot(1, holder="tty7 (42)"),)))
    app = a_screen(daemon.socket, "ru")
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        app.go("robots")
        await sees(pilot, "Управляет: tty7 (42)")
        assert daemon.ordered(StillHere) == []


def test_the_value_at_which_an_actuator_rests_comes_first() -> None:
    assert values_of(Actuator("lamp", "lamp", 0, 1)) == [0, 1]
    assert values_of(Actuator("arm", "servo", 0, 180, "deg", 90))[:3] == [90, 0, 22.5]

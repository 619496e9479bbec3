"""Four lights, each with the words of what is so."""

from typing import Literal

import pytest
from msgspec import structs

from edge.contract.notices import Device, Devices, Light
from edge.lights import Hub, Kept, Space, Supply, devices, disk, hub, power

NOW = 1_795_662_000_000
MINUTE = 60_000

HUBS: dict[str, tuple[Hub, str, str]] = {
    "even": (Hub(True, reached=NOW - MINUTE), "good", "light-hub-even"),
    "something waits": (Hub(True, waiting=3, reached=NOW - MINUTE), "poor", "light-hub-behind"),
    "the last try failed": (Hub(True, reached=NOW - MINUTE, failed="silent"), "poor", "light-hub-away"),
    "not heard for long": (Hub(True, waiting=3, reached=NOW - 60 * MINUTE), "poor", "light-hub-away"),
    "not heard for days": (Hub(True, reached=NOW - 3 * 1440 * MINUTE), "bad", "light-hub-days"),
    "joined and never heard": (Hub(True, failed="silent"), "poor", "light-hub-never"),
    "refused": (Hub(True, reached=NOW, failed="unknown"), "bad", "light-hub-unknown"),
    "somebody else answers": (Hub(True, reached=NOW, failed="other"), "bad", "light-hub-other"),
    "no room for what it sends": (Hub(True, reached=NOW, failed="disk"), "bad", "light-hub-disk"),
    "never joined": (Hub(False), "poor", "light-hub-none"),
    "a hub itself": (Hub(False, is_root=True), "none", "light-hub-root"),
}


@pytest.mark.parametrize("what", HUBS)
def test_the_light_of_the_hub_tells_what_keeps_facts_back(what: str) -> None:
    known, state, said = HUBS[what]
    found = hub(known, NOW)
    assert (found.state, found.said) == (state, said)


def test_days_and_facts_are_counted() -> None:
    assert hub(Hub(True, reached=NOW - 3 * 1440 * MINUTE - 1), NOW).blanks == {"count": 3}
    assert hub(Hub(True, waiting=12, reached=NOW), NOW).blanks == {"count": 12}


DISKS: dict[str, tuple[Space, Light]] = {
    "much": (Space(3_000_000_000, 10_000_000), Light("disk", "good", "light-disk-hours", {"count": 5})),
    "two lessons": (
        Space(890_000_000, 10_000_000),
        Light("disk", "poor", "light-disk-minutes", {"count": 89}),
    ),
    "less than a minute": (Space(9_999_999, 10_000_000), Light("disk", "bad", "light-disk-full")),
    "the reserve is touched": (Space(-5, 10_000_000), Light("disk", "bad", "light-disk-full")),
    "read-only": (Space(3_000_000_000, 1, read_only=True), Light("disk", "bad", "light-disk-read-only")),
}


@pytest.mark.parametrize("what", DISKS)
def test_the_light_of_the_disk_tells_how_much_can_be_recorded(what: str) -> None:
    space, light = DISKS[what]
    assert disk(space) == light


KEPT: dict[str, tuple[Kept, Literal["bad", "poor"], str]] = {
    "nothing can be kept": (Kept("read-only", mended=True), "bad", "light-disk-nothing-kept"),
    "a file is damaged": (Kept(damaged=True, mended=True), "bad", "light-disk-damaged"),
    "a damaged file was put right": (Kept(mended=True), "poor", "light-disk-mended"),
}


@pytest.mark.parametrize("what", KEPT)
def test_the_light_of_the_disk_tells_what_became_of_what_is_kept(what: str) -> None:
    kept, state, said = KEPT[what]
    assert disk(Space(3_000_000_000, 10_000_000), kept) == Light("disk", state, said)


def test_the_light_of_devices_tells_of_those_that_are_silent() -> None:
    ready, gone = Device("a", "A", "sensor"), Device("b", "B", "sensor", "gone")
    assert devices(None).said == devices(Devices()).said == "light-devices-none"
    assert devices(Devices((ready,))) == Light("devices", "good", "light-devices-ready", {"count": 1})
    assert devices(Devices((ready, gone))) == Light("devices", "poor", "light-devices-silent", {"count": 1})
    assert devices(Devices((ready,), stopped=True)).said == "light-devices-stopped"
    doubted = structs.replace(gone, stopping="unproven")
    assert devices(Devices((ready, doubted), stopped=True)) == Light(
        "devices", "bad", "light-devices-unproven"
    )


MAINS, BATTERY = Supply("Mains", online=True), Supply("Battery", percent=80, status="Charging")
UNPLUGGED = Supply("Mains", online=False)
POWERS: dict[str, tuple[list[Supply], str, str]] = {
    "a computer without a battery": ([], "none", "light-power-none"),
    "only mains": ([MAINS], "none", "light-power-none"),
    "a laptop that is plugged in": ([MAINS, BATTERY], "good", "light-power-mains"),
    "a laptop that is not": (
        [UNPLUGGED, Supply("Battery", None, 80, "Discharging")],
        "poor",
        "light-power-battery",
    ),
    "a battery that is nearly empty": ([Supply("Battery", None, 7, "Discharging")], "bad", "light-power-low"),
    "the emptier of two": (
        [Supply("Battery", None, 90, "Discharging"), Supply("UPS", None, 5, "Discharging")],
        "bad",
        "light-power-low",
    ),
    "a battery that says nothing": ([Supply("Battery")], "none", "light-power-none"),
}


@pytest.mark.parametrize("what", POWERS)
def test_the_light_of_the_power_tells_how_long_there_will_be_any(what: str) -> None:
    supplies, state, said = POWERS[what]
    assert (power(supplies).state, power(supplies).said) == (state, said)

"""The four lights of a node: hub, disk, devices, power, each a word key and blanks (core)."""

from collections.abc import Sequence

from msgspec import Struct

from edge.contract.notices import Devices, Light

QUIET = 200_000  # milliseconds without the hub that mean nothing: three looks at it
LONG = 86_400_000  # milliseconds without the hub after which somebody should look why
ENOUGH = 90  # minutes of recording that must fit for the light to be good: two lessons
BATTERY_LOW = 20  # percent: a laptop's last half an hour
SCARCE = {"unknown": "light-hub-unknown", "other": "light-hub-other", "disk": "light-hub-disk"}
MAINS = ("Mains", "USB", "Wireless")  # kinds of power supplies that are no batteries


class Hub(Struct, frozen=True):
    """What is known of the way to the hub."""

    joined: bool
    is_root: bool = False  # this node is there for others, and has nobody above it
    waiting: int = 0  # facts
    reached: int = 0  # milliseconds since 1970; 0 for never
    failed: str = ""  # why the last try came to nothing


class Space(Struct, frozen=True):
    """What is left of the disk for recordings."""

    free: int  # bytes beyond the reserve, negative when it is touched
    rate: int  # bytes a minute of a recording takes
    read_only: bool = False

    @property
    def minutes(self) -> int:
        """How many minutes of recording still fit."""
        return 0 if self.read_only else max(0, self.free // max(1, self.rate))


class Kept(Struct, frozen=True):
    """How what is kept on the disk fares."""

    trouble: str = ""  # why nothing can be kept since the daemon's start
    damaged: bool = False  # last night found a file damaged, and nobody has started the daemon since
    mended: bool = False  # a damaged file was put right lately


WELL = Kept()


class Supply(Struct, frozen=True):
    """One power supply as the kernel lists it; None where it does not say."""

    kind: str
    online: bool | None = None
    percent: int | None = None
    status: str = ""


def hub(known: Hub, now: int) -> Light:
    """Return the light of the hub."""
    if not known.joined:
        root = known.is_root
        return Light("hub", "none" if root else "poor", "light-hub-root" if root else "light-hub-none")
    if known.failed in SCARCE:
        return Light("hub", "bad", SCARCE[known.failed])
    if known.reached == 0:
        return Light("hub", "poor", "light-hub-never")
    if now - known.reached > LONG:
        return Light("hub", "bad", "light-hub-days", {"count": (now - known.reached) // LONG})
    if known.failed or now - known.reached > QUIET:
        return Light("hub", "poor", "light-hub-away")
    if known.waiting:
        return Light("hub", "poor", "light-hub-behind", {"count": known.waiting})
    return Light("hub", "good", "light-hub-even")


def disk(space: Space, kept: Kept = WELL) -> Light:
    """Return the light of the disk."""
    if kept.trouble:
        return Light("disk", "bad", "light-disk-nothing-kept")
    if kept.damaged:
        return Light("disk", "bad", "light-disk-damaged")
    if space.read_only:
        return Light("disk", "bad", "light-disk-read-only")
    if space.minutes == 0:
        return Light("disk", "bad", "light-disk-full")
    if kept.mended:
        return Light("disk", "poor", "light-disk-mended")
    if space.minutes < ENOUGH:
        return Light("disk", "poor", "light-disk-minutes", {"count": space.minutes})
    return Light("disk", "good", "light-disk-hours", {"count": space.minutes // 60})


def devices(known: Devices | None) -> Light:
    """Return the light of the devices."""
    if known is None or not known.devices:
        return Light("devices", "none", "light-devices-none")
    if any(each.stopping == "unproven" for each in known.devices):
        return Light("devices", "bad", "light-devices-unproven")
    if known.stopped:
        return Light("devices", "poor", "light-devices-stopped")
    silent = sum(1 for each in known.devices if each.state not in ("ready", "probing"))
    if silent:
        return Light("devices", "poor", "light-devices-silent", {"count": silent})
    return Light("devices", "good", "light-devices-ready", {"count": len(known.devices)})


def power(supplies: Sequence[Supply]) -> Light:
    """Return the light of the power: a computer that says nothing of it is on the mains."""
    batteries = [each for each in supplies if each.kind in ("Battery", "UPS") and each.percent is not None]
    if not batteries:
        return Light("power", "none", "light-power-none")
    percent = min(each.percent or 0 for each in batteries)
    plugged = any(each.online for each in supplies if each.kind in MAINS)
    if plugged or not any(each.status == "Discharging" for each in batteries):
        return Light("power", "good", "light-power-mains", {"percent": percent})
    if percent < BATTERY_LOW:
        return Light("power", "bad", "light-power-low", {"percent": percent})
    return Light("power", "poor", "light-power-battery", {"percent": percent})

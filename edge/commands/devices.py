"""`tirek device …`: what is plugged in, what it measures, and how it is stopped."""

import argparse
import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from devices.errors import DeviceError
from devices.far_port import FarPort
from devices.identity import identify
from devices.port import Port
from devices.ports import plugged
from devices.probing import Found, Probe, candidates, may_ask
from devices.registry import found, kinds, simulators
from edge.client import Client, DaemonAway
from edge.commands.asking import asked, socket_of
from edge.commands.place import CommandRefused, settings
from edge.commands.screen import print_table, printable
from edge.config import LAB
from edge.contract.commands import DescribeDevice, StopDevice, StopEverything
from edge.contract.notices import Device, Devices, Reading
from edge.lab.halting import halt, movers
from edge.lab.socket import search

LONGEST = 2.0  # seconds for a daemon to answer; who is to stop robots does not wait longer for one that hangs
COLUMNS = ("DEVICE", "LABEL", "STATE", "DRIVER", "PORT", "MEASURES AND MOVES", "REMARK")


def list_devices(parsed: argparse.Namespace) -> int:
    """Print what the daemon knows, and the drivers that cannot be loaded."""
    devices = asked(_devices(socket_of(parsed)))
    print_table(COLUMNS, [_row(each) for each in devices.devices])
    if devices.stopped:
        print("everything is stopped")
    for broken in found()[1]:
        print(f"driver {broken.name} cannot be loaded: {printable(broken.reason)}")
    return 0


def read(parsed: argparse.Namespace) -> int:
    """Print what a device measures, as it comes."""
    asked(_read(socket_of(parsed), parsed.device, parsed.seconds))
    return 0


def describe(parsed: argparse.Namespace) -> int:
    """Say what a device is."""
    allowed = True if parsed.allow else False if parsed.forbid else None
    command = DescribeDevice(parsed.device, parsed.label, parsed.driver, parsed.profile, allowed)
    asked(_order(socket_of(parsed), command))
    return 0


def stop(parsed: argparse.Namespace) -> int:
    """Stop one device or all: by the daemon, or without one where none answers."""
    if (parsed.device is None) == (not parsed.all):
        raise CommandRefused("say which device, or --all")
    command = StopEverything() if parsed.all else StopDevice(parsed.device)
    if not parsed.after_crash:
        try:
            asked(_order(socket_of(parsed), command))
            return 0
        except CommandRefused as exc:
            if not isinstance(exc.__cause__, DaemonAway | TimeoutError):
                raise
    return _stop_alone(Path(settings(parsed).state) / LAB, parsed.device)


def probe(parsed: argparse.Namespace) -> int:
    """Print the serial ports on USB, or find out who is at one of them."""
    if parsed.port is None:
        ports = plugged()
        names = identify(ports)
        rows = [(path, usb.kind, usb.model or "-", names[path].id) for path, usb in ports.items()]
        print_table(("PORT", "KIND", "MODEL", "DEVICE"), rows)
        return 0
    try:
        return asyncio.run(_probe(parsed.port, parsed.ask))
    except DeviceError as exc:
        raise CommandRefused(str(exc)) from exc


def simulate(parsed: argparse.Namespace) -> int:
    """Play an instrument on a pseudo terminal until Ctrl-C."""
    makers = simulators()
    if parsed.name not in makers:
        raise CommandRefused(f"no simulator {parsed.name!r}; there are {', '.join(sorted(makers))}")
    try:
        port = FarPort(makers[parsed.name](), parsed.link)
    except OSError as exc:
        raise CommandRefused(f"{parsed.link}: {exc.strerror}") from exc
    print(parsed.link or port.path, flush=True)
    try:
        asyncio.run(port.run())
    except KeyboardInterrupt:
        return 0
    finally:
        port.unplug()
    return 0


def _stop_alone(folder: Path, device: str | None) -> int:
    known = [(record, path) for record, path in movers(folder) if device in (None, record.id)]
    if device is not None and not known:
        raise CommandRefused(f"{device}: nothing of this name that moves is plugged in")
    halted = asyncio.run(halt(folder, known))
    for each in halted:
        print(f"{each.device}: {each.fault or 'stopped'}")
    return int(any(each.fault for each in halted))


async def _probe(path: str, ask: bool) -> int:
    usb = plugged().get(path)
    which = None if usb is None else (usb.vendor, usb.product)
    tried = candidates(kinds(), which)
    asks = may_ask(tried, which, ask)
    port = await Port.open(path)
    try:
        answer = await search(Probe(tried, asks, time.monotonic()), port, time.monotonic, asyncio.Event())
    finally:
        port.close()
    if isinstance(answer, Found):
        profile = f" {answer.kind.profile}" if answer.kind.profile else ""
        print(f"{path}: {printable(answer.identity)} ({answer.kind.name}{profile}, {answer.baud} baud)")
        return 0
    heard = "somebody speaks, whom nobody here understands" if answer.heard else "nothing was heard"
    asked = "" if asks else "; nothing was asked: --ask allows that"
    print(f"{path}: {heard} at {', '.join(map(str, answer.bauds))} baud{asked}")
    return 1


async def _devices(socket: Path) -> Devices:
    async with Client(socket) as client, asyncio.timeout(LONGEST):
        async for notice in client.notices():
            if isinstance(notice, Devices):
                return notice
    raise DaemonAway(f"{socket}: tells of no devices")


async def _read(socket: Path, device: str, seconds: float | None) -> None:
    known = {each.id: each for each in (await _devices(socket)).devices}
    if device not in known:
        raise CommandRefused(f"{device}: not known here; `tirek device list` shows all")
    units = {channel.name: channel.unit for channel in known[device].channels}
    async with Client(socket) as client:
        try:
            async with asyncio.timeout(seconds):
                async for notice in client.notices():
                    if isinstance(notice, Reading) and notice.device == device:
                        print(_line(notice, units.get(notice.channel, "")), flush=True)
        except TimeoutError:
            return


async def _order(socket: Path, command: DescribeDevice | StopDevice | StopEverything) -> None:
    async with Client(socket) as client, asyncio.timeout(LONGEST):
        await client.do(command)


def _row(it: Device) -> tuple[str, ...]:
    does = [f"{each.name} [{each.unit}]" for each in it.channels]
    does += [f"{each.name} {each.low:g}…{each.high:g} {each.unit}" for each in it.actuators]
    does += [f"program {each}" for each in it.programs]
    blanks = ", ".join(f"{key} {value}" for key, value in it.blanks.items())
    remark = it.said + (f" ({blanks})" if blanks else "")
    driver = " ".join(filter(None, (it.driver, it.profile))) or "-"
    return it.id, it.label, it.state, driver, it.place or "-", ", ".join(does) or "-", remark or "-"


def _line(it: Reading, unit: str) -> str:
    moment = datetime.fromtimestamp(it.at / 1000, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
    value = "-" if it.value is None else f"{it.value:g} {unit}"
    return "  ".join(filter(None, (moment, it.channel, value, it.flag, it.trouble)))

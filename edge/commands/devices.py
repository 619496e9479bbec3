"""`tirek device …`: what is plugged in, what it measures, and how it is stopped."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from devices.driver import Channel, Driver
from devices.errors import DeviceError
from devices.far_port import FarPort
from devices.identity import identify
from devices.port import Port
from devices.ports import plugged
from devices.probing import Found, Probe, candidates, may_ask
from devices.quality import brief, full
from devices.registry import found, kinds, simulators
from edge.client import Client, DaemonAway
from edge.commands import stopping
from edge.commands.asking import asked, socket_of
from edge.commands.place import CommandRefused, settings, who
from edge.commands.screen import print_table, printable
from edge.config import LAB
from edge.contract.commands import AllowMotion, DescribeDevice
from edge.contract.notices import Device, Devices, Reading
from edge.lab.socket import search

LONGEST = 2.0  # seconds for a daemon to answer; who is to stop robots does not wait longer for one that hangs
TELLS = 2.0  # seconds for an instrument that was found to say what it measures
COLUMNS = ("DEVICE", "LABEL", "STATE", "DRIVER", "PORT", "MEASURES AND MOVES", "REMARK")


def list_devices(parsed: argparse.Namespace) -> int:
    """Print what the daemon knows, and the drivers that cannot be loaded."""
    devices = asked(_devices(socket_of(parsed)))
    print_table(COLUMNS, [_row(each) for each in devices.devices])
    if devices.stopped:
        by = f" by {printable(devices.stopped_by)}" if devices.stopped_by else ""
        print(f"everything is stopped{by}: `tirek device allow` ends that")
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
    if not parsed.after_crash:
        try:
            return stopping.by_daemon(socket_of(parsed), parsed.device)
        except stopping.NobodyThere as exc:
            print(f"{exc}: its ports are tried without it", file=sys.stderr)
    return stopping.alone(Path(settings(parsed).state) / LAB, parsed.device, parsed.after_crash)


def allow(parsed: argparse.Namespace) -> int:
    """Let robots move again after a stop of everything."""
    asked(_order(socket_of(parsed), AllowMotion(who())))
    return 0


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
    for each in (signal.SIGINT, signal.SIGTERM):  # in the background a shell lets the first be ignored
        signal.signal(each, signal.default_int_handler)
    print(parsed.link or port.path, flush=True)
    try:
        asyncio.run(port.run())
    except KeyboardInterrupt:
        return 0
    finally:
        port.unplug()
    return 0


async def _probe(path: str, ask: bool) -> int:
    usb = plugged().get(path)
    which = None if usb is None else (usb.vendor, usb.product)
    tried = candidates(kinds(), which)
    asks = may_ask(tried, which, ask)
    port = await Port.open(path)
    try:
        probe = Probe(tried, asks, time.monotonic(), spares=not ask)
        answer = await search(probe, port, time.monotonic, asyncio.Event())
        channels = await _channels(answer.kind.make(), port) if isinstance(answer, Found) else ()
    finally:
        port.close()
    if isinstance(answer, Found):
        profile = f" {answer.kind.profile}" if answer.kind.profile else ""
        print(f"{path}: {printable(answer.identity)} ({answer.kind.name}{profile}, {answer.baud} baud)")
        for each in channels:
            print(f"  {printable(full(each))}")
        return 0
    heard = "somebody speaks, whom nobody here understands" if answer.heard else "nothing was heard"
    asked = "" if asks else "; nothing was asked: --ask allows that"
    print(f"{path}: {heard} at {', '.join(map(str, answer.bauds))} baud{asked}")
    return 1


async def _channels(driver: Driver, port: Port) -> Sequence[Channel]:
    """Return what it measures, once it has said so; raise LineLost."""
    port.write(driver.begin())
    with suppress(TimeoutError):
        async with asyncio.timeout(TELLS):
            while not driver.channels:
                driver.feed(await port.read(), time.monotonic())
                port.write(driver.ask(time.monotonic()))
    return driver.channels


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


async def _order(socket: Path, command: DescribeDevice | AllowMotion) -> None:
    async with Client(socket) as client, asyncio.timeout(LONGEST):
        await client.do(command)


def _row(it: Device) -> tuple[str, ...]:
    does = [brief(each) for each in it.channels]
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

"""`tirek status`: how this node is, in a few lines; from the daemon, or why there is none."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.client import Client
from edge.commands.asking import asked, socket_of
from edge.commands.place import CommandRefused
from edge.commands.screen import printable
from edge.commands.teaching import INSTALLED
from edge.contract.answers import LiveStream, Status
from edge.contract.commands import ReadStatus
from edge.contract.notices import Light
from edge.doctor.systemd import SERVICE, last_lines, units
from edge.errors import TirekError

DOWN = 3  # exit status, as `systemctl status` has it for what does not run


class Down(Struct, frozen=True):
    """There is no daemon, and why as far as systemd says."""

    why: str
    service: str = ""
    last: tuple[str, ...] = ()


def status(parsed: argparse.Namespace) -> int:
    """Print it; 3 when the daemon does not run."""
    found = look(parsed)
    if parsed.json:
        shown = {"running": isinstance(found, Status), **msgspec.to_builtins(found)}
        print(msgspec.json.format(msgspec.json.encode(shown)).decode())
    else:
        for line in lines(found, time.time()):
            print(printable(line))
    return 0 if isinstance(found, Status) else DOWN


def look(parsed: argparse.Namespace) -> Status | Down:
    """Ask the daemon; where it does not run, systemd."""
    try:
        path = socket_of(parsed)
    except TirekError as exc:
        return _down(str(exc))
    service = units([SERVICE]).get(SERVICE) if path == INSTALLED else None
    # The socket of the unit is there without a daemon, and asking would start one that somebody stopped.
    if service is not None and service.active in ("inactive", "failed"):
        return _down("the service does not run")
    try:
        return asked(_ask(path))
    except CommandRefused as exc:
        return _down(str(exc))


async def _ask(path: Path) -> Status:
    async with Client(path) as daemon:
        return await daemon.ask(ReadStatus(), Status)


def _down(why: str) -> Down:
    service = units([SERVICE]).get(SERVICE)
    if service is None or not service.is_installed:
        return Down(why)
    told = f"{service.active} ({service.sub}), {service.result}, started anew {service.restarts} times"
    return Down(why, f"{told}; {service.status}".rstrip("; "), tuple(last_lines(3)))


def lines(found: Status | Down, now: float) -> Iterator[str]:
    """Return what is printed; `now` in seconds since 1970."""
    if isinstance(found, Down):
        yield f"daemon     does not answer: {found.why}"
        if found.service:
            yield f"service    {found.service}"
        yield from (f"last line  {each}" for each in found.last)
        yield "what to do `tirek doctor`, as root: `sudo tirek doctor`"
        return
    yield f"node       {found.name} ({found.node}), school {found.school or '-'}"
    release = f", release {found.release}" if found.release else ""
    up = f"up for {length(found.uptime)}, {found.memory // 1_000_000} MB"
    yield f"daemon     tirek {found.version}{release}; {up}"
    if found.trouble:
        yield f"trouble    {found.trouble}: nothing is kept since the daemon's start"
    yield f"hub        {_hub(found, now)}"
    yield f"waiting    {found.health.registers} registers, {found.health.others} other facts"
    yield f"lesson     {f'{found.lesson}, {found.stage}' if found.lesson else 'none'}"
    yield from (f"stream     {_stream(each)}" for each in found.streams)
    yield f"disk       {_minutes(found.health.minutes_free)} of recording fit; {_backup(found, now)}"
    yield f"devices    {_devices(found)}"
    yield f"fetching   {_fetching(found)}"
    yield f"lights     {', '.join(map(light, found.health.lights)) or 'not known yet'}"


def length(seconds: float) -> str:
    """Return a time as people say it."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{int(seconds)} seconds"


def light(each: Light) -> str:
    """Return a light with its reason, where it is not good."""
    why = f" ({each.said.removeprefix('light-')})" if each.state in ("poor", "bad") else ""
    return f"{each.name} {each.state}{why}"


def _hub(found: Status, now: float) -> str:
    reached = found.health.reached
    when = f"reached {length(max(0.0, now - reached / 1000))} ago" if reached else "never reached"
    return f"{found.hub}, {when}" if found.hub else "none: not enrolled"


def _stream(each: LiveStream) -> str:
    state = "live" if each.live else "waits for its publisher"
    reason = f" ({each.reason})" if each.reason else ""
    return (
        f"{each.name} {state}, {each.bitrate // 1000} kbit/s, {each.viewers} watch, "
        f"recording {each.recording}{reason}"
    )


def _minutes(minutes: int) -> str:
    return f"{minutes // 60} hours" if minutes >= 120 else f"{minutes} minutes"


def _backup(found: Status, now: float) -> str:
    made = found.health.backup
    return (
        f"journal backed up {length(max(0.0, now - made / 1000))} ago" if made else "no backup of the journal"
    )


def _devices(found: Status) -> str:
    told = ", ".join(f"{count} {state}" for state, count in sorted(found.devices.items())) or "none"
    return f"{told}; everything that moves is stopped" if found.stopped else told


def _fetching(found: Status) -> str:
    library = found.library
    if library.coming:
        return f"{library.coming}, {library.share:.0%}"
    if library.waits:
        until = f" until {library.until}" if library.until else ""
        return f"waits: {library.waits}{until}"
    return "nothing"

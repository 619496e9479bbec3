"""Runs without instruments: what is to be kept of samples that are given."""

from collections.abc import Sequence
from pathlib import Path

from devices.driver import Sample
from devices.experiments import experiments
from devices.template import Template, parse
from edge.contract.notices import Bound
from edge.lab.active import Active, Batch, Beginning, Mark, Scene
from edge.lab.chunks import Piece
from edge.lab.store import Kept, Store

WALL = 1_795_680_000_000  # milliseconds since 1970
NOWHERE = Scene()
WORDS = '{ kk = "а", ru = "б", en = "c" }'
ENTRY = '[entry]\nname = "V"\nquantity = "volume"\nunit = "mL"\nfirst = 20\nstep = -1\n'
TEMPLATE = f"""
mode = "time"
title = {WORDS}
hint = {WORDS}
"""


def template(channels: int, more: str = "", entry: bool = False) -> Template:
    """Return an experiment that measures so many temperatures: T0, T1, …"""
    head = TEMPLATE.replace('"time"', '"event"') if entry else TEMPLATE
    tail = ENTRY if entry else ""
    wanted = "".join(
        f'[[channel]]\nname = "T{number}"\nquantity = "temperature"\nunit = "Cel"\n'
        for number in range(channels)
    )
    return parse(f'{head}{more}\n{wanted}[[view]]\ny = "T0"\n{tail}', "temperatures")


def bound(*quantities: str) -> tuple[Bound, ...]:
    """Return channels of one device, called as their quantities."""
    units = {"temperature": "Cel", "pressure": "kPa", "distance": "m", "voltage": "V", "current": "mA"}
    return tuple(Bound(each, "d", each, units[each]) for each in quantities)


def beginning(it: Template | str, channels: tuple[Bound, ...], scene: Scene = NOWHERE) -> Beginning:
    """Return a run that begins."""
    name, found = (it, experiments()[it]) if isinstance(it, str) else ("temperatures", it)
    return Beginning("r", name, found, WALL, 1, scene, channels)


def active(it: Template | str, *quantities: str, seconds: float = 0.0, now: float = 100.0) -> Active:
    """Return a run that is recorded since `now`."""
    return Active(beginning(it, bound(*quantities)), now, seconds)


def batch(pieces: dict[int, Sequence[tuple[int, float]]], *marks: int) -> Batch:
    """Return what is to be written: moments and values by channel."""

    made = {
        channel: Piece([at for at, _ in rows], [value for _, value in rows], [0] * len(rows))
        for channel, rows in pieces.items()
    }
    return Batch(made, [Mark(at) for at in marks], [])


def kept(folder: Path, run: Active) -> tuple[Store, Kept]:
    """Write what a run has, and return it as it is kept."""
    store = Store(folder)
    store.begin(run.beginning)
    store.add("r", run.collected())
    found = store.find("r")
    assert found is not None
    return store, found


def sample(channel: str, at: float, value: float, beyond: bool = False) -> Sample:
    """Return a sample."""
    return Sample(channel, at, value, "out-of-range" if beyond else "")

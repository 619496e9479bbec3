"""Twenty schools that talk back to one hub: what their pictures cost it, and how soon sound is everywhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from edge.journal import Journal
from sync import tree
from sync.joining.identity import load_or_create
from sync.ledger import computer
from sync.records import NodeEnrolled
from tests.bench.child import Peer, Place, Process
from tests.bench.contract import Joined, Order, SeminarPlan, Spoken
from tests.bench.place import free_port, quiet_place, undisturbed
from tests.bench.table import Table, centiles
from tests.bench.usage import Usage
from tests.net.rooms import pause, until

SCHOOLS = 20
SECONDS, QUICK_SECONDS = 10.0, 5.0
SWITCHES, QUICK_SWITCHES = 20, 8
SETTLE = 3.0  # seconds until what was ordered is everywhere
CONFIG = """
name = "hub"
state = "{state}"
listen = ["{people}"]
listen_nodes = ["{nodes}"]
record = false
vision = false
discover = false
usb = false
allow_anyone = true
"""
COLUMNS = ("what", "CPU s/s", "over idle", "p50 ms", "p95 ms", "p99 ms", "max ms", "missing", "pkt/s")
NOTES = (
    f"One hub, a process as installed; {SCHOOLS} schools in another process, each with mutual TLS, a session"
    " up, one down, and the poll that wishes come by. A lesson is on, small, and nobody pulls it.",
    "idle: all sessions are kept, nothing is wanted. thumbnails: the teacher's page shows all pictures, 90"
    " kbit/s and 5 a second each. floor: one school's picture (450 kbit/s) and sound go to all others too.",
    "floor, ms: from a school's node to another's, through the hub, every packet of sound at every school.",
    "switch, ms: from the teacher's key (POST) to the first packet of the new school's sound at the last of"
    " all others; the school learns of it by its poll.",
    "Targets: thumbnails ≤ 0.25, delay ≤ 150 ms, switch ≤ 1000 ms. As root, the hub runs with SCHED_FIFO.",
)


class Running(Struct, frozen=True):
    """A hub to look at, and its schools."""

    pid: int
    schools: Peer


def run(quick: bool) -> Table:
    """Measure."""
    seconds = QUICK_SECONDS if quick else SECONDS
    with quiet_place() as place, TemporaryDirectory() as folder, _seminar(place, Path(folder)) as running:
        usage, schools = Usage(running.pid), running.schools
        idle, _ = _measure(usage, schools, seconds)
        schools.ask(Order("join", count=SCHOOLS, seconds=SETTLE), Joined)
        thumbnails, looked = _measure(usage, schools, seconds)
        times = QUICK_SWITCHES if quick else SWITCHES
        took = schools.ask(Order("switch", count=times, seconds=times * 5.0), Spoken).switches
        floor, heard = _measure(usage, schools, seconds)
    dash = ("–",) * 4
    rows: list[tuple[str, ...]] = [
        (f"{SCHOOLS} schools, idle", f"{idle:.3f}", "–", *dash, "–", "–"),
        (
            "thumbnails of all",
            f"{thumbnails:.3f}",
            f"{thumbnails - idle:.3f}",
            *dash,
            "–",
            _rate(looked.seen, seconds),
        ),
        (
            "… and the floor",
            f"{floor:.3f}",
            f"{floor - idle:.3f}",
            *_ms(heard.delays),
            str(heard.missing),
            _rate(heard.seen + heard.pictures + len(heard.delays), seconds),
        ),
        (f"switch of the floor, {len(took)} times", "–", "–", *_ms(took), "–", "–"),
    ]
    return Table("return", "Classes talk back", COLUMNS, rows, NOTES)


def _measure(usage: Usage, schools: Peer, seconds: float) -> tuple[float, Spoken]:
    pause(SETTLE)
    usage.start()
    spoken = schools.ask(Order("measure", seconds=seconds), Spoken)
    return usage.cpu(), spoken


def _ms(values: list[float]) -> tuple[str, str, str, str]:
    p50, p95, p99, most = (f"{each * 1000:.1f}" for each in centiles(values))
    return p50, p95, p99, most


def _rate(packets: int, seconds: float) -> str:
    return f"{packets / seconds:.0f}"


@contextmanager
def _seminar(place: Place, folder: Path) -> Iterator[Running]:
    people, nodes = (f"{place.address}:{free_port(place)}" for _ in range(2))
    plan = _enrol(folder, f"http://{people}", nodes)
    config = folder / "hub.toml"
    config.write_text(CONFIG.format(state=folder / "hub", people=people, nodes=nodes))
    words = (sys.executable, "-m", "edge", "run", "--config", str(config))
    log = folder / "log"
    with Process(undisturbed(place), words, log=log) as hub:
        until(lambda: 'event="listening" ' in log.read_text(), "the hub listens")
        with Peer(place, "seminar", plan) as schools:
            schools.ready()
            yield Running(hub.pid, schools)


def _enrol(folder: Path, hub: str, door: str) -> SeminarPlan:
    journal = Journal(folder / "hub")
    folders = []
    for number in range(SCHOOLS):
        place = folder / f"school-{number}"
        place.mkdir()
        folders.append(str(place))
        mine = load_or_create(place)
        fact = NodeEnrolled(mine.node, f"school-{number}", mine.fingerprint, f"school-{number}")
        _admit(journal, fact, mine.certificate)
    journal.close()
    return SeminarPlan(hub, door, journal.identity.certificate, folders)


def _admit(journal: Journal, fact: NodeEnrolled, certificate: str) -> None:
    me, moment = journal.identity.node, computer()
    journal.ledger.write(lambda db: tree.admit(db, me, fact, certificate, moment)).result()

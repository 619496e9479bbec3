"""Bulk beside a lesson: a plain download costs it packets, ours none; small exchanges do not wait for it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from edge.journal import Journal
from sync.joining.identity import load_or_create
from tests.bench.child import Peer
from tests.bench.contract import Beside, BulkHubPlan, BulkRoomPlan, FlowPlan, Order, Ready
from tests.net.link import Plan
from tests.net.namespaces import Namespace, joined, why_not
from tests.net.wire import Quality

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

LESSON = 1_500_000.0  # bits a second
SECONDS = 3.0
LONG = 60.0  # seconds of the lesson at most
TRIES = 40  # seconds for bulk to begin
NARROW = Quality(delay=0.03, rate=2_000_000, queue=0.4)
THIN = Quality(delay=0.03, rate=512_000, queue=1.0)


@contextmanager
def classroom(near: Namespace, far: Namespace, folder: Path, *, polite: bool, lesson: bool) -> Iterator[Peer]:
    """A hub with a large file, and a classroom that can fetch it."""
    hub, room = folder / "hub", folder / "room"
    hub.mkdir()
    journal = Journal(room)
    certificate = journal.identity.certificate
    journal.close()
    identity = load_or_create(hub)
    plan = BulkHubPlan(near.address, str(hub), certificate, "" if polite else "cubic", lesson)
    with ExitStack() as stack:
        address = stack.enter_context(Peer(near, "bulk_hub", plan)).ready().url
        told = BulkRoomPlan(str(room), address, identity.certificate, identity.node, lesson, polite)
        made = stack.enter_context(Peer(far, "bulk_room", told))
        made.ready()
        yield made


def begun(room: Peer) -> None:
    """Return once bulk has come."""
    reports = (room.ask(Order("report", seconds=1.0), Beside) for _ in range(TRIES))
    assert any(report.octets for report in reports)


def beside_a_lesson(folder: Path, *, polite: bool) -> tuple[Beside, int]:
    """Fetch beside a lesson; return what the classroom saw, and the packets that the link dropped."""
    with (
        joined(Plan(NARROW, NARROW)) as (near, far, link),
        classroom(near, far, folder, polite=polite, lesson=True) as room,
        Peer(near, "lesson_flow", FlowPlan(far.address, LESSON, LONG)),
    ):
        room.ask(Order("fetch"), Ready)
        begun(room)
        seen = room.ask(Order("report", seconds=SECONDS), Beside)
        return seen, link.counts().forth.dropped


def test_a_plain_download_takes_packets_of_a_lesson_and_polite_bulk_takes_none(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "polite").mkdir()
    plain, dropped = beside_a_lesson(tmp_path / "plain", polite=False)
    ours, none = beside_a_lesson(tmp_path / "polite", polite=True)
    assert dropped > 0
    assert plain.arrived < plain.expected
    assert (none, ours.expected - ours.arrived) == (0, 0)


def test_small_exchanges_do_not_stand_behind_polite_bulk(tmp_path: Path) -> None:
    with (
        joined(Plan(THIN, THIN)) as (near, far, _),
        classroom(near, far, tmp_path, polite=True, lesson=False) as room,
    ):
        room.ask(Order("ask"), Ready)
        alone = room.ask(Order("report", seconds=2.0), Beside)
        room.ask(Order("fetch"), Ready)
        begun(room)
        seen = room.ask(Order("report", seconds=SECONDS), Beside)
    typical = sorted(seen.trips)[len(seen.trips) // 2]
    assert typical <= 4 * max(alone.trips)

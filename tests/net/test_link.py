"""The link emulator between two real namespaces."""

import json
import sys
from statistics import median

import pytest

from tests.net.link import Plan
from tests.net.namespaces import Namespace, alone, joined, why_not
from tests.net.wire import Quality

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def ask(caller: Namespace, other: Namespace, count: int, size: int = 99, pause: float = 0.005) -> list[float]:
    """Return the round trips of `count` datagrams from one namespace to an echo in the other."""
    echo = other.start(sys.executable, "-m", "tests.net.echo", "echo", other.address)
    assert echo.stdout
    assert echo.stdout.readline() == "up\n"
    words = ("call", other.address, str(count), str(size), str(pause))
    trips: list[float] = json.loads(caller.run(sys.executable, "-m", "tests.net.echo", *words))
    other.end_processes()
    return trips


def test_a_datagram_takes_twice_the_delay_there_and_back() -> None:
    with joined(Plan(forth=Quality(delay=0.05), back=Quality(delay=0.05))) as (near, far, _):
        trips = ask(near, far, 20)
    assert len(trips) == 20
    assert 0.1 <= min(trips) <= median(trips) < 0.15


def test_both_directions_lose_their_share() -> None:
    with joined(Plan(forth=Quality(loss=0.1), back=Quality(loss=0.1))) as (near, far, link):
        trips = ask(near, far, 1000, pause=0.001)
        counts = link.counts()
    assert len(trips) == pytest.approx(810, rel=0.1)
    assert counts.forth.lost == pytest.approx(100, rel=0.4)
    assert counts.back.lost == pytest.approx(90, rel=0.4)


def test_a_narrow_link_passes_its_rate_and_drops_the_rest() -> None:
    with joined(Plan(forth=Quality(rate=400_000))) as (near, far, link):
        trips = ask(near, far, 300, size=972, pause=0.005)  # 1000 bytes of IP each: 1.6 Mbit/s for 1.5 s
        counts = link.counts().forth
    assert counts.delivered == pytest.approx(95, rel=0.15)  # (1.5 s + 0.4 s of queue) of 50 packets/s
    assert counts.dropped == counts.offered - counts.delivered
    assert 0.3 < median(trips[len(trips) // 2 :]) < 0.6  # a full queue is 0.4 s; its bound: test_wire


def test_a_cut_link_carries_nothing_and_a_mended_one_everything() -> None:
    with joined(Plan()) as (near, far, link):
        link.cut()
        while_cut = ask(near, far, 5)
        link.mend()
        mended = ask(near, far, 5)
    assert (len(while_cut), len(mended)) == (0, 5)


def test_cuts_come_by_plan() -> None:
    with joined(Plan(cuts=((0.0, 60.0),))) as (near, far, link):
        assert ask(near, far, 5) == []
        assert link.counts().forth.cut >= 5


def test_the_quality_can_change_while_it_runs() -> None:
    with joined(Plan()) as (near, far, link):
        link.change(Plan(forth=Quality(loss=1.0)))
        assert ask(near, far, 5) == []


def test_multicast_crosses_the_link() -> None:
    send = "import socket; s=socket.socket(2,2); s.sendto(b'x'*40, ('224.0.0.251', 5353))"
    with joined(Plan()) as (near, _, link):
        before = link.counts().forth.delivered
        near.run(sys.executable, "-c", send)
        assert link.counts().forth.delivered > before


def test_a_default_route_to_nowhere_is_there_when_asked_for() -> None:
    with alone(nowhere=True) as namespace:
        assert "default dev nowhere" in namespace.run("ip", "route")


def test_nothing_stays_behind() -> None:
    with joined(Plan()) as (near, far, _):
        echo = far.start(sys.executable, "-m", "tests.net.echo", "echo", far.address)
        names = near.name, far.name
    assert echo.poll() is not None
    with alone() as other:
        left = other.run("ip", "netns", "list")
    assert not any(name in left for name in names)

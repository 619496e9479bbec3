"""Nodes find each other by multicast DNS: real ones, on the loopback interface."""

import asyncio
import ipaddress
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from edge.discovery import Discovery, Presence
from edge.errors import NetworkAbsent
from edge.hubs import Hubs, Network
from edge.supervise import keep

LOOPBACK = ("127.0.0.1",)
KILLED_HUB = """
import asyncio, sys
from edge.discovery import Discovery, Presence
from edge.hubs import Hubs
presence = Presence(sys.argv[1], "Hub", 8080, 1, "0.1.0", ("127.0.0.1",))
asyncio.run(Discovery(Hubs(sys.argv[1], lambda: None), lambda: presence, ("127.0.0.1",)).run())
"""


class NotedHubs(Hubs):
    """Hubs that tell when one has left."""

    def __init__(self, own: str, wake: Callable[[], None]) -> None:
        super().__init__(own, wake)
        self.gone = asyncio.Event()

    def left(self, node: str) -> None:
        super().left(node)
        self.gone.set()


class Listener:
    """A node that looks for hubs, and counts how often it was woken."""

    def __init__(self, node: str) -> None:
        self.hubs = NotedHubs(node, self._woken)
        self.wakes = 0
        self.woken = asyncio.Event()

    def _woken(self) -> None:
        self.wakes += 1
        self.woken.set()

    async def until(self, wakes: int) -> None:
        while self.wakes < wakes:
            self.woken.clear()
            await self.woken.wait()


@asynccontextmanager
async def running(hubs: Hubs, *announced: Presence) -> AsyncIterator[None]:
    """Run one node's discovery on loopback."""
    presence = announced[0] if announced else None
    async with asyncio.timeout(40), asyncio.TaskGroup() as tasks:
        part = tasks.create_task(Discovery(hubs, lambda: presence, LOOPBACK).run())
        yield
        part.cancel()


async def at_once(seconds: float, wake: asyncio.Event | None) -> bool:
    return False


def sockets() -> int:
    """Count this process's sockets."""
    return sum(
        os.readlink(each).startswith("socket:")
        for each in Path("/proc/self/fd").iterdir()
        if each.is_symlink()
    )


def node_id() -> str:
    return f"test-{secrets.token_hex(6)}"


def hub(node: str, depth: int = 1) -> Presence:
    return Presence(node, "Ақжар", 8080, depth, "0.1.0", LOOPBACK)


async def test_a_node_without_a_parent_finds_an_announced_hub() -> None:
    listener, announced = Listener(node_id()), hub(node_id())
    async with running(listener.hubs), running(Hubs(announced.node, lambda: None), announced):
        await listener.until(wakes=1)
        best = listener.hubs.best()
    assert best is not None
    assert (best.node, best.name, best.urls) == (announced.node, "Ақжар", ("http://127.0.0.1:8080",))


async def test_a_node_never_finds_itself() -> None:
    own, other = Listener(node_id()), hub(node_id(), depth=3)
    async with running(own.hubs, hub(own.hubs.own, depth=0)), running(Hubs(other.node, lambda: None), other):
        await own.until(wakes=1)
        best = own.hubs.best()
    assert best is not None
    assert best.node == other.node


async def test_a_hub_that_says_goodbye_is_forgotten() -> None:
    listener, announced = Listener(node_id()), hub(node_id())
    async with running(listener.hubs):
        async with running(Hubs(announced.node, lambda: None), announced):
            await listener.until(wakes=1)
        await listener.hubs.gone.wait()
    assert listener.hubs.best() is None


async def test_who_is_ended_in_the_middle_of_a_goodbye_leaves_no_socket() -> None:
    listener, other, announced = Listener(node_id()), hub(node_id()), hub(node_id())
    async with running(listener.hubs), running(Hubs(other.node, lambda: None), other):
        await listener.until(wakes=1)
        before = sockets()
        async with asyncio.TaskGroup() as tasks:
            part = Discovery(Hubs(announced.node, lambda: None), lambda: announced, LOOPBACK)
            saying = tasks.create_task(part.run())
            await listener.until(wakes=2)
            saying.cancel()
            await listener.hubs.gone.wait()  # the first of three goodbyes
            saying.cancel()
        await asyncio.sleep(0)  # the loop closes what it was told to
        assert sockets() == before


async def test_no_network_at_all_is_worth_another_try() -> None:
    alone = Discovery(Hubs(node_id(), lambda: None), lambda: None, networks=dict)
    with pytest.raises(NetworkAbsent, match="only none"):
        await alone.run()


async def test_a_hub_is_found_on_a_network_that_appears_later() -> None:
    listener, announced = Listener(node_id()), hub(node_id())
    plugged = {"127.0.0.1": ipaddress.ip_network("127.0.0.0/8")}
    looks = count()

    def networks() -> dict[str, Network]:
        return plugged if next(looks) else {}

    part = Discovery(listener.hubs, lambda: None, networks=networks)
    async with (
        running(Hubs(announced.node, lambda: None), announced),
        asyncio.timeout(40),
        asyncio.TaskGroup() as tasks,
    ):
        kept = tasks.create_task(keep(part.run, "discovery", pause=at_once))
        await listener.until(wakes=1)
        kept.cancel()
        best = listener.hubs.best()
    assert best is not None


async def test_a_change_of_our_own_addresses_wakes_a_waiting_link() -> None:
    listener, changes = Listener(node_id()), count(1)

    def networks() -> dict[str, Network]:
        return {"127.0.0.1": ipaddress.ip_network(f"127.0.0.0/{8 + next(changes) % 2}")}

    part = Discovery(listener.hubs, lambda: None, networks=networks, look_again=0.001)
    async with asyncio.timeout(40), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(part.run())
        await listener.until(wakes=1)
        task.cancel()
    assert listener.wakes


async def test_a_hub_back_from_a_power_cut_wakes_the_waiting_although_its_announcement_is_not_new() -> None:
    listener, announced = Listener(node_id()), hub(node_id())
    async with running(listener.hubs):
        first = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_HUB, announced.node)
        await listener.until(wakes=1)
        first.kill()
        await first.wait()
        before = listener.wakes
        second = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_HUB, announced.node)
        await listener.until(wakes=before + 1)
        second.kill()
        await second.wait()
    assert listener.wakes > before

"""A hub that teaches and classes that talk back, each a process, and the pages of both."""

import asyncio
import re

from aiohttp import ClientSession, TCPConnector

from sync.joining.identity import load_or_create, load_parent
from sync.joining.tls import client_context
from tests.flows.classes import PATIENCE, SDP, Listener, Speaker, give, post
from tests.flows.crew import END, Crew, Node, until
from tests.flows.school import good, invited

FIRST, STEP = 400.0, 200.0  # Hz of the first class, and from one to the next
DARK, LIGHTER = 50, 35  # how bright the first class's picture is, and the step to the next
CALM = 1.0  # seconds for which something must not be heard


class Class:
    """One class: its node, and its page."""

    def __init__(self, node: Node, id_: str, number: int, http: ClientSession) -> None:
        self.node = node
        self.id = id_
        self.page = Speaker(http, FIRST + STEP * number, DARK + LIGHTER * number)
        self.ear = Listener(http)

    async def opens(self) -> None:
        """Open its page."""
        await asyncio.gather(
            self.page.dial(f"{self.node.url}/class/whip"),
            self.ear.dial(f"{self.node.url}/floor/whep/physics"),
        )


class Lesson:
    """A hub that teaches, and its classes."""

    def __init__(self, crew: Crew, hub: Node, classes: list[Class]) -> None:
        self.crew = crew
        self.hub = hub
        self.classes = classes
        self.teacher = Listener(crew.http)

    async def gives(self, class_: Class | None) -> None:
        """Give somebody the floor, or nobody."""
        await give(self.crew.http, self.hub.url, class_.id if class_ else "")

    async def mutes(self, node: str, on: bool) -> None:
        """Silence a class, or all."""
        body = {"node": node, "on": on}
        await post(self.crew.http, f"{self.hub.url}/api/streams/physics/mute", body)

    @property
    def ears(self) -> list[Listener]:
        """The pages of all classes."""
        return [each.ear for each in self.classes]

    def others(self, class_: Class) -> list[Listener]:
        """Return all who are to hear a class."""
        return [self.teacher, *(each.ear for each in self.classes if each is not class_)]

    async def hears(self, class_: Class) -> None:
        """Wait until all others hear a class."""
        hertz = class_.page.hertz
        await until(
            lambda: all(each.is_hearing(hertz) for each in self.others(class_)),
            PATIENCE,
            f"{hertz} Hz is not heard by all: {[each.hears for each in self.others(class_)]}",
        )

    async def sees(self, class_: Class) -> None:
        """Wait until all others see a class."""
        ears = self.others(class_)
        await until(
            lambda: all(is_near(each, class_) for each in ears), PATIENCE, "its picture is not everywhere"
        )

    async def is_silent(self) -> None:
        """Wait until nobody has heard anything for CALM."""
        ears, clock = [self.teacher, *self.ears], asyncio.get_running_loop().time
        began = clock()

        def is_calm() -> bool:  # what waited in a queue comes after a pause that is no silence
            return clock() - max([began, *(each.tones[-1][0] for each in ears if each.tones)]) > CALM

        await until(is_calm, PATIENCE, "somebody is still heard")

    async def refused_sound(self) -> int:
        """Return how many packets of sound came to the hub that nobody wanted."""
        async with self.crew.http.get(f"{self.hub.url}/metrics") as response:
            text = await response.text()
        found = re.search(r'class_refused_packets_total\{kind="audio"\} (\d+)', text)
        assert found
        return int(found[1])


def is_near(ear: Listener, class_: Class) -> bool:
    """Tell whether a page shows a class."""
    return ear.seen is not None and abs(ear.seen - class_.page.luma) < LIGHTER / 3


async def enrolled(crew: Crew, hub: Node, name: str) -> tuple[Node, str]:
    """Start a computer of a school that belongs to a hub; return it with its id."""
    node = await crew.node(name, "vision = false", "record = false")
    await good(node, "enroll", hub.door, await invited(hub, name))
    return node, node_id(node)


async def end(*nodes: Node) -> None:
    """Stop nodes that share the computer, and with their peers: each takes longer than one alone."""
    await asyncio.gather(*(node.stop(END) for node in nodes if node.child.returncode is None))


def node_id(node: Node) -> str:
    """Return what a node is called by others."""
    return load_or_create(node.state / "journal").node


def insider(node: Node) -> ClientSession:
    """Return what speaks to the hub with a node's own certificate."""
    folder = node.state / "journal"
    parent = load_parent(folder)
    assert parent is not None
    return ClientSession(connector=TCPConnector(ssl=client_context(load_or_create(folder), parent)))


async def answered(http: ClientSession, url: str) -> tuple[int, str]:
    """Return how an offer is refused."""
    async with http.post(url, data="v=0", headers=SDP) as response:
        return response.status, str((await response.json(content_type=None))["key"])

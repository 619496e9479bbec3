"""A classroom joins a hub as a technician does it: `sudo tirek enroll`, over the network of its container."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from tests.appliance.boot import Booted
from tests.appliance.test_service import ask
from tests.appliance.test_stick import MOUNT, STICK
from tests.flows.crew import Crew, Node, until, until_told
from tests.flows.journals import facts
from tests.flows.school import import_files, invited

pytestmark = pytest.mark.asyncio(loop_scope="session")

HUB, ROOM = "10.213.7.1", "10.213.7.2"  # of a network that nobody else is in
LESSON = ("7Б", "--day", "2026-11-26", "--at", "08:30")
JOIN = 60.0  # seconds for two computers on one busy machine


@pytest.fixture
def cable(system: Booted) -> Iterator[None]:
    """A cable from the classroom's computer to the one of the test."""
    if shutil.which("ip") is None:
        pytest.skip("a cable into the container needs the command ip (Debian: iproute2)")
    here = f"tirek{os.getpid()}"
    for words in (
        f"link add {here} type veth peer name hub netns {system.init}",
        f"addr add {HUB}/30 dev {here}",
        f"link set {here} up",
    ):
        subprocess.run(["ip", *words.split(" ")], check=True)
    system.do("ip", "addr", "add", f"{ROOM}/30", "dev", "hub")
    system.do("ip", "link", "set", "hub", "up")
    yield
    subprocess.run(["ip", "link", "del", here], check=True)


@pytest_asyncio.fixture(loop_scope="session")
async def hub(cable: None, tmp_path: Path) -> AsyncIterator[Node]:
    """A hub at the other end of it, with the roster and the timetable of the school."""
    async with ClientSession() as http:
        crew = Crew(tmp_path, http)
        node = await crew.node("hub", f'listen_nodes = ["{HUB}:0"]', 'school = "hub1"')
        await import_files(node, tmp_path, "akzhar")
        await crew.publisher("test", f"{node.url}/whip/physics-7")
        yield node
        await node.stop(JOIN)
        await crew.end()


async def test_a_code_joins_it_and_registers_and_lessons_travel(system: Booted, hub: Node) -> None:
    code = await invited(hub, "akzhar")
    wrong = system.run("tirek", "enroll", hub.door, "0000-0000-0000-0000")
    assert (wrong.returncode, "wrong, used or expired" in wrong.stderr) == (1, True)

    said = system.do("tirek", "enroll", hub.door, code)

    assert f"at {hub.door} as school akzhar" in said
    node = re.search(r"This node is (\w+)", said)
    assert node is not None
    again = system.run("tirek", "enroll", hub.door, code)
    assert "is joined to" in again.stderr

    # The roster and the timetable come down, a register goes up, and a lesson of the hub is on the page.
    take = f"tirek register take {' '.join(LESSON)} --marks 2=ill --lang en || true"
    system.until("sh", "-c", take, says="Saved", seconds=JOIN)
    (taken,) = await until(lambda: facts(hub.state, "register-taken"), JOIN, "the register never came")
    assert (taken.node, taken.school) == (node[1], "akzhar")

    async def is_relayed() -> bool:
        streams = json.loads(ask(system, "/api/streams"))["streams"]
        return any(each["name"] == "physics-7" and each["live"] for each in streams)

    assert await until_told(is_relayed, JOIN, "the lesson never came")
    listed = await hub.typed("nodes", "list", "--json")
    assert [each["state"] for each in json.loads(listed.out)] == ["even"]
    assert json.loads(system.run("tirek", "doctor", "--json").stdout)
    assert "level=error" not in system.log("tirek")
    await _a_register_goes_up_on_a_stick(system, hub)


async def _a_register_goes_up_on_a_stick(system: Booted, hub: Node) -> None:
    """Carry a pack from the installed computer to the hub, while no network does."""
    system.do("ip", "link", "set", "hub", "down")
    system.do("tirek", "register", "take", *LESSON, "--marks", "3=ill", "--reason", "seen late")
    system.do("sh", "-c", MOUNT)

    made = system.do("tirek", "pack", "make", STICK)

    assert f"{STICK}/tirek-from-akzhar-" in made
    assert system.do("ls", "-A", STICK).startswith("tirek-from-akzhar-")
    system.do("cp", "-r", STICK, "/srv/pack")  # what is mounted inside is not seen from outside
    system.do("umount", STICK)
    assert len(facts(hub.state, "register-taken")) == 1

    taken = await hub.typed("pack", "take", str(system.root / "srv" / "pack"))

    assert (taken.status, "it was taken before" in taken.out) == (0, False), taken.out + taken.err
    assert len(facts(hub.state, "register-taken")) == 2

"""A way back is no lie: the code of the release before reads the journal of this one, and writes on in it."""

import subprocess
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.answers import Saved
from edge.contract.commands import TakeRegister
from tests.flows.crew import ROOT, Crew, Node
from tests.flows.journals import facts, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIN = Path(__file__).with_name("previous_release")
PARTS = ("sync", "devices", "edge", "tui")
UP = 60.0  # seconds for a daemon on a busy machine


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The code of the release before, out of the history."""
    commit = PIN.read_text().splitlines()[-1]
    packed = subprocess.run(["git", "archive", commit, *PARTS], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"the release before is not in this history: {packed.stderr.decode().strip()[-200:]}")
    code = tmp_path / "before"
    code.mkdir()
    subprocess.run(["tar", "-x", "-C", code], input=packed.stdout, check=True)
    return code


class Former(Node):
    """A daemon of the release before, in the environment of this one."""

    def __init__(self, code: Path, state: Path, log: Path) -> None:
        super().__init__(state, log)
        self._command = ["env", f"PYTHONPATH={code}", *self._command]
        self._folder = code


async def taken(node: Node, day: int) -> str:
    """Take a register there, and return the id under which it is on the disk."""
    async with Client(node.state / "tirek.sock") as screen:
        asked = TakeRegister(f"7Б 2026-11-{day:02} 08:30", {1: "ill", 2: "late"})
        return (await screen.ask(asked, Saved)).id


async def test_a_journal_of_this_release_is_read_and_written_by_the_one_before(
    crew: Crew, before: Path
) -> None:
    state, ids = crew.folder / "school", list[str]()
    for number in range(4):  # there, back, there again, and back once more
        log = crew.log(f"release-{number}")
        node = await crew.start(Former(before, state, log) if number % 2 else Node(state, log))
        assert "trouble" not in await crew.get(f"{node.url}/api/node")
        ids.append(await taken(node, number + 1))
        await node.stop(UP)
        assert "level=error" not in node.said
        assert "Traceback" not in node.said
    assert faults(state) == []
    assert [fact.id for fact in facts(state, "register-taken")] == ids

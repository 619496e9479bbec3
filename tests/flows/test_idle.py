"""A node that waits for a lesson has nothing in memory that only a lesson needs."""

from pathlib import Path

import pytest

from tests.flows.crew import Crew

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAVY = ("libavcodec", "libavformat", "numpy", "openblas", "cv2", "aiortc", "xlsxwriter", "textual")


def mapped(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.parametrize("start", ["first", "second"])
async def test_an_idle_node_has_loaded_neither_ffmpeg_nor_numpy(crew: Crew, start: str) -> None:
    node = await crew.node("classroom")
    if start == "second":
        await node.stop()
        node = await crew.node("classroom")
    maps = mapped(node.child.pid)
    assert "python" in maps
    assert [each for each in HEAVY if each in maps] == []

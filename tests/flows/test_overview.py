"""What is told of a running node: to a monitor, to a technician, and to who helps from afar."""

import asyncio
import json
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from msgspec import Struct

from edge.commands.status import DOWN
from edge.overview.exposition import MEDIA_TYPE
from edge.tokens import fresh, table
from tests.flows.crew import Crew, Node, until_told
from tests.overview.prometheus import Page, read

pytestmark = pytest.mark.asyncio(loop_scope="session")

STREAM = "physics-7"
AWAY = {"Host": "hub.school"}  # who sits at the node's own PC says localhost
PIN = "86420975"
ENOUGH = 60.0  # seconds on a busy computer


class Watched(Struct):
    """A hub with a lesson, a school that follows it, and the tokens that were given at the hub."""

    hub: Node
    school: Node
    monitor: str
    tablet: str


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def watched(house: Crew, lesson: Path) -> Watched:
    """A lesson that runs."""
    (monitor, may_export), (tablet, may_watch) = fresh("monitor", ["export"]), fresh("tablet", ["watch"])
    lines = ["room = true", f'pin = "{PIN}"', table(may_export), table(may_watch)]
    hub = await house.start(Node(house.folder / "hub", house.log("hub"), *lines))
    parent = [f'parent = "{hub.url}"', f'parent_token = "{tablet}"']
    school = await house.start(Node(house.folder / "school", house.log("school"), *parent))
    await house.publisher(str(lesson), f"{hub.url}/whip/{STREAM}", "--loop")
    return Watched(hub, school, monitor, tablet)


async def _page(http: ClientSession, url: str, headers: Mapping[str, str] | None = None) -> Page:
    async with http.get(f"{url}/metrics", headers=headers) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, MEDIA_TYPE)
        return read(await response.text())


async def _typed(node: Node, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "edge", *words, "--config", str(node.config)]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(child.communicate(), ENOUGH)
    assert child.returncode is not None
    return child.returncode, out.decode()


async def test_a_monitor_sees_the_lesson_at_the_hub_and_at_the_school(
    watched: Watched, http: ClientSession
) -> None:
    async def seen() -> Page | None:
        page = await _page(http, watched.hub.url)
        is_recorded = page.value("tirek_recorders", state="recording") == 1
        return page if is_recorded and page.value("tirek_viewer_sent_packets_total") > 100 else None

    at_hub = await until_told(seen, ENOUGH)
    at_school = await _page(http, watched.school.url)

    assert at_hub.value("tirek_stream_live", stream=STREAM) == 1
    assert at_hub.value("tirek_stream_viewers", stream=STREAM) == 1
    assert at_hub.value("tirek_stream_received_packets_total", stream=STREAM, kind="new") > 100
    assert at_hub.value("tirek_viewer_unsent_packets_total") == 0
    assert at_school.value("tirek_stream_received_bytes_total", stream=STREAM) > 0
    assert at_school.value("tirek_hub_joined") == 0


async def test_counters_and_gauges_are_what_they_say(watched: Watched, http: ClientSession) -> None:
    first, second = [await _page(http, watched.hub.url) for _ in range(2)]
    counters = {name for name, kind in first.types.items() if kind == "counter"}
    assert counters == {name for name in first.types if name.endswith("_total")}
    assert all(name.startswith("tirek_") and first.helps[name] for name in first.types)
    fell = [key for key, value in first.values.items() if key[0] in counters and second.values[key] < value]
    assert fell == []


async def test_who_sits_elsewhere_needs_a_token_that_may_export(
    watched: Watched, http: ClientSession
) -> None:
    for headers in (AWAY, {**AWAY, "Authorization": f"Bearer {watched.tablet}"}):
        async with http.get(f"{watched.hub.url}/metrics", headers=headers) as refused:
            assert refused.status == 401
    assert await _page(http, watched.hub.url, {**AWAY, "Authorization": f"Bearer {watched.monitor}"})


async def test_the_status_of_a_node_is_a_few_lines(watched: Watched) -> None:
    status, out = await _typed(watched.hub, "status")
    assert status == 0
    assert f"{STREAM} live" in out
    assert "recording recording" in out
    assert "hub        none: not enrolled" in out
    assert len(out.splitlines()) < 16
    status, out = await _typed(watched.hub, "status", "--json")
    assert json.loads(out)["streams"][0]["viewers"] == 1


async def test_the_doctor_names_what_is_to_be_done_and_how(watched: Watched) -> None:
    status, out = await _typed(watched.school, "doctor", "--json")
    found = json.loads(out)
    states = {each["name"]: each["state"] for each in found["checks"]}
    assert status == (0 if found["well"] else 1)
    assert {states[name] for name in ("config", "state", "journal", "screen", "hub")} == {"good"}


async def test_what_is_sent_to_who_helps_has_no_secret_in_it(watched: Watched, tmp_path: Path) -> None:
    status, out = await _typed(watched.school, "support-bundle", "--out", str(tmp_path))
    assert status == 0
    texts = _opened(Path(out.partition(": ")[0]))
    assert {"doctor.txt", "status.txt", "log.txt", "recordings.json", "config.json"} <= set(texts)
    assert STREAM in texts["recordings.json"]
    assert not [name for name, text in texts.items() if watched.tablet in text or PIN in text]


def _opened(path: Path) -> dict[str, str]:
    assert path.stat().st_mode & 0o077 == 0
    with tarfile.open(path) as archive:
        files = {each.name.rpartition("/")[2]: archive.extractfile(each) for each in archive}
        return {name: file.read().decode() for name, file in files.items() if file is not None}


async def test_a_daemon_that_is_down_is_said_to_be_down(watched: Watched) -> None:
    await watched.school.stop()
    status, out = await _typed(watched.school, "status")
    assert status == DOWN
    assert out.startswith("daemon     does not answer")
    status, out = await _typed(watched.school, "doctor")
    assert status == 1
    assert "TO DO  screen" in out

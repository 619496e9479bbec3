"""A lesson of the hub comes to a classroom that was enrolled with it, asked for at the classroom's screen."""

from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.answers import Found, Item, Made
from edge.contract.commands import Delete, Fetch, MakeBundle, SearchLibrary, TrySync
from edge.contract.notices import Health
from edge.media.record.verify import verify
from tests.content.hubs import long_lesson, recorded
from tests.flows.crew import Crew, until_told
from tests.flows.school import LISTENS, joined

pytestmark = pytest.mark.asyncio(loop_scope="session")

ARRIVAL = 120.0  # seconds for a recording of four megabytes at the pace of fetching


async def the_item(client: Client) -> Item | None:
    """Return the only item of the library, if it is known yet."""
    found = await client.ask(SearchLibrary(), Found)
    return found.items[0] if found.items else None


async def in_state(client: Client, state: str) -> Item:
    """Wait until the only item is in a state."""

    async def look() -> Item | None:
        await client.do(TrySync())  # and with it for the hub's list
        item = await the_item(client)
        return item if item is not None and item.state == state else None

    return await until_told(look, ARRIVAL, f"never {state}")


async def test_a_recording_of_the_hub_is_fetched_whole_at_the_screen_and_deleted_there(crew: Crew) -> None:
    wanted = await recorded(crew.folder / "hub", long_lesson())
    hub = await crew.node("hub", LISTENS)
    room = await joined(crew, hub, "room", "akzhar")
    async with Client(room.state / "tirek.sock") as client:
        item = await in_state(client, "hub")
        await client.do(Fetch(item.id))
        here = await in_state(client, "here")
        assert (here.id, here.whole, here.bytes) == (wanted.id, True, wanted.bytes)
        assert _is_whole(room.state, here.id)
        await client.do(Delete(here.id))
        assert (await in_state(client, "hub")).id == wanted.id


async def test_a_classroom_tells_how_it_is_and_writes_a_report(crew: Crew) -> None:
    hub = await crew.node("hub", LISTENS)
    room = await joined(crew, hub, "room", "akzhar")
    async with Client(room.state / "tirek.sock") as client:
        async for notice in client.notices():
            if isinstance(notice, Health) and notice.lights[0].said == "light-hub-even":
                break
        made = await client.ask(MakeBundle(), Made)
    assert made.bytes > 1000
    assert Path(made.path).parent == room.state / "support"


def _is_whole(state: Path, ident: str) -> bool:
    return verify(state / "recordings" / f"{ident}.mp4", decode=False).whole

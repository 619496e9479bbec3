"""What hub staff publish is in the classroom by itself, and pinned there by a technician."""

from pathlib import Path
from random import Random

import pytest

from edge.client import Client
from edge.contract.answers import Found, Item
from edge.contract.commands import Delete, SearchLibrary, TrySync
from tests.flows.crew import Crew, Node, until_told
from tests.flows.school import LISTENS, good, joined, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTENT = b"%PDF-1.7 " + Random(6).randbytes(150_000)
ARRIVAL = 120.0  # seconds: a busy machine, and a hub that begins slowly


async def in_state(client: Client, state: str) -> Item:
    """Wait until the only item of the library is in a state."""

    async def look() -> Item | None:
        await client.do(TrySync())
        found = await client.ask(SearchLibrary("оптика"), Found)
        return next((item for item in found.items if item.state == state), None)

    return await until_told(look, ARRIVAL, f"never {state}")


async def test_a_material_arrives_by_itself_is_pinned_and_deleted_for_good(crew: Crew) -> None:
    hub = await crew.node("hub", LISTENS)
    room = await joined(crew, hub, "room", "akzhar")
    book = crew.folder / "Оптика.pdf"
    book.write_bytes(CONTENT)
    await good(hub, "library", "add", str(book), "--subject", "Физика", "--grade", "7")
    async with Client(room.state / "tirek.sock") as client:
        here = await in_state(client, "here")
        assert _content(room, here.id) == CONTENT
        assert await good(room, "library", "pin", "Оптика.pdf") == f"pinned: {here.id[:12]}\n"
        assert (await in_state(client, "here")).pinned
        assert await good(room, "library", "unpin", here.id[:8]) == f"not pinned: {here.id[:12]}\n"
        assert "is called" in await refused(room, "library", "unpin", here.id[:8])
        await client.do(Delete(here.id))
        assert (await in_state(client, "hub")).id == here.id


def _content(room: Node, ident: str) -> bytes:
    return Path(room.state / "content" / f"{ident}.blob").read_bytes()

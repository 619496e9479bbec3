"""What is published at a computer stands on its library page, opens there, and is shown by its screen."""

import pytest

from edge.client import Client
from edge.contract.answers import Found, Item
from edge.contract.commands import LeaveLesson, Pin, Play, SearchLibrary, Skip
from tests.flows.crew import Crew, Json, until_told
from tests.flows.school import LISTENS, good, invited
from tests.pages.library_room import package
from tests.pages.test_sheet import two_pages

pytestmark = pytest.mark.asyncio(loop_scope="session")

ARRIVAL = 40.0  # seconds until a library has read what is new


async def test_a_published_document_is_on_the_page_and_its_pages_are_turned_at_the_screen(crew: Crew) -> None:
    hub = await crew.node("hub", LISTENS)
    await invited(hub, "akzhar")
    paper, pages = crew.folder / "Есептер.pdf", crew.folder / "тест.zip"
    paper.write_bytes(two_pages())
    pages.write_bytes(package(index_html="<h1>Тест</h1>"))
    said = ("--subject", "Физика", "--grade", "9", "--lang", "kk")
    await good(hub, "library", "add", str(paper), str(pages), *said)

    async def listed() -> list[Json]:
        items: list[Json] = (await crew.get(f"{hub.url}/api/library?subject=Физика"))["items"]
        return items if len(items) == 2 else []

    items = {each["kind"]: each for each in await until_told(listed, ARRIVAL, "never listed")}
    assert (items["document"]["title"], items["document"]["state"]) == ("Есептер", "here")
    async with crew.http.get(hub.url + items["document"]["address"]) as reply:
        assert (await reply.read(), reply.content_type) == (two_pages(), "application/pdf")
    async with crew.http.get(hub.url + items["pages"]["address"]) as reply:
        assert await reply.text() == "<h1>Тест</h1>"
        assert reply.headers["Content-Security-Policy"].startswith("sandbox allow-scripts")
    async with Client(hub.state / "tirek.sock") as client:
        await client.do(Play(items["document"]["id"]))
        await client.do(Skip(30.0))
        shown = await crew.get(f"{hub.url}/api/showing")
        assert (shown["mode"], shown["page"], shown["address"]) == (
            "document",
            2,
            items["document"]["address"],
        )
        await client.do(Pin(items["document"]["id"]))
        assert (await the_document(client)).pinned
        await client.do(LeaveLesson())
        assert (await crew.get(f"{hub.url}/api/showing"))["mode"] == "free"


async def the_document(client: Client) -> Item:
    """Return the document as the screen sees it."""
    found = await client.ask(SearchLibrary(kind="document"), Found)
    (item,) = found.items
    return item

"""Libraries beside ours: Kolibri by its announcement, kiwix-serve by its answer; both real where they can."""

import asyncio
import ipaddress
import json
import secrets
import shutil
import struct
import zlib
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from edge.content import zim
from edge.content.chunks import ChunkStore
from edge.content.kiwix import LIST, Kiwix
from edge.content.kolibris import MAX_PLACES, SERVICE, Kolibris, Place, believed
from edge.content.published import Material
from edge.content.stock import Nothing
from edge.discovery import Discovery
from edge.hubs import Answer
from edge.media.record.durable import Disk
from edge.media.record.place import Place as Folder
from sync import catalogue
from sync.catalogue import ZIM
from tests.content.hubs import until
from tests.flows.tree import free_port

UNIT = Path(__file__).parents[2] / "systemd" / "system" / "tirek-kiwix.service"
LAN = [ipaddress.ip_network("10.0.0.0/24")]
IDENT = "0123456789abcdef0123456789abcdef"
TOLD = {
    b"application": b'"kolibri"',
    b"kolibri_version": b'"0.17.5"',
    b"instance_id": json.dumps(IDENT).encode(),
    b"device_name": json.dumps("Ауыл мектебі").encode(),
    b"prefix": b'"/"',
}


def answer(ident: str = IDENT, port: int = 8080, **changes: bytes) -> Answer:
    told = {**TOLD, **{name.encode(): value for name, value in changes.items()}}
    return Answer(ident, told, ["10.0.0.9"], port)


def test_a_kolibri_server_is_believed_with_its_name_and_where_it_is() -> None:
    assert believed(answer(), LAN) == Place("kolibri", "Ауыл мектебі", "http://10.0.0.9:8080/")
    assert believed(answer(prefix=b'"/kolibri/"'), LAN) == Place(
        "kolibri", "Ауыл мектебі", "http://10.0.0.9:8080/kolibri/"
    )


NONSENSE = {
    "another program": answer(application=b'"evil"'),
    "no JSON": answer(application=b"kolibri"),
    "no port": answer(port=0),
    "another host in the prefix": answer(prefix=b'"//evil.example/"'),
    "a query in the prefix": answer(prefix=b'"/?x=1"'),
    "a script in the prefix": answer(prefix=b'"javascript:alert(1)"'),
    "a name that is none": answer("x" * 80),
    "no address": Answer(IDENT, TOLD, [], 8080),
    "an address of everybody": Answer(IDENT, TOLD, ["8.8.8.8"], 8080),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_not_believed_and_counted(what: str) -> None:
    kolibris = Kolibris()
    kolibris.heard(NONSENSE[what], LAN, 0.0)
    assert (kolibris.all(), kolibris.refused) == ([], 1)


def test_a_name_is_shown_without_what_cannot_be_seen_and_is_bounded() -> None:
    place = believed(answer(device_name=json.dumps("a\u202eb\n" + "Ұ" * 99).encode()[:255]), LAN)
    assert place is not None
    place = believed(answer(device_name=json.dumps("a\u202eb\nc").encode()), LAN)
    assert place is not None
    assert place.name == "a b c"


def test_a_flood_of_servers_is_bounded_and_who_leaves_makes_room() -> None:
    kolibris = Kolibris()
    for number in range(50):
        kolibris.heard(answer(f"{number:032x}"), LAN, 0.0)
    assert (len(kolibris.all()), kolibris.refused) == (MAX_PLACES, 50 - MAX_PLACES)
    kolibris.left(f"{0:032x}")
    kolibris.heard(answer(), LAN, 0.0)
    assert len(kolibris.all()) == MAX_PLACES


@given(st.dictionaries(st.sampled_from(sorted(TOLD)), st.binary(max_size=40)), st.integers(-1, 70_000))
def test_whatever_is_announced_a_tile_leads_to_an_address_of_this_network(
    told: dict[bytes, bytes], port: int
) -> None:
    place = believed(Answer(IDENT, {**TOLD, **told}, ["10.0.0.9", "1.2.3.4"], port), LAN)
    assert place is None or place.address.startswith(f"http://10.0.0.9:{port}/")


async def test_a_kolibri_that_announces_itself_is_found_and_is_gone_when_it_leaves() -> None:
    ident, kolibris = secrets.token_hex(16), Kolibris()
    info = AsyncServiceInfo(
        SERVICE,
        f"{ident}.{SERVICE}",
        port=8099,
        properties={**TOLD, b"instance_id": json.dumps(ident).encode()},
        server=f"{ident}.kolibri.local.",
        parsed_addresses=["127.0.0.1"],
    )
    async with asyncio.timeout(40), asyncio.TaskGroup() as tasks:
        part = tasks.create_task(Discovery(kolibris, lambda: None, ("127.0.0.1",), service=SERVICE).run())
        async with AsyncZeroconf(interfaces=["127.0.0.1"]) as mdns:
            await (await mdns.async_register_service(info))
            mine = Place("kolibri", "Ауыл мектебі", "http://127.0.0.1:8099/")
            await until(lambda: mine in kolibris.all())
            await (await mdns.async_unregister_service(info))
            await until(lambda: mine not in kolibris.all())
        part.cancel()


class Shelf(Nothing):
    """A stock of ZIM files that are here."""

    def __init__(self, store: ChunkStore) -> None:
        self.store = store
        self.version = 1

    def materials(self) -> list[Material]:
        return [
            Material(held.item.id, held.item.name, held.item.media_type, held.item.size, lang="kk", here=True)
            for held in self.store.items()
        ]

    def path_of(self, ident: str) -> Path | None:
        return self.store.path_of(ident)


def icon() -> bytes:
    """Return a picture of 48 × 48 points: no ZIM file is without."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + sum_

    rows = zlib.compress((b"\0" + b"\x20\x80\x40" * 48) * 48)
    head = struct.pack(">IIBBBBB", 48, 48, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
async def reference(tmp_path: Path) -> Path:
    """Return a ZIM file with one page."""
    if shutil.which("zimwriterfs") is None:
        pytest.skip("needs zim-tools")
    site, file = tmp_path / "site", tmp_path / "kun.zim"
    site.mkdir()
    (site / "index.html").write_text("<title>Күн</title><h1>Күн жүйесі</h1>")
    (site / "icon.png").write_bytes(icon())
    said = ("-w", "index.html", "-I", "icon.png", "-l", "kaz", "-t", "Күн", "-d", "d", "-c", "c", "-p", "p")
    making = await create_subprocess_exec(
        "zimwriterfs", *said, str(site), str(file), stdout=DEVNULL, stderr=DEVNULL
    )
    assert await making.wait() == 0
    return file


@asynccontextmanager
async def kiwix_serve(port: int, listed: Path) -> AsyncIterator[Process]:
    """Run the real one, as its unit does."""
    if shutil.which("kiwix-serve") is None:
        pytest.skip("needs kiwix-tools")
    command = UNIT.read_text().replace("\\\n", " ").partition("ExecStart=")[2].partition("\n")[0].split()
    said = [*command[1:-1], "--address=127.0.0.1", f"--port={port}", str(listed)]
    running = await create_subprocess_exec(command[0], *said, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


async def test_zim_files_of_the_store_are_served_by_the_real_kiwix_serve(
    reference: Path, tmp_path: Path
) -> None:
    store = ChunkStore(Folder(tmp_path / "content", Disk(), 0))
    port, listed = free_port(), tmp_path / "library" / LIST
    shelf = Shelf(store)
    kiwix = Kiwix(shelf, tmp_path, port, look=0.05)
    async with asyncio.TaskGroup() as tasks:
        part = tasks.create_task(kiwix.run())
        await until(listed.exists)
        assert kiwix.places() == []
        with reference.open("rb") as file:
            held = store.add(file, catalogue.Item("", 0, 'Күн "жүйесі" <1>.zim', ZIM), 1)
        shelf.version += 1
        await until(lambda: held.item.id.encode() in listed.read_bytes())
        async with kiwix_serve(port, listed) as server, ClientSession() as http:
            await until(lambda: kiwix.places() == [Place("kiwix", "", f":{port}/")])
            async with http.get(f"http://127.0.0.1:{port}/{held.item.id}.blob/") as reply:
                assert "Күн жүйесі" in await reply.text()
            server.terminate()
            await until(lambda: kiwix.places() == [])
        part.cancel()


async def test_another_server_on_that_port_is_no_kiwix(tmp_path: Path) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi")
        met.set()
        await writer.drain()
        writer.close()

    met = asyncio.Event()
    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    kiwix = Kiwix(Nothing(), tmp_path, port, look=0.01)
    async with server, asyncio.timeout(40), asyncio.TaskGroup() as tasks:
        part = tasks.create_task(kiwix.run())
        for _ in range(3):
            met.clear()
            await met.wait()
        assert kiwix.places() == []
        part.cancel()


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=5)), max_size=4))
def test_the_list_is_xml_whatever_the_titles_are(texts: list[tuple[str, str]]) -> None:
    books = [zim.Book("id", f"/state/{n}.blob", title, lang) for n, (title, lang) in enumerate(texts)]
    tree = ElementTree.fromstring(zim.library(books))
    assert [each.get("path") for each in tree] == [each.path for each in books]


def test_only_a_zim_file_has_a_uuid() -> None:
    assert zim.uuid_of(b"ZIM\x04" + bytes(4) + bytes(range(16))) == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert zim.uuid_of(b"%PDF-1.4" + bytes(30)) == ""
    assert zim.uuid_of(b"ZIM\x04") == ""

"""What came becomes a recording of ours, wherever the power fails meanwhile; what is damaged does not."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest
from msgspec.structs import replace

from edge.content import arrival
from edge.content.arrival import Damaged
from edge.media.record.durable import Disk
from edge.media.record.recording import Recording, save
from edge.media.record.store import Store
from edge.media.record.verify import verify
from tests.content.hubs import archive_app, long_lesson, recorded, room, serving, until

STEPS = 5  # description, film, index, what is left of the draft, and nothing more


class Died(Exception):
    """The power failed."""


class DyingDisk(Disk):
    """A disk whose power fails before it does the thing of this number."""

    def __init__(self, lives: int) -> None:
        self._lives = lives

    def replace(self, draft: Path, path: Path) -> None:
        """Replace, or die."""
        self._live()
        super().replace(draft, path)

    def remove(self, path: Path) -> None:
        """Remove, or die."""
        self._live()
        super().remove(path)

    def _live(self) -> None:
        self._lives -= 1
        if self._lives < 0:
            raise Died


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recording]:
    """A hub's folder, and what is in it."""
    state = tmp_path_factory.mktemp("hub")
    return state, asyncio.run(recorded(state, long_lesson(1)))


def fetched(hub: tuple[Path, Recording], state: Path) -> Path:
    """Put a recording of the hub where it lies when all of it came."""
    folder = state / "library" / "coming"
    folder.mkdir(parents=True)
    source = hub[1].path(hub[0] / "recordings")
    copyfile(source, folder / source.name)
    copyfile(source.with_suffix(".idx"), folder / f"{hub[1].id}.idx")
    return folder


@pytest.mark.parametrize("lives", range(STEPS))
async def test_wherever_the_power_fails_it_is_here_after_the_next_start(
    hub: tuple[Path, Recording], tmp_path: Path, lives: int
) -> None:
    folder, wanted = fetched(hub, tmp_path), hub[1]
    store = Store(tmp_path, DyingDisk(lives), reserve=0)
    store.place.folder.mkdir()
    died = _dies(store, folder, wanted)
    async with (
        serving(archive_app(hub[0])) as port,
        room(tmp_path, f"http://127.0.0.1:{port}") as again,
        again.fetching(wanted.id) as fetcher,
    ):
        await until(lambda: fetcher.arrived)
    (here,) = Store(tmp_path).list()
    assert died or lives == STEPS - 1
    assert (here.id, here.copy_of) == (wanted.id, wanted.id)
    assert verify(here.path(store.place.folder), decode=False).whole


def _dies(store: Store, folder: Path, wanted: Recording) -> bool:
    try:
        arrival.place(store, folder, wanted)
    except Died:
        return True
    return False


def test_a_whole_recording_passes(hub: tuple[Path, Recording], tmp_path: Path) -> None:
    arrival.check(Store(tmp_path, reserve=0), fetched(hub, tmp_path), hub[1])


@pytest.mark.parametrize("what", ["a changed byte", "no film", "no index", "another index"])
def test_what_is_not_as_its_index_says_is_damaged(
    hub: tuple[Path, Recording], tmp_path: Path, what: str
) -> None:
    folder = fetched(hub, tmp_path)
    media, index = arrival.draft_paths(folder, hub[1])
    content = bytearray(media.read_bytes())
    content[len(content) // 2] ^= 0x55
    harm: dict[str, Callable[[], object]] = {
        "a changed byte": lambda: media.write_bytes(content),
        "no film": lambda: media.write_bytes(b"<html>login</html>"),
        "no index": index.unlink,
        "another index": lambda: index.write_bytes(index.read_bytes().replace(b'"lesson"', b'"other"')),
    }
    harm[what]()
    with pytest.raises(Damaged):
        arrival.check(Store(tmp_path, reserve=0), folder, hub[1])


def test_a_recording_that_the_hub_itself_has_with_holes_passes_as_it_is(
    hub: tuple[Path, Recording], tmp_path: Path
) -> None:
    folder = fetched(hub, tmp_path)
    _, index = arrival.draft_paths(folder, hub[1])
    index.write_bytes(index.read_bytes() + index.read_bytes()[-19:])  # a frame that never reached its disk
    with pytest.raises(Damaged):
        arrival.check(Store(tmp_path, reserve=0), folder, hub[1])
    arrival.check(Store(tmp_path, reserve=0), folder, replace(hub[1], whole=False, state="interrupted"))


def test_a_name_that_another_recording_has_is_not_taken_from_it(
    hub: tuple[Path, Recording], tmp_path: Path
) -> None:
    folder, store = fetched(hub, tmp_path), Store(tmp_path, reserve=0)
    store.place.prepare()
    save(Disk(), store.place.folder, replace(hub[1], whole=False))
    assert arrival.place(store, folder, hub[1]) == f"{hub[1].id}-2"
    assert arrival.place(store, folder, hub[1]) == f"{hub[1].id}-2", "again, and the same"

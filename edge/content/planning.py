"""What is to be fetched now, read anew: the shelf, what is here, what people said, timetable and disk."""

from collections.abc import Callable, Iterable, Mapping

from edge.classroom.ties import Tied
from edge.content.chunks import ChunkStore, Held
from edge.content.keeping import Rules
from edge.content.order import needs
from edge.content.plan import Room, Words, lacking, planned
from sync.catalogue import CHUNK, Item, Shelf

MOST = 1000  # items that are planned at once: each is looked at every few seconds; a night brings fewer


class Planning:
    """Reads and plans; blocks."""

    def __init__(
        self,
        store: ChunkStore,
        shelf: Callable[[], Shelf],
        words: Callable[[], Words],
        lessons: Callable[[], Iterable[Tied]],
        rules: Rules,
        wall: Callable[[], int],
    ) -> None:
        """`wall` tells milliseconds since 1970."""
        self._store = store
        self._shelf = shelf
        self._words = words
        self._lessons = lessons
        self._rules = rules
        self._wall = wall
        self.crowded = False  # something that is lacking has no room here

    def __call__(self) -> list[Item]:
        """Return what is to come, in order; raises JournalError."""
        begun = begun_of(self._store, self._store.items())
        words = self._words()
        lacks = lacking(self._shelf().offers, begun, words)
        self.crowded = False
        if not lacks:
            return []
        room = Room(self._rules, sum(begun.values()), self._free())
        found = planned(lacks, begun, words, needs(self._lessons(), self._wall()), room)
        self.crowded = len(found) < len(lacks)
        return found[:MOST]

    def _free(self) -> int:
        """Return how many bytes there are beyond the reserve; none where the disk does not say."""
        place = self._store.place
        try:
            place.prepare()
            return place.disk.room(place.folder) - place.reserve
        except OSError:
            return 0


def begun_of(store: ChunkStore, items: Iterable[Held]) -> Mapping[str, int]:
    """Return how many bytes of each item take room here."""
    return {
        held.item.id: held.item.size
        if held.whole
        else min(held.item.size - 1, CHUNK * len(store.have(held.item.id)))
        for held in items
    }

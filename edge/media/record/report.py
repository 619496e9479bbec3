"""What became of a lesson: sent, received, recorded and lost, from the indexes of both ends."""

from msgspec import Struct

from edge.media.record.index import IndexEntry
from edge.media.record.recording import Recording, read_index
from edge.media.record.store import Store
from edge.media.record.verdict import summary
from edge.media.record.verify import verify

WORDS = {"video": "pictures", "audio": "sound packets"}


class Outcome(Struct, frozen=True):
    """A summary for people, and the one thing a script asks."""

    text: str
    whole: bool


def outcome(hub: Store, classroom: Store, sent: dict[str, int]) -> Outcome:
    """Compare the classroom's recordings with the hub's, frame by frame."""
    above, below = _entries(hub), _entries(classroom)
    lines, whole = [], bool(below)
    for kind, count in sent.items():
        # A classroom may join later: what counts is from its first frame on.
        first = min((entry.timestamp for entry in below if entry.kind == kind), default=None)
        due = {
            entry for entry in above if entry.kind == kind and first is not None and entry.timestamp >= first
        }
        missing = due - below
        got = _count(below, kind)
        whole = whole and got > 0 and not missing
        lines.append(
            f"{WORDS[kind]}: {count} sent, {_count(above, kind)} recorded at the hub, "
            f"{got} recorded in the classroom, {len(missing)} lost between the two"
        )
    for store in (hub, classroom):
        for recording in store.list():
            verdict = verify(recording.path(store.place.folder))
            whole = whole and verdict.whole
            lines.append(f"{recording.path(store.place.folder)}\n{summary(verdict)}")
    lines.append("The recording is whole." if whole else "The recording is NOT whole.")
    return Outcome("\n".join(lines), whole)


def _entries(store: Store) -> set[IndexEntry]:
    found: set[IndexEntry] = set()
    for recording in store.list():
        found |= set(_index(store, recording))
    return found


def _index(store: Store, recording: Recording) -> list[IndexEntry]:
    index = read_index(store.place.folder, recording.id)
    return [] if index is None else list(index.entries)


def _count(entries: set[IndexEntry], kind: str) -> int:
    return sum(entry.kind == kind for entry in entries)

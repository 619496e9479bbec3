"""What is to be done when drafts are whole: their indexes written, and each given its name. Blocks."""

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from edge.content import swap
from edge.content.mending import Mending
from edge.content.outcome import Made, Settled, brought, healed
from edge.media.record import recording as notes
from edge.media.record.naming import free_name, is_name
from edge.media.record.place import Place
from edge.media.record.recording import Recording
from edge.media.repair import Pool


def planned(place: Place, mended: Iterable[tuple[Made, Mending]], settled: Settled, pool: Pool) -> swap.Plan:
    """Write the indexes beside the drafts, and return what is to be done; raises OSError."""
    becoming: list[swap.Healed] = []
    for made, mending in mended:
        ours = settled.places[made.theirs.id]
        if ours is not None:
            before = notes.read_index(place.folder, ours.id)
            recording = healed(made, ours, before, pool)
        else:
            taken = {each.recording.id for each in becoming}
            recording = brought(made, *_free_name(place.folder, made.theirs, taken), pool)
        index = made.sheet.form.index
        header = replace(index.header, id=recording.id, started=recording.started)
        swap.write_index(place, mending.path, header, index.entries)
        becoming.append(swap.Healed(mending.path.name, recording))
    return swap.Plan(becoming, settled.removed)


def _free_name(folder: Path, theirs: Recording, taken: set[str]) -> tuple[str, int]:
    """Return a name for a recording of which there was nothing here, and its part."""
    head, _, tail = theirs.id.rpartition("-")
    base = head if tail.isdecimal() and is_name(head) else theirs.id
    name, part = free_name(folder, base, max(1, theirs.part))
    while name in taken:
        name, part = free_name(folder, base, part + 1)
    return name, part

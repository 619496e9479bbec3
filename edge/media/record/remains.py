"""What an earlier run left: which recordings are not finished, and all the files of one."""

from edge.media.record import recording as notes
from edge.media.record import slides
from edge.media.record.naming import is_name
from edge.media.record.place import Place
from edge.media.record.recording import INDEX, META


def unfinished(place: Place) -> list[str]:
    """Return the names of recordings that are not finished, oldest first; call before new ones begin."""
    names = {path.stem for suffix in (META, INDEX) for path in place.folder.glob("*" + suffix)}
    waiting = []
    for name in sorted(filter(is_name, names)):
        recording = notes.load(place.folder, name)
        if recording is None or recording.state in ("recording", "finishing"):
            waiting.append(name)
    return waiting


def remove(place: Place, name: str) -> None:
    """Remove a recording; its description last, so that a power cut leaves nothing unnamed."""
    slides.remove(place, name)
    for suffix in (".mp4", ".webm", INDEX, META):
        place.disk.remove(place.folder / (name + suffix))

"""`tirek library pin` and `unpin`: what stays on this computer's disk whatever the rules say."""

import argparse
from pathlib import Path

from edge.commands.place import CommandRefused, opened
from edge.content.chunks import FOLDER, ChunkStore
from edge.content.offers import Offers
from edge.content.pins import MAX_PINS, Pins, TooManyPins
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.media.record.store import Store

LEAST = 6  # digits of an id that may be typed for the whole
SHOWN = 12  # … that are printed


def pin(parsed: argparse.Namespace) -> int:
    """Keep an item on this disk."""
    return _set(parsed, on=True)


def unpin(parsed: argparse.Namespace) -> int:
    """Let the rules decide again."""
    return _set(parsed, on=False)


def _set(parsed: argparse.Namespace, on: bool) -> int:
    with opened(parsed) as journal:
        state = journal.folder.parent
        pins = Pins(state)
        item = _item(parsed.item, _known(journal, state) if on else dict.fromkeys(pins.all(), ""))
        try:
            pins.set(item, on)
        except TooManyPins as exc:
            raise CommandRefused(f"{MAX_PINS} items are pinned already") from exc
        except OSError as exc:
            raise CommandRefused(f"{state}: {exc.strerror}") from exc
    print(f"{'pinned' if on else 'not pinned'}: {item[:SHOWN] if len(item) == 64 else item}")
    return 0


def _known(journal: Journal, state: Path) -> dict[str, str]:
    """Return what can be pinned, with its name: recordings of this disk, and what is offered or here."""
    known = {each.id: "" for each in Store(state).list()}
    held = ChunkStore(Place(state / FOLDER, Disk())).items()
    known |= {each.item.id: each.item.name for each in held}
    return known | {ident: each.item.name for ident, each in Offers(journal).shelf().offers.items()}


def _item(typed: str, known: dict[str, str]) -> str:
    """Return the one item that is meant by an id, the beginning of one, or a name."""
    if typed in known:
        return typed
    begun = [ident for ident in known if len(typed) >= LEAST and ident.startswith(typed.lower())]
    named = [ident for ident, name in known.items() if name == typed]
    found = begun or named
    if not found:
        raise CommandRefused(f"nothing of the library is called {typed[:80]!r}")
    if len(found) > 1:
        raise CommandRefused(f"{len(found)} items are called {typed[:80]!r}: give more of the id")
    return found[0]

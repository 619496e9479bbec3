"""`tirek doctor`: whether all is well on this computer, and what to do where it is not."""

import argparse
import asyncio
from contextlib import nullcontext, suppress
from pathlib import Path

import msgspec
from msgspec import structs

from edge.commands.place import as_owner
from edge.commands.screen import printable
from edge.config import Config
from edge.contract.answers import Status
from edge.doctor import asking, looking
from edge.doctor.checks import examine, is_well
from edge.doctor.facts import SCREEN, Doors, Facts, Hub, JournalFacts, Settings
from edge.doctor.kept import Kept, kept
from edge.doctor.verdict import Verdict

MARKS = {"good": "good", "note": "note", "todo": "TO DO"}


def doctor(parsed: argparse.Namespace) -> int:
    """Print one line a check, and below what to do; 1 if there is something to do."""
    verdicts = examine(gathered(parsed))
    if parsed.json:
        shown = {"well": is_well(verdicts), "checks": verdicts}
        print(msgspec.json.format(msgspec.json.encode(shown)).decode())
    else:
        print("\n".join(map(printable, lines(verdicts))))
    return 0 if is_well(verdicts) else 1


def lines(verdicts: list[Verdict]) -> list[str]:
    """Return what is printed."""
    told = []
    for each in verdicts:
        told.append(f"{MARKS[each.state]:5}  {each.name:11}  {each.said}")
        told += [f"         $ {command}" for command in each.do]
    count = sum(each.state == "todo" for each in verdicts)
    told.append("all is well" if not count else f"{count} to do, see the lines with TO DO")
    return told


def gathered(parsed: argparse.Namespace) -> Facts:
    """Look at everything; as root at what belongs to the daemon as the daemon's user."""
    now, settings, units = looking.now(), looking.settings(parsed.config, parsed.state), looking.service()
    found = _kept(settings.config, now)
    facts = Facts(
        now,
        looking.system(),
        looking.release(),
        units,
        settings,
        looking.screen_socket(),
        found.folder,
        found.journal,
        found.night,
        found.hub,
        looking.serial(),
        looking.pictures(),
        kernel=looking.kernel(),
    )
    doors, told, has_kiwix = asyncio.run(_asked(facts))
    return structs.replace(facts, doors=doors, hub=_newer(facts.hub, told), kiwix=has_kiwix)


def _kept(known: Config | None, now: int) -> Kept:
    if known is None:
        return Kept(journal=JournalFacts(was_looked_at=False))
    state = Path(known.state)
    try:
        with as_owner(state) if state.is_dir() else nullcontext():
            return kept(known, now)
    except OSError:  # a disk that answers nothing any more
        return Kept()


async def _asked(facts: Facts) -> tuple[Doors, Status | None, bool | None]:
    """Ask the daemon and its pages; what is not up is not asked, because asking would start it."""
    known = facts.settings.config
    port = known.library.kiwix_port if known is not None else 0
    has_kiwix = await asking.listens(port) if port else None
    if facts.is_installed and not facts.is_up:
        return Doors(), None, has_kiwix
    path = _socket(facts.settings)
    screen, told = await asking.daemon(path) if path is not None else ("", None)
    where = asking.where(known, "tirek-web.socket" in facts.units and facts.is_installed)
    pages, other = await asking.pages(where) if where else ("", "")
    return Doors(screen, told.trouble if told else "", pages, where, other), told, has_kiwix


def _socket(settings: Settings) -> Path | None:
    installed = Path(SCREEN)
    if settings.path == Settings().path:
        with suppress(OSError):
            if installed.is_socket():
                return installed
    return settings.config.screen_socket if settings.config is not None else None


def _newer(hub: Hub, told: Status | None) -> Hub:
    """Return what the daemon knows of the hub, which is more than its files say."""
    if told is None or not hub.address:
        return hub
    light = next((each.said for each in told.health.lights if each.name == "hub"), "")
    reached = max(hub.reached, told.health.reached)
    return Hub(hub.address, reached, told.health.registers, told.health.others, light)

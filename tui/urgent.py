"""What one key does at once from every page, without a question: stop what moves, turn the class off."""

import asyncio

from edge.contract.answers import Done
from edge.contract.commands import Command, StopEverything
from edge.contract.talkback import SwitchCapture
from tui.feed import Unanswered
from tui.host import Host

# seconds for an answer: a daemon that hangs stops nothing and turns nothing off, a person has to
PATIENCE = 2.0
UNKEPT = "disk-full"  # why a daemon that has turned off what it was told to does not remember it


async def stop_everything(host: Host) -> None:
    """Stop whatever moves."""
    why = await _refused(host, StopEverything(host.me))
    said, severity = ("stop-failed", "bad") if why else ("stopped-everything", "poor")
    host.tell(host.words.say(said), severity)


async def turn_off(host: Host) -> None:
    """Let the class be neither seen nor heard; what is off already stays so."""
    why = await _refused(host, SwitchCapture(camera=False, microphone=False))
    if not why:
        host.tell(host.words.say("class-off"))
    elif why == UNKEPT or (why == "late" and _is_off(host)):
        host.tell(host.words.say("class-off-forgotten"), "poor")
    else:
        host.tell(host.words.say("class-off-failed"), "bad")


def _is_off(host: Host) -> bool:
    """Tell whether the daemon says that both are off: it says so at once, and answers once that is kept."""
    now = host.world.capture
    return now is not None and not (now.camera_on or now.microphone_on)


async def _refused(host: Host, command: Command) -> str:
    """Return the key of why an order was not done, "" when it was."""
    try:
        async with asyncio.timeout(PATIENCE):
            await host.ask(command, Done)
    except Unanswered as exc:
        return exc.key
    except TimeoutError:
        return "late"
    return ""

"""The demo's second half: the classroom is joined to the hub, and a register goes from one to the other."""

import asyncio
import secrets
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from edge.journal import Journal
from edge.roll import Roll
from sync.joining import enrolment, identity
from sync.joining.enroll import enroll
from sync.joining.invitations import Invitations
from sync.ledger import computer
from sync.records import RegisterTaken, lesson_id
from sync.tables import found

SCHOOL = "akzhar"
CLASS = "7Б"
MARKS = dict.fromkeys(range(1, 13), "present") | {3: "ill", 8: "late"}
WAIT = 10.0  # seconds for the register to reach the hub, which takes one
LOOK = 0.02  # seconds between looks


class Marked(Struct, frozen=True):
    """How a register fared; seconds."""

    saved: float
    at_hub: float | None  # None: it did not arrive

    @property
    def text(self) -> str:
        """Return it in words."""
        saved = f"register of {len(MARKS)} pupils: on the disk after {self.saved * 1000:.0f} ms"
        return (
            f"{saved}, {'NOT at the hub' if self.at_hub is None else f'at the hub after {self.at_hub:.1f} s'}"
        )


async def join(hub: Path, classroom: Path, port: int) -> None:
    """Invite the classroom at the hub, and enroll it, as a technician does beside the running daemons."""
    above, below = Journal(hub), Journal(classroom)
    try:
        code = enrolment.fresh_code(secrets.token_bytes(enrolment.CODE_BYTES))
        await asyncio.to_thread(Invitations(above.ledger, computer).add, code, SCHOOL, False, "demo")
        parent = await enroll(f"127.0.0.1:{port}", code, below.identity, "classroom")
        identity.save_parent(below.folder, parent)
    finally:
        above.close()
        below.close()


async def mark(hub: Path, classroom: Path) -> Marked:
    """Take a register in the classroom and see it arrive at the hub."""
    above, below = Journal(hub), Journal(classroom)
    clock = asyncio.get_running_loop().time
    try:
        now = datetime.now().astimezone()
        lesson, began = lesson_id(CLASS, f"{now:%Y-%m-%d}", f"{now:%H:%M}"), clock()
        register = RegisterTaken(lesson, MARKS, "demo", reason="demo")
        taken = await asyncio.wrap_future(Roll(below).take(CLASS, register))
        saved = clock() - began
        while clock() - began < WAIT:
            if above.ledger.read(lambda db: found(db, taken.noted.stream)).head >= taken.noted.seq:
                return Marked(saved, clock() - began)
            await asyncio.sleep(LOOK)
        return Marked(saved, None)
    finally:
        above.close()
        below.close()

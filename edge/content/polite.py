"""The budget of this node's link, as its shell: who asks, what time it is, what the lesson feels.

All that fetches in bulk asks here before it begins and between two pieces, and takes note of what came.
During a lesson the hub has to obey first: `steering` tells it how much the lesson leaves, and only while it
listens there is any bulk at all.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock

import msgspec
from msgspec import Struct

from edge.content.ledbat import LOOK, Beside, Felt
from edge.content.pace import Pace
from edge.media.estimate import Strain
from sync import durable
from sync.budget import Account, Allowance, Class, Now, Policy, Spent, allow

KEPT = "budget.json"
AHEAD = 1 << 20  # bytes that are kept as spent before they are: a power cut gives none of them twice
ASKED = 7.0  # seconds after which nobody wants anything any more: who waits asks every five
OBEYED = 3.0  # seconds that a hub which took our word keeps to it
GLANCE = 1.0  # seconds that a fetch waits at most until it asks again
RULES = 1.0  # seconds between looks at timetable and clock
ROOM = 1.25  # times the lesson's leave that may be read: the hub keeps to it, and this only where it does not

log = logging.getLogger(__name__)


class Ongoing(Struct, frozen=True):
    """Whether a lesson is on, and until when by the timetable, HH:MM."""

    on: bool = False
    until: str = ""


class Purse:
    """The budget as one class sees it: a `Pace` to whoever fetches."""

    def __init__(self, budget: "Budget", class_: Class) -> None:
        self._budget = budget
        self._class: Class = class_
        self._pace = Pace(1)

    def allowance(self) -> Allowance:
        """Return what may be fetched now; a rate of 0 says why not."""
        return self._budget.allowance(self._class)

    def owed(self, size: int, now: float) -> float:
        """Take note that so many bytes came; return the seconds to wait before taking more."""
        self._budget.spend(self._class, size)
        rate = self.allowance().rate
        self._pace.rate = max(1, round(rate * ROOM) if self._budget.steers else rate)
        return min(GLANCE, self._pace.owed(size, now))


class Budget:
    """One part of the node: run it under `keep`."""

    def __init__(
        self,
        policy: Policy,
        state: Path,
        clock: Callable[[], datetime],
        lesson: Callable[[], Ongoing],
        strain: Callable[[], Strain | None],
    ) -> None:
        self._policy = policy
        self._path = state / KEPT
        self._clock = clock
        self._lesson = lesson
        self._strain = strain
        self._beside = Beside()
        self._account = Account(Spent())
        self._reserved = 0  # bytes of today that are kept as spent
        self._is_loaded = False
        self._writing = Lock()
        self._is_over = False  # what was spent in the end is kept: a thread that comes later is behind
        self._asked: dict[Class, float] = {}
        self._came = 0
        self.spent: dict[Class, int] = {}  # bytes since the start
        self._counted = (0, 0)
        self._now = Now(lesson=True)  # until it was looked
        self._looked = float("-inf")
        self._said = Allowance(1)
        self.obeyed = float("-inf")  # when the hub last took our word, in the loop's seconds
        self.leave = 0  # bytes a second that the lesson leaves, by its own receiver

    def allowance(self, class_: Class) -> Allowance:
        """Return what a class may take now; who asks is taken to want it."""
        self._asked[class_] = asyncio.get_running_loop().time()
        return allow(class_, self._now, self._policy)

    def until(self, why: str) -> str:
        """Return until when content waits for this reason, HH:MM; "" where that is not known."""
        said = allow("content", self._now, self._policy)
        return said.until if said.why == why else ""

    def purse(self, class_: Class) -> Purse:
        """Return the budget as one class sees it."""
        return Purse(self, class_)

    def spend(self, class_: Class, octets: int) -> None:
        """Take note of bytes that came over the link."""
        self._asked[class_] = asyncio.get_running_loop().time()
        self._account.spend(octets)
        self.spent[class_] = self.spent.get(class_, 0) + octets
        self._came += octets

    @property
    def steers(self) -> bool:
        """Tell whether the hub has to know what a lesson leaves: one is on, and something is wanted."""
        return self._now.lesson and (self._is_wanted("repair") or self._is_wanted("content"))

    async def run(self) -> None:
        """Let time pass until cancelled."""
        if not self._is_loaded:
            await asyncio.to_thread(self._load)
        self._is_over = False
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK if self.steers else RULES)
        finally:
            self._save(self._account.kept, last=True)  # of what was reserved ahead much was not spent

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._looked >= RULES:
            self._looked = now
            await self._look_at_rules(now)
        came, self._came = self._came, 0
        self.leave = self._beside.step(now, self._felt(), came) if self.steers else 0
        lesson_hub = now - self.obeyed < OBEYED
        self._now = msgspec.structs.replace(
            self._now, beside=self.leave if lesson_hub else 0, repairing=self._is_wanted("repair")
        )
        self._tell()

    async def _look_at_rules(self, now: float) -> None:
        local = self._clock().astimezone()
        spent = self._account.look(local.date().isoformat(), local.timestamp(), now)
        lesson = await asyncio.to_thread(self._lesson)
        wall = local.hour * 60 + local.minute
        self._now = msgspec.structs.replace(
            self._now, wall=wall, lesson=lesson.on, lesson_until=lesson.until, spent_today=spent
        )
        kept = self._account.kept
        if spent + AHEAD / 2 > self._reserved or spent + AHEAD < self._reserved:
            self._reserved = spent + AHEAD
            await asyncio.to_thread(self._save, Spent(kept.day, self._reserved))

    def _felt(self) -> Felt | None:
        strain = self._strain()
        if strain is None:
            return None
        expected, arrived = strain.expected - self._counted[0], strain.arrived - self._counted[1]
        self._counted = strain.expected, strain.arrived
        lost = max(0.0, 1 - arrived / expected) if expected > 0 else 0.0
        return Felt(strain.delay, lost, strain.fell)

    def _is_wanted(self, class_: Class) -> bool:
        asked = self._asked.get(class_)
        return asked is not None and asyncio.get_running_loop().time() - asked < ASKED

    def _tell(self) -> None:
        """Write a line when what is wanted begins to wait, goes on, or waits for something else."""
        if not self._is_wanted("content"):
            return
        said = allow("content", self._now, self._policy)
        if said.why != self._said.why:
            if said.why:
                log.info("bulk waits reason=%s until=%s", said.why, said.until or "?")
            else:
                log.info("bulk goes on")
        self._said = said

    # In threads

    def _load(self) -> None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Spent)
        except (OSError, msgspec.MsgspecError):  # none yet, or of no use: the day begins at nothing
            kept = Spent()
        self._account = Account(kept)
        self._reserved = kept.octets
        self._is_loaded = True

    def _save(self, kept: Spent, last: bool = False) -> None:
        if not self._policy.daily_bytes:
            return
        with self._writing:
            if self._is_over:
                return
            self._is_over = last
            try:
                durable.save(self._path, msgspec.json.encode(kept))
            except OSError as exc:
                log.warning("day's bytes not kept reason=%r", str(exc))

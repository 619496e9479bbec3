"""The technician's actions at the screen: unlock, join a hub, start the daemon anew."""

import asyncio
import secrets
from collections.abc import Callable

from edge.api import Desks, Unable
from edge.classroom.lock import Lock, Shut
from edge.contract.answers import Done, Unlocked
from edge.contract.commands import JoinHub, Restart, Unlock
from edge.journal import Journal
from sync import forks
from sync.errors import JournalError
from sync.joining import identity
from sync.joining.enroll import CodeRefused, enroll
from sync.joining.enrolment import CodeWrong

KEY_BYTES = 16
JOINING = 15.0  # seconds: three times what a thin link with losses needs, and less than a screen waits


class Technician:
    """One part of the screen's side of a node."""

    def __init__(
        self,
        journal: Journal,
        name: str,
        pin: str,
        restart: Callable[[], None],
        patience: float = JOINING,
    ) -> None:
        self._journal = journal
        self._name = name
        self._patience = patience
        self._lock = Lock(pin, lambda: secrets.token_hex(KEY_BYTES))
        self._restart = restart

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {Unlock: self._unlock, JoinHub: self._join, Restart: self._start_anew}

    def check(self, key: str) -> None:
        """Raise Unable unless this is the key of an unlocked screen."""
        try:
            self._lock.check(key, asyncio.get_running_loop().time())
        except Shut as exc:
            raise Unable(exc.key) from exc

    async def _unlock(self, order: Unlock) -> Unlocked:
        try:
            return self._lock.open(order.pin, asyncio.get_running_loop().time())
        except Shut as exc:
            raise Unable(exc.key, **({"seconds": exc.seconds} if exc.seconds else {})) from exc

    async def _join(self, order: JoinHub) -> Done:
        """Enrol with a hub. The first time needs no PIN: the code of the invitation is what lets in."""
        if self._journal.parent is not None:
            self.check(order.unlocked)
        me, ledger = self._journal.identity, self._journal.ledger
        try:
            async with asyncio.timeout(self._patience):
                parent = await enroll(order.address, order.code, me, self._name)
            moved = ledger.write(lambda db: forks.move_school(db, me.node, parent.school))
            await asyncio.wrap_future(moved)
            await asyncio.to_thread(identity.save_parent, self._journal.folder, parent)
        except (CodeRefused, CodeWrong) as exc:
            raise Unable("code-wrong") from exc
        except (JournalError, OSError, TimeoutError) as exc:
            raise Unable("join-failed", reason=str(exc)) from exc
        return Done()

    async def _start_anew(self, order: Restart) -> Done:
        self.check(order.unlocked)
        self._restart()
        return Done()

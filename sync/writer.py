"""The one thread that writes the journal. Jobs that wait together are committed together, with one fsync.

A job sees the journal inside a transaction and fails alone: what it wrote is taken back, the others commit.
Its future is resolved after COMMIT with `synchronous=FULL`, so who has the answer has it on the disk.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Generic, TypeVar

from sync.errors import DiskFull, JournalError, WriterFailed
from sync.reserve import Reserve

MAX_GROUP = 64  # jobs of one transaction
# Facts of one transaction, unless a single job has more: 10 ms of writing. Were there no such bound, all who
# bring facts would wait for one commit, then the journal for all of them: half as many facts a second.
MAX_FACTS = 1000
SMALL = 20  # facts of a job that goes before larger ones: a teacher waits for "saved", a backlog does not

T = TypeVar("T")


class Job(Generic[T]):
    """One thing to write, and the promise of its answer."""

    def __init__(self, write: Callable[[sqlite3.Connection], T], vital: bool, facts: int) -> None:
        self.write = write
        self.vital = vital
        self.facts = facts
        self.future: Future[T] = Future()

    def run(self, db: sqlite3.Connection) -> Callable[[], None]:
        """Write inside the open transaction; return how to tell the answer once it is committed."""
        db.execute("SAVEPOINT job")
        try:
            answer = self.write(db)
        except JournalError as exc:
            db.execute("ROLLBACK TO job")
            failure = exc
            return lambda: self.future.set_exception(failure)
        finally:
            if db.in_transaction:  # SQLite takes a transaction back by itself when the disk is full
                db.execute("RELEASE job")
        return lambda: self.future.set_result(answer)


class Writer:
    """Commits jobs in a thread of its own; small ones, and large ones, each in order."""

    def __init__(self, db: sqlite3.Connection, reserve: Reserve) -> None:
        self._db = db
        self._reserve = reserve
        self._small: deque[Job[Any]] = deque()
        self._large: deque[Job[Any]] = deque()
        self._was_small = False  # whether the last group was of small ones
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")

    def submit(
        self, write: Callable[[sqlite3.Connection], T], *, vital: bool = False, facts: int = 1
    ) -> Future[T]:
        """Have something written; `vital` may use the reserve of the disk; raise WriterFailed once closed."""
        job = Job(write, vital, facts)
        (self._large if facts > SMALL else self._small).append(job)
        try:
            self._thread.submit(self._drain)
        except RuntimeError as exc:
            if job.future.cancel():  # unless it was taken along with an earlier one
                raise WriterFailed("the journal is closed") from exc
        return job.future

    def close(self) -> None:
        """Commit what waits, and end."""
        self._thread.shutdown()

    def _drain(self) -> None:
        jobs = [job for job in self._group() if job.future.set_running_or_notify_cancel()]
        self._reserve.refill()
        self._commit([job for job in jobs if job.vital or not self._refused(job)])

    def _group(self) -> list[Job[Any]]:
        """Take the jobs that are committed together: small ones, but not twice while a large one waits."""
        self._was_small = bool(self._small) and not (self._was_small and self._large)
        jobs = self._small if self._was_small else self._large
        group: list[Job[Any]] = []
        facts = 0
        while jobs and len(group) < MAX_GROUP:
            facts += jobs[0].facts
            if group and facts > MAX_FACTS:
                break
            group.append(jobs.popleft())
        return group

    def _commit(self, jobs: list[Job[Any]]) -> None:
        """Commit jobs together; if that fails each alone, so that only what cannot be written fails."""
        try:
            self._together(jobs)
        except BaseException as exc:
            with ExitStack() as each:  # which goes on whatever one of them raises
                for job in reversed(jobs):
                    each.callback(self._fail if _is_busy(exc) else self._alone, job, exc)
            raise

    def _refused(self, job: Job[Any]) -> bool:
        if not self._reserve.is_low:
            return False
        job.future.set_exception(DiskFull("the disk is full; only registers are still taken"))
        return True

    def _together(self, jobs: list[Job[Any]]) -> None:
        if not jobs:
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            tell = [job.run(self._db) for job in jobs]
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        for each in tell:
            each()

    def _alone(self, job: Job[Any], _: BaseException | None = None) -> None:
        try:
            self._together([job])
        except sqlite3.Error as exc:
            if job.vital and _wants_room(exc) and self._reserve.release():
                self._alone(job)
            else:
                self._fail(job, exc)
        except BaseException as exc:  # a fault of ours: whoever asked has to know which
            job.future.set_exception(exc)
            raise

    def _fail(self, job: Job[Any], exc: BaseException) -> None:
        is_full = _name(exc) == "SQLITE_FULL" or (_wants_room(exc) and self._reserve.is_low)
        kind = DiskFull if is_full else WriterFailed
        job.future.set_exception(kind(f"the journal cannot be written: {exc}"))


def _wants_room(exc: BaseException) -> bool:
    """A disk or a quota that is full shows in several ways; a disk that is broken only in the latter."""
    return _name(exc) == "SQLITE_FULL" or _name(exc).startswith("SQLITE_IOERR")


def _is_busy(exc: BaseException) -> bool:
    """Another process held the journal for too long: nobody shall wait as long again for each job."""
    return _name(exc).startswith("SQLITE_BUSY")


def _name(exc: BaseException) -> str:
    return getattr(exc, "sqlite_errorname", "")

"""`python -m edge.vision low|cards|idle`: answers one question after another until its input ends.

It has no state between two questions, so whoever started it may kill it at any time and start another.
"""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

import av
import cv2

from edge.vision import ear, eye, film, markers
from edge.vision.wire import (
    LENGTH,
    Answer,
    BadMessage,
    Done,
    Hear,
    Look,
    Nothing,
    Question,
    ReadCards,
    Ready,
    framed,
    length,
    question,
)

# Bytes of its own: the largest picture with all that a decoder keeps takes 300 MB. A service that takes too
# much is stopped as a whole, so this process must fail alone, and before that.
MEMORY = 512 << 20
LOW = 10  # niceness of who looks at a lesson: it must answer within seconds, and never disturb
# … and of who reads cards, for whom a class waits: before whoever looks, behind the lesson itself.
CARDS = 5


def main() -> int:
    """Answer until there is nobody to answer to."""
    _step_back(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, whose end is ours
    av.logging.set_level(None)
    cv2.setNumThreads(1)
    # Whatever a library prints must not come between two messages.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError, BadMessage, EOFError, MemoryError):
        _serve(sys.stdin.buffer, answers)
    with suppress(BrokenPipeError):
        answers.close()
    return 0


def _step_back(argv: list[str]) -> None:
    """Let everything else on this computer go first; a sandbox that forbids this has its own priorities."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    with suppress(OSError):
        if argv == ["idle"]:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # for CPU and disk: ioprio_set(2)
        else:
            os.nice(CARDS if argv == ["cards"] else LOW)


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    _say(answers, Ready())
    while True:
        for each in _answered(question(_exactly(questions, length(_exactly(questions, LENGTH))))):
            _say(answers, each)


def _answered(asked: Question) -> Iterator[Answer]:
    try:
        if isinstance(asked, Look):
            yield eye.look(asked.codec, asked.frame, asked.before)
        elif isinstance(asked, Hear):
            yield ear.hear(asked.packets)
        elif isinstance(asked, ReadCards):
            yield markers.read(asked.still)
        else:
            yield from film.scan(asked.path)
            yield Done()
    except (eye.Unseen, ear.Unheard, OSError, av.FFmpegError, cv2.error) as exc:
        yield Nothing(f"{type(exc).__name__}: {exc}"[:200])


def _exactly(source: BinaryIO, count: int) -> bytes:
    found = source.read(count)
    if len(found) < count:
        raise EOFError
    return found


def _say(answers: BinaryIO, what: Answer) -> None:
    answers.write(framed(what))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())

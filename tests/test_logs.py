"""Log lines are pairs a machine can read, and nobody can forge one."""

import logging
import sys

from edge.logs import Line


def line(message: str, *values: object) -> str:
    record = logging.LogRecord("edge.link", logging.WARNING, "link.py", 1, message, values, None)
    return Line().format(record)


def test_words_become_the_event_and_pairs_stay_pairs() -> None:
    written = line("link lost parent=%s after=%.0fs", "hub", 3.2)
    assert written == 'level=warning from=edge.link event="link lost" parent=hub after=3s'


def test_an_event_without_pairs_is_a_line_too() -> None:
    assert line("ready") == 'level=warning from=edge.link event="ready"'


def test_a_value_from_a_peer_cannot_begin_a_second_line() -> None:
    assert "\n" not in line("refused name=%s", 'x\nlevel=error from=edge event="forged"')


def test_a_traceback_follows_the_line() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        record = logging.LogRecord("edge", logging.ERROR, "x.py", 1, "part stopped", (), sys.exc_info())
    assert Line().format(record).splitlines()[-1] == "ValueError: no"

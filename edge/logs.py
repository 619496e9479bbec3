"""Log lines for the journal, one event a line: `level=warning from=edge.link event="link lost" after=3s`."""

import logging
import re
import sys
import time
from collections import deque

# The first ` key=` ends the event's words; what follows is pairs already.
PAIRS = re.compile(r"(?:^|\s)(?=\w+=)")
CONTROL = dict.fromkeys((*range(32), 127), " ")
MOST_LINES = 2000  # that are remembered: a day of a node that is well, an hour of one that is not
MAX_LINE = 2000  # letters of a remembered line: a traceback's beginning


class Line(logging.Formatter):
    """Formats a record as `key=value` pairs on one line; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Control characters become blanks: what a peer sends cannot forge a second line."""
        words, *pairs = PAIRS.split(record.getMessage().translate(CONTROL), maxsplit=1)
        event = words.replace('"', "'")
        line = f'level={record.levelname.lower()} from={record.name} event="{event}"'
        if pairs:
            line = f"{line} {pairs[0]}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line


class Ring(logging.Handler):
    """The last lines, for a technician's report."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self.setFormatter(Line())

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a record."""
        try:
            line = self.format(record)
        except (TypeError, ValueError):  # blanks that do not fit the words
            self.handleError(record)
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        self._lines.append(f"{stamp} {line}"[:MAX_LINE])

    def lines(self) -> list[str]:
        """Return what is remembered, oldest first."""
        return list(self._lines)


RING = Ring()  # logging is one for the whole process, and so is what is remembered of it


def start(level: int = logging.INFO) -> None:
    """Send log lines to standard error, where systemd's journal stamps and keeps them."""
    stderr = logging.StreamHandler(sys.stderr)
    stderr.setFormatter(Line())
    logging.basicConfig(level=level, handlers=[stderr, RING], force=True)
    for chatty in ("aioice", "aiortc", "aiohttp.access", "libav", "zeroconf"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

"""Log lines for the journal, one event a line: `level=warning from=edge.link event="link lost" after=3s`."""

import logging
import re
import sys

# The first ` key=` ends the event's words; what follows is pairs already.
PAIRS = re.compile(r"(?:^|\s)(?=\w+=)")
CONTROL = dict.fromkeys((*range(32), 127), " ")


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


def start(level: int = logging.INFO) -> None:
    """Send log lines to standard error, where systemd's journal stamps and keeps them."""
    stderr = logging.StreamHandler(sys.stderr)
    stderr.setFormatter(Line())
    logging.basicConfig(level=level, handlers=[stderr], force=True)
    for chatty in ("aioice", "aiortc", "aiohttp.access", "libav", "zeroconf"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

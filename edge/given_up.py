"""What the event loop tells of a connection that was given up while it was being made: nothing of note.

Who dials gives up at a deadline, or because he ends. If the last word of a TLS handshake comes in the same
turn of the loop, uvloop answers it over the socket that it has just closed, fails, and calls that a fatal
error: there is no connection any more that could suffer from it.
"""

import asyncio
import logging
from typing import Any

CLOSED = "the handler is closed"  # the end of uvloop's words for it, handles/handle.pyx

log = logging.getLogger(__name__)


def told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Take what the loop has to tell of a fault; all but such a connection is an error, as ever."""
    fault = context.get("exception")
    if "transport" in context and isinstance(fault, RuntimeError) and str(fault).endswith(CLOSED):
        log.info("connection given up while it was made")
        return
    loop.default_exception_handler(context)

"""Asks the daemon as a screen does, and its pages as a tablet does; nobody is waited for long."""

import asyncio
from pathlib import Path

import aiohttp

from edge.client import Client, DaemonAway, DaemonDiffers, DaemonError
from edge.config import Config, address
from edge.contract.answers import Status
from edge.contract.commands import ReadStatus

PATIENCE = 5.0  # seconds: a daemon that starts takes two
PAGE = "/api/node"  # which nobody needs a token for
WEB = 80  # the port of tirek-web.socket


async def daemon(path: Path) -> tuple[str, Status | None]:
    """Return "good" and what the daemon says, or why it says nothing."""
    try:
        async with asyncio.timeout(PATIENCE), Client(path) as screen:
            return "good", await screen.ask(ReadStatus(), Status)
    except DaemonAway as exc:
        cause = exc.__cause__
        is_shut = isinstance(cause, aiohttp.ClientConnectorError) and isinstance(
            cause.os_error, PermissionError
        )
        return "forbidden" if is_shut else str(exc), None
    except DaemonDiffers as exc:
        return f"it is tirek {exc.version}, and this is another: restart it", None
    except TimeoutError:
        return f"nothing within {PATIENCE:.0f} s", None
    except DaemonError as exc:
        return str(exc), None


async def pages(where: str) -> tuple[str, str]:
    """Return "good", or why not; and what answers there if it is not a node."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(where + PAGE) as response:
            server = response.headers.get("Server", "no name")
            if response.status != 200 or response.content_type != "application/json":
                return f"status {response.status}", server[:60]
            return "good", ""
    except (aiohttp.ClientError, OSError, TimeoutError) as exc:
        return str(exc) or f"nothing within {PATIENCE:.0f} s", ""


async def listens(port: int) -> bool:
    """Tell whether somebody listens at a port of this computer."""
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def where(config: Config | None, has_unit: bool) -> str:
    """Return where pages are to be had on this computer; "" where that is not known."""
    if has_unit:
        return f"http://127.0.0.1:{WEB}"
    if config is None:
        return ""
    host, port = address(config.listen[0])
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{here}:{port}" if port else ""

"""A file that is sent: who turns away while a thread opens it for him leaves nothing open.

aiohttp forgets what the thread brings then; the descriptor would stay until Python collects it.
"""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest


class SentFile(web.FileResponse):
    """A file response that closes its file in every case."""

    _is_left = False
    _opened: Any = None

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Send it; whoever asked may be gone at any moment."""
        try:
            return await super().prepare(request)
        except asyncio.CancelledError:
            self._is_left = True
            asyncio.get_running_loop().run_in_executor(None, self._close)  # it may wait for a read to end
            raise

    def _make_response(self, request: BaseRequest, accept_encoding: str) -> Any:
        """Open it, in a thread."""
        made = super()._make_response(request, accept_encoding)
        self._opened = made[1]
        if self._is_left:
            self._close()
        return made

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()

"""Tells the hub how much a lesson leaves to what is fetched from it, as its receiver here feels it."""

import asyncio
import logging
from contextlib import suppress

import aiohttp
from yarl import URL

from edge.content.hub import HubAway, HubDoor
from edge.content.ledbat import LOOK
from edge.content.polite import Budget
from edge.content.serving import ROUTE
from edge.media.pull import Parent

CHANGE = 0.04  # of the rate: less is not worth 200 bytes
AGAIN = 1.0  # seconds after which it is said again all the same: the hub believes it for 2.5
WAIT = 1.0  # seconds until somebody wants something during a lesson
LATER = 20.0  # seconds until a hub is asked again that does not take it
SOON = 2.0  # … that took it before: a word was lost
OVER = -1  # the lesson is over, or nothing is wanted
LEAN = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # header fields nobody reads here
PATIENCE = 2.0  # seconds for an answer: a word that is older helps nobody

log = logging.getLogger(__name__)


class Steering:
    """One part of the node: run it under `keep`."""

    def __init__(self, budget: Budget, door: HubDoor) -> None:
        self._budget = budget
        self._door = door
        self._heard = True  # by the hub, the last time; and nothing was said in the log yet

    async def run(self) -> None:
        """Say it whenever there is something to say, until cancelled."""
        while True:
            if not self._budget.steers:
                await asyncio.sleep(WAIT)
                continue
            try:
                async with self._door.open() as parent:
                    await self._steer(parent)
            except HubAway as exc:
                if self._heard:
                    log.info("hub not steered reason=%r", str(exc))
                await asyncio.sleep(SOON if self._heard else LATER)
                self._heard = False

    async def _steer(self, parent: Parent) -> None:
        """Say what the lesson leaves while it is on; raise HubAway."""
        loop = asyncio.get_running_loop()
        said, at = 0, float("-inf")
        while self._budget.steers:
            now, rate = loop.time(), self._budget.leave
            if abs(rate - said) > CHANGE * said or now - at >= AGAIN:
                await _say(parent, rate)
                said, at = rate, now
                self._budget.obeyed, self._heard = loop.time(), True
            await asyncio.sleep(LOOK / 2)
        with suppress(HubAway):
            await _say(parent, OVER)


async def _say(parent: Parent, rate: int) -> None:
    url = parent.url.join(URL(ROUTE)).with_query(rate=str(rate))
    try:
        async with (
            asyncio.timeout(PATIENCE),
            parent.http.put(
                url, headers=parent.headers, skip_auto_headers=LEAN, allow_redirects=False
            ) as response,
        ):
            if response.status != 204:
                raise HubAway(f"{url}: answers {response.status}")
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise HubAway(f"{url}: {exc or type(exc).__name__}") from exc

"""Takes registers as rows, over TLS as the hub does, and keeps what came at once with one commit."""

import sqlite3
import sys
from pathlib import Path

import msgspec
from aiohttp import web

from sync.joining.identity import load_or_create
from sync.joining.tls import server_context
from tests.bench.contract import Ready, RowsPlan
from tests.bench.peers.speech import orders, run, say


class Rows:
    """The table and its door."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "rows.db")
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("CREATE TABLE row (id TEXT PRIMARY KEY, body TEXT NOT NULL)")

    async def take(self, request: web.Request) -> web.Response:
        """Keep rows, those that are there already as they are."""
        rows = msgspec.json.decode(await request.read())
        kept = [(row["id"], msgspec.json.encode(row).decode()) for row in rows]
        with self._db:
            self._db.executemany("INSERT OR IGNORE INTO row VALUES (?, ?)", kept)
        return web.json_response({"accepted": len(rows)})


async def main(plan: RowsPlan) -> None:
    """Serve until told to end."""
    folder = Path(plan.folder)
    app = web.Application(client_max_size=1 << 24)
    app.add_routes([web.post("/rows", Rows(folder).take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = server_context(load_or_create(folder), plan.certificates)
    await web.TCPSite(runner, plan.address, 0, ssl_context=context).start()
    say(Ready(url=f"https://{plan.address}:{runner.addresses[0][1]}/rows"))
    async for _ in orders():
        pass
    await runner.cleanup()


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=RowsPlan)))

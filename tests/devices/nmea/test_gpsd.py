"""The same sentences to gpsd and to our driver: gpsfake plays them on a pty, and both are at one place."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devices.driver import Sample
from devices.drivers.nmea import Nmea
from devices.far.nmea import Receiver
from tests.flows.tree import free_port

DEADLINE = 30.0  # seconds
PLACES = 20  # that gpsd is to tell
needs_gpsd = pytest.mark.skipif(
    shutil.which("gpsfake") is None, reason="gpsfake is not installed (Debian: gpsd gpsd-tools gpsd-clients)"
)


@pytest.fixture
def gpsd(tmp_path: Path) -> Iterator[int]:
    """Play the walk of the simulated receiver to gpsd, again and again; return its door."""
    walk, far, port = tmp_path / "walk.nmea", Receiver(), free_port()
    walk.write_bytes(b"".join(far.speak(float(second)) for second in range(60)))
    command = ("gpsfake", "-q", "-n", "-c", "0.02", "-P", str(port), str(walk))
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGTERM)
        program.wait(DEADLINE)


async def said(port: int) -> AsyncIterator[bytes]:
    """Yield the lines of gpsd: what it made of the sentences, and the sentences."""
    reader = None
    while reader is None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
    writer.write(b'?WATCH={"enable":true,"json":true,"raw":1}\n')
    try:
        while True:
            yield await reader.readline()
    finally:
        writer.close()


@needs_gpsd
async def test_gpsd_and_the_driver_are_at_one_place(gpsd: int) -> None:
    driver, samples = Nmea(), list[Sample]()
    places: set[tuple[float, float, float]] = set()
    async with asyncio.timeout(DEADLINE):
        async for line in said(gpsd):
            if line.startswith(b"$"):
                heard = driver.feed(line, 0.0)
                samples += [each for each in heard if isinstance(each, Sample)]
            elif line.startswith(b'{"class":"TPV"') and any(each.channel == "latitude" for each in samples):
                found = json.loads(line)
                places |= {(found["lat"], found["lon"], found["altMSL"])} if "altMSL" in found else set()
            if len(places) >= PLACES:
                break
    ours = {(each.channel, round(each.raw, 7)) for each in samples}
    theirs = {
        (channel, round(value, 7))
        for place in places
        for channel, value in zip(("latitude", "longitude", "altitude"), place, strict=True)
    }
    assert theirs <= ours
    assert driver.refused == 0
    assert driver.identity == "GNSS receiver"

"""Masters that read some slaves on a Modbus line: ours, and pymodbus's client as its documents use it."""

import asyncio
import logging
import sys
import time
from collections import Counter
from contextlib import suppress

import msgspec
import uvloop
from pymodbus import ModbusException
from pymodbus.client import AsyncModbusSerialClient

from devices.driver import Sample
from devices.drivers.modbus import Modbus
from devices.drivers.modbus_probes import Placed, Probe, Row
from devices.line import Instrument
from devices.port import Port
from edge.board import Board
from edge.lab.bench import Bench
from tests.bench.contract import Order, Ready
from tests.bench.devices.contract import BusPlan, Polled
from tests.bench.peers.speech import orders, say

BAUD = 19_200
PATIENCE = 0.3  # seconds for an answer, of both
REGISTERS = 4  # of a reading


class Count:
    """What a master got."""

    def __init__(self) -> None:
        self.requests = 0
        self.readings: Counter[int] = Counter()


async def ours(plan: BusPlan, count: Count) -> None:
    """Read as the daemon does: the bench asks whenever the driver wants to, our port carries it."""
    rows = tuple(Row(f"r{n}", "reading", "1", 0, 65_535, n, rate=plan.pace) for n in range(REGISTERS))
    probe = Probe("bench", rows, patience=PATIENCE)
    driver = Modbus([Placed(slave, probe) for slave in plan.slaves])
    bus = Instrument("bus", "bus", lambda: driver, lambda: Port(plan.path, BAUD))
    bench = Bench(Board(), [bus])

    def take(_: str, samples: list[Sample]) -> None:
        count.requests = sum(driver.requests.values())
        count.readings.update(int(each.channel[3:]) for each in samples if each.channel.startswith("r0-"))

    bench.sink = take
    await bench.run()


async def pymodbus(plan: BusPlan, count: Count) -> None:
    """Ask one slave after the other, in rounds."""
    logging.getLogger("pymodbus").setLevel(
        logging.CRITICAL
    )  # telling of each answer that is missing costs more
    client = AsyncModbusSerialClient(plan.path, baudrate=BAUD, timeout=PATIENCE, retries=1)
    await client.connect()
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        for slave in plan.slaves:
            count.requests += 1
            with suppress(ModbusException):
                answer = await client.read_holding_registers(0, count=REGISTERS, device_id=slave)
                count.readings[slave] += not answer.isError()
        due = max(due + 1 / plan.pace, loop.time())
        await asyncio.sleep(due - loop.time())


WAYS = {"ours": ours, "pymodbus": pymodbus}


async def main(plan: BusPlan) -> None:
    """Read all the time; the answer to an order is what happened in so many seconds."""
    count = Count()
    async with asyncio.TaskGroup() as tasks:
        master = tasks.create_task(WAYS[plan.way](plan, count))
        say(Ready())
        async for order in orders():
            say(await _measured(order, count))
        master.cancel()


async def _measured(order: Order, count: Count) -> Polled:
    requests, count.readings, cpu = count.requests, Counter(), time.process_time()
    await asyncio.sleep(order.seconds)
    return Polled(time.process_time() - cpu, count.requests - requests, dict(count.readings))


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.argv[1], type=BusPlan)))
